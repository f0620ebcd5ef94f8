// Calls of known names that stay opaque, each with its reason.
// RUN: irfuse-opt --raise-aten %s | filecheck %s

!x = tensor<4x256xbf16>
!q = tensor<4x256xf8E4M3FN>
!s = tensor<4x2xf32>
!o = !irfuse.object

// An argument that the schema has not; one more than it has; one that is missing; one of another kind.
// CHECK-LABEL: func.func @arguments(
// CHECK-NEXT: irfuse.opaque "vllm_ir.rms_norm.default" {{.*}} {missed = "it is called with cast, which its schema has not", cure = "write it in torch's own ops"}
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "it is called with more arguments than its schema has"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its argument epsilon is missing"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its argument epsilon is no float that the graph spells out"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its argument epsilon is no float that the graph spells out"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its argument weight is no tensor"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its argument x is None"
func.func @arguments(%x: !x, %e: !o) -> (!x, !x, !x, !x, !x, !x, !x) {
  %0 = irfuse.opaque "vllm_ir.rms_norm.default" (%x) call<x0, none, 1.0e-06, cast = true> : (!x) -> !x
  %1 = irfuse.opaque "vllm_ir.rms_norm.default" (%x) call<x0, none, 1.0e-06, none, none> : (!x) -> !x
  %2 = irfuse.opaque "vllm_ir.rms_norm.default" (%x) call<x0, none> : (!x) -> !x
  %3 = irfuse.opaque "vllm_ir.rms_norm.default" (%x) call<x0, none, true> : (!x) -> !x
  %4 = irfuse.opaque "vllm_ir.rms_norm.default" (%x, %e) call<x0, none, x1> : (!x, !o) -> !x
  %5 = irfuse.opaque "vllm_ir.rms_norm.default" (%x) call<x0, 1.0, 1.0e-06> : (!x) -> !x
  %6 = irfuse.opaque "vllm_ir.rms_norm.default" (%x) call<none, x0, 1.0e-06> : (!x) -> !x
  return %0, %1, %2, %3, %4, %5, %6 : !x, !x, !x, !x, !x, !x, !x
}

// A call of which nothing is said, one in place, another overload, another namespace: without a word.
// CHECK-LABEL: func.func @silent(
// CHECK-NOT: missed
func.func @silent(%x: !x) -> (!x, !x, !x) {
  %0 = irfuse.opaque "vllm_ir.rms_norm.default" (%x) : (!x) -> !x
  irfuse.opaque "_C.rms_norm.default" mutates (%x) call<x0, x0, none, 1.0e-06> : (!x) -> ()
  %1 = irfuse.opaque "vllm_ir.rms_norm.out" (%x) call<x0, none, 1.0e-06> : (!x) -> !x
  %2 = irfuse.opaque "other.rms_norm.default" (%x) call<x0, none, 1.0e-06> : (!x) -> !x
  return %0, %1, %2 : !x, !x, !x
}

// Options without a meaning, and operands that do not go together.
// CHECK-LABEL: func.func @norms(
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "the variance is that of some columns alone"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its weight has not one entry for each column"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its activation \22relu\22 is none of silu, swish, sigmoid"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "rows of 256 columns are no whole groups of 96"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its operands have two shapes"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "it norms tensor<4x256xf64>, and no rows of bf16, f16 or f32"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its tensors have different element types"
func.func @norms(%x: !x, %w: tensor<256xbf16>, %v: tensor<128xbf16>, %h: tensor<2x256xbf16>, %d: tensor<4x256xf64>, %f: tensor<256xf32>) -> (!x, !x, !x, !x, !x, tensor<4x256xf64>, !x) {
  %0 = irfuse.opaque "vllm_ir.rms_norm.default" (%x, %w) call<x0, x1, 1.0e-06, 128> : (!x, tensor<256xbf16>) -> !x
  %1 = irfuse.opaque "vllm_ir.rms_norm.default" (%x, %v) call<x0, x1, 1.0e-06> : (!x, tensor<128xbf16>) -> !x
  %2 = irfuse.opaque "vllm.fla_rms_norm_gated.default" (%x, %w) call<x0, x0, x1, 1.0e-06, none, true, "relu"> : (!x, tensor<256xbf16>) -> !x
  %3 = irfuse.opaque "vllm.fla_rms_norm_gated.default" (%x, %w) call<x0, x0, x1, 1.0e-06, 96, true, "silu"> : (!x, tensor<256xbf16>) -> !x
  %4 = irfuse.opaque "vllm.fla_rms_norm_gated.default" (%x, %h, %w) call<x0, x1, x2, 1.0e-06, none, true, "silu"> : (!x, tensor<2x256xbf16>, tensor<256xbf16>) -> !x
  %5 = irfuse.opaque "vllm_ir.rms_norm.default" (%d) call<x0, none, 1.0e-06> : (tensor<4x256xf64>) -> tensor<4x256xf64>
  %6, %7 = irfuse.opaque "torch.ops.higher_order.auto_functionalized:_C.rms_norm.default" (%x, %f) call<unknown, result = x0, input = x0, weight = x1, epsilon = 1.0e-06> : (!x, tensor<256xf32>) -> (!o, !x)
  return %0, %1, %2, %3, %4, %5, %7 : !x, !x, !x, !x, !x, tensor<4x256xf64>, !x
}

// Halves of odd rows.
// CHECK-LABEL: func.func @products(
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "rows of 3 columns have no two halves"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its tensors have different element types"
func.func @products(%x: tensor<4x3xf32>, %y: tensor<4x4xf32>, %out: tensor<4x1xf32>, %h: tensor<4x2xbf16>) -> (tensor<4x1xf32>, tensor<4x2xbf16>) {
  %0, %1 = irfuse.opaque "torch.ops.higher_order.auto_functionalized:_C.silu_and_mul.default" (%out, %x) call<unknown, result = x0, input = x1> : (tensor<4x1xf32>, tensor<4x3xf32>) -> (!o, tensor<4x1xf32>)
  %2, %3 = irfuse.opaque "torch.ops.higher_order.auto_functionalized:_C.mul_and_silu.default" (%h, %y) call<unknown, out = x0, input = x1> : (tensor<4x2xbf16>, tensor<4x4xf32>) -> (!o, tensor<4x2xbf16>)
  return %1, %3 : tensor<4x1xf32>, tensor<4x2xbf16>
}

// Codes, bounds, groups, scales that the kernels have not, or that do not lie where they write.
// CHECK-LABEL: func.func @quants(
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its codes are i8 from -448.0 to 448.0"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its codes are f8E4M3FN from -500.0 to 500.0"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its scales lie neither row by row nor column by column"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "it makes another tensor than its result tensor<4x2xf32>"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its scale is tensor<4xf32>, and not one f32 number"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its codes are f8E5M2"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "AITER quantises groups of 128 there, not of 64"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "it is given bs, or rounds at random"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its codes are float8_e5m2"
func.func @quants(%x: !x, %q: !q, %i: tensor<4x256xi8>, %s: !s, %t: tensor<4x2xf32, #irfuse.dims<strides = [4, 1]>>, %v: tensor<4xf32>, %r: tensor<4x256xf8E5M2>) -> (tensor<4x256xi8>, !q, !q, !s, !q, tensor<4x256xf8E5M2>, !q, !q, !q) {
  %0, %1, %2 = irfuse.opaque "torch.ops.higher_order.auto_functionalized:_C.per_token_group_fp8_quant.default" (%x, %i, %s) call<unknown, input = x0, output_q = x1, output_s = x2, group_size = 128, eps = 1.0e-10, fp8_min = -448.0, fp8_max = 448.0, scale_ue8m0 = false, dummy_is_scale_transposed = false, dummy_is_tma_aligned = false> : (!x, tensor<4x256xi8>, !s) -> (!o, tensor<4x256xi8>, !s)
  %3, %4, %5 = irfuse.opaque "torch.ops.higher_order.auto_functionalized:_C.per_token_group_fp8_quant.default" (%x, %q, %s) call<unknown, input = x0, output_q = x1, output_s = x2, group_size = 128, eps = 1.0e-10, fp8_min = -500.0, fp8_max = 500.0, scale_ue8m0 = false, dummy_is_scale_transposed = false, dummy_is_tma_aligned = false> : (!x, !q, !s) -> (!o, !q, !s)
  %6, %7, %8 = irfuse.opaque "torch.ops.higher_order.auto_functionalized:_C.per_token_group_fp8_quant.default" (%x, %q, %t) call<unknown, input = x0, output_q = x1, output_s = x2, group_size = 128, eps = 1.0e-10, fp8_min = -448.0, fp8_max = 448.0, scale_ue8m0 = false, dummy_is_scale_transposed = false, dummy_is_tma_aligned = false> : (!x, !q, tensor<4x2xf32, #irfuse.dims<strides = [4, 1]>>) -> (!o, !q, tensor<4x2xf32, #irfuse.dims<strides = [4, 1]>>)
  %9, %10, %11 = irfuse.opaque "torch.ops.higher_order.auto_functionalized:_C.dynamic_per_token_scaled_fp8_quant.default" (%q, %x, %s) call<unknown, result = x0, input = x1, scale = x2, scale_ub = none> : (!q, !x, !s) -> (!o, !q, !s)
  %12, %13 = irfuse.opaque "torch.ops.higher_order.auto_functionalized:_C.static_scaled_fp8_quant.default" (%q, %x, %v) call<unknown, result = x0, input = x1, scale = x2, group_shape = [1, -1]> : (!q, !x, tensor<4xf32>) -> (!o, !q)
  %14, %15 = irfuse.opaque "torch.ops.higher_order.auto_functionalized:_C.static_scaled_fp8_quant.default" (%r, %x, %v) call<unknown, result = x0, input = x1, scale = x2> : (tensor<4x256xf8E5M2>, !x, tensor<4xf32>) -> (!o, tensor<4x256xf8E5M2>)
  %16, %17 = irfuse.opaque "vllm.rocm_aiter_group_fp8_quant.default" (%x) call<x0, 64> : (!x) -> (!q, !s)
  %18, %19 = irfuse.opaque "fbgemm.quantize_fp8_per_row.default" (%x) call<x0, stochastic_rounding = true> : (!x) -> (!q, tensor<4xf32>)
  %20, %21 = irfuse.opaque "fbgemm.quantize_fp8_per_row.default" (%x) call<x0, output_dtype = "float8_e5m2"> : (!x) -> (!q, tensor<4xf32>)
  return %1, %4, %7, %11, %13, %15, %16, %18, %20 : tensor<4x256xi8>, !q, !q, !s, !q, tensor<4x256xf8E5M2>, !q, !q, !q
}

// Bases: a part of one, two arguments in one, one that is of no argument, an argument of none, fewer results than there are bases.
// CHECK-LABEL: func.func @bases(
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "result is a part of another tensor"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "result is a part of another tensor"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "two of its arguments are one tensor"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "it writes to a tensor that is none of its arguments"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "result is none of the tensors that it writes to"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "the tensors that it writes to are not known"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "it has another number of results than its schema says"
func.func @bases(%x: !x) -> (!x, !x, !x, !x, !x, !x, !x) {
  %0, %1 = irfuse.opaque "torch.ops.higher_order.auto_functionalized_v2:_C.rms_norm.default" (%x, %x) call<unknown, input = x0, weight = none, epsilon = 1.0e-06, _result_base_index = 0, _result_slice_dim = 0, _result_slice_start = 0, _result_slice_end = 2, _all_bases = [x1]> : (!x, !x) -> (!o, !x)
  %2, %3 = irfuse.opaque "torch.ops.higher_order.auto_functionalized_v2:_C.rms_norm.default" (%x, %x) call<unknown, input = x0, weight = none, epsilon = 1.0e-06, _result_base_index = 0, _result_size = [4, 256], _result_stride = [512, 2], _result_storage_offset = 0, _all_bases = [x1]> : (!x, !x) -> (!o, !x)
  %4, %5 = irfuse.opaque "torch.ops.higher_order.auto_functionalized_v2:_C.fused_add_rms_norm.default" (%x) call<unknown, weight = none, epsilon = 1.0e-06, _input_base_index = 0, _residual_base_index = 0, _all_bases = [x0]> : (!x) -> (!o, !x)
  %6, %7, %8 = irfuse.opaque "torch.ops.higher_order.auto_functionalized_v2:_C.rms_norm.default" (%x, %x) call<unknown, input = x0, weight = none, epsilon = 1.0e-06, _result_base_index = 0, _all_bases = [x0, x1]> : (!x, !x) -> (!o, !x, !x)
  %b, %c = irfuse.opaque "torch.ops.higher_order.auto_functionalized_v2:_C.rms_norm.default" (%x) call<unknown, input = x0, weight = none, epsilon = 1.0e-06, _result_base_index = 1, _all_bases = [x0]> : (!x) -> (!o, !x)
  %9, %10 = irfuse.opaque "torch.ops.higher_order.auto_functionalized_v2:_C.rms_norm.default" (%x) call<unknown, input = x0, weight = none, epsilon = 1.0e-06, _result_base_index = 0, _all_bases = unknown> : (!x) -> (!o, !x)
  %11 = irfuse.opaque "torch.ops.higher_order.auto_functionalized_v2:_C.rms_norm.default" (%x, %x) call<unknown, input = x0, weight = none, epsilon = 1.0e-06, _result_base_index = 0, _all_bases = [x1]> : (!x, !x) -> !x
  return %1, %3, %5, %7, %c, %10, %11 : !x, !x, !x, !x, !x, !x, !x
}

// Tensors without entries, and rows that a kernel does not take.
// CHECK-LABEL: func.func @rows(
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its argument x has no entries"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "it quantises tensor<4x256xf64>, and no rows of bf16, f16 or f32"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "it quantises tensor<2x4x256xbf16>, and no rows of two axes"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its codes are i8"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "it quantises tensor<4x256xf16>, and no bf16 rows of even length"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its codes are f8E4M3FN"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its argument transpose_scale is no bool that the graph spells out"
func.func @rows(%z: tensor<0x256xbf16>, %d: tensor<4x256xf64>, %x: !x, %t: tensor<2x4x256xbf16>, %h: tensor<4x256xf16>, %q: !q, %one: tensor<f32>) -> (tensor<0x256xbf16>, !q, tensor<2x4x256xf8E4M3FN>, tensor<4x256xi8>, !q, !q, !q) {
  %0 = irfuse.opaque "vllm_ir.rms_norm.default" (%z) call<x0, none, 1.0e-06> : (tensor<0x256xbf16>) -> tensor<0x256xbf16>
  %1, %2 = irfuse.opaque "torch.ops.higher_order.auto_functionalized:_C.static_scaled_fp8_quant.default" (%q, %d, %one) call<unknown, result = x0, input = x1, scale = x2> : (!q, tensor<4x256xf64>, tensor<f32>) -> (!o, !q)
  %3, %4 = irfuse.opaque "vllm.rocm_aiter_group_fp8_quant.default" (%t) call<x0, 128> : (tensor<2x4x256xbf16>) -> (tensor<2x4x256xf8E4M3FN>, tensor<2x4x2xf32>)
  %5, %6 = irfuse.opaque "vllm.rocm_aiter_group_fp8_quant.default" (%x) call<x0, 128> : (!x) -> (tensor<4x256xi8>, !s)
  %7, %8 = irfuse.opaque "fbgemm.quantize_fp8_per_row.default" (%h) call<x0> : (tensor<4x256xf16>) -> (!q, tensor<4xf32>)
  %9, %10 = irfuse.opaque "torch.ops.higher_order.auto_functionalized:_C.static_scaled_int8_quant.default" (%q, %x, %one) call<unknown, result = x0, input = x1, scale = x2, azp = none> : (!q, !x, tensor<f32>) -> (!o, !q)
  %11, %12 = irfuse.opaque "vllm.rocm_aiter_group_fp8_quant.default" (%x) call<x0, 128, 1> : (!x) -> (!q, !s)
  return %0, %2, %3, %5, %7, %10, %11 : tensor<0x256xbf16>, !q, tensor<2x4x256xf8E4M3FN>, tensor<4x256xi8>, !q, !q, !q
}

// Codes that quanto's op has not here, rows of f64, and a scale that devices divide by differently.
// CHECK-LABEL: func.func @quanto(
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its codes are uint8"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "it quantises no rows of bf16, f16 or f32"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "devices divide tensor<4x256xbf16> by tensor<f32> differently"
func.func @quanto(%x: !x, %d: tensor<4x256xf64>, %s: tensor<f32>) -> (tensor<4x256xui8>, !q, !q) {
  %0 = irfuse.opaque "quanto.quantize_symmetric.default" (%x, %s) call<x0, "uint8", none, x1> : (!x, tensor<f32>) -> tensor<4x256xui8>
  %1 = irfuse.opaque "quanto.quantize_symmetric.default" (%d, %s) call<x0, "float8_e4m3fn", none, x1> : (tensor<4x256xf64>, tensor<f32>) -> !q
  %2 = irfuse.opaque "quanto.quantize_symmetric.default" (%x, %s) call<x0, "float8_e4m3fn", none, x1> : (!x, tensor<f32>) -> !q
  return %0, %1, %2 : tensor<4x256xui8>, !q, !q
}

// An op that must be measured, and was not; one whose scale no row knows.
// CHECK-LABEL: func.func @not_asked(
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "implementations of it differ, and none is registered here that could be asked for its numbers"
// CHECK-NEXT: irfuse.opaque {{.*}}missed = "its scale is that of the whole tensor, which no row knows"
func.func @not_asked(%x: !x, %q: !q, %s: tensor<1xf32>) -> (!q, tensor<4x1xf32>, !q, tensor<1xf32>) {
  %0, %1 = irfuse.opaque "vllm.rocm_aiter_per_token_quant.default" quantises (%x) call<x0, "float8_e4m3fn"> : (!x) -> (!q, tensor<4x1xf32>)
  %2, %3, %4 = irfuse.opaque "torch.ops.higher_order.auto_functionalized:_C.dynamic_scaled_fp8_quant.default" (%q, %x, %s) call<unknown, result = x0, input = x1, scale = x2> : (!q, !x, tensor<1xf32>) -> (!o, !q, tensor<1xf32>)
  return %0, %1, %3, %4 : !q, tensor<4x1xf32>, !q, tensor<1xf32>
}
