// fuse-quant: each quant is one irfuse.fused op with the arithmetic before it, whatever it stands behind.
// RUN: irfuse-opt --fuse-quant %s | filecheck %s

!x = tensor<?x192xbf16, #irfuse.dims<"t">>
!q = tensor<?x192xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x1xf32, #irfuse.dims<"t">>
!g = tensor<?x3xf32, #irfuse.dims<"t">>

// Behind an op that irfuse does not compute.
// CHECK-LABEL: func.func @matmul(
func.func @matmul(%x: !x, %w: tensor<192x192xbf16>) -> (!q, !g) {
  // CHECK-NEXT: %p = irfuse.opaque "aten.mm.default"
  // CHECK-NEXT: %q, %s = irfuse.fused "group_quant" chains ["quant.group"] (%p_1 = %p : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: {{.*}} = irfuse.group_quant %p_1
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %p = irfuse.opaque "aten.mm.default" (%x, %w) : (!x, tensor<192x192xbf16>) -> !x
  %q, %s = irfuse.group_quant %p {group_size = 64 : i64, quant_max = 448.0 : f64} : !x -> !q, !g
  return %q, %s : !q, !g
}

// Of an argument of the graph; one scale for each token.
// CHECK-LABEL: func.func @argument(
func.func @argument(%x: !x) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.fused "group_quant" chains ["quant.token"] (%x_1 = %x : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: {{.*}} = irfuse.group_quant %x_1
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %q, %s = irfuse.group_quant %x {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// With a scale that is given.
// CHECK-LABEL: func.func @static(
func.func @static(%x: !x, %scale: tensor<f32>) -> !q {
  // CHECK-NEXT: %q = irfuse.fused "static_quant" chains ["quant.tensor"] (%x_1 = %x : {{.*}}, %scale_1 = %scale : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: {{.*}} = irfuse.static_quant %x_1, %scale_1
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %q = irfuse.static_quant %x, %scale {quant_max = 448.0 : f64} : !x, tensor<f32> -> !q
  return %q : !q
}

// In a form that has no name: the scale is a square root.
// CHECK-LABEL: func.func @unnamed(
func.func @unnamed(%x: !x) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.fused "row" chains ["quant.token"] (%x_1 = %x : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: %a = irfuse.abs
  // CHECK-NEXT: %m = irfuse.row_amax
  // CHECK-NEXT: %f = irfuse.cast
  // CHECK-NEXT: %s_1 = irfuse.sqrt
  // CHECK-NEXT: %c = irfuse.cast
  // CHECK-NEXT: %b = irfuse.broadcast
  // CHECK-NEXT: %d = irfuse.div
  // CHECK-NEXT: %q_1 = irfuse.cast
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %a = irfuse.abs %x : !x
  %m = irfuse.row_amax %a : !x -> tensor<?x1xbf16, #irfuse.dims<"t">>
  %f = irfuse.cast %m : tensor<?x1xbf16, #irfuse.dims<"t">> -> !s
  %s = irfuse.sqrt %f : !s
  %c = irfuse.cast %x : !x -> tensor<?x192xf32, #irfuse.dims<"t">>
  %b = irfuse.broadcast %s : !s -> tensor<?x192xf32, #irfuse.dims<"t">>
  %d = irfuse.div %c, %b : tensor<?x192xf32, #irfuse.dims<"t">>
  %q = irfuse.cast %d : tensor<?x192xf32, #irfuse.dims<"t">> -> !q
  return %q, %s : !q, !s
}

// Heads lie before tokens in memory, as the result of an attention does.
// CHECK-LABEL: func.func @transposed(
func.func @transposed(%h: tensor<?x3x64xbf16, #irfuse.dims<"t", strides = [64, "64*t", 1]>>) -> (!q, !g) {
  // CHECK-NEXT: %q, %s = irfuse.fused "group_quant" chains ["quant.group"] (%h_1 = %h : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: %y = irfuse.relayout %h_1
  // CHECK-NEXT: %r = irfuse.reshape %y
  // CHECK-NEXT: {{.*}} = irfuse.group_quant %r
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %y = irfuse.relayout %h : tensor<?x3x64xbf16, #irfuse.dims<"t", strides = [64, "64*t", 1]>> -> tensor<?x3x64xbf16, #irfuse.dims<"t">>
  %r = irfuse.reshape %y : tensor<?x3x64xbf16, #irfuse.dims<"t">> -> !x
  %q, %s = irfuse.group_quant %r {group_size = 64 : i64, quant_max = 448.0 : f64} : !x -> !q, !g
  return %q, %s : !q, !g
}

// The same, said by a permute.
// CHECK-LABEL: func.func @permuted(
func.func @permuted(%h: tensor<3x?x64xbf16, #irfuse.dims<"t">>) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.fused "group_quant" chains ["quant.token"] (%h_1 = %h : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: %y = irfuse.permute %h_1
  // CHECK-NEXT: %r = irfuse.reshape %y
  // CHECK-NEXT: {{.*}} = irfuse.group_quant %r
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %y = irfuse.permute %h [1, 0, 2] : tensor<3x?x64xbf16, #irfuse.dims<"t">> -> tensor<?x3x64xbf16, #irfuse.dims<"t">>
  %r = irfuse.reshape %y : tensor<?x3x64xbf16, #irfuse.dims<"t">> -> !x
  %q, %s = irfuse.group_quant %r {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// The bias of a linear is added by the kernel.
// CHECK-LABEL: func.func @bias(
func.func @bias(%x: !x, %w: tensor<192x192xbf16>, %b: tensor<192xbf16>) -> (!q, !s) {
  // CHECK-NEXT: %p = irfuse.opaque "aten.mm.default"
  // CHECK-NEXT: %q, %s = irfuse.fused "group_quant" chains ["quant.token"] (%b_1 = %b : {{.*}}, %p_1 = %p : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: %bs = irfuse.broadcast %b_1
  // CHECK-NEXT: %y = irfuse.add %p_1, %bs
  // CHECK-NEXT: {{.*}} = irfuse.group_quant %y
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %p = irfuse.opaque "aten.mm.default" (%x, %w) : (!x, tensor<192x192xbf16>) -> !x
  %bs = irfuse.broadcast %b : tensor<192xbf16> -> !x
  %y = irfuse.add %p, %bs : !x
  %q, %s = irfuse.group_quant %y {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// An activation without a partner.
// CHECK-LABEL: func.func @silu(
func.func @silu(%a: !x) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.fused "group_quant" chains ["quant.token"] (%a_1 = %a : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: %p = irfuse.silu %a_1
  // CHECK-NEXT: {{.*}} = irfuse.group_quant %p
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %p = irfuse.silu %a : !x
  %q, %s = irfuse.group_quant %p {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// A product without an activation.
// CHECK-LABEL: func.func @product(
func.func @product(%a: !x, %b: !x) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.fused "group_quant" chains ["quant.token"] (%a_1 = %a : {{.*}}, %b_1 = %b : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: %p = irfuse.mul %a_1, %b_1
  // CHECK-NEXT: {{.*}} = irfuse.group_quant %p
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %p = irfuse.mul %a, %b : !x
  %q, %s = irfuse.group_quant %p {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// Two quants of one operand are two kernels.
// CHECK-LABEL: func.func @two(
func.func @two(%x: !x) -> (!q, !s, !q, !g) {
  // CHECK-NEXT: %q, %s = irfuse.fused "group_quant" chains ["quant.token"] (%x_1 = %x : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: {{.*}} = irfuse.group_quant %x_1 {group_size = 192
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: %r, %u = irfuse.fused "group_quant" chains ["quant.group"] (%x_1 = %x : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: {{.*}} = irfuse.group_quant %x_1 {group_size = 64
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %q, %s = irfuse.group_quant %x {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  %r, %u = irfuse.group_quant %x {group_size = 64 : i64, quant_max = 448.0 : f64} : !x -> !q, !g
  return %q, %s, %r, %u : !q, !s, !q, !g
}

// A sum that is used again is a result of the first kernel, and an operand of the second.
// CHECK-LABEL: func.func @two_of_sum(
func.func @two_of_sum(%x: !x, %z: !x) -> (!q, !s, !q, !g, !x) {
  // CHECK-NEXT: %q, %s, %y = irfuse.fused "group_quant" chains ["quant.token"] (%x_1 = %x : {{.*}}, %z_1 = %z : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: %y_1 = irfuse.add %x_1, %z_1
  // CHECK-NEXT: {{.*}} = irfuse.group_quant %y_1 {group_size = 192
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: %r, %u = irfuse.fused "group_quant" chains ["quant.group"] (%y_1 = %y : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: {{.*}} = irfuse.group_quant %y_1 {group_size = 64
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s, %r, %u, %y :
  %y = irfuse.add %x, %z : !x
  %q, %s = irfuse.group_quant %y {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  %r, %u = irfuse.group_quant %y {group_size = 64 : i64, quant_max = 448.0 : f64} : !x -> !q, !g
  return %q, %s, %r, %u, %y : !q, !s, !q, !g, !x
}

// What is added is a number of the graph: the sum is read as any other tensor.
// CHECK-LABEL: func.func @number(
func.func @number(%x: !x, %eps: !irfuse.object) -> (!q, !s) {
  // CHECK-NEXT: %xf = irfuse.opaque
  // CHECK-NEXT: %q, %s = irfuse.fused "group_quant" chains ["quant.token"] (%xf_1 = %xf : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: {{.*}} = irfuse.group_quant %xf_1
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %xf = irfuse.opaque "aten.add.Tensor" (%x, %eps) : (!x, !irfuse.object) -> !x
  %q, %s = irfuse.group_quant %xf {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// The scale comes from an op that irfuse does not compute, and that reads a maximum of each row.
// CHECK-LABEL: func.func @scale_from_outside(
func.func @scale_from_outside(%x: !x) -> !q {
  // CHECK: %t = irfuse.opaque "calibrate"
  // CHECK-NEXT: %q = irfuse.fused "row" chains ["quant.token"] (%x_1 = %x : {{.*}}, %t_1 = %t : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: %c = irfuse.cast %x_1
  // CHECK-NEXT: %b = irfuse.broadcast %t_1
  // CHECK-NEXT: %d = irfuse.div %c, %b
  // CHECK-NEXT: %q_1 = irfuse.cast
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %a = irfuse.abs %x : !x
  %m = irfuse.row_amax %a : !x -> tensor<?x1xbf16, #irfuse.dims<"t">>
  %t = irfuse.opaque "calibrate" (%m) : (tensor<?x1xbf16, #irfuse.dims<"t">>) -> !s
  %c = irfuse.cast %x : !x -> tensor<?x192xf32, #irfuse.dims<"t">>
  %b = irfuse.broadcast %t : !s -> tensor<?x192xf32, #irfuse.dims<"t">>
  %d = irfuse.div %c, %b : tensor<?x192xf32, #irfuse.dims<"t">>
  %q = irfuse.cast %d : tensor<?x192xf32, #irfuse.dims<"t">> -> !q
  return %q : !q
}

// A norm is left to the passes before this one. What kept them from fusing it with the quant is said on the norm.
// CHECK-LABEL: func.func @behind_a_norm(
func.func @behind_a_norm(%x: !x) -> (!q, !x) {
  // CHECK-NEXT: %y = irfuse.rms_norm %x {missed = "a reason", cure = "its cure", eps
  // CHECK-NEXT: %scale = irfuse.opaque "calibrate"
  // CHECK-NEXT: %q = irfuse.fused "static_quant" chains ["quant.tensor"] (%y_1 = %y : {{.*}}, %scale_1 = %scale : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: {{.*}} = irfuse.static_quant %y_1, %scale_1 {quant_max
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %y :
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %scale = irfuse.opaque "calibrate" (%y) : (!x) -> tensor<1xf32>
  %q = irfuse.static_quant %y, %scale {missed = "a reason", cure = "its cure", quant_max = 448.0 : f64} : !x, tensor<1xf32> -> !q
  return %q, %y : !q, !x
}

// Also where other ops stand between.
// CHECK-LABEL: func.func @behind_a_norm_and_more(
func.func @behind_a_norm_and_more(%x: !x, %scale: tensor<f32>) -> (!q, !x) {
  // CHECK-NEXT: %y = irfuse.rms_norm %x {missed = "a reason", eps
  // CHECK-NEXT: %z = irfuse.neg
  // CHECK-NEXT: %q = irfuse.fused "static_quant" chains ["quant.tensor"] (%z_1 = %z : {{.*}}, %scale_1 = %scale : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: {{.*}} = irfuse.static_quant
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %z = irfuse.neg %y : !x
  %q = irfuse.static_quant %z, %scale {missed = "a reason", quant_max = 448.0 : f64} : !x, tensor<f32> -> !q
  return %q, %z : !q, !x
}

// Nothing is said on a norm where no pass said anything.
// CHECK-LABEL: func.func @behind_a_silent_norm(
func.func @behind_a_silent_norm(%x: !x) -> (!q, !s) {
  // CHECK-NEXT: %y = irfuse.rms_norm %x {eps
  // CHECK-NEXT: %q, %s = irfuse.fused "group_quant" chains ["quant.token"] (%y_1 = %y : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: {{.*}} = irfuse.group_quant
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %y {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// A quant that another chain took is no quant of its own; the quant of a result of that chain is.
// CHECK-LABEL: func.func @already_fused(
func.func @already_fused(%x: !x) -> (!q, !s, !q, !g) {
  // CHECK-NEXT: %y, %q, %s = irfuse.fused "rms_norm_group_quant"
  // CHECK: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: %r, %u = irfuse.fused "group_quant" chains ["quant.group"] (%y_1 = %y : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: {{.*}} = irfuse.group_quant %y_1 {group_size = 64
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %y, %q, %s = irfuse.fused "rms_norm_group_quant" chains ["norm_quant.token"] (%a = %x : !x) -> (!x, !q, !s) {
    %n = irfuse.rms_norm %a {eps = 1.0e-6 : f64} : !x -> !x
    %p, %t = irfuse.group_quant %n {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
    irfuse.yield %n, %p, %t : !x, !q, !s
  }
  %r, %u = irfuse.group_quant %y {group_size = 64 : i64, quant_max = 448.0 : f64} : !x -> !q, !g
  return %q, %s, %r, %u : !q, !s, !q, !g
}

// Without a quant nothing is done.
// CHECK-LABEL: func.func @no_quant(
func.func @no_quant(%x: !x) -> !x {
  // CHECK-NEXT: %y = irfuse.silu %x
  // CHECK-NEXT: func.return %y
  %y = irfuse.silu %x : !x
  return %y : !x
}
