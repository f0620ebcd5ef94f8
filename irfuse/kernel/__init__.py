"""What a generated kernel is made of: its tile and addresses, the lines of its small ops, and AMD's own text of them.

`irfuse.lower_triton` puts them together. Nothing here imports torch or triton.
"""
