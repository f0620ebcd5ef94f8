"""Fused ops in graphs that Inductor wraps in C++, where a body travels as a string of the program."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest
import torch
from models import GatedNormQuant, bits, check_same
from torch._inductor.utils import fresh_cache

import irfuse
from irfuse.torch_backend.backend import IrfusePass

pytestmark = pytest.mark.skipif(shutil.which("g++") is None, reason="Inductor needs g++ to compile for the CPU")


@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
def test_cpp_wrapper(dynamic: bool) -> None:
    """One compiled program, whose results are eager's; with dynamic sizes it serves another number of rows."""
    torch._dynamo.reset()
    model = GatedNormQuant()
    inputs = model.inputs(6)
    for tensor in inputs if dynamic else ():
        torch._dynamo.mark_dynamic(tensor, 0)
    with fresh_cache():
        fast = torch.compile(model, backend="irfuse", options={"cpp_wrapper": True})
        check_same(fast, model, inputs)
        if dynamic:
            check_same(fast, model, model.inputs(9))
    assert irfuse.reports()[-1].counts() == {"gated_norm_quant": {"group": 1}}


def test_a_package_of_aotinductor(tmp_path: Path) -> None:
    """A package holds the body as well, and runs it where irfuse is imported."""
    model = GatedNormQuant()
    inputs = model.inputs(6)
    with torch.no_grad(), fresh_cache():
        program = torch.export.export(model, tuple(inputs)).run_decompositions()
        settings = {"joint_custom_pre_pass": IrfusePass(), "emulate_precision_casts": True}
        path = torch._inductor.aoti_compile_and_package(
            program, package_path=str(tmp_path / "model.pt2"), inductor_configs=settings
        )
        with zipfile.ZipFile(path) as package:
            calls = [json.loads(package.read(name)) for name in package.namelist() if name.endswith(".wrapper.json")]
        assert [node["node"]["target"] for call in calls for node in call["nodes"]] == ["irfuse::body"]
        assert bits(torch._inductor.aoti_load_package(path)(*inputs)) == bits(model(*inputs))
