// The laws of fold-reshapes (docs/laws.md), D the run of a norm and G the group of a quant.
// RUN: irfuse-opt --fold-reshapes %s | filecheck %s

!heads = tensor<?x32x128xbf16, #irfuse.dims<"t">>
!wide = tensor<?x4096xbf16, #irfuse.dims<"t">>
!rows = tensor<?x128xbf16, #irfuse.dims<"32*t">>
!q = tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x32xf32, #irfuse.dims<"t">>

// Law 1: a reshape of a reshape is one reshape, over any number of them and over names of sizes.
// CHECK-LABEL: func.func @reshape_of_reshape(
func.func @reshape_of_reshape(%x: !heads) -> !rows {
  // CHECK-NEXT: %c = irfuse.reshape %x : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x128xbf16, #irfuse.dims<"32*t">>{{$}}
  // CHECK-NEXT: func.return %c :
  %a = irfuse.reshape %x : !heads -> !wide
  %b = irfuse.reshape %a : !wide -> tensor<1x?x4096xbf16, #irfuse.dims<"t">>
  %c = irfuse.reshape %b : tensor<1x?x4096xbf16, #irfuse.dims<"t">> -> !rows
  return %c : !rows
}

// Law 1: there and back is the operand itself.
// CHECK-LABEL: func.func @reshape_to_its_own_type(
func.func @reshape_to_its_own_type(%x: !heads) -> (!heads, !heads) {
  // CHECK-NEXT: func.return %x, %x :
  %a = irfuse.reshape %x : !heads -> !wide
  %b = irfuse.reshape %a : !wide -> !heads
  %c = irfuse.reshape %x : !heads -> !heads
  return %b, %c : !heads, !heads
}

// Law 1: a reshape with other users stays for them.
// CHECK-LABEL: func.func @reshape_with_users(
func.func @reshape_with_users(%x: !heads) -> (!wide, !rows) {
  // CHECK-NEXT: %a = irfuse.reshape %x : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %b = irfuse.reshape %x : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x128xbf16, #irfuse.dims<"32*t">>{{$}}
  // CHECK-NEXT: func.return %a, %b :
  %a = irfuse.reshape %x : !heads -> !wide
  %b = irfuse.reshape %a : !wide -> !rows
  return %a, %b : !wide, !rows
}

// Law 1: permutes compose, through the layouts between them; axis i of the result is axis order[i] of the operand.
// CHECK-LABEL: func.func @permute_of_permute(
func.func @permute_of_permute(%x: tensor<2x3x4xf32>) -> tensor<3x2x4xf32> {
  // CHECK-NEXT: %c = irfuse.permute %x [1, 0, 2] : tensor<2x3x4xf32> -> tensor<3x2x4xf32>{{$}}
  // CHECK-NEXT: func.return %c :
  %a = irfuse.permute %x [2, 0, 1] : tensor<2x3x4xf32> -> tensor<4x2x3xf32>
  %b = irfuse.relayout %a : tensor<4x2x3xf32> -> tensor<4x2x3xf32, #irfuse.dims<strides = [1, 12, 4]>>
  %c = irfuse.permute %b [2, 1, 0] : tensor<4x2x3xf32, #irfuse.dims<strides = [1, 12, 4]>> -> tensor<3x2x4xf32>
  return %c : tensor<3x2x4xf32>
}

// Law 1: a permute and its inverse are the operand; where they move axes of size 1 alone, a reshape is left.
// CHECK-LABEL: func.func @permute_back(
func.func @permute_back(%x: tensor<2x3x4xf32>, %y: tensor<2x1x4xf32>) -> (tensor<2x3x4xf32>, tensor<1x2x4xf32>) {
  // CHECK-NEXT: %d = irfuse.reshape %y : tensor<2x1x4xf32> -> tensor<1x2x4xf32>{{$}}
  // CHECK-NEXT: func.return %x, %d :
  %a = irfuse.permute %x [1, 2, 0] : tensor<2x3x4xf32> -> tensor<3x4x2xf32>
  %b = irfuse.permute %a [2, 0, 1] : tensor<3x4x2xf32> -> tensor<2x3x4xf32>
  %c = irfuse.permute %y [2, 0, 1] : tensor<2x1x4xf32> -> tensor<4x2x1xf32>
  %d = irfuse.permute %c [2, 1, 0] : tensor<4x2x1xf32> -> tensor<1x2x4xf32>
  return %b, %d : tensor<2x3x4xf32>, tensor<1x2x4xf32>
}

// Law 1: of two layouts the second counts; there and back is the operand.
// CHECK-LABEL: func.func @relayout_of_relayout(
func.func @relayout_of_relayout(%x: tensor<4x8xf32>) -> (tensor<4x8xf32, #irfuse.dims<strides = [16, 1]>>, tensor<4x8xf32>) {
  // CHECK-NEXT: %b = irfuse.relayout %x : tensor<4x8xf32> -> tensor<4x8xf32, #irfuse.dims<strides = [16, 1]>>{{$}}
  // CHECK-NEXT: func.return %b, %x :
  %a = irfuse.relayout %x : tensor<4x8xf32> -> tensor<4x8xf32, #irfuse.dims<strides = [1, 4]>>
  %b = irfuse.relayout %a : tensor<4x8xf32, #irfuse.dims<strides = [1, 4]>> -> tensor<4x8xf32, #irfuse.dims<strides = [16, 1]>>
  %c = irfuse.relayout %a : tensor<4x8xf32, #irfuse.dims<strides = [1, 4]>> -> tensor<4x8xf32>
  return %b, %c : tensor<4x8xf32, #irfuse.dims<strides = [16, 1]>>, tensor<4x8xf32>
}

// CHECK-LABEL: func.func @relayout_to_its_own_type(
func.func @relayout_to_its_own_type(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // CHECK-NEXT: func.return %x :
  %a = irfuse.relayout %x : tensor<4x8xf32> -> tensor<4x8xf32>
  return %a : tensor<4x8xf32>
}

// Law 2: a norm over D, reshaped to rows of n * D columns, is a norm in runs of D on the reshaped operand. D = G.
// CHECK-LABEL: func.func @norm_then_wider(
func.func @norm_then_wider(%x: !heads, %w: tensor<128xbf16>) -> (!q, !s) {
  // CHECK-NEXT: %0 = irfuse.reshape %x : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %rows = irfuse.rms_norm %0 weight %w : tensor<128xbf16> {eps = 1.000000e-06 : f64, norm_group = 128 : i64} : tensor<?x4096xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %q, %s = irfuse.group_quant %rows {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} : tensor<?x4096xbf16, #irfuse.dims<"t">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x32xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: func.return %q, %s :
  %y = irfuse.rms_norm %x weight %w : tensor<128xbf16> {eps = 1.0e-6 : f64} : !heads -> !heads
  %rows = irfuse.reshape %y : !heads -> !wide
  %q, %s = irfuse.group_quant %rows {group_size = 128 : i64, quant_max = 448.0 : f64} : !wide -> !q, !s
  return %q, %s : !q, !s
}

// Law 2 with a gate, a bias and every setting, which are kept; with G a divisor of D, a multiple of D, a row.
// CHECK-LABEL: func.func @gated_norm_then_wider(
func.func @gated_norm_then_wider(%x: !heads, %z: tensor<?x32x128xf32, #irfuse.dims<"t">>, %w: tensor<128xbf16>) -> (tensor<?x4096xf8E5M2, #irfuse.dims<"t">>, tensor<?x64xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %0 = irfuse.reshape %x : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %1 = irfuse.reshape %z : tensor<?x32x128xf32, #irfuse.dims<"t">> -> tensor<?x4096xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %rows = irfuse.rms_norm_gated %0, %1 weight %w : tensor<128xbf16> bias %w : tensor<128xbf16> {eps = 1.000000e-05 : f64, weight_offset = 1.000000e+00 : f64, activation = #irfuse<activation sigmoid>, norm_before_gate = false, norm_group = 128 : i64} : tensor<?x4096xbf16, #irfuse.dims<"t">>, tensor<?x4096xf32, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %q, %s = irfuse.group_quant %rows {group_size = 64 : i64, quant_max = 5.734400e+04 : f64, scale_floor = 1.000000e-10 : f64, scale_rule = #irfuse<scale_rule reciprocal>} : tensor<?x4096xbf16, #irfuse.dims<"t">> -> tensor<?x4096xf8E5M2, #irfuse.dims<"t">>, tensor<?x64xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: func.return %q, %s :
  %y = irfuse.rms_norm_gated %x, %z weight %w : tensor<128xbf16> bias %w : tensor<128xbf16> {eps = 1.0e-5 : f64, weight_offset = 1.0 : f64, activation = #irfuse<activation sigmoid>, norm_before_gate = false} : !heads, tensor<?x32x128xf32, #irfuse.dims<"t">> -> !heads
  %rows = irfuse.reshape %y : !heads -> !wide
  %q, %s = irfuse.group_quant %rows {group_size = 64 : i64, quant_max = 57344.0 : f64, scale_floor = 1.0e-10 : f64, scale_rule = #irfuse<scale_rule reciprocal>} : !wide -> tensor<?x4096xf8E5M2, #irfuse.dims<"t">>, tensor<?x64xf32, #irfuse.dims<"t">>
  return %q, %s : tensor<?x4096xf8E5M2, #irfuse.dims<"t">>, tensor<?x64xf32, #irfuse.dims<"t">>
}

// CHECK-LABEL: func.func @norm_then_group_of_several_runs(
func.func @norm_then_group_of_several_runs(%x: !heads) -> (!q, tensor<?x1xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %0 = irfuse.reshape %x : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %rows = irfuse.rms_norm %0 {eps = 1.000000e-06 : f64, weight_round = #irfuse<weight_round before>, norm_group = 128 : i64} : tensor<?x4096xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %q, %s = irfuse.group_quant %rows {group_size = 4096 : i64, quant_max = 4.480000e+02 : f64} : tensor<?x4096xbf16, #irfuse.dims<"t">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: func.return %q, %s :
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64, weight_round = #irfuse<weight_round before>} : !heads -> !heads
  %rows = irfuse.reshape %y : !heads -> !wide
  %q, %s = irfuse.group_quant %rows {group_size = 4096 : i64, quant_max = 448.0 : f64} : !wide -> !q, tensor<?x1xf32, #irfuse.dims<"t">>
  return %q, %s : !q, tensor<?x1xf32, #irfuse.dims<"t">>
}

// Law 2, norm in runs already: the runs stay as long as they are, whatever the rows become.
// CHECK-LABEL: func.func @norm_in_runs_then_wider(
func.func @norm_in_runs_then_wider(%x: tensor<8x256xbf16>, %w: tensor<64xbf16>) -> (tensor<4x512xf8E4M3FN>, tensor<4x1xf32>) {
  // CHECK-NEXT: %0 = irfuse.reshape %x : tensor<8x256xbf16> -> tensor<4x512xbf16>{{$}}
  // CHECK-NEXT: %rows = irfuse.rms_norm %0 weight %w : tensor<64xbf16> {eps = 1.000000e-06 : f64, norm_group = 64 : i64} : tensor<4x512xbf16> -> tensor<4x512xbf16>{{$}}
  // CHECK-NEXT: %q, %s = irfuse.group_quant %rows {group_size = 512 : i64, quant_max = 4.480000e+02 : f64} : tensor<4x512xbf16> -> tensor<4x512xf8E4M3FN>, tensor<4x1xf32>{{$}}
  // CHECK-NEXT: func.return %q, %s :
  %y = irfuse.rms_norm %x weight %w : tensor<64xbf16> {eps = 1.0e-6 : f64, norm_group = 64 : i64} : tensor<8x256xbf16> -> tensor<8x256xbf16>
  %rows = irfuse.reshape %y : tensor<8x256xbf16> -> tensor<4x512xbf16>
  %q, %s = irfuse.group_quant %rows {group_size = 512 : i64, quant_max = 448.0 : f64} : tensor<4x512xbf16> -> tensor<4x512xf8E4M3FN>, tensor<4x1xf32>
  return %q, %s : tensor<4x512xf8E4M3FN>, tensor<4x1xf32>
}

// Law 2: another user of the norm gets the shape that it knows.
// CHECK-LABEL: func.func @norm_with_two_users(
func.func @norm_with_two_users(%x: !heads) -> (!q, !s, !heads) {
  // CHECK-NEXT: %0 = irfuse.reshape %x : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %rows = irfuse.rms_norm %0 {node = ["view_1"], eps = 1.000000e-06 : f64, norm_group = 128 : i64} : tensor<?x4096xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %y = irfuse.reshape %rows {node = ["mul_1"]} : tensor<?x4096xbf16, #irfuse.dims<"t">> -> tensor<?x32x128xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %q, %s = irfuse.group_quant %rows {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} : tensor<?x4096xbf16, #irfuse.dims<"t">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x32xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: func.return %q, %s, %y :
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64, node = ["mul_1"]} : !heads -> !heads
  %rows = irfuse.reshape %y {node = ["view_1"]} : !heads -> !wide
  %q, %s = irfuse.group_quant %rows {group_size = 128 : i64, quant_max = 448.0 : f64} : !wide -> !q, !s
  return %q, %s, %y : !q, !s, !heads
}

// Law 2 before a static quant, which has no groups.
// CHECK-LABEL: func.func @norm_then_static(
func.func @norm_then_static(%x: !heads, %scale: tensor<1xf32>) -> !q {
  // CHECK-NEXT: %0 = irfuse.reshape %x : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %rows = irfuse.rms_norm %0 {eps = 1.000000e-06 : f64, norm_group = 128 : i64} : tensor<?x4096xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %q = irfuse.static_quant %rows, %scale {quant_max = 4.480000e+02 : f64} : tensor<?x4096xbf16, #irfuse.dims<"t">>, tensor<1xf32> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: func.return %q :
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !heads -> !heads
  %rows = irfuse.reshape %y : !heads -> !wide
  %q = irfuse.static_quant %rows, %scale {quant_max = 448.0 : f64} : !wide, tensor<1xf32> -> !q
  return %q : !q
}

// Law 3: a quant in groups of G of reshaped rows is the reshaped quant of the rows, where they are whole groups.
// CHECK-LABEL: func.func @quant_of_narrower_rows(
func.func @quant_of_narrower_rows(%x: !wide) -> (tensor<?x32x128xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x32x1xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %0, %1 = irfuse.group_quant %x {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} : tensor<?x4096xbf16, #irfuse.dims<"t">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x32xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %q = irfuse.reshape %0 {node = ["q"]} : tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">> -> tensor<?x32x128xf8E4M3FN, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %s = irfuse.reshape %1 {node = ["s"]} : tensor<?x32xf32, #irfuse.dims<"t">> -> tensor<?x32x1xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: func.return %q, %s :
  %rows = irfuse.reshape %x : !wide -> !heads
  %q, %s = irfuse.group_quant %rows {group_size = 128 : i64, quant_max = 448.0 : f64, node = [["q"], ["s"]]} : !heads -> tensor<?x32x128xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x32x1xf32, #irfuse.dims<"t">>
  return %q, %s : tensor<?x32x128xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x32x1xf32, #irfuse.dims<"t">>
}

// Law 3 where the rows keep their length, and of a static quant.
// CHECK-LABEL: func.func @quant_of_other_outer_axes(
func.func @quant_of_other_outer_axes(%x: !heads, %scale: tensor<f32>) -> (tensor<?x128xf8E4M3FN, #irfuse.dims<"32*t">>, tensor<?x4xf32, #irfuse.dims<"32*t">>, tensor<?x128xf8E5M2, #irfuse.dims<"32*t">>) {
  // CHECK-NEXT: %0, %1 = irfuse.group_quant %x {group_size = 32 : i64, quant_max = 4.480000e+02 : f64} : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x32x128xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x32x4xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %q = irfuse.reshape %0 : tensor<?x32x128xf8E4M3FN, #irfuse.dims<"t">> -> tensor<?x128xf8E4M3FN, #irfuse.dims<"32*t">>{{$}}
  // CHECK-NEXT: %s = irfuse.reshape %1 : tensor<?x32x4xf32, #irfuse.dims<"t">> -> tensor<?x4xf32, #irfuse.dims<"32*t">>{{$}}
  // CHECK-NEXT: %2 = irfuse.static_quant %x, %scale {quant_max = 4.480000e+02 : f64, scale_rule = #irfuse<scale_rule divide>} : tensor<?x32x128xbf16, #irfuse.dims<"t">>, tensor<f32> -> tensor<?x32x128xf8E5M2, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %p = irfuse.reshape %2 : tensor<?x32x128xf8E5M2, #irfuse.dims<"t">> -> tensor<?x128xf8E5M2, #irfuse.dims<"32*t">>{{$}}
  // CHECK-NEXT: func.return %q, %s, %p :
  %rows = irfuse.reshape %x : !heads -> !rows
  %q, %s = irfuse.group_quant %rows {group_size = 32 : i64, quant_max = 448.0 : f64} : !rows -> tensor<?x128xf8E4M3FN, #irfuse.dims<"32*t">>, tensor<?x4xf32, #irfuse.dims<"32*t">>
  %p = irfuse.static_quant %rows, %scale {quant_max = 448.0 : f64, scale_rule = #irfuse<scale_rule divide>} : !rows, tensor<f32> -> tensor<?x128xf8E5M2, #irfuse.dims<"32*t">>
  return %q, %s, %p : tensor<?x128xf8E4M3FN, #irfuse.dims<"32*t">>, tensor<?x4xf32, #irfuse.dims<"32*t">>, tensor<?x128xf8E5M2, #irfuse.dims<"32*t">>
}

// What nobody uses goes.
// CHECK-LABEL: func.func @dead(
func.func @dead(%x: !heads) -> !heads {
  // CHECK-NEXT: func.return %x :
  %a = irfuse.reshape %x : !heads -> !wide
  %b = irfuse.neg %a : !wide
  return %x : !heads
}

// Where a node reshapes what no node is, other shape changes behind it read that node: it is the one result of a kernel.
// CHECK-LABEL: func.func @read_by_name(
func.func @read_by_name(%x: tensor<2x3x8xf32>) -> (tensor<1x6x8xf32>, tensor<6x8xf32>, tensor<3x2x8xf32>, tensor<48xf32>) {
  // CHECK-NEXT: %y = irfuse.rms_norm %x
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  // CHECK-NEXT: %before = irfuse.reshape %y : tensor<2x3x8xf32> -> tensor<3x2x8xf32>
  %before = irfuse.reshape %y : tensor<2x3x8xf32> -> tensor<3x2x8xf32>
  // CHECK-NEXT: %v = irfuse.reshape %y {node = ["view"]} : tensor<2x3x8xf32> -> tensor<6x8xf32>
  %v = irfuse.reshape %y {node = ["view"]} : tensor<2x3x8xf32> -> tensor<6x8xf32>
  // CHECK-NEXT: %r = irfuse.reshape %v : tensor<6x8xf32> -> tensor<1x6x8xf32>
  %r = irfuse.reshape %y : tensor<2x3x8xf32> -> tensor<1x6x8xf32>
  // CHECK-NEXT: %w = irfuse.reshape %y {node = ["other"]} : tensor<2x3x8xf32> -> tensor<48xf32>
  %w = irfuse.reshape %y {node = ["other"]} : tensor<2x3x8xf32> -> tensor<48xf32>
  return %r, %v, %before, %w : tensor<1x6x8xf32>, tensor<6x8xf32>, tensor<3x2x8xf32>, tensor<48xf32>
}
