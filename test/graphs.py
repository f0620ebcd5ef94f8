"""Graphs as AOTAutograd hands them to a backend, of many small models: static or dynamic, with or without grad."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from functorch.compile import make_boxed_func
from torch import fx, nn
from torch._dynamo.backends.common import aot_autograd
from torch._higher_order_ops.scan import scan
from torch.utils._pytree import tree_leaves

Inputs = tuple[Any, ...]


@dataclass
class Captured:
    """A graph, what it is ("inference", "forward" or "backward"), and the real inputs that it was first called with."""

    kind: str
    graph: fx.GraphModule
    inputs: Inputs = ()


@dataclass(frozen=True)
class Case:
    """How to make a model, and inputs for it."""

    make: Callable[[], Callable[..., Any]]
    inputs: Inputs

    def fresh(self) -> tuple[Callable[..., Any], Inputs]:
        """A new model, always the same, and copies of its inputs."""
        torch.manual_seed(0)
        return self.make(), copy.deepcopy(self.inputs)


def copied(values: Any) -> list[Any]:
    """Copies of tensors that keep their strides and still share memory where the originals do."""
    return copy.deepcopy([v.detach() if isinstance(v, torch.Tensor) else v for v in values])


def capture(model: Any, inputs: Inputs, *, dynamic: bool | None = False, grad: bool = False) -> list[Captured]:
    """The graphs of one call of ``model``, and of its backward under ``grad``."""
    torch._dynamo.reset()
    found: list[Captured] = []
    backend = aot_autograd(
        fw_compiler=partial(_record, found, "forward"),
        bw_compiler=partial(_record, found, "backward"),
        inference_compiler=partial(_record, found, "inference"),
    )
    config = {"capture_scalar_outputs": True, "capture_dynamic_output_shape_ops": True, "allow_rnn": True}
    with torch._dynamo.config.patch(config), nullcontext() if grad else torch.no_grad():
        outputs = torch.compile(model, backend=backend, dynamic=dynamic)(*map(_not_a_leaf, inputs) if grad else inputs)
        losses = [
            t.abs().float().sum() for t in tree_leaves(outputs) if isinstance(t, torch.Tensor) and t.requires_grad
        ]
        if losses:
            torch.stack(losses).sum().backward()
    return found


@cache
def captured(name: str, dynamic: bool, grad: bool) -> tuple[Captured, ...]:
    """The graphs of a case; captured once, so nobody may change them. Torch 2.11 has no derivative for one of them."""
    try:
        return tuple(capture(*CASES[name].fresh(), dynamic=dynamic, grad=grad))
    except torch._dynamo.exc.BackendCompilerFailed as reason:
        if grad and "derivative for" in str(reason):
            pytest.skip("this torch has no derivative for an op of the graph")
        raise


def inference_graph(model: Any, *inputs: Any, dynamic: bool | None = False) -> fx.GraphModule:
    """The one inference graph of a call; ``dynamic=None`` heeds the marks on the inputs."""
    (found,) = capture(model, inputs, dynamic=dynamic)
    assert found.kind == "inference"
    return found.graph


def _not_a_leaf(value: Any) -> Any:
    """An input that needs a gradient and that the model may write to."""
    number = isinstance(value, torch.Tensor) and (value.is_floating_point() or value.is_complex())
    return value.detach().requires_grad_().clone() if number else value


def _record(found: list[Captured], kind: str, gm: fx.GraphModule, _inputs: Any) -> Callable[..., Any]:
    """A compiler that keeps a copy of the graph, and runs the graph itself."""
    one = Captured(kind, fx.GraphModule(gm, copy.deepcopy(gm.graph)))
    found.append(one)

    def run(*args: Any) -> Any:
        one.inputs = one.inputs or tuple(copied(args))
        return gm.forward(*args)

    return make_boxed_func(run)


torch.manual_seed(0)
SQUARE, ROWS = torch.randn(4, 4), torch.randn(3, 8)
SEQUENCE, IMAGE, WORDS = torch.randn(2, 7, 32), torch.randn(2, 3, 16, 16), torch.tensor([1, 2, 3, 2])
CASES: dict[str, Case] = {}


def _case(*inputs: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Makes a function a case."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        CASES[function.__name__] = Case(lambda: function, inputs)
        return function

    return register


@_case(SQUARE)
def writes_to_view(x):
    x = x.clone()
    x[1:3].fill_(0)
    x.t()[0].copy_(x[2])
    return x


@_case(SQUARE)
def returns_view_of_input(x):
    x.mul_(2)
    return x.t().relu_(), x[1:, ::2], x


@_case(torch.randn(6, 6), torch.tensor([1, 3]))
def scatters(x, i):
    x = x.index_add(0, i, torch.ones(2, 6)).masked_fill(x > 1, -1.0)
    return (
        x.index_put((i,), torch.zeros(2, 6)),
        x.scatter(1, i[:, None], 1.0),
        x.tril(),
        x.slice_scatter(x[:2], 0, 1, 3),
    )


@_case(ROWS)
def tuples_with_unused_elements(x):
    values, _ = torch.sort(x)
    _, where = torch.topk(x, 3)
    low, *_, high = x.unbind()
    return values, where, low + high, x.split(3, 1)[-1], x.chunk(4, 1)[1], x.max(0)[1], torch.aminmax(x).max


@_case(torch.randn(4, 6), torch.randn(7, 2))
def sizes(x, y):
    n, m = x.shape[0] * x.shape[1], y.shape[0] + 3
    return x.reshape(n), x.new_zeros(m, n // 2), y.expand(m, *y.shape) / x.shape[0], n, torch.arange(y.numel())


@_case(torch.randn(3, 4))
def constants(x):
    row = torch.tensor([1.0, 2.0, 3.0, 4.0])
    return x + row, torch.full_like(x, float("-inf")), torch.full((2,), float("nan")), x * 1e-30, x.clamp(max=1e9)


@torch.library.custom_op("irfuse_test::bump", mutates_args={"x"})
def bump(x: torch.Tensor, by: float) -> torch.Tensor:
    """Adds to its argument and returns half of the sum."""
    x.add_(by)
    return x / 2


bump.register_fake(lambda x, by: torch.empty_like(x))


@_case(torch.arange(4.0))
def custom_op_with_mutation(x):
    y = x.detach().clone()
    half = bump(y, 1.5)
    return y + half + x


@_case(torch.randn(2, 3, 4))
def view_chain(x):
    y = x.view(6, 4).unsqueeze(1).expand(6, 5, 4).permute(2, 0, 1)
    return y.transpose(0, 1).squeeze(), y.contiguous().flatten(1), y.diagonal(), x.as_strided((2, 2), (1, 4)), x.mT


@_case(torch.randn(2, 5, 8), torch.randn(8, 8))
def attention(x, w):
    scores = (x @ w) @ x.transpose(-1, -2) / 8**0.5
    mask = torch.ones(5, 5, dtype=torch.bool).tril()
    return scores.masked_fill(~mask, float("-inf")).softmax(-1) @ x, F.scaled_dot_product_attention(
        x, x, x, is_causal=True
    )


@_case(ROWS)
def half_types(x):
    y = x.to(torch.bfloat16)
    return y * 1.5 + y, y.float().mean(-1), F.silu(x.half()), y.double(), torch.finfo(y.dtype).eps * y


@_case([torch.randn(3), torch.randn(2)], {"k": torch.randn(2, 3)})
def containers(pair, table):
    joined = torch.cat([*pair, table["k"].flatten()])
    return {"all": joined, "stack": torch.stack([pair[0], table["k"][0]])}, torch.meshgrid(pair, indexing="ij")


FLOAT8 = (torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz)
EXPRESSIONS: dict[str, tuple[Callable[..., Any], Inputs]] = {
    "cond": (lambda x: torch.cond(x.sum() > 0, lambda x: x.sin(), lambda x: x.cos(), (x,)), (SQUARE,)),
    "scanned": (lambda x, xs: scan(lambda carry, x: (carry + x, carry * x), x, xs), (torch.randn(4), SQUARE)),
    "writes_to_input": (lambda x: x.mul_(2).add_(1).sum(), (SQUARE,)),
    "random_numbers": (
        lambda x: (torch.rand_like(x), F.dropout(x), torch.randint(0, 9, (3,)), torch.randn(2)),
        (ROWS,),
    ),
    "dynamic_output": (lambda x: (x[x > 0.5], torch.nonzero(x > 0.2), torch.where(x > 0.3)), (SQUARE,)),
    "indexing": (lambda x, i: (x[i], x[:, None, ..., 1:-1:2], x[i, i], torch.where(x > 0, x, 0.0)), (SQUARE, WORDS)),
    "gathers": (
        lambda x, i: (x.gather(0, i[:, None]), x.index_select(1, i), x.take_along_dim(i[None])),
        (SQUARE, WORDS),
    ),
    "items": (lambda x: (x * x.abs().sum().item(), x.argmax().item()), (ROWS,)),
    "scans_along_axes": (lambda x: (x.cumsum(0), x.cumprod(1), x.logcumsumexp(1), x.cummax(0)), (ROWS,)),
    "complex_numbers": (
        lambda x: (x * 1j, x.abs(), torch.view_as_real(x), x.conj() + torch.fft.fft(x)),
        (SQUARE + 1j,),
    ),
    "integers": (lambda i: (i << 1, i // 3, i.to(torch.int8) + i.to(torch.uint8), i % 5 == 2, ~i, i.sum()), (WORDS,)),
    "float8": (lambda x: [x.to(k).float() for k in FLOAT8] + [x.detach().to(k) for k in FLOAT8], (ROWS,)),
    "python_arguments": (lambda x, n, how: (F.gelu(x, approximate=how) * n, x.sum((0, -1), True)), (ROWS, 3, "tanh")),
}
CONVOLUTION = (partial(nn.Conv2d, 3, 8, 3), partial(nn.BatchNorm2d, 8), nn.ReLU, partial(nn.MaxPool2d, 2))
MODULES: dict[str, tuple[Callable[[], nn.Module], Inputs]] = {
    "encoder": (partial(nn.TransformerEncoderLayer, 32, 4, 64, batch_first=True), (SEQUENCE,)),
    "lstm": (partial(nn.LSTM, 32, 16, 2), (SEQUENCE,)),
    "gru": (partial(nn.GRU, 32, 16, bidirectional=True), (SEQUENCE,)),
    "convolution": (lambda: nn.Sequential(*(make() for make in CONVOLUTION)), (IMAGE,)),
    "multihead": (partial(nn.MultiheadAttention, 32, 2), (SEQUENCE,) * 3),
    "embedding": (lambda: nn.Sequential(nn.Embedding(10, 4), nn.Linear(4, 4), nn.Tanh()), (WORDS,)),
    "embedding_bag": (partial(nn.EmbeddingBag, 10, 4), (WORDS, torch.tensor([0, 2]))),
    "layer_norm": (lambda: nn.Sequential(nn.LayerNorm(32), nn.GELU(), nn.RMSNorm(32)), (SEQUENCE,)),
    "upsample": (lambda: nn.Sequential(nn.Upsample(scale_factor=2), nn.AvgPool2d(3), nn.PReLU()), (IMAGE,)),
}
CASES |= {name: Case(lambda function=function: function, inputs) for name, (function, inputs) in EXPRESSIONS.items()}
CASES |= {name: Case(*parts) for name, parts in MODULES.items()}
