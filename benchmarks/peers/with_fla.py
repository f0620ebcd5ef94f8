"""flash-linear-attention's gated norm, and the quantisation by Inductor for each size."""

from __future__ import annotations

from pathlib import Path

import torch
from chains import Chain, Tensors, quant

from peers import EPS, GATED_FORMS, Find, Implementation, compiled
from peers.packages import bare_packages, module, put_if_absent


def load(path: Path | None) -> Find:
    """Its modules, installed or from a checkout, without the rest of it."""
    if path is not None:
        bare_packages(path, "fla", "fla.modules", "fla.ops")
        module("fla").__version__ = "0"
    put_if_absent("einops", rearrange=None)
    gate_last = module("fla.modules.fused_norm_gate").rms_norm_gated
    gate_first = module("fla.modules.layernorm_gated").rmsnorm_fn

    def find(chain: Chain) -> list[Implementation]:
        if chain.form not in GATED_FORMS:
            return []
        activation, norm_before_gate = GATED_FORMS[chain.form]
        quantise = compiled.for_each_size(lambda y: quant(y, chain.group))

        def run(x: torch.Tensor, z: torch.Tensor, w: torch.Tensor) -> Tensors:
            if norm_before_gate:
                y = gate_last(x, z, w, None, activation, eps=EPS)
            else:
                y = gate_first(x, w, None, z, EPS, norm_before_gate=False)
            return quantise(y.flatten(1))

        return [Implementation("fla + inductor", run)]

    return find
