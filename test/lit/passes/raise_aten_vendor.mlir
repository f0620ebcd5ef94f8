// Ops of other packages that raise-aten knows by name: called as they are, and for a functional graph in both versions.
// RUN: irfuse-opt --raise-aten %s | filecheck %s
// RUN: irfuse-opt --raise-aten --raise-named %s | filecheck %s --check-prefix NAMED

!x = tensor<?x256xbf16, #irfuse.dims<"s0">>
!q = tensor<?x256xf8E4M3FN, #irfuse.dims<"s0">>
!s = tensor<?x2xf32, #irfuse.dims<"s0", strides = [1, "s0"]>>
!w = tensor<256xbf16>

// vLLM's own norm rounds before the weight.
// CHECK-LABEL: func.func @vllm_ir(
// CHECK: irfuse.row_mean
// CHECK: irfuse.rsqrt
// CHECK: %[[ROUNDED:.*]] = irfuse.cast %{{.*}} : tensor<?x256xf32, #irfuse.dims<"s0">> -> tensor<?x256xbf16, #irfuse.dims<"s0">>
// CHECK: irfuse.mul %[[ROUNDED]], %
// NAMED-LABEL: func.func @vllm_ir(
// NAMED: irfuse.rms_norm %x weight %w : tensor<256xbf16> {eps = 1.000000e-06 : f64, weight_round = #irfuse<weight_round before>}
func.func @vllm_ir(%x: !x, %w: !w) -> !x {
  %0 = irfuse.opaque "vllm_ir.rms_norm.default" (%x, %w) call<x0, x1, 1.0e-06> : (!x, !w) -> !x
  return %0 : !x
}

// Its CUDA norm rounds once. Version 1 has what is written among the arguments, version 2 among the bases.
// CHECK-LABEL: func.func @cuda(
// CHECK-NOT: irfuse.opaque "torch
// NAMED-LABEL: func.func @cuda(
// NAMED-COUNT-2: irfuse.rms_norm %x weight %w : tensor<256xbf16> {eps = 1.000000e-06 : f64} :
func.func @cuda(%x: !x, %w: !w) -> (!x, !x) {
  %out = irfuse.opaque "aten.empty_like.default" (%x) call<x0> : (!x) -> !x
  %0, %1 = irfuse.opaque "torch.ops.higher_order.auto_functionalized:_C.rms_norm.default" (%out, %x, %w) call<unknown, result = x0, input = x1, weight = x2, epsilon = 1.0e-06> : (!x, !x, !w) -> (!irfuse.object, !x)
  %2, %3 = irfuse.opaque "torch.ops.higher_order.auto_functionalized_v2:_C.rms_norm.default" (%x, %w, %out) call<unknown, input = x0, weight = x1, epsilon = 1.0e-06, _result_base_index = 0, _all_bases = [x2]> : (!x, !w, !x) -> (!irfuse.object, !x)
  return %1, %3 : !x, !x
}

// The results of version 2 are the bases in their order, which is not that of the arguments.
// CHECK-LABEL: func.func @bases(
// CHECK-NOT: irfuse.opaque
// NAMED-LABEL: func.func @bases(
// NAMED: %[[Y:.*]], %[[SUM:.*]] = irfuse.add_rms_norm %x, %r weight %w : tensor<256xbf16> {eps = 1.000000e-06 : f64, norm_rounded = true}
// NAMED: func.return %[[SUM]], %[[Y]]
func.func @bases(%x: !x, %r: !x, %w: !w) -> (!x, !x) {
  %0, %1, %2 = irfuse.opaque "torch.ops.higher_order.auto_functionalized_v2:_C.fused_add_rms_norm.default" (%x, %r, %w) call<unknown, weight = x2, epsilon = 1.0e-06, _input_base_index = 1, _input_alias = true, _residual_base_index = 0, _all_bases = [x1, x0]> : (!x, !x, !w) -> (!irfuse.object, !x, !x)
  return %1, %2 : !x, !x
}

// A gate in f32, which is z * sigmoid(z).
// CHECK-LABEL: func.func @gated(
// CHECK-NOT: irfuse.opaque
// NAMED-LABEL: func.func @gated(
// NAMED: irfuse.rms_norm_gated %x, %z weight %w : tensor<256xbf16> {{.*}}activation = #irfuse<activation silu_mul>
func.func @gated(%x: !x, %z: !x, %w: !w) -> !x {
  %0 = irfuse.opaque "vllm.fla_rms_norm_gated.default" (%x, %z, %w) call<x0, x1, x2, 1.0e-06, none, true, "swish"> : (!x, !x, !w) -> !x
  return %0 : !x
}

// One half of a row activated and rounded, times the other and 0.0.
// CHECK-LABEL: func.func @product(
// CHECK-NEXT: %0 = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64}
// CHECK-NEXT: %1 = irfuse.slice %x {axis = 1 : i64, start = 128 : i64, step = 1 : i64}
// CHECK-NEXT: %2 = irfuse.cast %1
// CHECK-NEXT: %3 = irfuse.add %2 scalar 0.000000e+00
// CHECK-NEXT: %4 = irfuse.silu %0
// CHECK-NEXT: %5 = irfuse.cast %4
// CHECK-NEXT: %6 = irfuse.mul %5, %3
// CHECK-NEXT: %7 = irfuse.cast %6
func.func @product(%x: !x, %out: tensor<?x128xbf16, #irfuse.dims<"s0">>) -> tensor<?x128xbf16, #irfuse.dims<"s0">> {
  %0, %1 = irfuse.opaque "torch.ops.higher_order.auto_functionalized:_C.silu_and_mul.default" (%out, %x) call<unknown, result = x0, input = x1> : (tensor<?x128xbf16, #irfuse.dims<"s0">>, !x) -> (!irfuse.object, tensor<?x128xbf16, #irfuse.dims<"s0">>)
  return %1 : tensor<?x128xbf16, #irfuse.dims<"s0">>
}

// The IEEE quotient by a number, NaN in no amax and the lower bound itself; scales in the strides of their tensor.
// CHECK-LABEL: func.func @group(
// CHECK: %[[NUMBER:.*]] = irfuse.full 4.480000e+02 : tensor<f32>
// CHECK-NEXT: %[[NUMBERS:.*]] = irfuse.broadcast %[[NUMBER]]
// CHECK-NEXT: irfuse.div %{{.*}}, %[[NUMBERS]] : tensor<?x2x1xf32, #irfuse.dims<"s0">>
// CHECK: irfuse.compare eq
// CHECK: irfuse.select
// CHECK: irfuse.clamp %{{.*}} min -4.480000e+02 max 4.480000e+02
// CHECK: irfuse.relayout %{{.*}} : tensor<?x2xf32, #irfuse.dims<"s0">> -> tensor<?x2xf32, #irfuse.dims<"s0", strides = [1, "s0"]>>
func.func @group(%x: !x, %q: !q, %s: !s) -> (!q, !s) {
  %0, %1, %2 = irfuse.opaque "torch.ops.higher_order.auto_functionalized:_C.per_token_group_fp8_quant.default" (%x, %q, %s) call<unknown, input = x0, output_q = x1, output_s = x2, group_size = 128, eps = 1.0e-10, fp8_min = -448.0, fp8_max = 448.0, scale_ue8m0 = false, dummy_is_scale_transposed = true, dummy_is_tma_aligned = false> : (!x, !q, !s) -> (!irfuse.object, !q, !s)
  return %1, %2 : !q, !s
}

// Scales in a view of a base: what the base holds are the scales the other way round.
// CHECK-LABEL: func.func @view(
// CHECK: %[[BASE:.*]] = irfuse.permute %{{.*}} [1, 0] : tensor<?x2xf32, #irfuse.dims<"s0">> -> tensor<2x?xf32, #irfuse.dims<"s0">>
// CHECK: func.return %{{.*}}, %[[BASE]]
func.func @view(%n: !irfuse.symint<"s0">, %x: !x, %q: !q, %s: tensor<2x?xf32, #irfuse.dims<"s0">>) -> (!q, tensor<2x?xf32, #irfuse.dims<"s0">>) {
  %0, %1, %2 = irfuse.opaque "torch.ops.higher_order.auto_functionalized_v2:_C.per_token_group_fp8_quant.default" (%n, %x, %q, %s) call<unknown, input = x1, group_size = 128, eps = 1.0e-10, fp8_min = -448.0, fp8_max = 448.0, scale_ue8m0 = true, dummy_is_scale_transposed = true, dummy_is_tma_aligned = false, _output_q_base_index = 0, _output_s_base_index = 1, _output_s_size = [x0, 2], _output_s_stride = [1, x0], _output_s_storage_offset = 0, _all_bases = [x2, x3]> : (!irfuse.symint<"s0">, !x, !q, tensor<2x?xf32, #irfuse.dims<"s0">>) -> (!irfuse.object, !q, tensor<2x?xf32, #irfuse.dims<"s0">>)
  return %1, %2 : !q, tensor<2x?xf32, #irfuse.dims<"s0">>
}

// A list of tensors, each a result; an argument by keyword, others by their defaults.
// CHECK-LABEL: func.func @list(
// CHECK-NOT: irfuse.opaque
// CHECK: irfuse.minimum
func.func @list(%x: !x, %bound: tensor<f32>) -> (!q, tensor<?xf32, #irfuse.dims<"s0">>) {
  %0, %1 = irfuse.opaque "fbgemm.quantize_fp8_per_row.default" (%x, %bound) call<x0, scale_ub = x1> : (!x, tensor<f32>) -> (!q, tensor<?xf32, #irfuse.dims<"s0">>)
  return %0, %1 : !q, tensor<?xf32, #irfuse.dims<"s0">>
}

// Which reading holds here was measured: the second of this norm rounds before the weight, its first behind it.
// CHECK-LABEL: func.func @measured(
// NAMED-LABEL: func.func @measured(
// NAMED: irfuse.rms_norm %x weight %w : tensor<256xbf16> {eps = 1.000000e-06 : f64} :
// NAMED: irfuse.rms_norm %x weight %w : tensor<256xbf16> {eps = 1.000000e-06 : f64, weight_round = #irfuse<weight_round before>} :
func.func @measured(%x: !x, %w: !w, %out: !x) -> (!x, !x) {
  %0, %1 = irfuse.opaque "torch.ops.higher_order.auto_functionalized:_C.rms_norm.default" reading 0 (%out, %x, %w) call<unknown, result = x0, input = x1, weight = x2, epsilon = 1.0e-06> : (!x, !x, !w) -> (!irfuse.object, !x)
  %2, %3 = irfuse.opaque "torch.ops.higher_order.auto_functionalized:_C.rms_norm.default" reading 1 (%out, %x, %w) call<unknown, result = x0, input = x1, weight = x2, epsilon = 1.0e-06> : (!x, !x, !w) -> (!irfuse.object, !x)
  return %1, %3 : !x, !x
}

// An op that must be measured, where it was.
// CHECK-LABEL: func.func @asked(
// CHECK-NOT: irfuse.opaque
// CHECK: irfuse.clamp %{{.*}} min 4.359654017857143e-06
func.func @asked(%x: !x) -> (!q, tensor<?x1xf32, #irfuse.dims<"s0">>) {
  %0, %1 = irfuse.opaque "vllm.rocm_aiter_per_token_quant.default" quantises reading 0 (%x) call<x0, "float8_e4m3fn"> : (!x) -> (!q, tensor<?x1xf32, #irfuse.dims<"s0">>)
  return %0, %1 : !q, tensor<?x1xf32, #irfuse.dims<"s0">>
}
