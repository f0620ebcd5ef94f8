// Where fuse-quant leaves a quant as it is; the quant says why in `missed`, and in `cure` what would help.
// RUN: irfuse-opt --fuse-quant %s | filecheck %s

!x = tensor<?x192xbf16, #irfuse.dims<"t">>
!f = tensor<?x192xf32, #irfuse.dims<"t">>
!q = tensor<?x192xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x1xf32, #irfuse.dims<"t">>

// What is quantised lies in memory column by column.
// CHECK-LABEL: func.func @scattered(
func.func @scattered(%x: tensor<?x192xbf16, #irfuse.dims<"t", strides = [1, "t"]>>) -> (!q, !s) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %y {missed = "an operand does not lie in memory row by row: an argument of the graph, strides [1, 't']", cure = "make it contiguous along its last axis"
  // CHECK-NEXT: func.return
  %y = irfuse.relayout %x : tensor<?x192xbf16, #irfuse.dims<"t", strides = [1, "t"]>> -> !x
  %q, %s = irfuse.group_quant %y {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// So is every second column, whatever the kernel would read of it.
// CHECK-LABEL: func.func @every_second_column(
func.func @every_second_column(%x: tensor<?x192xbf16, #irfuse.dims<"t", strides = [384, 2]>>) -> (!q, !s) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %y {missed = "an operand does not lie in memory row by row: an argument of the graph, strides [384, 2]", cure = "make it contiguous along its last axis"
  // CHECK-NEXT: func.return
  %y = irfuse.relayout %x : tensor<?x192xbf16, #irfuse.dims<"t", strides = [384, 2]>> -> !x
  %q, %s = irfuse.group_quant %y {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// A row of a symbolic number of columns.
// CHECK-LABEL: func.func @symbolic_row(
func.func @symbolic_row(%x: tensor<2x?xbf16, #irfuse.dims<"n">>, %scale: tensor<f32>) -> tensor<2x?xf8E4M3FN, #irfuse.dims<"n">> {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q = irfuse.static_quant %x, %scale {missed = "the last axis has n columns, a number that is not known", cure = "give that axis a fixed size
  // CHECK-NEXT: func.return
  %q = irfuse.static_quant %x, %scale {quant_max = 448.0 : f64} : tensor<2x?xbf16, #irfuse.dims<"n">>, tensor<f32> -> tensor<2x?xf8E4M3FN, #irfuse.dims<"n">>
  return %q : tensor<2x?xf8E4M3FN, #irfuse.dims<"n">>
}

// Rows of the quant are made of heads of several tokens, and do not end where all tokens of a head do.
// CHECK-LABEL: func.func @non_nesting(
func.func @non_nesting(%x: tensor<5x4x64xbf16>) -> (tensor<5x256xf8E4M3FN>, tensor<5x1xf32>) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %r {missed = "runs of 256 and of 320 columns do not nest"
  // CHECK-NEXT: func.return
  %p = irfuse.permute %x [1, 0, 2] : tensor<5x4x64xbf16> -> tensor<4x5x64xbf16>
  %r = irfuse.reshape %p : tensor<4x5x64xbf16> -> tensor<5x256xbf16>
  %q, %s = irfuse.group_quant %r {group_size = 256 : i64, quant_max = 448.0 : f64} : tensor<5x256xbf16> -> tensor<5x256xf8E4M3FN>, tensor<5x1xf32>
  return %q, %s : tensor<5x256xf8E4M3FN>, tensor<5x1xf32>
}

// A scale for each row that is spread along the columns; its own quant is part of the one that is not fused.
// CHECK-LABEL: func.func @spread(
func.func @spread(%x: tensor<192x192xbf16>) -> (tensor<192x192xf8E4M3FN>, tensor<192xf8E4M3FN>) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %s = irfuse.cast %r {missed = "it is part of a quant that is not fused"}
  // CHECK: %q = irfuse.cast %d {missed = "the result of a reduction over 192 columns is spread along another axis; is a keepdim missing?"}
  // CHECK-NEXT: func.return
  %a = irfuse.abs %x : tensor<192x192xbf16>
  %m = irfuse.row_amax %a : tensor<192x192xbf16> -> tensor<192x1xbf16>
  %r = irfuse.reshape %m : tensor<192x1xbf16> -> tensor<192xbf16>
  %s = irfuse.cast %r : tensor<192xbf16> -> tensor<192xf8E4M3FN>
  %w = irfuse.cast %s : tensor<192xf8E4M3FN> -> tensor<192xbf16>
  %b = irfuse.broadcast %w : tensor<192xbf16> -> tensor<192x192xbf16>
  %d = irfuse.div %x, %b : tensor<192x192xbf16>
  %q = irfuse.cast %d : tensor<192x192xbf16> -> tensor<192x192xf8E4M3FN>
  return %q, %s : tensor<192x192xf8E4M3FN>, tensor<192xf8E4M3FN>
}

// One row, repeated: nothing that the kernel reads says how many there are.
// CHECK-LABEL: func.func @repeated(
func.func @repeated(%w: tensor<192xbf16>, %scale: tensor<f32>) -> tensor<4x192xf8E4M3FN> {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q = irfuse.static_quant %c, %scale {missed = "no operand has all the rows and columns that the quant has, they are repeated on the way"
  // CHECK-NEXT: func.return
  %c = irfuse.broadcast %w : tensor<192xbf16> -> tensor<4x192xbf16>
  %q = irfuse.static_quant %c, %scale {quant_max = 448.0 : f64} : tensor<4x192xbf16>, tensor<f32> -> tensor<4x192xf8E4M3FN>
  return %q : tensor<4x192xf8E4M3FN>
}

// Something is written between the maximum and the division.
// CHECK-LABEL: func.func @mutation(
func.func @mutation(%x: !x) -> (!q, !s) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q = irfuse.cast %d {missed = "aten.relu_.default{{( \(.*\))?}} writes to memory in the middle of the chain", cure = "use the functional form of that op"
  // CHECK-NEXT: func.return
  %a = irfuse.abs %x : !x
  %m = irfuse.row_amax %a : !x -> tensor<?x1xbf16, #irfuse.dims<"t">>
  irfuse.opaque "aten.relu_.default" mutates (%x) : (!x) -> ()
  %s = irfuse.cast %m : tensor<?x1xbf16, #irfuse.dims<"t">> -> !s
  %c = irfuse.cast %x : !x -> !f
  %b = irfuse.broadcast %s : !s -> !f
  %d = irfuse.div %c, %b : !f
  %q = irfuse.cast %d : !f -> !q
  return %q, %s : !q, !s
}

// The scale is read by another op, and what that makes of it is read by the quant.
// CHECK-LABEL: func.func @comes_back(
func.func @comes_back(%x: !x) -> !q {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q = irfuse.cast %v {missed = "a result of the chain goes through calibrate{{( \(.*\))?}} and comes back"
  // CHECK-NEXT: func.return
  %a = irfuse.abs %x : !x
  %m = irfuse.row_amax %a : !x -> tensor<?x1xbf16, #irfuse.dims<"t">>
  %s = irfuse.cast %m : tensor<?x1xbf16, #irfuse.dims<"t">> -> !s
  %t = irfuse.opaque "calibrate" (%s) : (!s) -> !s
  %c = irfuse.cast %x : !x -> !f
  %bt = irfuse.broadcast %t : !s -> !f
  %u = irfuse.div %c, %bt : !f
  %bs = irfuse.broadcast %s : !s -> !f
  %v = irfuse.div %u, %bs : !f
  %q = irfuse.cast %v : !f -> !q
  return %q : !q
}

// In an imported graph, the quant reads a value that no node of the graph has, and that others use.
// CHECK-LABEL: func.func @inside_a_node(
func.func @inside_a_node(%h: !x) -> (!q, !s, !x) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %n {node = {{.*}}, missed = "the chain begins or ends inside of what one node of the graph computes"
  // CHECK-NEXT: func.return
  %x = irfuse.neg %h {node = ["a"]} : !x
  %n = irfuse.exp %x : !x
  %m = irfuse.neg %n {node = ["m"]} : !x
  %q, %s = irfuse.group_quant %n {group_size = 192 : i64, quant_max = 448.0 : f64, node = [["q"], ["s"]]} : !x -> !q, !s
  return %q, %s, %m : !q, !s, !x
}

// Two sizes inside that nothing tells apart.
// CHECK-LABEL: func.func @size_of_nothing(
func.func @size_of_nothing(%x: tensor<?x128xbf16, #irfuse.dims<"b*u">>) -> (tensor<?x?x128xf8E4M3FN, #irfuse.dims<"b", "u">>, tensor<?x?x1xf32, #irfuse.dims<"b", "u">>) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %g {missed = "the size b is given by no operand and by no value of the graph"
  // CHECK-NEXT: func.return
  %r = irfuse.reshape %x : tensor<?x128xbf16, #irfuse.dims<"b*u">> -> tensor<?x?x128xbf16, #irfuse.dims<"b", "u">>
  %g = irfuse.neg %r : tensor<?x?x128xbf16, #irfuse.dims<"b", "u">>
  %q, %s = irfuse.group_quant %g {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<?x?x128xbf16, #irfuse.dims<"b", "u">> -> tensor<?x?x128xf8E4M3FN, #irfuse.dims<"b", "u">>, tensor<?x?x1xf32, #irfuse.dims<"b", "u">>
  return %q, %s : tensor<?x?x128xf8E4M3FN, #irfuse.dims<"b", "u">>, tensor<?x?x1xf32, #irfuse.dims<"b", "u">>
}

// A quant that is refused here too has the reason of this pass, and its norm none.
// CHECK-LABEL: func.func @refused_twice(
func.func @refused_twice(%x: tensor<5x4x64xbf16>) -> (tensor<5x256xf8E4M3FN>, tensor<5x1xf32>) {
  // CHECK-NEXT: %y = irfuse.rms_norm %x {eps
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %r {missed = "runs of 256 and of 320 columns do not nest"
  // CHECK-NEXT: func.return
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : tensor<5x4x64xbf16> -> tensor<5x4x64xbf16>
  %p = irfuse.permute %y [1, 0, 2] : tensor<5x4x64xbf16> -> tensor<4x5x64xbf16>
  %r = irfuse.reshape %p : tensor<4x5x64xbf16> -> tensor<5x256xbf16>
  %q, %s = irfuse.group_quant %r {missed = "another reason", group_size = 256 : i64, quant_max = 448.0 : f64} : tensor<5x256xbf16> -> tensor<5x256xf8E4M3FN>, tensor<5x1xf32>
  return %q, %s : tensor<5x256xf8E4M3FN>, tensor<5x1xf32>
}

// A quant of rows that no tensor of the graph decides.
// CHECK-LABEL: func.func @constant(
func.func @constant() -> tensor<4x64xf8E4M3FN> {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q = irfuse.static_quant %c, %d {missed = "its rows are constants, a kernel would have nothing to read"
  // CHECK-NEXT: func.return
  %c = irfuse.full 2.0 : tensor<4x64xbf16>
  %d = irfuse.full 2.0 : tensor<f32>
  %q = irfuse.static_quant %c, %d {quant_max = 448.0 : f64} : tensor<4x64xbf16>, tensor<f32> -> tensor<4x64xf8E4M3FN>
  return %q : tensor<4x64xf8E4M3FN>
}

// A number that is cast from constants, as a zero point, is none.
// CHECK-LABEL: func.func @zero_point(
func.func @zero_point() -> tensor<5x1xi8> {
  // CHECK: %p = irfuse.cast %z : tensor
  // CHECK-NEXT: func.return
  %z = irfuse.full 3.0 : tensor<5x1xf32>
  %p = irfuse.cast %z : tensor<5x1xf32> -> tensor<5x1xi8>
  return %p : tensor<5x1xi8>
}

// A quant of constants in a form that has no name is one.
// CHECK-LABEL: func.func @constants_without_a_name(
func.func @constants_without_a_name() -> (tensor<5x192xf8E4M3FN>, tensor<5x1xf32>) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q = irfuse.cast %d {missed = "its rows are constants, a kernel would have nothing to read"
  // CHECK-NEXT: func.return
  %x = irfuse.full 2.0 : tensor<5x192xf32>
  %a = irfuse.abs %x : tensor<5x192xf32>
  %s = irfuse.row_amax %a : tensor<5x192xf32> -> tensor<5x1xf32>
  %b = irfuse.broadcast %s : tensor<5x1xf32> -> tensor<5x192xf32>
  %d = irfuse.div %x, %b : tensor<5x192xf32>
  %q = irfuse.cast %d : tensor<5x192xf32> -> tensor<5x192xf8E4M3FN>
  return %q, %s : tensor<5x192xf8E4M3FN>, tensor<5x1xf32>
}
