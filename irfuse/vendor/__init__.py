"""What ops of other packages mean in small ops: ``TABLE`` by the name of the overload, an entry for each.

No package is needed: an op is known by its name and its schema. An entry says of which version of a package, and of
which file, its meaning was read; another schema under the same name is another op, of which nothing is said.
"""

from irfuse.vendor import group_quants, norms, products, quanto, quants  # noqa: F401 - each fills the table
from irfuse.vendor.calls import entry_of, values_of
from irfuse.vendor.table import TABLE, Entry, Unsupported

__all__ = ["TABLE", "Entry", "Unsupported", "entry_of", "values_of"]
