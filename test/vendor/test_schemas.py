"""Schemas of ops as text and as torch has them, and ops that bear a known name and are not known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
import vendor_ops as vendor
from representations import functionalized
from torch import Tensor, nn

from irfuse.fx.vendor_schemas import signature_of
from irfuse.torch_backend.graph_pass import analyse_graph
from irfuse.vendor import TABLE
from irfuse.vendor.schema import name_in, signature

X = torch.randn(4, 128, generator=torch.Generator().manual_seed(0)).to(torch.bfloat16)


@pytest.mark.parametrize("name", TABLE)
def test_torch_reads_a_schema_alike(name: str) -> None:
    """The signature of an entry is that of the op that torch makes of its schema."""
    namespace, op, overload = name.split(".")
    declared = getattr(getattr(getattr(torch.ops, namespace), op), overload)
    assert signature_of(declared) == TABLE[name].signature
    assert name_in(f"{namespace}::{op}.{overload}() -> ()") == name


def test_spellings_of_one_schema() -> None:
    """How aliases are named and whether an integer may be a size make no other op."""
    library = torch.library.Library("spelled", "FRAGMENT")
    for name, text in {"a": "Tensor(a0!) x, SymInt n=2, float[] f", "b": "Tensor! x, int n=2, float[] f"}.items():
        library.define(f"{name}({text}) -> (Tensor, Tensor)")
    a, b = (signature_of(op.default) for op in (torch.ops.spelled.a, torch.ops.spelled.b))
    assert a == b == signature("spelled::b(Tensor! x, int n=2, float[] f) -> (Tensor, Tensor)")
    assert str(a) == "(Tensor! x, int n=2, float[] f) -> (Tensor, Tensor)"


def test_arguments_by_keyword_alone() -> None:
    library = torch.library.Library("spelled_by_name", "FRAGMENT")
    library.define("a(Tensor x, *, int n) -> Tensor")
    found = signature_of(torch.ops.spelled_by_name.a.default)
    assert found != signature("spelled_by_name::a(Tensor x, int n) -> Tensor")


@pytest.mark.parametrize("text", ["rms_norm", "a::b(Tensor) -> Tensor", "a::b(Tensor x)", "a::b(Tensor x y) -> ()"])
def test_what_is_no_schema(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no (schema|argument)"):
        signature(text)


class CudaNorm(nn.Module):
    """A norm of vLLM's library."""

    def forward(self, x: Tensor) -> Tensor:
        result = torch.empty_like(x)
        torch.ops._C.rms_norm(result, x, None, 1e-6)
        return result


class GroupQuant(nn.Module):
    """A quant of AITER."""

    def forward(self, x: Tensor) -> Any:
        return torch.ops.vllm.rocm_aiter_group_fp8_quant(x, 128)


MODELS = {"_C.rms_norm.default": CudaNorm, "vllm.rocm_aiter_group_fp8_quant.default": GroupQuant}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("name", "known", "other"),
    [
        ("_C.rms_norm.default", "float epsilon", "float epsilon, bool cast=False"),
        ("_C.rms_norm.default", "Tensor? weight", "Tensor weight"),
        ("_C.rms_norm.default", "float epsilon", "int epsilon"),
        ("_C.rms_norm.default", "float epsilon", "float eps"),
        ("_C.rms_norm.default", "Tensor input", "Tensor! input"),
        ("vllm.rocm_aiter_group_fp8_quant.default", "=False", "=True"),
        ("vllm.rocm_aiter_group_fp8_quant.default", "(Tensor, Tensor)", "Tensor"),
    ],
)
def test_another_schema(name: str, known: str, other: str, version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An op of a name with another schema than the table's stays as it is, and the report says which it has."""
    entry = TABLE[name]
    text = f"other::op{entry.signature}".replace(known, other)
    monkeypatch.setitem(TABLE, name, replace(entry, signature=signature(text)))
    one = functionalized(version)(MODELS[name](), (X,), ())
    analysis = analyse_graph(one.graph)
    (missed,) = analysis.report.missed
    assert missed.op == name and not analysis.fused
    assert (
        missed.reason == f"its schema is {entry.signature}, and {entry.readings[0].package} has {TABLE[name].signature}"
    )


def test_a_name_in_another_namespace() -> None:
    """What looks like a known op and is none has no entry, and no remark."""
    library = torch.library.Library("neighbours", "FRAGMENT")
    library.define("rms_norm(Tensor x, Tensor? weight, float epsilon) -> Tensor")
    library.impl("rms_norm", lambda x, weight, epsilon: x * 3, "CPU")
    torch.library.register_fake("neighbours::rms_norm", lambda x, w, e: torch.empty_like(x), lib=library)

    class Model(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.ops.neighbours.rms_norm(x, None, 1e-6)

    analysis = analyse_graph(functionalized(2)(Model(), (X,), ()).graph)
    assert not analysis.report.missed and not analysis.report.norms and "neighbours.rms_norm" in str(analysis.module)


def test_declared_once() -> None:
    """Declaring the ops again does nothing, in whatever order tests are run."""
    before = dict(vendor.LIBRARIES)
    vendor.declare()
    assert before == vendor.LIBRARIES
