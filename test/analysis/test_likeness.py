"""What is remembered of pieces that are alike op by op, and of none that differ in a number's bits or a body inside."""

from __future__ import annotations

import gc
import weakref
from functools import partial

import pytest
from bodies import parsed
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block

from irfuse.analysis.likeness import MOST_KEPT, Remembered, likeness_of
from irfuse.errors import NotLowerableError

SCALED = """
func.func @f(%{x}: tensor<4x128xf32>) -> tensor<4x128xf32> {{
  %{y} = irfuse.mul %{x} scalar {number} : tensor<4x128xf32>
  return %{y} : tensor<4x128xf32>
}}
"""
FUSED = """
func.func @f(%x: tensor<4x128xf32>) -> tensor<4x128xf32> {{
  %y = irfuse.fused(%a = %x : tensor<4x128xf32>) -> (tensor<4x128xf32>) {{
    %b = irfuse.{op} %a : tensor<4x128xf32>
    irfuse.yield %b : tensor<4x128xf32>
  }}
  return %y : tensor<4x128xf32>
}}
"""


def body(text: str) -> Block:
    (function,) = [op for op in parsed(text).ops if isinstance(op, FuncOp)]
    function.parent_block().detach_op(function)
    return function.body.block


def scaled(number: str, *, x: str = "x", y: str = "y") -> object:
    return likeness_of(body(SCALED.format(number=number, x=x, y=y)))


def test_names_are_no_part_of_it_and_bits_of_numbers_are() -> None:
    assert scaled("2.0") == scaled("2.0", x="a", y="b")
    assert scaled("0.0") != scaled("-0.0")
    assert scaled("2.0") != scaled("2.0000000000000004")


def test_what_a_region_computes_is_a_part_of_it() -> None:
    assert likeness_of(body(FUSED.format(op="exp"))) == likeness_of(body(FUSED.format(op="exp")))
    assert likeness_of(body(FUSED.format(op="exp"))) != likeness_of(body(FUSED.format(op="abs")))


def test_a_refusal_is_found_once_and_keeps_nothing_that_it_came_from() -> None:
    class Graph:
        pass

    found: list[weakref.ref[Graph]] = []

    def refuse() -> int:
        graph = Graph()
        found.append(weakref.ref(graph))
        try:
            raise ValueError("inside")
        except ValueError as inside:
            raise NotLowerableError(reason="it is a test") from inside

    remembered = Remembered[int](NotLowerableError)
    for _ in range(2):
        with pytest.raises(NotLowerableError, match="no kernel can be generated: it is a test") as raised:
            remembered.of("key", refuse)
        assert raised.value.values == {"reason": "it is a test"}
        del raised
    gc.collect()
    assert [graph() for graph in found] == [None]


def test_no_more_is_kept_than_the_limit() -> None:
    remembered = Remembered[int]()
    for i in range(MOST_KEPT + 1):
        remembered.of(i, partial(int, i))
    assert len(remembered.found) == 1 and remembered.of(MOST_KEPT, lambda: -1) == MOST_KEPT
