"""Evidence of a kernel's speed on AMD GPUs without one: what its assembly takes, what it executes, what that bounds."""
