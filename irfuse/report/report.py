"""What was fused, what was not and why, read off the IR; the answer of `irfuse.explain`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from xdsl.dialects.builtin import ArrayAttr, ModuleOp, StringAttr
from xdsl.ir import Operation

from irfuse.dialect.fused import FusedOp, ops_within
from irfuse.dialect.opaque import OpaqueOp
from irfuse.report.explanations import callee, is_norm, why_alone, why_norm_alone
from irfuse.report.locations import location_text
from irfuse.report.remarks import CURE, MISSED


@dataclass(frozen=True)
class Fused:
    """One quant that is computed by a fused kernel, together with the norm or product before it.

    Or what a norm or product becomes that no quant reads; its granularity is ``none``.
    """

    chain: str
    granularity: str
    kind: str
    location: str


@dataclass(frozen=True)
class Missed:
    """One quant or norm that was not fused: the op, where it comes from, which condition failed, what would cure it."""

    op: str
    location: str
    reason: str
    cure: str = ""


@dataclass(frozen=True)
class Break:
    """Where a graph ended before the function did: ``file:line``, and what Dynamo says of it."""

    location: str
    reason: str


_KINDS = ("fused", "missed", "norms")


@dataclass
class Report:
    """The sites of one or more graphs.

    ``fused`` and ``missed`` are the quants, and the norms that a quant reads and is not fused with; ``norms`` are those
    that no quant reads. ``breaks`` says where Dynamo ended a graph, over which no chain goes on.
    ``ir_before`` and ``ir_after`` are the text of the graphs as imported and as fused, ``kernels`` maps the name of
    each generated kernel to its Triton source; all three are empty where only the sites were kept. ``from_cache`` says
    that the graphs came compiled from Inductor's cache, and the sites from beside it; ``known`` is False where nothing
    was found there, so that nothing is known of the sites.
    """

    fused: list[Fused] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)
    norms: list[Missed] = field(default_factory=list)
    breaks: list[Break] = field(default_factory=list)
    ir_before: str = ""
    ir_after: str = ""
    kernels: dict[str, str] = field(default_factory=dict)
    from_cache: bool = False
    known: bool = True

    def counts(self) -> dict[str, dict[str, int]]:
        """How many quants were fused: ``{chain: {granularity: n}}``."""
        counts: dict[str, dict[str, int]] = {}
        for site in self.fused:
            by = counts.setdefault(site.chain, {})
            by[site.granularity] = by.get(site.granularity, 0) + 1
        return counts

    def add(self, other: Report) -> None:
        """Append the sites and texts of another graph."""
        self.fused += other.fused
        self.missed += other.missed
        self.norms += other.norms
        self.breaks += other.breaks
        self.ir_before += other.ir_before
        self.ir_after += other.ir_after
        self.kernels |= other.kernels
        self.from_cache |= other.from_cache

    def to_json(self) -> str:
        """The sites as JSON, to keep beside a compiled graph."""
        return json.dumps({kind: [asdict(site) for site in getattr(self, kind)] for kind in _KINDS})

    @classmethod
    def from_json(cls, text: str) -> Report:
        """The inverse of `to_json`, marked as from the cache. Raises ValueError, KeyError or TypeError."""
        data: dict[str, Any] = json.loads(text)
        missed, norms = ([Missed(**s) for s in data[kind]] for kind in ("missed", "norms"))
        return cls([Fused(**s) for s in data["fused"]], missed, norms, from_cache=True)

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def _lines(report: Report) -> Iterator[str]:
    if not report.known:
        yield "irfuse: compiled graph from cache, what was fused in it is not known"
        return
    source = " (from cache)" if report.from_cache else ""
    norms = f", {len(report.norms)} norms without a quant" if report.norms else ""
    breaks = f", {len(report.breaks)} graph breaks" if report.breaks else ""
    yield f"irfuse: {len(report.fused)} fused, {len(report.missed)} missed{norms}{breaks}{source}"
    width = max((len(f"{s.chain}.{s.granularity}") for s in report.fused), default=0)
    for fused in report.fused:
        yield f"  fused   {f'{fused.chain}.{fused.granularity}':{width}}  {fused.location}"
    for label, sites in (("missed", report.missed), ("norm  ", report.norms)):
        for site in sites:
            yield f"  {label}  {site.op:{width}}  {site.location}"
            yield f"          {site.reason}" + (f"; cure: {site.cure}" if site.cure else "")
    for found in report.breaks:
        yield f"  break   {found.location}"
        yield f"          {found.reason}"
    for name in report.kernels:
        yield f"  kernel  {name}"


def report_of(module: ModuleOp) -> Report:
    """The report of a module that the fuse passes have run on, without its texts."""
    report = Report()
    for op in ops_within(module):
        if isinstance(op, FusedOp):
            report.fused += _fused_sites(op)
        elif isinstance(reason := op.attributes.get(MISSED), StringAttr):
            cure = op.attributes.get(CURE)
            text = cure.data if isinstance(cure, StringAttr) else ""
            report.missed.append(Missed(_name(op), location_text(op.location), reason.data, text))
        elif not isinstance(op.parent_op(), FusedOp):
            _add_lone_site(report, op)
    return report


def _add_lone_site(report: Report, op: Operation) -> None:
    """Add an op that no chain took, where it is a norm or quantises."""
    if is_norm(op):
        reason, is_read = why_norm_alone(op)
        (report.missed if is_read else report.norms).append(Missed(_name(op), location_text(op.location), reason))
    elif (alone := why_alone(op)) is not None:
        report.missed.append(Missed(_name(op), location_text(op.location), *alone))


def _name(op: Operation) -> str:
    return callee(op) if isinstance(op, OpaqueOp) else op.name


def _fused_sites(op: FusedOp) -> Iterator[Fused]:
    labels = op.chains if op.chains is not None else ArrayAttr[StringAttr]([])
    kind = op.kind.data if op.kind is not None else ""
    for label in labels:
        chain, _, granularity = label.data.partition(".")
        yield Fused(chain, granularity, kind, location_text(op.location))
