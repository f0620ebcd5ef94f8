"""Parts of a tensor that are computed where they lie, as one does queries and keys: functions, each of one fused op."""

from __future__ import annotations

from typing import Any

from byte_forms import FORMS
from column_forms import turned
from forms import HEADS, TOKENS, WIDTH, form, noise, norm, picks
from torch import Tensor

__all__ = ["FORMS"]
BOTH = HEADS + 2
"""The heads of queries and of keys of a token."""
HALF = WIDTH // 2


def table() -> list[Tensor]:
    """Angles by position, and the positions of the tokens."""
    return [noise(32, WIDTH), picks(32)]


@form
def queries_and_keys_in_a_row() -> Any:
    """Parts of the columns of a projection, of which the values behind them stay."""

    def run(x: Tensor, w: Tensor, v: Tensor, angles: Tensor, at: Tensor) -> Any:
        cos, sin = angles[at].chunk(2, -1)
        q, k = x[:, : HEADS * WIDTH].view(-1, HEADS, WIDTH), x[:, HEADS * WIDTH : BOTH * WIDTH].view(-1, 2, WIDTH)
        q.copy_(turned(norm(q, w), cos, sin))
        k.copy_(turned(norm(k, v), cos, sin))

    return run, [noise(TOKENS, (BOTH + 2) * WIDTH), noise(WIDTH), noise(WIDTH) * 2, *table()]


@form
def queries_and_keys_by_heads() -> Any:
    """Keys come first, and rotate by other angles than queries."""

    def run(x: Tensor, w: Tensor, angles: Tensor, at: Tensor) -> Any:
        cos, sin = angles[at].chunk(2, -1)
        k, q = x[:, :2], x[:, 3 : 3 + HEADS]
        q.copy_(turned(norm(q, w), cos, sin))
        k.copy_(turned(norm(k, w), sin, cos))

    return run, [noise(TOKENS, 3 + BOTH, WIDTH), noise(WIDTH), *table()]


@form
def queries_and_keys_without_a_rotation() -> Any:
    """Two norms that nothing is behind, each put back."""

    def run(x: Tensor, w: Tensor, v: Tensor) -> Any:
        q, k = x.split([HEADS, 2], 1)
        q.copy_(norm(q, w))
        k.copy_(norm(k, v))

    return run, [noise(TOKENS, BOTH, WIDTH), noise(WIDTH), noise(WIDTH) * 2]


@form
def keys_without_a_norm_in_place() -> Any:
    def run(x: Tensor, angles: Tensor, at: Tensor) -> Any:
        k = x[:, HEADS:]
        k.copy_(turned(k, *angles[at].chunk(2, -1)))

    return run, [noise(TOKENS, BOTH, WIDTH), *table()]


@form
def the_tails_of_heads_in_place() -> Any:
    """A norm of whole heads, of which half of the columns stay as they were."""

    def run(x: Tensor, w: Tensor) -> Any:
        x[..., HALF:].copy_(norm(x, w)[..., HALF:])

    return run, [noise(TOKENS, BOTH, WIDTH), noise(WIDTH)]


@form
def keys_of_a_tensor_with_strides() -> Any:
    """Heads stand before tokens in memory."""

    def run(x: Tensor, w: Tensor, angles: Tensor, at: Tensor) -> Any:
        k = x[:, 1 : 1 + HEADS]
        k.copy_(turned(norm(k, w), *angles[at].chunk(2, -1)))

    return run, [noise(BOTH, TOKENS, WIDTH).transpose(0, 1), noise(WIDTH), *table()]
