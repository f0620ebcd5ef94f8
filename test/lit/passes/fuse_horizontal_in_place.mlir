// Parts of a tensor that are computed where they lie become the parts of one op that writes to the tensor.
// RUN: irfuse-opt --fuse-tail --fuse-horizontal %s | filecheck %s
// RUN: irfuse-opt --fuse-tail --fuse-horizontal -t triton %s | filecheck %s --check-prefix=TRITON

!x = tensor<?x8x128xbf16, #irfuse.dims<"t">>
!q = tensor<?x4x128xbf16, #irfuse.dims<"t">>
!k = tensor<?x2x128xbf16, #irfuse.dims<"t">>
!w = tensor<128xbf16>

// The keys are read from the tensor behind the write of the queries, which they have no entry in common with.
// CHECK-LABEL: func.func @queries_and_keys(
// TRITON: def part0(
// TRITON: x0 = tl.load(x0_ptr + (row // 4) * 1024 + (row % 4) * 128 + c0
// TRITON: tl.debug_barrier()
// TRITON-NEXT: tl.store(y0_ptr + (row // 4) * 1024 + (row % 4) * 128 + c0
// TRITON: def part1(
// TRITON: tl.debug_barrier()
// TRITON-NEXT: tl.store(y0_ptr + (row // 2) * 1024 + (row % 2) * 128 + c0 + 512
// TRITON: def norm_{{[0-9a-f]+}}(x0_ptr, x1_ptr, y0_ptr, rows0, rows1,
func.func @queries_and_keys(%x: !x, %w: !w) {
  // CHECK-NEXT: %s = irfuse.fused "norm" (%0 = %x : {{.*}}, %1 = %w : {{.*}}) -> (tensor<?x8x128xbf16, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %{{.*}} = irfuse.fused "norm" chains ["norm.none"] (%x_1 = %0 : {{.*}}, %w_1 = %1 : {{.*}}) -> (tensor<?x8x128xbf16, #irfuse.dims<"t">>) {
  // CHECK-NEXT: irfuse.slice %x_1
  // CHECK-NEXT: irfuse.rms_norm
  // CHECK-NEXT: irfuse.insert %{{.*}} into %x_1 {axis = 1 : i64, start = 0 : i64
  // CHECK: %[[BOTH:.*]] = irfuse.fused "norm" chains ["norm.none"] ({{.*}} = %1 : {{.*}}) -> (tensor<?x8x128xbf16, #irfuse.dims<"t">>) {
  // CHECK: irfuse.insert %{{.*}} into %{{.*}} {axis = 1 : i64, start = 4 : i64
  // CHECK: irfuse.yield %[[BOTH]]
  // CHECK: aten.copy_.default" mutates (%x, %s)
  %q = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : !x -> !q
  %qn = irfuse.rms_norm %q weight %w : !w {eps = 1.0e-06 : f64} : !q -> !q
  %r = irfuse.insert %qn into %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : !q, !x -> !x
  %k = irfuse.slice %r {axis = 1 : i64, start = 4 : i64, step = 1 : i64} : !x -> !k
  %kn = irfuse.rms_norm %k weight %w : !w {eps = 1.0e-06 : f64} : !k -> !k
  %s = irfuse.insert %kn into %r {axis = 1 : i64, start = 4 : i64, step = 1 : i64} : !k, !x -> !x
  %d = irfuse.opaque "aten.copy_.default" mutates (%x, %s) call <x0, x1> : (!x, !x) -> !x
  return
}

// Keys are queries that are normed already: two norms, which wait for one another.
// CHECK-LABEL: func.func @one_behind_the_other(
func.func @one_behind_the_other(%x: !x, %w: !w) {
  // CHECK-NOT: irfuse.fused
  // CHECK: irfuse.insert {{.*}}missed = "2 kernels write to it, and one would wait for another", axis = 1 : i64, start = 0
  // CHECK-NOT: irfuse.fused
  // CHECK: irfuse.insert {{.*}}missed = "2 kernels write to it, and one would wait for another", axis = 1 : i64, start = 3
  %q = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : !x -> !q
  %qn = irfuse.rms_norm %q weight %w : !w {eps = 1.0e-06 : f64} : !q -> !q
  %r = irfuse.insert %qn into %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : !q, !x -> !x
  %k = irfuse.slice %r {axis = 1 : i64, start = 3 : i64, step = 1 : i64} : !x -> !k
  %kn = irfuse.rms_norm %k weight %w : !w {eps = 1.0e-06 : f64} : !k -> !k
  %s = irfuse.insert %kn into %r {axis = 1 : i64, start = 3 : i64, step = 1 : i64} : !k, !x -> !x
  %d = irfuse.opaque "aten.copy_.default" mutates (%x, %s) call <x0, x1> : (!x, !x) -> !x
  return
}

// What is read of the tensor between the two writes is part of neither.
// CHECK-LABEL: func.func @read_in_between(
func.func @read_in_between(%x: !x, %w: !w) -> tensor<*xf32> {
  // CHECK-NOT: irfuse.fused
  // CHECK: irfuse.insert {{.*}}missed = "what is written to the tensor that it is read from is used elsewhere too", axis = 1 : i64, start = 0
  // CHECK-NOT: irfuse.fused
  // CHECK: return
  %q = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : !x -> !q
  %qn = irfuse.rms_norm %q weight %w : !w {eps = 1.0e-06 : f64} : !q -> !q
  %r = irfuse.insert %qn into %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : !q, !x -> !x
  %k = irfuse.slice %r {axis = 1 : i64, start = 4 : i64, step = 1 : i64} : !x -> !k
  %kn = irfuse.rms_norm %k weight %w : !w {eps = 1.0e-06 : f64} : !k -> !k
  %s = irfuse.insert %kn into %r {axis = 1 : i64, start = 4 : i64, step = 1 : i64} : !k, !x -> !x
  %a = irfuse.opaque "attention" (%r) : (!x) -> tensor<*xf32>
  %d = irfuse.opaque "aten.copy_.default" mutates (%x, %s) call <x0, x1> : (!x, !x) -> !x
  return %a : tensor<*xf32>
}

// The tensor as it was is read behind the kernel.
// CHECK-LABEL: func.func @read_behind(
func.func @read_behind(%x: !x, %w: !w) -> tensor<*xf32> {
  // CHECK-NOT: irfuse.fused
  // CHECK: irfuse.insert {{.*}}missed = "attention (unknown location) reads the tensor that it is written to, as it was before", axis = 1 : i64, start = 0
  // CHECK-NOT: irfuse.fused
  // CHECK: return
  %q = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : !x -> !q
  %qn = irfuse.rms_norm %q weight %w : !w {eps = 1.0e-06 : f64} : !q -> !q
  %r = irfuse.insert %qn into %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : !q, !x -> !x
  %k = irfuse.slice %r {axis = 1 : i64, start = 4 : i64, step = 1 : i64} : !x -> !k
  %kn = irfuse.rms_norm %k weight %w : !w {eps = 1.0e-06 : f64} : !k -> !k
  %s = irfuse.insert %kn into %r {axis = 1 : i64, start = 4 : i64, step = 1 : i64} : !k, !x -> !x
  %a = irfuse.opaque "attention" (%x) : (!x) -> tensor<*xf32>
  %d = irfuse.opaque "aten.copy_.default" mutates (%x, %s) call <x0, x1> : (!x, !x) -> !x
  return %a : tensor<*xf32>
}

// Keys by heads that the queries have been written to: a row of the first part reads a row of the second.
// CHECK-LABEL: func.func @to_one_another(
func.func @to_one_another(%x: !x, %w: !w) {
  // CHECK-NOT: irfuse.fused
  // CHECK: irfuse.insert {{.*}}missed = "no kernel can be generated: the tensor that it is written to is read too, and a row may read what another row has written", axis = 1 : i64, start = 0
  // CHECK-NOT: irfuse.fused
  // CHECK: return
  %q = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : !x -> !k
  %k = irfuse.slice %x {axis = 1 : i64, start = 2 : i64, step = 1 : i64} : !x -> !k
  %qn = irfuse.rms_norm %q weight %w : !w {eps = 1.0e-06 : f64} : !k -> !k
  %kn = irfuse.rms_norm %k weight %w : !w {eps = 1.0e-06 : f64} : !k -> !k
  %r = irfuse.insert %kn into %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : !k, !x -> !x
  %s = irfuse.insert %qn into %r {axis = 1 : i64, start = 2 : i64, step = 1 : i64} : !k, !x -> !x
  %d = irfuse.opaque "aten.copy_.default" mutates (%x, %s) call <x0, x1> : (!x, !x) -> !x
  return
}

// Both read the tensor as it was, and have a head in common.
// CHECK-LABEL: func.func @one_head_in_common(
func.func @one_head_in_common(%x: !x, %w: !w) {
  // CHECK-NOT: irfuse.fused
  // CHECK: irfuse.insert {{.*}}missed = "no kernel can be generated: a part may read or write what another writes", axis = 1 : i64, start = 0
  // CHECK-NOT: irfuse.fused
  // CHECK: return
  %q = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : !x -> !q
  %k = irfuse.slice %x {axis = 1 : i64, start = 3 : i64, step = 1 : i64} : !x -> !k
  %qn = irfuse.rms_norm %q weight %w : !w {eps = 1.0e-06 : f64} : !q -> !q
  %kn = irfuse.rms_norm %k weight %w : !w {eps = 1.0e-06 : f64} : !k -> !k
  %r = irfuse.insert %qn into %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : !q, !x -> !x
  %s = irfuse.insert %kn into %r {axis = 1 : i64, start = 3 : i64, step = 1 : i64} : !k, !x -> !x
  %d = irfuse.opaque "aten.copy_.default" mutates (%x, %s) call <x0, x1> : (!x, !x) -> !x
  return
}
