"""Where Dynamo ended a graph, as it says of the graph: no chain goes on from one graph into the next.

Of a function that Dynamo gives back to Python as a whole, as one with a break in a loop, there is no graph to say so.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import fx

from irfuse.report import Break
from irfuse.report.locations import place_text

_EXPLANATION = "Explanation: "
_IN_A_CALL = "step_unsupported"
"""What Dynamo says of the graph around a call in which a graph ends."""


def breaks_of(gm: fx.GraphModule) -> Iterator[Break]:
    """What ended the graph of a module, if it was not the end of the function, at the innermost line of the user's."""
    why = getattr(gm, "compile_subgraph_reason", None)
    if why is None or not why.graph_break:
        return
    place = place_text(why.user_stack[-1].filename, why.user_stack[-1].lineno) if why.user_stack else "unknown location"
    yield Break(place, _reason(why.reason))


def _reason(text: str) -> str:
    """The first line of what Dynamo says, and the one that explains it."""
    if text == _IN_A_CALL:
        return "Dynamo ended the graph inside of what is called here"
    first, *more = text.splitlines() or [""]
    explained = [line.strip().removeprefix(_EXPLANATION) for line in more if _EXPLANATION in line]
    return "Dynamo ended the graph: " + ": ".join([first.strip(), *explained[:1]]).rstrip(".")
