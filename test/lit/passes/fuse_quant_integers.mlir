// Codes that go through wider integers: the last cast is the quant, and what no float was rounded to is none.
// RUN: irfuse-opt --raise-aten --fuse-quant %s | filecheck %s

!x = tensor<?x64xf32, #irfuse.dims<"t">>
!i = tensor<?x64xi32, #irfuse.dims<"t">>
!h = tensor<?x64xi16, #irfuse.dims<"t">>
!l = tensor<?x64xi64, #irfuse.dims<"t">>
!c = tensor<?x64xi8, #irfuse.dims<"t">>

// Through i32 that a clamp holds in range.
// CHECK-LABEL: func.func @clamped(
func.func @clamped(%x: !x) -> !c {
  // CHECK-NEXT: irfuse.fused "row" {{.*}}
  // CHECK: irfuse.cast {{.*}} : tensor<?x64xf32, {{.*}} -> tensor<?x64xi32
  // CHECK-NEXT: irfuse.cast {{.*}} : tensor<?x64xi32, {{.*}} -> tensor<?x64xi8
  %h = irfuse.opaque "aten.clamp.default" (%x) call<x0, -128.0, 127.0> : (!x) -> !x
  %r = irfuse.opaque "aten.round.default" (%h) call<x0> : (!x) -> !x
  %i = irfuse.opaque "aten._to_copy.default" pointwise (%r) call<x0, dtype = "int32"> : (!x) -> !i
  %c = irfuse.opaque "aten._to_copy.default" pointwise (%i) call<x0, dtype = "int8"> : (!i) -> !c
  return %c : !c
}

// i32 need no clamp, as all GPUs cast to them alike. i16 need one, whole and not beyond their range; i64 are no codes.
// CHECK-LABEL: func.func @unclamped(
func.func @unclamped(%x: !x) -> (!c, !h, !h, !l) {
  // CHECK-NEXT: irfuse.fused "row" {{.*}}
  // CHECK-NEXT: irfuse.cast {{.*}} : tensor<?x64xf32, {{.*}} -> tensor<?x64xi32
  // CHECK-NEXT: irfuse.cast {{.*}} : tensor<?x64xi32, {{.*}} -> tensor<?x64xi8
  // CHECK-NEXT: irfuse.yield
  // CHECK-NOT: irfuse.fused
  // CHECK: irfuse.clamp
  // CHECK-NEXT: irfuse.opaque "aten._to_copy.default"
  // CHECK-NEXT: irfuse.clamp
  // CHECK-NEXT: irfuse.opaque "aten._to_copy.default"
  // CHECK-NEXT: irfuse.clamp
  // CHECK-NEXT: irfuse.cast
  // CHECK-NEXT: func.return
  %i = irfuse.opaque "aten._to_copy.default" pointwise (%x) call<x0, dtype = "int32"> : (!x) -> !i
  %c = irfuse.opaque "aten._to_copy.default" pointwise (%i) call<x0, dtype = "int8"> : (!i) -> !c
  %b = irfuse.opaque "aten.clamp.default" (%x) call<x0, -0.5, 127.0> : (!x) -> !x
  %j = irfuse.opaque "aten._to_copy.default" pointwise (%b) call<x0, dtype = "int16"> : (!x) -> !h
  %g = irfuse.opaque "aten.clamp.default" (%x) call<x0, 0.0, 32768.0> : (!x) -> !x
  %k = irfuse.opaque "aten._to_copy.default" pointwise (%g) call<x0, dtype = "int16"> : (!x) -> !h
  %f = irfuse.opaque "aten.clamp.default" (%x) call<x0, -128.0, 127.0> : (!x) -> !x
  %l = irfuse.opaque "aten._to_copy.default" pointwise (%f) call<x0, dtype = "int64"> : (!x) -> !l
  return %c, %j, %k, %l : !c, !h, !h, !l
}

// Bytes of a mask, of integers that come in, and of a zero point, which is part of another quant.
// CHECK-LABEL: func.func @no_codes(
func.func @no_codes(%x: !x, %i: !i) -> (!c, !c, tensor<?x1xi8, #irfuse.dims<"t">>) {
  // CHECK-NOT: irfuse.fused
  // CHECK-NOT: missed
  // CHECK: func.return
  %m = irfuse.opaque "aten.gt.Scalar" (%x) call<x0, 0.0> : (!x) -> tensor<?x64xi1, #irfuse.dims<"t">>
  %a = irfuse.cast %m : tensor<?x64xi1, #irfuse.dims<"t">> -> !c
  %b = irfuse.cast %i : !i -> !c
  %t = irfuse.row_amax %x : !x -> tensor<?x1xf32, #irfuse.dims<"t">>
  %z = irfuse.cast %t : tensor<?x1xf32, #irfuse.dims<"t">> -> tensor<?x1xi8, #irfuse.dims<"t">>
  return %a, %b, %z : !c, !c, tensor<?x1xi8, #irfuse.dims<"t">>
}
