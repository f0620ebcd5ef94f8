"""What runs: machine code of kernels, their cache and launch, and the reference in torch."""
