// The rules of raise-aten for constants, padding, slices, the layer norm, and more reductions.
// RUN: irfuse-opt --raise-aten %s | filecheck %s

!x = tensor<?x100xbf16, #irfuse.dims<"s0">>
!f = tensor<4x8xf32>
!m = tensor<4x1xf32>

// CHECK-LABEL: func.func @constants(
func.func @constants(%x: !x) -> (tensor<f32>, !x, tensor<4xi32>, !f, !f) {
  // CHECK-NEXT: %0 = irfuse.full 6.000000e+00 : tensor<f32>{{$}}
  // CHECK-NEXT: %1 = irfuse.full 1.000000e-01 : tensor<?x100xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %2 = irfuse.full 2.550000e+02 : tensor<4xi32>{{$}}
  // CHECK-NEXT: %3 = irfuse.full 0.000000e+00 : tensor<4x8xf32>{{$}}
  // CHECK-NEXT: %4 = irfuse.full 1.000000e+00 : tensor<4x8xf32>{{$}}
  // CHECK-NEXT: func.return %0, %1, %2, %3, %4 :
  %0 = irfuse.opaque "aten.full.default" () call<[], 6.0, dtype = "float32"> : () -> tensor<f32>
  %1 = irfuse.opaque "aten.full_like.default" (%x) call<x0, 0.1> : (!x) -> !x
  %2 = irfuse.opaque "aten.full.default" () call<[4], fill_value = 255, dtype = "int32"> : () -> tensor<4xi32>
  %3 = irfuse.opaque "aten.zeros.default" () call<[4, 8], dtype = "float32"> : () -> !f
  %4 = irfuse.opaque "aten.ones.default" () call<[4, 8]> : () -> !f
  return %0, %1, %2, %3, %4 : tensor<f32>, !x, tensor<4xi32>, !f, !f
}

// Zeros behind the last column, written as a pad, and as a copy into zeros.
// CHECK-LABEL: func.func @pads(
func.func @pads(%x: !x, %f: !f) -> (tensor<?x128xbf16, #irfuse.dims<"s0">>, tensor<4x16xf32>) {
  // CHECK-NEXT: %0 = irfuse.pad %x : tensor<?x100xbf16, #irfuse.dims<"s0">> -> tensor<?x128xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %zeros = irfuse.full 0.000000e+00 : tensor<4x16xf32>{{$}}
  // CHECK-NEXT: %1 = irfuse.pad %f : tensor<4x8xf32> -> tensor<4x16xf32>{{$}}
  // CHECK-NEXT: func.return %0, %1 :
  %0 = irfuse.opaque "aten.constant_pad_nd.default" (%x) call<x0, [0, 28], 0.0> : (!x) -> tensor<?x128xbf16, #irfuse.dims<"s0">>
  %zeros = irfuse.full 0.0 : tensor<4x16xf32>
  %1 = irfuse.opaque "aten.slice_scatter.default" (%zeros, %f) call<x0, x1, 1, 0, 8> : (tensor<4x16xf32>, !f) -> tensor<4x16xf32>
  return %0, %1 : tensor<?x128xbf16, #irfuse.dims<"s0">>, tensor<4x16xf32>
}

// CHECK-LABEL: func.func @slices(
func.func @slices(%x: !f) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  // CHECK-NEXT: %0 = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 2 : i64} : tensor<4x8xf32> -> tensor<4x4xf32>{{$}}
  // CHECK-NEXT: %1 = irfuse.slice %x {axis = 1 : i64, start = 1 : i64, step = 2 : i64} : tensor<4x8xf32> -> tensor<4x4xf32>{{$}}
  // CHECK-NEXT: func.return %0, %1 :
  %0 = irfuse.opaque "aten.slice.Tensor" (%x) call<x0, -1, 0, 9223372036854775807, 2> : (!f) -> tensor<4x4xf32>
  %1 = irfuse.opaque "aten.slice.Tensor" (%x) call<x0, 1, 1, 8, 2> : (!f) -> tensor<4x4xf32>
  return %0, %1 : tensor<4x4xf32>, tensor<4x4xf32>
}

// torch's layer norm, of which nobody reads mean and deviation.
// CHECK-LABEL: func.func @layer_norm(
func.func @layer_norm(%x: !x, %w: tensor<100xbf16>, %b: tensor<100xbf16>) -> (!x, !x) {
  // CHECK-NEXT: %0 = irfuse.layer_norm %x {eps = 1.000000e-05 : f64} : tensor<?x100xbf16, #irfuse.dims<"s0">> -> tensor<?x100xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %1 = irfuse.layer_norm %x weight %w : tensor<100xbf16> bias %b : tensor<100xbf16> {eps = 1.000000e-06 : f64} : tensor<?x100xbf16, #irfuse.dims<"s0">> -> tensor<?x100xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %0, %1 :
  %0 = irfuse.opaque "aten.layer_norm.default" (%x) call<x0, [100]> : (!x) -> !x
  %1, %mean, %rstd = irfuse.opaque "aten.native_layer_norm.default" (%x, %w, %b) call<x0, [100], x1, x2, 1.0e-6> : (!x, tensor<100xbf16>, tensor<100xbf16>) -> (!x, tensor<?x1xf32, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>)
  return %0, %1 : !x, !x
}

// CHECK-LABEL: func.func @reductions(
func.func @reductions(%x: !f) -> (!m, !m, !m, !m, !m, !m) {
  // CHECK-NEXT: %0 = irfuse.row_var %x : tensor<4x8xf32> -> tensor<4x1xf32>{{$}}
  // CHECK-NEXT: %1 = irfuse.row_var %x : tensor<4x8xf32> -> tensor<4x1xf32>{{$}}
  // CHECK-NEXT: %2 = irfuse.row_mean %x : tensor<4x8xf32> -> tensor<4x1xf32>{{$}}
  // CHECK-NEXT: %3 = irfuse.row_amin %x : tensor<4x8xf32> -> tensor<4x1xf32>{{$}}
  // CHECK-NEXT: %4 = irfuse.row_amax %x : tensor<4x8xf32> -> tensor<4x1xf32>{{$}}
  // CHECK-NEXT: %5 = irfuse.abs %x :
  // CHECK-NEXT: %6 = irfuse.row_amax %5 : tensor<4x8xf32> -> tensor<4x1xf32>{{$}}
  // CHECK-NEXT: func.return %0, %1, %2, %3, %4, %6 :
  %0 = irfuse.opaque "aten.var.correction" (%x) call<x0, [-1], correction = 0, keepdim = true> : (!f) -> !m
  %1, %2 = irfuse.opaque "aten.var_mean.correction" (%x) call<x0, [1], correction = 0, keepdim = true> : (!f) -> (!m, !m)
  %3, %4 = irfuse.opaque "aten.aminmax.default" (%x) call<x0, dim = -1, keepdim = true> : (!f) -> (!m, !m)
  %5 = irfuse.opaque "aten.linalg_vector_norm.default" (%x) call<x0, inf, [-1], true> : (!f) -> !m
  return %0, %1, %2, %3, %4, %5 : !m, !m, !m, !m, !m, !m
}

// A cast to an exponent, and the functional copy, which casts.
// CHECK-LABEL: func.func @casts(
func.func @casts(%x: !f, %h: tensor<4x8xbf16>) -> (tensor<4x8xf8E8M0FNU>, tensor<4x8xbf16>) {
  // CHECK-NEXT: %0 = irfuse.cast %x : tensor<4x8xf32> -> tensor<4x8xf8E8M0FNU>{{$}}
  // CHECK-NEXT: %1 = irfuse.cast %x : tensor<4x8xf32> -> tensor<4x8xbf16>{{$}}
  // CHECK-NEXT: func.return %0, %1 :
  %0 = irfuse.opaque "aten.to.dtype" (%x) call<x0, "float8_e8m0fnu"> : (!f) -> tensor<4x8xf8E8M0FNU>
  %1 = irfuse.opaque "aten.copy.default" (%h, %x) call<x0, x1> : (tensor<4x8xbf16>, !f) -> tensor<4x8xbf16>
  return %0, %1 : tensor<4x8xf8E8M0FNU>, tensor<4x8xbf16>
}

// A number that a tensor holds, everywhere.
// CHECK-LABEL: func.func @fill(
func.func @fill(%h: tensor<4x8xbf16>, %n: tensor<f32>) -> tensor<4x8xbf16> {
  // CHECK-NEXT: %0 = irfuse.cast %n : tensor<f32> -> tensor<bf16>
  // CHECK-NEXT: %1 = irfuse.broadcast %0 : tensor<bf16> -> tensor<4x8xbf16>
  // CHECK-NEXT: func.return %1 :
  %0 = irfuse.opaque "aten.fill.Tensor" (%h, %n) call<x0, x1> : (tensor<4x8xbf16>, tensor<f32>) -> tensor<4x8xbf16>
  return %0 : tensor<4x8xbf16>
}

// Numbers that count; of floats and from what is not known they stay.
// CHECK-LABEL: func.func @ranges(
func.func @ranges(%n: !irfuse.symint<"s0">) -> (tensor<4xi64>, tensor<4xi32>, tensor<4xi64>, tensor<4xf32>, tensor<?xi64, #irfuse.dims<"s0">>, tensor<4xi64>) {
  // CHECK-NEXT: %0 = irfuse.iota : tensor<4xi64>
  // CHECK-NEXT: %1 = irfuse.iota : tensor<4xi32>
  // CHECK-NEXT: %2 = irfuse.add %1 scalar 2.000000e+00 : tensor<4xi32>
  // CHECK-NEXT: %3 = irfuse.iota : tensor<4xi64>
  // CHECK-NEXT: %4 = irfuse.mul %3 scalar -3.000000e+00 : tensor<4xi64>
  // CHECK-NEXT: %5 = irfuse.add %4 scalar 1.000000e+00 : tensor<4xi64>
  // CHECK-NEXT: %6 = irfuse.opaque "aten.arange.default"
  // CHECK-NEXT: %7 = irfuse.iota : tensor<?xi64, #irfuse.dims<"s0">>
  // CHECK-NEXT: %8 = irfuse.opaque "aten.arange.start"
  %0 = irfuse.opaque "aten.arange.default" () call<4> : () -> tensor<4xi64>
  %1 = irfuse.opaque "aten.arange.start" () call<2, 6> : () -> tensor<4xi32>
  %2 = irfuse.opaque "aten.arange.start_step" () call<1, -11, -3> : () -> tensor<4xi64>
  %3 = irfuse.opaque "aten.arange.default" () call<4> : () -> tensor<4xf32>
  %4 = irfuse.opaque "aten.arange.default" (%n) call<x0> : (!irfuse.symint<"s0">) -> tensor<?xi64, #irfuse.dims<"s0">>
  %5 = irfuse.opaque "aten.arange.start" (%n) call<x0, 9> : (!irfuse.symint<"s0">) -> tensor<4xi64>
  return %0, %1, %2, %3, %4, %5 : tensor<4xi64>, tensor<4xi32>, tensor<4xi64>, tensor<4xf32>, tensor<?xi64, #irfuse.dims<"s0">>, tensor<4xi64>
}

// Inductor's spelling of them.
// CHECK-LABEL: func.func @iota(
func.func @iota(%n: !irfuse.symint<"s0">) -> (tensor<4xi64>, tensor<?xi64, #irfuse.dims<"s0">>, tensor<4xf32>) {
  // CHECK-NEXT: %0 = irfuse.iota : tensor<4xi64>
  // CHECK-NEXT: %1 = irfuse.mul %0 scalar -3.000000e+00 : tensor<4xi64>
  // CHECK-NEXT: %2 = irfuse.add %1 scalar 1.000000e+00 : tensor<4xi64>
  // CHECK-NEXT: %3 = irfuse.iota : tensor<?xi64, #irfuse.dims<"s0">>
  // CHECK-NEXT: %4 = irfuse.opaque "prims.iota.default"
  %0 = irfuse.opaque "prims.iota.default" () call<4, start = 1, step = -3, dtype = "int64", device = "cpu", requires_grad = false> : () -> tensor<4xi64>
  %1 = irfuse.opaque "prims.iota.default" (%n) call<x0, start = 0, step = 1, dtype = "int64", device = "cpu", requires_grad = false> : (!irfuse.symint<"s0">) -> tensor<?xi64, #irfuse.dims<"s0">>
  %2 = irfuse.opaque "prims.iota.default" () call<4, start = 0, step = 1, dtype = "float32", device = "cpu", requires_grad = false> : () -> tensor<4xf32>
  return %0, %1, %2 : tensor<4xi64>, tensor<?xi64, #irfuse.dims<"s0">>, tensor<4xf32>
}

// A size that nothing uses is gone, and what it was computed from with it; one that is used stays.
// CHECK-LABEL: func.func @sizes(
func.func @sizes(%x: tensor<?x4xf32, #irfuse.dims<"s0">>) -> (!irfuse.symint<"s0">) {
  // CHECK-NEXT: %0 = irfuse.neg %x
  // CHECK-NEXT: %1 = irfuse.opaque "aten.sym_size.int" (%0)
  // CHECK-NEXT: func.return %1
  %0 = irfuse.opaque "aten.neg.default" (%x) call<x0> : (tensor<?x4xf32, #irfuse.dims<"s0">>) -> tensor<?x4xf32, #irfuse.dims<"s0">>
  %1 = irfuse.opaque "aten.sym_size.int" (%0) call<x0, 0> : (tensor<?x4xf32, #irfuse.dims<"s0">>) -> !irfuse.symint<"s0">
  %2 = irfuse.opaque "aten.sym_size.int" (%0) call<x0, 0> : (tensor<?x4xf32, #irfuse.dims<"s0">>) -> !irfuse.symint<"s0">
  %3 = irfuse.opaque "_operator.mul" (%2) call<x0, 4> : (!irfuse.symint<"s0">) -> !irfuse.symint<"4*s0">
  return %1 : !irfuse.symint<"s0">
}
