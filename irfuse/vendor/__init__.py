"""What ops of other packages mean in small ops: ``TABLE`` by the name of the overload, an entry for each.

No package is needed: an op is known by its name and its schema. An entry has one or more readings, each with the
version of a package and the file that it was read from; which of them an implementation at hand computes is measured
(irfuse.probe). Another schema under the same name is another op, of which nothing is said.
"""

from irfuse.vendor import aiter, gated_norms, group_quants, norms, products, quanto, quants  # noqa: F401 - each fills the table
from irfuse.vendor.calls import arguments_of, called, entry_of, values_of
from irfuse.vendor.table import TABLE, Entry, Reading, Unsupported, vendor_op

__all__ = [
    "TABLE",
    "Entry",
    "Reading",
    "Unsupported",
    "arguments_of",
    "called",
    "entry_of",
    "values_of",
    "vendor_op",
]
