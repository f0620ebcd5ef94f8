"""What an op of another package computes here: it is run once on a few rows, and the reading with its bits is taken."""

from irfuse.probe.choice import ask

__all__ = ["ask"]
