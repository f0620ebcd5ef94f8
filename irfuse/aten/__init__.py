"""Rules that say in small ops what an aten or prims op does: ``RULES`` by the name of the overload.

A rule gets a builder, the type of the (first) result and the arguments of the call, tensors as contiguous values. It
returns the result, up to its shape's spelling, a tuple for ops with several results (None for those that it does not
give), or None to leave the node opaque: for arguments that it does not cover, and wherever it is not certain that the
small ops give the same bits.
"""

from irfuse.aten import arithmetic, bits, parts, reductions, shapes, writes
from irfuse.aten.parts import REARRANGED
from irfuse.aten.registry import ANCHORS, RULES, Given, Rule, rule
from irfuse.aten.shapes import NEW_TENSORS

__all__ = [
    "ANCHORS",
    "NEW_TENSORS",
    "REARRANGED",
    "RULES",
    "Given",
    "Rule",
    "arithmetic",
    "bits",
    "parts",
    "reductions",
    "rule",
    "shapes",
    "writes",
]
