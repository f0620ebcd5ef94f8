// fuse-tail: a norm or product that no quant reads is one irfuse.fused op with the rotation or store behind it.
// RUN: irfuse-opt --fuse-tail %s | filecheck %s

!x = tensor<?x128xbf16, #irfuse.dims<"t">>
!c = tensor<48x128xbf16>
!i = tensor<?xi64, #irfuse.dims<"t">>

// CHECK-LABEL: func.func @rotated(
func.func @rotated(%x: !x, %cos: !x, %sin: !x) -> !x {
  // CHECK-NEXT: %r = irfuse.fused "norm" chains ["norm.none"] ({{.*}} = %x : {{.*}}, {{.*}} = %cos : {{.*}}, {{.*}} = %sin : {{.*}}) -> (tensor<?x128xbf16, #irfuse.dims<"t">>) {
  // CHECK: irfuse.concat
  // CHECK: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : !x -> !x
  %a = irfuse.slice %y {axis = 1 : i64, start = 64 : i64, step = 1 : i64} : !x -> tensor<?x64xbf16, #irfuse.dims<"t">>
  %b = irfuse.slice %y {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : !x -> tensor<?x64xbf16, #irfuse.dims<"t">>
  %n = irfuse.neg %a : tensor<?x64xbf16, #irfuse.dims<"t">>
  %h = irfuse.concat %n, %b {axis = 1 : i64} : tensor<?x64xbf16, #irfuse.dims<"t">>, tensor<?x64xbf16, #irfuse.dims<"t">> -> !x
  %p = irfuse.mul %y, %cos : !x
  %s = irfuse.mul %h, %sin : !x
  %r = irfuse.add %p, %s : !x
  return %r : !x
}

// What goes into a tensor that the function writes to at its end is stored there.
// CHECK-LABEL: func.func @stored(
func.func @stored(%x: !x, %c: !c, %i: !i) {
  // CHECK-NEXT: %r = irfuse.fused "norm" chains ["norm.none"] ({{.*}} = %x : {{.*}}, {{.*}} = %c : {{.*}}, {{.*}} = %i : {{.*}}) -> (tensor<48x128xbf16>) {
  // CHECK-NEXT: irfuse.rms_norm
  // CHECK-NEXT: irfuse.scatter
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: irfuse.opaque "aten.copy_.default" mutates (%c, %r)
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : !x -> !x
  %r = irfuse.scatter %y into %c[%i] {axes = array<i64: 0>} : !x, !c, !i -> !c
  %d = irfuse.opaque "aten.copy_.default" mutates (%c, %r) call <x0, x1> : (!c, !c) -> !c
  return
}

// Also where it goes on to other ops, which read what the kernel gives.
// CHECK-LABEL: func.func @read_too(
func.func @read_too(%x: !x, %c: !c, %i: !i) -> (tensor<*xf32>, tensor<*xf32>) {
  // CHECK-NEXT: %y, %r = irfuse.fused "norm" chains ["norm.none"]
  // CHECK: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: irfuse.opaque "attention" (%y)
  // CHECK-NEXT: irfuse.opaque "attention" (%r)
  // CHECK-NEXT: irfuse.opaque "aten.copy_.default" mutates (%c, %r)
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : !x -> !x
  %r = irfuse.scatter %y into %c[%i] {axes = array<i64: 0>} : !x, !c, !i -> !c
  %a = irfuse.opaque "attention" (%y) : (!x) -> tensor<*xf32>
  %b = irfuse.opaque "attention" (%r) : (!c) -> tensor<*xf32>
  %d = irfuse.opaque "aten.copy_.default" mutates (%c, %r) call <x0, x1> : (!c, !c) -> !c
  return %a, %b : tensor<*xf32>, tensor<*xf32>
}

// A part of a larger tensor, which is put back where it was: one write. Keys and values into it: two.
// CHECK-LABEL: func.func @part(
func.func @part(%x: !x, %v: !x, %c: tensor<2x48x128xbf16>, %i: !i) {
  // CHECK-NEXT: %{{.*}} = irfuse.fused "norm" chains ["norm.none"] ({{.*}} = %x : {{.*}}, {{.*}} = %c : {{.*}}, {{.*}} = %i : {{.*}}, {{.*}} = %v : {{.*}}) -> (tensor<2x48x128xbf16>) {
  // CHECK: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: irfuse.opaque "aten.copy_.default"
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : !x -> !x
  %k = irfuse.slice %c {axis = 0 : i64, start = 0 : i64, step = 1 : i64} : tensor<2x48x128xbf16> -> tensor<1x48x128xbf16>
  %k1 = irfuse.reshape %k : tensor<1x48x128xbf16> -> !c
  %k2 = irfuse.scatter %y into %k1[%i] {axes = array<i64: 0>} : !x, !c, !i -> !c
  %k3 = irfuse.reshape %k2 : !c -> tensor<1x48x128xbf16>
  %r = irfuse.insert %k3 into %c {axis = 0 : i64, start = 0 : i64, step = 1 : i64} : tensor<1x48x128xbf16>, tensor<2x48x128xbf16> -> tensor<2x48x128xbf16>
  %l = irfuse.slice %r {axis = 0 : i64, start = 1 : i64, step = 1 : i64} : tensor<2x48x128xbf16> -> tensor<1x48x128xbf16>
  %l1 = irfuse.reshape %l : tensor<1x48x128xbf16> -> !c
  %l2 = irfuse.scatter %v into %l1[%i] {axes = array<i64: 0>} : !x, !c, !i -> !c
  %l3 = irfuse.reshape %l2 : !c -> tensor<1x48x128xbf16>
  %s = irfuse.insert %l3 into %r {axis = 0 : i64, start = 1 : i64, step = 1 : i64} : tensor<1x48x128xbf16>, tensor<2x48x128xbf16> -> tensor<2x48x128xbf16>
  %d = irfuse.opaque "aten.copy_.default" mutates (%c, %s) call <x0, x1> : (tensor<2x48x128xbf16>, tensor<2x48x128xbf16>) -> tensor<2x48x128xbf16>
  return
}

// Columns put together with no norm before them, and stored.
// CHECK-LABEL: func.func @stored_columns(
// CHECK-NEXT: %r = irfuse.fused "row" chains ["row.none"] (
// CHECK-NEXT: irfuse.concat
// CHECK-NEXT: irfuse.scatter
// CHECK: irfuse.opaque "aten.copy_.default"
func.func @stored_columns(%a: tensor<?x64xbf16, #irfuse.dims<"t">>, %c: tensor<48x128xbf16>, %i: tensor<?xi64, #irfuse.dims<"t">>) {
  %y = irfuse.concat %a, %a {axis = 1 : i64} : tensor<?x64xbf16, #irfuse.dims<"t">>, tensor<?x64xbf16, #irfuse.dims<"t">> -> tensor<?x128xbf16, #irfuse.dims<"t">>
  %r = irfuse.scatter %y into %c[%i] {axes = array<i64: 0>} : tensor<?x128xbf16, #irfuse.dims<"t">>, tensor<48x128xbf16>, tensor<?xi64, #irfuse.dims<"t">> -> tensor<48x128xbf16>
  %d = irfuse.opaque "aten.copy_.default" mutates (%c, %r) call <x0, x1> : (tensor<48x128xbf16>, tensor<48x128xbf16>) -> tensor<48x128xbf16>
  return
}
