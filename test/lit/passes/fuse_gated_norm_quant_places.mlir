// fuse-gated-norm-quant: rows that are rearranged, values that stand at two places of the row, and nameless values.
// RUN: irfuse-opt --fuse-gated-norm-quant %s | filecheck %s

!rows = tensor<?x128xbf16, #irfuse.dims<"t">>
!q = tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x1xf32, #irfuse.dims<"t">>

// One vector multiplies the columns and the rows.
// CHECK-LABEL: func.func @one_value_two_places(
func.func @one_value_two_places(%x: tensor<32x32xf32>, %z: tensor<32x32xf32>, %w: tensor<32xf32>, %scale: tensor<f32>) -> tensor<32x32xf8E4M3FN> {
  // CHECK-NEXT: %q = irfuse.fused "rms_norm_gated_static_quant" chains ["gated_norm_quant.tensor"] (%x_1 = %x : tensor<32x32xf32>, %z_1 = %z : tensor<32x32xf32>, %w_1 = %w : tensor<32xf32>, %scale_1 = %scale : tensor<f32>) -> (tensor<32x32xf8E4M3FN>) {
  // CHECK: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %n = irfuse.rms_norm_gated %x, %z weight %w : tensor<32xf32> {eps = 1.0e-6 : f64} : tensor<32x32xf32>, tensor<32x32xf32> -> tensor<32x32xf32>
  %column = irfuse.reshape %w : tensor<32xf32> -> tensor<32x1xf32>
  %columns = irfuse.broadcast %column : tensor<32x1xf32> -> tensor<32x32xf32>
  %y = irfuse.mul %n, %columns : tensor<32x32xf32>
  %q = irfuse.static_quant %y, %scale {quant_max = 448.0 : f64} : tensor<32x32xf32>, tensor<f32> -> tensor<32x32xf8E4M3FN>
  return %q : tensor<32x32xf8E4M3FN>
}

// A factor for each entry of an outer symbolic axis and not of the next.
// CHECK-LABEL: func.func @two_sym(
func.func @two_sym(%x: tensor<?x?x128xf32, #irfuse.dims<"a", "b">>, %z: tensor<?x?x128xf32, #irfuse.dims<"a", "b">>, %v: tensor<?x1x1xf32, #irfuse.dims<"a">>, %scale: tensor<f32>) -> tensor<?x?x128xf8E4M3FN, #irfuse.dims<"a", "b">> {
  // CHECK-NEXT: %q = irfuse.fused "rms_norm_gated_static_quant" chains ["gated_norm_quant.tensor"] (%x_1 = %x : {{.*}}, %z_1 = %z : {{.*}}, %v_1 = %v : {{.*}}, %scale_1 = %scale : tensor<f32>) ->
  // CHECK: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %n = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : tensor<?x?x128xf32, #irfuse.dims<"a", "b">>, tensor<?x?x128xf32, #irfuse.dims<"a", "b">> -> tensor<?x?x128xf32, #irfuse.dims<"a", "b">>
  %vs = irfuse.broadcast %v : tensor<?x1x1xf32, #irfuse.dims<"a">> -> tensor<?x?x128xf32, #irfuse.dims<"a", "b">>
  %y = irfuse.mul %n, %vs : tensor<?x?x128xf32, #irfuse.dims<"a", "b">>
  %q = irfuse.static_quant %y, %scale {quant_max = 448.0 : f64} : tensor<?x?x128xf32, #irfuse.dims<"a", "b">>, tensor<f32> -> tensor<?x?x128xf8E4M3FN, #irfuse.dims<"a", "b">>
  return %q : tensor<?x?x128xf8E4M3FN, #irfuse.dims<"a", "b">>
}

// Axes are exchanged between norm and quant.
// CHECK-LABEL: func.func @permute_between(
func.func @permute_between(%x: tensor<4x8x128xbf16>, %z: tensor<4x8x128xbf16>) -> (tensor<8x4x128xf8E4M3FN>, tensor<8x4x1xf32>) {
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_gated_group_quant" chains ["gated_norm_quant.token"] (%x_1 = %x : tensor<4x8x128xbf16>, %z_1 = %z : tensor<4x8x128xbf16>) ->
  // CHECK-NEXT: irfuse.rms_norm_gated
  // CHECK-NEXT: irfuse.permute
  // CHECK-NEXT: irfuse.group_quant
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : tensor<4x8x128xbf16>, tensor<4x8x128xbf16> -> tensor<4x8x128xbf16>
  %p = irfuse.permute %y [1, 0, 2] : tensor<4x8x128xbf16> -> tensor<8x4x128xbf16>
  %q, %s = irfuse.group_quant %p {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<8x4x128xbf16> -> tensor<8x4x128xf8E4M3FN>, tensor<8x4x1xf32>
  return %q, %s : tensor<8x4x128xf8E4M3FN>, tensor<8x4x1xf32>
}

// In an imported graph, the chain reads past values that no node of the graph has.
// CHECK-LABEL: func.func @past_inside_a_node(
func.func @past_inside_a_node(%h: !rows, %z: !rows) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_gated_group_quant" chains ["gated_norm_quant.token"] (%h_1 = %h : {{.*}}, %z_1 = %z : {{.*}}) ->
  %x = irfuse.neg %h : !rows
  %n = irfuse.exp %x {node = ["a"]} : !rows
  %i = irfuse.permute %n [0, 1] : !rows -> !rows
  %y = irfuse.rms_norm_gated %i, %z {eps = 1.0e-6 : f64, node = ["b"]} : !rows, !rows -> !rows
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64, node = [["q"], ["s"]]} : !rows -> !q, !s
  return %q, %s : !q, !s
}
