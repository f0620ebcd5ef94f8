"""The command irfuse-opt: its flags, its targets, and what stock xdsl-opt loads."""
