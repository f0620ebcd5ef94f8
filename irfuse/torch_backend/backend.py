"""`torch.compile(model, backend="irfuse")`: irfuse's graph pass in Inductor, or alone with the rest in eager torch."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from functorch.compile import make_boxed_func
from torch import fx
from torch._decomp import get_decompositions
from torch._dynamo.backends.common import aot_autograd
from torch._inductor.custom_graph_pass import CustomGraphPass

from irfuse.errors import InternalFaultWarning
from irfuse.extend.identity import identity
from irfuse.fx.regions import has_branches, is_fused, is_of_a_program
from irfuse.report import Missed, Report
from irfuse.report.remarks import Declined
from irfuse.runtime.gpu_rules import compute_as_on_gpu
from irfuse.runtime.launch import arch_of
from irfuse.torch_backend.graph_pass import analyse_graph, inline, with_calls
from irfuse.torch_backend.ledger import key_of, publish, recall, save
from irfuse.torch_backend.options import Options

Compiled = Callable[..., Any]
JOINT_SLOT = "joint_custom_pre_pass"
"""Where irfuse works: before Inductor's own patterns, some of which remove a rounding to bf16 between two casts."""
POST_GRAD_SLOT = "post_grad_custom_pre_pass"
"""Where irfuse's identity stands as well: every torch that it supports has this slot in its cache keys."""
NEEDS_GRADIENTS = Missed(
    "graph",
    "the whole graph",
    "it needs gradients, and only inference graphs are fused",
    "run the model under torch.no_grad() or torch.inference_mode()",
)


IN_A_BRANCH = Declined(
    "it stands, or may stand, in a branch of torch.cond, where Inductor's C++ wrapper cannot call an op",
    "compile it without cpp_wrapper, or compute the chain outside of torch.cond",
)
"""On a declaration in C++ that Inductor makes in the graph outside alone (``load_custom_op_wrapper`` in
torch/_inductor/codegen/cpp_wrapper_cpu.py, which says "need to support control flow")."""


def irfuse_backend(
    gm: fx.GraphModule,
    example_inputs: Sequence[Any],
    *,
    mode: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Compiled:
    """The backend. Takes torch.compile's ``mode`` and ``options``; see `Options` for irfuse's own.

    Raises UnknownOptionError or BadOptionError. A fault of irfuse's own leaves the graph unfused, with a warning.
    """
    settings = Options.of(mode, options)
    if settings.rest == "eager":
        report = Report()
        compiled = compile_eagerly(gm, example_inputs, report, emulated=settings.emulated)
        publish(report, gm)
        return compiled
    return _compile_by_inductor(gm, example_inputs, settings)


def compile_eagerly(
    gm: fx.GraphModule,
    example_inputs: Sequence[Any],
    report: Report,
    *,
    texts: bool = False,
    emulated: str | None = None,
) -> Compiled:
    """Fuse what can be fused and run all else as AOTAutograd traced it, op by op; sites are added to ``report``.

    The two extremes of a tensor are two ops here, as they are in Inductor.
    """

    def inference(graph: fx.GraphModule, _inputs: Sequence[Any]) -> Compiled:
        fused = graph
        with _unfused_after_a_fault(report):
            analysis = analyse_graph(graph, texts=texts)
            fused = with_calls(analysis, graph, emulated)
            report.add(analysis.report)
        return make_boxed_func(fused.forward)

    def training(graph: fx.GraphModule, _inputs: Sequence[Any]) -> Compiled:
        with _unfused_after_a_fault(report):
            report.missed += _need_gradients(analyse_graph(graph).report)
        return unfused(graph, _inputs)

    def unfused(graph: fx.GraphModule, _inputs: Sequence[Any]) -> Compiled:
        if emulated:
            compute_as_on_gpu(graph)
        return make_boxed_func(graph.forward)

    return aot_autograd(
        fw_compiler=training,
        bw_compiler=unfused,
        inference_compiler=inference,
        decompositions=get_decompositions([torch.ops.aten.aminmax]),
        keep_inference_input_mutations=True,
    )(gm, example_inputs)


def _compile_by_inductor(gm: fx.GraphModule, example_inputs: Sequence[Any], settings: Options) -> Compiled:
    from torch._inductor.compile_fx import compile_fx

    patches = settings.inductor
    if torch.is_grad_enabled() and any(isinstance(x, torch.Tensor) and x.requires_grad for x in example_inputs):
        publish(Report(missed=[NEEDS_GRADIENTS]), gm)
        return compile_fx(gm, example_inputs, config_patches=patches)
    graph_pass = IrfusePass(_passes_in_slot(JOINT_SLOT, patches), settings.emulated, has_branches(gm))
    in_key = PassIdentity(graph_pass, _passes_in_slot(POST_GRAD_SLOT, patches))
    key = key_of(gm, example_inputs, in_key.uuid())
    compiled = compile_fx(
        gm, example_inputs, config_patches={**patches, JOINT_SLOT: graph_pass, POST_GRAD_SLOT: in_key}
    )
    if graph_pass.ran:
        save(key, graph_pass.report)
    publish(graph_pass.report if graph_pass.ran else recall(key) or Report(from_cache=True, known=False), gm)
    return compiled


def _wraps_in_cpp() -> bool:
    """Whether Inductor wraps what it compiles now in C++ for this process; AOTInductor calls ops in another way."""
    from torch._inductor import config
    from torch._inductor.virtualized import V

    return bool(config.cpp_wrapper) and not V.aot_compilation


def _passes_in_slot(slot: str, patches: Mapping[str, Any]) -> tuple[Any, ...]:
    """The passes that the user keeps in a slot of Inductor's; it holds nothing, one pass, or a sequence of them."""
    from torch._inductor import config

    there = patches.get(slot, getattr(config, slot))
    if there is None:
        return ()
    return tuple(there) if isinstance(there, (list, tuple)) else (there,)


class IrfusePass(CustomGraphPass):
    """irfuse as a graph pass for a slot of Inductor's, behind the passes that were there before it.

    After a compilation ``ran`` says whether Inductor called it, which it does not on a cache hit, and ``report`` what
    it found. ``branched`` says whether the program has branches of `torch.cond`, as far as it is known.
    """

    def __init__(self, before: Sequence[Any] = (), emulated: str | None = None, branched: bool = True) -> None:
        self.before, self.emulated, self.branched = tuple(before), emulated, branched
        self.report = Report()
        self.ran = False

    def __call__(self, graph: fx.Graph) -> None:
        """Run the passes that were there, then put a kernel in place of every chain of the graph."""
        for earlier in self.before:
            earlier(graph)
        self.ran = True
        if is_fused(graph.owning_module):
            return
        with _unfused_after_a_fault(self.report):
            in_a_branch = self.branched and _wraps_in_cpp() and not is_of_a_program(graph)
            refused = IN_A_BRANCH if in_a_branch else None
            analysis = analyse_graph(graph.owning_module, compiled=True, refused=refused)
            inline(analysis, graph, self.emulated)
            self.report.add(analysis.report)

    def uuid(self) -> Any:
        """What decides the result: irfuse's sources, versions, the GPU, what comes from outside, the passes before.

        None if one of these has no identity.
        """
        outside = identity()
        own = None if outside is None else f"{_own_identity()} {outside} {self.emulated or ''}"
        return _joined(own, self.before)


class PassIdentity(CustomGraphPass):
    """Runs the passes that a slot held and brings another pass's identity into the cache keys."""

    def __init__(self, of: IrfusePass, others: Sequence[Any]) -> None:
        self.of, self.others = of, tuple(others)

    def __call__(self, graph: fx.Graph) -> None:
        """Run the passes of the slot."""
        for other in self.others:
            other(graph)

    def uuid(self) -> Any:
        """The identities of all of them; None if one has none, which turns Inductor's caches off."""
        return _joined(self.of.uuid(), self.others)


def _joined(identity: Any, passes: Sequence[Any]) -> Any:
    others = [getattr(p, "uuid", lambda: None)() for p in passes]
    return None if identity is None or None in others else (identity, *others)


@contextmanager
def _unfused_after_a_fault(report: Report) -> Iterator[None]:
    """A fault of irfuse's own ends the block with a warning and a remark; the graph is then as it was."""
    try:
        yield
    except Exception as fault:
        warning = InternalFaultWarning(fault)
        warnings.warn(warning, stacklevel=3)
        report.missed.append(Missed("graph", "the whole graph", str(warning).removeprefix("irfuse: ")))


def _need_gradients(found: Report) -> list[Missed]:
    """The remark on every chain of a graph that needs gradients; on the graph where there is none."""
    sites = [replace(NEEDS_GRADIENTS, op=site.chain, location=site.location) for site in found.fused]
    return sites or [NEEDS_GRADIENTS]


@cache
def _own_identity() -> str:
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for path in sorted([*package.rglob("*.py"), *package.rglob("*.json")]):
        digest.update(path.name.encode() + path.read_bytes())
    versions = [version(name) for name in ("torch", "triton", "xdsl")]
    arch = arch_of(torch.device("cuda", torch.cuda.current_device())).name if torch.cuda.is_available() else "cpu"
    digest.update(repr((versions, arch)).encode())
    return digest.hexdigest()
