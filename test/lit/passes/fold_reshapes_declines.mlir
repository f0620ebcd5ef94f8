// Where a side condition of a law of fold-reshapes fails. Nothing in this file changes.
// RUN: irfuse-opt %s > %t.before.mlir
// RUN: irfuse-opt --fold-reshapes %s > %t.after.mlir
// RUN: diff %t.before.mlir %t.after.mlir

!heads = tensor<?x32x128xbf16, #irfuse.dims<"t">>
!wide = tensor<?x4096xbf16, #irfuse.dims<"t">>
!q = tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x32xf32, #irfuse.dims<"t">>

// Law 1: an exchange of axes that gives the operand's own type is not the operand.
func.func @square(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = irfuse.permute %x [1, 0] : tensor<4x4xf32> -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

// Law 1: a reshape of a permute is no reshape of its operand, and a permute of a reshape no permute.
func.func @permute_between(%x: tensor<2x3x4xf32>) -> (tensor<12x2xf32>, tensor<4x6xf32>) {
  %0 = irfuse.permute %x [1, 2, 0] : tensor<2x3x4xf32> -> tensor<3x4x2xf32>
  %1 = irfuse.reshape %0 : tensor<3x4x2xf32> -> tensor<12x2xf32>
  %2 = irfuse.reshape %x : tensor<2x3x4xf32> -> tensor<6x4xf32>
  %3 = irfuse.permute %2 [1, 0] : tensor<6x4xf32> -> tensor<4x6xf32>
  return %1, %3 : tensor<12x2xf32>, tensor<4x6xf32>
}

// Law 1: a layout between two reshapes stays: a strided tensor is read where it is laid out.
func.func @layout_between(%x: tensor<8x4xf32, #irfuse.dims<strides = [8, 1]>>) -> tensor<32xf32> {
  %0 = irfuse.relayout %x : tensor<8x4xf32, #irfuse.dims<strides = [8, 1]>> -> tensor<8x4xf32>
  %1 = irfuse.reshape %0 : tensor<8x4xf32> -> tensor<32xf32>
  return %1 : tensor<32xf32>
}

// Law 1: a transposed tensor in two layouts keeps both, so that its rows are known to lie scattered.
func.func @layouts_of_a_permute(%x: tensor<4x8xf32>) -> tensor<8x4xf32> {
  %0 = irfuse.permute %x [1, 0] : tensor<4x8xf32> -> tensor<8x4xf32>
  %1 = irfuse.relayout %0 : tensor<8x4xf32> -> tensor<8x4xf32, #irfuse.dims<strides = [1, 8]>>
  %2 = irfuse.relayout %1 : tensor<8x4xf32, #irfuse.dims<strides = [1, 8]>> -> tensor<8x4xf32>
  return %2 : tensor<8x4xf32>
}

// Law 2: the weight spans several runs and would have to be repeated.
func.func @weight_of_several_runs(%x: tensor<8x256xbf16>, %w: tensor<256xbf16>) -> (tensor<4x512xf8E4M3FN>, tensor<4x1xf32>) {
  %y = irfuse.rms_norm %x weight %w : tensor<256xbf16> {eps = 1.0e-6 : f64, norm_group = 64 : i64} : tensor<8x256xbf16> -> tensor<8x256xbf16>
  %rows = irfuse.reshape %y : tensor<8x256xbf16> -> tensor<4x512xbf16>
  %q, %s = irfuse.group_quant %rows {group_size = 512 : i64, quant_max = 448.0 : f64} : tensor<4x512xbf16> -> tensor<4x512xf8E4M3FN>, tensor<4x1xf32>
  return %q, %s : tensor<4x512xf8E4M3FN>, tensor<4x1xf32>
}

// Law 2: the wider rows are not whole rows of the norm.
func.func @rows_do_not_nest(%x: tensor<6x256xbf16>) -> (tensor<4x384xf8E4M3FN>, tensor<4x3xf32>) {
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : tensor<6x256xbf16> -> tensor<6x256xbf16>
  %rows = irfuse.reshape %y : tensor<6x256xbf16> -> tensor<4x384xbf16>
  %q, %s = irfuse.group_quant %rows {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<4x384xbf16> -> tensor<4x384xf8E4M3FN>, tensor<4x3xf32>
  return %q, %s : tensor<4x384xf8E4M3FN>, tensor<4x3xf32>
}

// Law 2: no norm to lift the reshape over, for rows that become wider.
func.func @no_norm(%x: !heads, %y: !heads) -> (!q, !s) {
  %p = irfuse.mul %x, %y : !heads
  %rows = irfuse.reshape %p : !heads -> !wide
  %q, %s = irfuse.group_quant %rows {group_size = 128 : i64, quant_max = 448.0 : f64} : !wide -> !q, !s
  return %q, %s : !q, !s
}

// Law 2: an add_rms_norm, whose sum is wanted in its own shape.
func.func @sum_and_norm(%x: !heads, %r: !heads) -> (!q, !s, !heads) {
  %y, %sum = irfuse.add_rms_norm %x, %r {eps = 1.0e-6 : f64} : !heads, !heads -> !heads, !heads
  %rows = irfuse.reshape %y : !heads -> !wide
  %q, %s = irfuse.group_quant %rows {group_size = 128 : i64, quant_max = 448.0 : f64} : !wide -> !q, !s
  return %q, %s, %sum : !q, !s, !heads
}

// Law 3: the rows are no whole groups; one group begins in one row and ends in the next.
func.func @groups_across_rows(%x: tensor<8x192xbf16>) -> (tensor<12x128xf8E4M3FN>, tensor<12x1xf32>) {
  %rows = irfuse.reshape %x : tensor<8x192xbf16> -> tensor<12x128xbf16>
  %q, %s = irfuse.group_quant %rows {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<12x128xbf16> -> tensor<12x128xf8E4M3FN>, tensor<12x1xf32>
  return %q, %s : tensor<12x128xf8E4M3FN>, tensor<12x1xf32>
}

// Laws 2 and 3: rows of a symbolic number of columns, and a number without an axis.
func.func @symbolic_rows(%x: !heads, %n: tensor<f32>) -> (tensor<?xf8E4M3FN, #irfuse.dims<"4096*t">>, tensor<?xf32, #irfuse.dims<"32*t">>, tensor<1xf8E4M3FN>, tensor<1xf32>) {
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !heads -> !heads
  %rows = irfuse.reshape %y : !heads -> tensor<?xbf16, #irfuse.dims<"4096*t">>
  %q, %s = irfuse.group_quant %rows {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<?xbf16, #irfuse.dims<"4096*t">> -> tensor<?xf8E4M3FN, #irfuse.dims<"4096*t">>, tensor<?xf32, #irfuse.dims<"32*t">>
  %one = irfuse.reshape %n : tensor<f32> -> tensor<1xf32>
  %p, %t = irfuse.group_quant %one {group_size = 1 : i64, quant_max = 448.0 : f64} : tensor<1xf32> -> tensor<1xf8E4M3FN>, tensor<1xf32>
  return %q, %s, %p, %t : tensor<?xf8E4M3FN, #irfuse.dims<"4096*t">>, tensor<?xf32, #irfuse.dims<"32*t">>, tensor<1xf8E4M3FN>, tensor<1xf32>
}
