"""The graph of a saved program as torch.compile would have it: with its own numbers, and one op for each extreme."""

from __future__ import annotations

import io
import logging
import operator
from typing import IO

import torch
from torch import fx
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind

from irfuse.errors import NotAProgramError

aten = torch.ops.aten


def load(file: IO[bytes]) -> fx.GraphModule:
    """The graph of a program that torch.export.save wrote. Raises NotAProgramError for any other file."""
    log = logging.getLogger("torch.export")
    try:
        log.disabled = True  # torch logs the traceback of a failed attempt before it tries the older format
        program = torch.export.load(io.BytesIO(file.read()))
    except Exception as reason:
        raise NotAProgramError(reason=str(reason).partition("\n")[0]) from reason
    finally:
        log.disabled = False
    _keep_numbers(program)
    _take_extremes_apart(program.graph_module)
    return program.graph_module


def _keep_numbers(program: ExportedProgram) -> None:
    """Give the graph the tensors without axes that its code made, of which torch.export makes arguments."""
    gm, specs = program.graph_module, program.graph_signature.input_specs
    lifted = {spec.arg.name: str(spec.target) for spec in specs if spec.kind is InputKind.CONSTANT_TENSOR}
    for node in gm.graph.find_nodes(op="placeholder"):
        number = program.constants.get(lifted.get(node.name, ""))
        if isinstance(number, torch.Tensor) and not number.dim():
            gm.register_buffer(node.name, number, persistent=False)
            with gm.graph.inserting_after(node):
                own = gm.graph.get_attr(node.name)
            own.meta = dict(node.meta)
            node.replace_all_uses_with(own)
            gm.graph.erase_node(node)


def _take_extremes_apart(gm: fx.GraphModule) -> None:
    """Make two ops of one that finds both extremes, as torch.compile does."""
    for node in gm.graph.find_nodes(op="call_function", target=aten.aminmax.default):
        if any(user.target is not operator.getitem for user in node.users):
            continue
        dim = node.kwargs.get("dim")
        for user in list(node.users):
            user.target = (aten.amin.default, aten.amax.default)[user.args[1]]
            user.args = (node.args[0], [] if dim is None else [dim], node.kwargs.get("keepdim", False))
        gm.graph.erase_node(node)
