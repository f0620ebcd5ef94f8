// Where fuse-gated-norm-quant leaves a chain as it is; the quant says why in `missed`, and in `cure` what would help.
// RUN: irfuse-opt --fuse-gated-norm-quant %s | filecheck %s

!heads = tensor<?x32x128xbf16, #irfuse.dims<"t">>
!rows = tensor<?x128xbf16, #irfuse.dims<"t">>
!q = tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x1xf32, #irfuse.dims<"t">>

// The gate is computed from the normed rows: a result of the kernel would be one of its operands.
// CHECK-LABEL: func.func @gate_depends_on_norm(
func.func @gate_depends_on_norm(%x: !rows) -> (!q, !s) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %y {missed = "a result of the chain goes through projection{{( \(.*\))?}} and comes back"
  // CHECK-NEXT: func.return
  %n = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !rows -> !rows
  %z = irfuse.opaque "projection" (%n) : (!rows) -> !rows
  %g = irfuse.silu %z : !rows
  %y = irfuse.mul %n, %g : !rows
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !rows -> !q, !s
  return %q, %s : !q, !s
}

// The normed rows are read before an operand of the chain is there: no place for the kernel.
// CHECK-LABEL: func.func @user_between(
func.func @user_between(%x: !rows, %h: !rows) -> (!q, !s, !rows) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %y {missed = "an operand of the chain is computed after one of its results is used"
  // CHECK-NEXT: func.return
  %n = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !rows -> !rows
  %early = irfuse.opaque "reader" (%n) : (!rows) -> !rows
  %z = irfuse.opaque "projection" (%h) : (!rows) -> !rows
  %g = irfuse.silu %z : !rows
  %y = irfuse.mul %n, %g : !rows
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !rows -> !q, !s
  return %q, %s, %early : !q, !s, !rows
}

// A node between norm and quant writes to memory, perhaps to what the norm reads.
// CHECK-LABEL: func.func @mutation(
func.func @mutation(%x: !rows, %z: !rows, %c: !rows) -> (!q, !s) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %y {missed = "aten.copy_.default{{( \(.*\))?}} writes to memory in the middle of the chain", cure = "use the functional form of that op"
  // CHECK-NEXT: func.return
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : !rows, !rows -> !rows
  irfuse.opaque "aten.copy_.default" mutates (%x, %c) : (!rows, !rows) -> ()
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !rows -> !q, !s
  return %q, %s : !q, !s
}

// The rows of an operand lie scattered in memory, as those of a transposed tensor do.
// CHECK-LABEL: func.func @scattered(
func.func @scattered(%x: tensor<?x128xbf16, #irfuse.dims<"t", strides = [1, "t"]>>, %z: !rows) -> (!q, !s) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %y {missed = "an operand does not lie in memory row by row: an argument of the graph, strides [1, 't']", cure = "make it contiguous along its last axis"
  // CHECK-NEXT: func.return
  %c = irfuse.relayout %x : tensor<?x128xbf16, #irfuse.dims<"t", strides = [1, "t"]>> -> !rows
  %y = irfuse.rms_norm_gated %c, %z {eps = 1.0e-6 : f64} : !rows, !rows -> !rows
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !rows -> !q, !s
  return %q, %s : !q, !s
}

// Norm over 112 columns, scales for 128: neither divides the other, and 896 are too many pieces of 16.
// CHECK-LABEL: func.func @non_nesting(
func.func @non_nesting(%x: tensor<24x112xbf16>, %z: tensor<24x112xbf16>) -> (tensor<3x896xf8E4M3FN>, tensor<3x7xf32>) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant {{%.*}} {missed = "runs of 112 and of 128 columns do not nest"
  // CHECK-NEXT: func.return
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : tensor<24x112xbf16>, tensor<24x112xbf16> -> tensor<24x112xbf16>
  %r = irfuse.reshape %y : tensor<24x112xbf16> -> tensor<3x896xbf16>
  %q, %s = irfuse.group_quant %r {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<3x896xbf16> -> tensor<3x896xf8E4M3FN>, tensor<3x7xf32>
  return %q, %s : tensor<3x896xf8E4M3FN>, tensor<3x7xf32>
}

// A row of a symbolic number of columns.
// CHECK-LABEL: func.func @symbolic_row(
func.func @symbolic_row(%x: tensor<2x?xbf16, #irfuse.dims<"n">>, %z: tensor<2x?xbf16, #irfuse.dims<"n">>, %scale: tensor<f32>) -> tensor<2x?xf8E4M3FN, #irfuse.dims<"n">> {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q = irfuse.static_quant %y, %scale {missed = "a reduction over n columns, a number that is not known", cure = "give that axis a fixed size
  // CHECK-NEXT: func.return
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : tensor<2x?xbf16, #irfuse.dims<"n">>, tensor<2x?xbf16, #irfuse.dims<"n">> -> tensor<2x?xbf16, #irfuse.dims<"n">>
  %q = irfuse.static_quant %y, %scale {quant_max = 448.0 : f64} : tensor<2x?xbf16, #irfuse.dims<"n">>, tensor<f32> -> tensor<2x?xf8E4M3FN, #irfuse.dims<"n">>
  return %q : tensor<2x?xf8E4M3FN, #irfuse.dims<"n">>
}

// The mean of row i divides column i: of a square, either has a place for it.
// CHECK-LABEL: func.func @two_places(
func.func @two_places(%x: tensor<32x32xf32>, %z: tensor<32x32xf32>, %scale: tensor<f32>) -> tensor<32x32xf8E4M3FN> {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q = irfuse.static_quant %y, %scale {missed = "the result of a reduction over 32 columns is spread along another axis; is a keepdim missing?"
  // CHECK-NEXT: func.return
  %square = irfuse.mul %x, %x : tensor<32x32xf32>
  %mean = irfuse.row_mean %square : tensor<32x32xf32> -> tensor<32x1xf32>
  %turned = irfuse.reshape %mean : tensor<32x1xf32> -> tensor<1x32xf32>
  %means = irfuse.broadcast %turned : tensor<1x32xf32> -> tensor<32x32xf32>
  %n = irfuse.div %x, %means : tensor<32x32xf32>
  %g = irfuse.silu %z : tensor<32x32xf32>
  %y = irfuse.mul %n, %g : tensor<32x32xf32>
  %q = irfuse.static_quant %y, %scale {quant_max = 448.0 : f64} : tensor<32x32xf32>, tensor<f32> -> tensor<32x32xf8E4M3FN>
  return %q : tensor<32x32xf8E4M3FN>
}

// Tokens from the second on: how many there are before them no number says.
// CHECK-LABEL: func.func @later_tokens(
func.func @later_tokens(%x: !rows, %z: !rows) -> (tensor<?x128xf8E4M3FN, #irfuse.dims<"t - 1">>, tensor<?x1xf32, #irfuse.dims<"t - 1">>) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %r {missed = "an axis of t is not read from its beginning on"
  // CHECK-NEXT: func.return
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : !rows, !rows -> !rows
  %r = irfuse.slice %y {axis = 0 : i64, start = 1 : i64, step = 1 : i64} : !rows -> tensor<?x128xbf16, #irfuse.dims<"t - 1">>
  %q, %s = irfuse.group_quant %r {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<?x128xbf16, #irfuse.dims<"t - 1">> -> tensor<?x128xf8E4M3FN, #irfuse.dims<"t - 1">>, tensor<?x1xf32, #irfuse.dims<"t - 1">>
  return %q, %s : tensor<?x128xf8E4M3FN, #irfuse.dims<"t - 1">>, tensor<?x1xf32, #irfuse.dims<"t - 1">>
}

// Rows of the quant are made of heads of several tokens, and do not end where all tokens of a head do.
// CHECK-LABEL: func.func @permute_between(
func.func @permute_between(%x: tensor<5x4x128xbf16>, %z: tensor<5x4x128xbf16>) -> (tensor<5x512xf8E4M3FN>, tensor<5x1xf32>) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %r {missed = "runs of 512 and of 640 columns do not nest"
  // CHECK-NEXT: func.return
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : tensor<5x4x128xbf16>, tensor<5x4x128xbf16> -> tensor<5x4x128xbf16>
  %p = irfuse.permute %y [1, 0, 2] : tensor<5x4x128xbf16> -> tensor<4x5x128xbf16>
  %r = irfuse.reshape %p : tensor<4x5x128xbf16> -> tensor<5x512xbf16>
  %q, %s = irfuse.group_quant %r {group_size = 512 : i64, quant_max = 448.0 : f64} : tensor<5x512xbf16> -> tensor<5x512xf8E4M3FN>, tensor<5x1xf32>
  return %q, %s : tensor<5x512xf8E4M3FN>, tensor<5x1xf32>
}

// In an imported graph, the chain would read a value that no node of the graph has, and that others use.
// CHECK-LABEL: func.func @inside_a_node(
func.func @inside_a_node(%h: !rows, %z: !rows) -> (!q, !s, !rows) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %y {node = {{.*}}, missed = "the chain begins or ends inside of what one node of the graph computes"
  // CHECK-NEXT: func.return
  %x = irfuse.neg %h {node = ["a"]} : !rows
  %n = irfuse.exp %x : !rows
  %m = irfuse.neg %n {node = ["m"]} : !rows
  %y = irfuse.rms_norm_gated %n, %z {eps = 1.0e-6 : f64, node = ["b"]} : !rows, !rows -> !rows
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64, node = [["q"], ["s"]]} : !rows -> !q, !s
  return %q, %s, %m : !q, !s, !rows
}

// Chains of another family are left to their own passes, without a word.
// CHECK-LABEL: func.func @other_family(
func.func @other_family(%x: !rows, %z: !rows) -> (!q, !s, !q, !s) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %y {group_size
  // CHECK-NEXT: %p = irfuse.act_mul
  // CHECK-NEXT: %r, %t = irfuse.group_quant %p {group_size
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !rows -> !rows
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !rows -> !q, !s
  %p = irfuse.act_mul %x, %z : !rows, !rows -> !rows
  %r, %t = irfuse.group_quant %p {group_size = 128 : i64, quant_max = 448.0 : f64} : !rows -> !q, !s
  return %q, %s, %r, %t : !q, !s, !q, !s
}

// Two sizes inside that nothing tells apart.
// CHECK-LABEL: func.func @size_of_nothing(
func.func @size_of_nothing(%x: tensor<?x128xbf16, #irfuse.dims<"b*u">>, %z: tensor<?x128xbf16, #irfuse.dims<"b*u">>) -> (tensor<?x?x128xf8E4M3FN, #irfuse.dims<"b", "u">>, tensor<?x?x1xf32, #irfuse.dims<"b", "u">>) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %g {missed = "the size b is given by no operand and by no value of the graph"
  // CHECK-NEXT: func.return
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : tensor<?x128xbf16, #irfuse.dims<"b*u">>, tensor<?x128xbf16, #irfuse.dims<"b*u">> -> tensor<?x128xbf16, #irfuse.dims<"b*u">>
  %r = irfuse.reshape %y : tensor<?x128xbf16, #irfuse.dims<"b*u">> -> tensor<?x?x128xbf16, #irfuse.dims<"b", "u">>
  %g = irfuse.neg %r : tensor<?x?x128xbf16, #irfuse.dims<"b", "u">>
  %q, %s = irfuse.group_quant %g {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<?x?x128xbf16, #irfuse.dims<"b", "u">> -> tensor<?x?x128xf8E4M3FN, #irfuse.dims<"b", "u">>, tensor<?x?x1xf32, #irfuse.dims<"b", "u">>
  return %q, %s : tensor<?x?x128xf8E4M3FN, #irfuse.dims<"b", "u">>, tensor<?x?x1xf32, #irfuse.dims<"b", "u">>
}

// The gate is the normed rows plus a number of the graph, which is no constant.
// CHECK-LABEL: func.func @number(
func.func @number(%x: !rows, %eps: !irfuse.object) -> (!q, !s) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %y {missed = "aten.add.Tensor takes a number that is an argument of the graph, as dynamic=True makes it", cure = "leave dynamic unset, or mark the sizes that change with torch._dynamo.mark_dynamic"
  // CHECK-NEXT: func.return
  %n = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !rows -> !rows
  %z = irfuse.opaque "aten.add.Tensor" (%n, %eps) : (!rows, !irfuse.object) -> !rows
  %g = irfuse.silu %z : !rows
  %y = irfuse.mul %n, %g : !rows
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !rows -> !q, !s
  return %q, %s : !q, !s
}

// Quants with no norm and no product before them are left to fuse-quant, without a word.
// CHECK-LABEL: func.func @no_norm(
func.func @no_norm(%x: !rows) -> (!q, !s, !q, !s) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %x {group_size
  // CHECK-NEXT: %y = irfuse.opaque
  // CHECK-NEXT: %r, %t = irfuse.group_quant %y {group_size
  %q, %s = irfuse.group_quant %x {group_size = 128 : i64, quant_max = 448.0 : f64} : !rows -> !q, !s
  %y = irfuse.opaque "aten.mm.default" (%x) : (!rows) -> !rows
  %r, %t = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !rows -> !q, !s
  return %q, %s, %r, %t : !q, !s, !q, !s
}
