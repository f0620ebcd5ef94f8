// The scale of a whole tensor: one kernel ends in the extremes of rows, and the quant's computes the rows again.
// RUN: irfuse-opt --fuse-norm-quant --fuse-act-mul-quant --fuse-tail %s | filecheck %s
// RUN: irfuse-opt --fuse-norm-quant --fuse-act-mul-quant --fuse-tail -t triton %s | filecheck %s --check-prefix=KERNEL

!x = tensor<?x128xbf16, #irfuse.dims<"t">>
!w = tensor<?x128xf32, #irfuse.dims<"t">>
!r = tensor<?x1xbf16, #irfuse.dims<"t">>
!q = tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>
!n = tensor<bf16>

// A row is reduced twice along one axis of the tile.
// KERNEL: x0 = tl.load(x0_ptr + row * 128 + c0, mask=here, other=0.0).to(tl.float32)
// KERNEL: row_amax_1 = tl.reduce(abs_1, 1, abs_max, keep_dims=True)
// KERNEL-NEXT: tl.store(y0_ptr + row, row_amax_1.to(tl.bfloat16), mask=here)
// CHECK-LABEL: func.func @normed(
func.func @normed(%x: !x) -> !q {
  // CHECK-NEXT: %r = irfuse.fused "norm" chains ["norm.none"] ({{.*}} = %x : {{.*}}) -> (tensor<?x1xbf16, #irfuse.dims<"t">>) {
  // CHECK-NEXT: irfuse.rms_norm
  // CHECK-NEXT: irfuse.abs
  // CHECK-NEXT: irfuse.row_amax
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: %m = irfuse.opaque "aten.amax.default" (%r)
  // CHECK-NEXT: %q = irfuse.fused "rms_norm_static_quant" chains ["norm_quant.tensor"] ({{.*}} = %x : {{.*}}, {{.*}} = %m : tensor<bf16>)
  // CHECK-NEXT: irfuse.rms_norm
  // CHECK-NEXT: irfuse.cast
  // CHECK-NEXT: irfuse.div
  // CHECK-NEXT: irfuse.static_quant
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : !x -> !x
  %a = irfuse.abs %y : !x
  %r = irfuse.row_amax %a : !x -> !r
  %m = irfuse.opaque "aten.amax.default" (%r) call <x0> : (!r) -> !n
  %f = irfuse.cast %m : !n -> tensor<f32>
  %s = irfuse.div %f scalar 4.48e+02 : tensor<f32>
  %q = irfuse.static_quant %y, %s {quant_max = 4.48e+02 : f64} : !x, tensor<f32> -> !q
  return %q : !q
}

// The rows are wanted as they are too: they are a result of the first kernel.
// CHECK-LABEL: func.func @wanted(
func.func @wanted(%x: !x) -> (!q, !x) {
  // CHECK-NEXT: %r, %y = irfuse.fused "norm" chains ["norm.none"] ({{.*}} = %x : {{.*}})
  // CHECK: %q = irfuse.fused "rms_norm_static_quant" chains ["norm_quant.tensor"] ({{.*}} = %x : {{.*}}, {{.*}} = %m : tensor<bf16>)
  // CHECK: func.return %q, %y
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : !x -> !x
  %a = irfuse.abs %y : !x
  %r = irfuse.row_amax %a : !x -> !r
  %m = irfuse.opaque "aten.max.default" (%r) call <x0> : (!r) -> !n
  %f = irfuse.cast %m : !n -> tensor<f32>
  %q = irfuse.static_quant %y, %f {quant_max = 4.48e+02 : f64} : !x, tensor<f32> -> !q
  return %q, %y : !q, !x
}

// A residual sum leaves the first kernel, and the second reads it.
// CHECK-LABEL: func.func @added(
func.func @added(%x: !x, %z: !x) -> (!q, !x) {
  // CHECK-NEXT: %r, %h = irfuse.fused "add_norm" chains ["add_norm.none"] ({{.*}} = %x : {{.*}}, {{.*}} = %z : {{.*}})
  // CHECK: %q = irfuse.fused "rms_norm_static_quant" chains ["add_norm_quant.tensor"] ({{.*}} = %h : {{.*}}, {{.*}} = %m : tensor<bf16>)
  %h = irfuse.add %x, %z : !x
  %y = irfuse.rms_norm %h {eps = 1.0e-06 : f64} : !x -> !x
  %a = irfuse.abs %y : !x
  %r = irfuse.row_amax %a : !x -> !r
  %m = irfuse.opaque "aten.amax.default" (%r) call <x0> : (!r) -> !n
  %f = irfuse.cast %m : !n -> tensor<f32>
  %q = irfuse.static_quant %y, %f {quant_max = 4.48e+02 : f64} : !x, tensor<f32> -> !q
  return %q, %h : !q, !x
}

// To compute them again would read two wide tensors in place of storing and reading a narrow one.
// CHECK-LABEL: func.func @costly(
func.func @costly(%x: !w, %z: !w) -> !q {
  // CHECK-NEXT: %r, %y = irfuse.fused "act_mul" chains ["act_mul.none"] ({{.*}} = %x : {{.*}}, {{.*}} = %z : {{.*}})
  // CHECK: %q = irfuse.static_quant %y, %f {missed = "a result of the chain goes through aten.amax.default over the whole tensor
  %p = irfuse.act_mul %x, %z : !w, !w -> !w
  %y = irfuse.cast %p : !w -> !x
  %a = irfuse.abs %y : !x
  %r = irfuse.row_amax %a : !x -> !r
  %m = irfuse.opaque "aten.amax.default" (%r) call <x0> : (!r) -> !n
  %f = irfuse.cast %m : !n -> tensor<f32>
  %q = irfuse.static_quant %y, %f {quant_max = 4.48e+02 : f64} : !x, tensor<f32> -> !q
  return %q : !q
}

// No quant is scaled by it.
// CHECK-LABEL: func.func @alone(
func.func @alone(%x: !x) -> !n {
  // CHECK-NEXT: irfuse.rms_norm
  // CHECK-NEXT: irfuse.row_amax
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : !x -> !x
  %r = irfuse.row_amax %y : !x -> !r
  %m = irfuse.opaque "aten.amax.default" (%r) call <x0> : (!r) -> !n
  return %m : !n
}

// Another op reads the extremes of rows: nothing waits for the whole tensor alone.
// CHECK-LABEL: func.func @read_elsewhere(
func.func @read_elsewhere(%x: !x) -> (!q, !r) {
  // CHECK-NEXT: irfuse.rms_norm
  // CHECK: irfuse.static_quant %y, %f {missed = "a result of the chain goes through aten.amax.default over the whole tensor (unknown location) and comes back"
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : !x -> !x
  %r = irfuse.row_amax %y : !x -> !r
  %m = irfuse.opaque "aten.amax.default" (%r) call <x0> : (!r) -> !n
  %f = irfuse.cast %m : !n -> tensor<f32>
  %q = irfuse.static_quant %y, %f {quant_max = 4.48e+02 : f64} : !x, tensor<f32> -> !q
  return %q, %r : !q, !r
}
