// fuse-act-mul-quant: a size that no operand gives is computed from the symbols that it is made of, and is an operand.
// RUN: irfuse-opt --fuse-act-mul-quant %s | filecheck %s

!x = tensor<?x?xbf16, #irfuse.dims<"s10", "s27">>
!g = tensor<?x?x64xbf16, #irfuse.dims<"s10", "s27//64">>
!q = tensor<?x?x64xf8E4M3FN, #irfuse.dims<"s10", "s27//64">>
!s = tensor<?x?x1xf32, #irfuse.dims<"s10", "s27//64">>

!u = tensor<?x?xbf16, #irfuse.dims<"u0", "u1">>
!ug = tensor<?x?x64xbf16, #irfuse.dims<"u0", "Mod(u0, 64) + u1">>
!uq = tensor<?x?x64xf8E4M3FN, #irfuse.dims<"u0", "Mod(u0, 64) + u1">>
!us = tensor<?x?x1xf32, #irfuse.dims<"u0", "Mod(u0, 64) + u1">>
!sum = tensor<?x?xbf16, #irfuse.dims<"s10", "s27 + s31">>

// The first value that brings a symbol is an axis of an argument.
// CHECK-LABEL: func.func @axis(
func.func @axis(%x: !x, %z: !x) -> (!q, !s) {
  // CHECK-NEXT: %0 = irfuse.size (%x) : (tensor<?x?xbf16, #irfuse.dims<"s10", "s27">>) -> !irfuse.symint<"s27//64">
  // CHECK-NEXT: %q, %s = irfuse.fused "act_mul_group_quant" chains ["act_mul_quant.group"] (%x_1 = %x : {{.*}}, %z_1 = %z : {{.*}}, %1 = %0 : !irfuse.symint<"s27//64">) ->
  // CHECK: func.return
  %y = irfuse.act_mul %x, %z : !x, !x -> !x
  %r = irfuse.reshape %y : !x -> !g
  %q, %s = irfuse.group_quant %r {group_size = 64 : i64, quant_max = 448.0 : f64} : !g -> !q, !s
  return %q, %s : !q, !s
}

// A symbolic integer that is the size is used as it is.
// CHECK-LABEL: func.func @given(
func.func @given(%x: !x, %z: !x, %n: !irfuse.symint<"s27//64">) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.fused "act_mul_group_quant" {{.*}} = %n : !irfuse.symint<"s27//64">) ->
  %y = irfuse.act_mul %x, %z : !x, !x -> !x
  %r = irfuse.reshape %y : !x -> !g
  %q, %s = irfuse.group_quant %r {group_size = 64 : i64, quant_max = 448.0 : f64} : !g -> !q, !s
  return %q, %s : !q, !s
}

// A symbol that comes from data is there behind the op that reads it; two chains share one size.
// CHECK-LABEL: func.func @from_data(
func.func @from_data(%w: tensor<?xi1, #irfuse.dims<"s10">>) -> (!uq, !us, !uq, !us) {
  // CHECK-NEXT: %x = irfuse.opaque "example.rows"
  // CHECK-NEXT: %0 = irfuse.size (%x, %x) : {{.*}} -> !irfuse.symint<"Mod(u0, 64) + u1">
  // CHECK-NEXT: %q, %s = irfuse.fused {{.*}} = %0 : !irfuse.symint<"Mod(u0, 64) + u1">) ->
  // CHECK-NOT: irfuse.size
  // CHECK: %r, %t = irfuse.fused {{.*}} = %0 : !irfuse.symint<"Mod(u0, 64) + u1">) ->
  // CHECK-NOT: irfuse.size
  // CHECK: func.return
  %x = irfuse.opaque "example.rows" (%w) : (tensor<?xi1, #irfuse.dims<"s10">>) -> !u
  %y = irfuse.act_mul %x, %x : !u, !u -> !u
  %g = irfuse.reshape %y : !u -> !ug
  %q, %s = irfuse.group_quant %g {group_size = 64 : i64, quant_max = 448.0 : f64} : !ug -> !uq, !us
  %v = irfuse.act_mul %x, %x {activation = #irfuse<activation gelu>} : !u, !u -> !u
  %h = irfuse.reshape %v : !u -> !ug
  %r, %t = irfuse.group_quant %h {group_size = 64 : i64, quant_max = 448.0 : f64} : !ug -> !uq, !us
  return %q, %s, %r, %t : !uq, !us, !uq, !us
}

// A symbol that no value brings alone: the size stays unknown, and the chain is declined.
// CHECK-LABEL: func.func @declined(
func.func @declined(%x: !sum, %z: !sum) -> (!q, !s) {
  // CHECK-NOT: irfuse.size
  // CHECK: missed = "the size s27//64 is given by no operand and by no value of the graph"
  // CHECK-NEXT: func.return
  %y = irfuse.act_mul %x, %z : !sum, !sum -> !sum
  %r = irfuse.reshape %y : !sum -> !g
  %q, %s = irfuse.group_quant %r {group_size = 64 : i64, quant_max = 448.0 : f64} : !g -> !q, !s
  return %q, %s : !q, !s
}
