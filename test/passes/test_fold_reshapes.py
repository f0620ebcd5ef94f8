"""What fold-reshapes leaves behind where a law does not apply."""

from __future__ import annotations

from bodies import parsed

from irfuse.passes.fold_reshapes import FoldReshapesPass

NORM_OF_HALVES = """
func.func @f(%x: tensor<36x128xbf16>, %w: tensor<128xbf16>, %s: tensor<f32>) -> tensor<9x512xf8E4M3FN> {
  %y = irfuse.rms_norm %x weight %w : tensor<128xbf16> {eps = 1.0e-06 : f64, norm_group = 64 : i64} \
: tensor<36x128xbf16> -> tensor<36x128xbf16>
  %rows = irfuse.reshape %y : tensor<36x128xbf16> -> tensor<9x512xbf16>
  %q = irfuse.static_quant %rows, %s {quant_max = 448.0 : f64} \
: tensor<9x512xbf16>, tensor<f32> -> tensor<9x512xf8E4M3FN>
  func.return %q : tensor<9x512xf8E4M3FN>
}
"""


def test_a_norm_that_stays_has_no_other_readers() -> None:
    """A weight for two runs is none for longer rows, of which nothing that was built to try it stays."""
    module = parsed(NORM_OF_HALVES)
    before = str(module)
    FoldReshapesPass().apply(None, module)  # type: ignore[arg-type]
    assert str(module) == before
    values = [v for op in module.walk() for region in op.regions for b in region.blocks for v in b.args]
    values += [v for op in module.walk() for v in op.results]
    assert all(use.operation.parent is not None for v in values for use in v.uses)
