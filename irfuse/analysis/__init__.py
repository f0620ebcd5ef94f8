"""What is decided of a graph: where values stand in their rows, what is equal, what is written to, what a chain is."""
