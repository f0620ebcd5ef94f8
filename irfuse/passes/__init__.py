"""The passes of irfuse: flag, pass, file and lit test share one name. ``PASSES`` is the one registry."""

from __future__ import annotations

from collections.abc import Callable

from xdsl.passes import ModulePass


def _raise_aten() -> type[ModulePass]:
    from irfuse.passes.raise_aten import RaiseAtenPass

    return RaiseAtenPass


def _irfuse_cse() -> type[ModulePass]:
    from irfuse.passes.irfuse_cse import IrfuseCsePass

    return IrfuseCsePass


def _raise_named() -> type[ModulePass]:
    from irfuse.passes.raise_named import RaiseNamedPass

    return RaiseNamedPass


def _fold_reshapes() -> type[ModulePass]:
    from irfuse.passes.fold_reshapes import FoldReshapesPass

    return FoldReshapesPass


def _fuse_gated_norm_quant() -> type[ModulePass]:
    from irfuse.passes.fuse_gated_norm_quant import FuseGatedNormQuantPass

    return FuseGatedNormQuantPass


def _fuse_norm_quant() -> type[ModulePass]:
    from irfuse.passes.fuse_norm_quant import FuseNormQuantPass

    return FuseNormQuantPass


def _fuse_act_mul_quant() -> type[ModulePass]:
    from irfuse.passes.fuse_act_mul_quant import FuseActMulQuantPass

    return FuseActMulQuantPass


PASSES: dict[str, Callable[[], type[ModulePass]]] = {
    "raise-aten": _raise_aten,
    "irfuse-cse": _irfuse_cse,
    "raise-named": _raise_named,
    "fold-reshapes": _fold_reshapes,
    "fuse-gated-norm-quant": _fuse_gated_norm_quant,
    "fuse-norm-quant": _fuse_norm_quant,
    "fuse-act-mul-quant": _fuse_act_mul_quant,
}
