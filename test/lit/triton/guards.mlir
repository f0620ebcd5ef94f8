// What one branch of a choice by rows takes is read for the rows that take it.
// RUN: irfuse-opt -t triton %s | filecheck %s

!x = tensor<?x128xf32, #irfuse.dims<"t">>
!m = tensor<?x1xi1, #irfuse.dims<"t">>
!b = tensor<?x128xi1, #irfuse.dims<"t">>
!r = tensor<?x1xf32, #irfuse.dims<"t">>

// The first branch, with all that leads there, reductions too.
// CHECK: x1 = tl.load(x1_ptr + row, mask=here, other=0){{$}}
// CHECK-NEXT: x0 = tl.load(x0_ptr + row * 128 + c0, mask=here & x1, other=0.0){{$}}
// CHECK: tl.where(x1, mul_1, full_1)
func.func @first(%x: !x, %m: !m) {
  %y = irfuse.fused (%a = %x : !x, %c = %m : !m) -> (!x) {
    %0 = irfuse.row_sum %a : !x -> !r
    %1 = irfuse.broadcast %0 : !r -> !x
    %2 = irfuse.mul %a, %1 : !x
    %3 = irfuse.full 0.0 : !x
    %4 = irfuse.broadcast %c : !m -> !b
    %5 = irfuse.select %4, %2, %3 : !b, !x
    irfuse.yield %5 : !x
  }
  return
}

// The second branch, by a condition that is computed, which comes first.
// CHECK: x1 = tl.load(x1_ptr + row, mask=here, other=0.0){{$}}
// CHECK-NEXT: compare_1 = x1 > 0.0{{$}}
// CHECK-NEXT: x0 = tl.load(x0_ptr + row * 128 + c0, mask=here & (compare_1 == 0), other=0.0){{$}}
func.func @second(%x: !x, %m: !r) {
  %y = irfuse.fused (%a = %x : !x, %c = %m : !r) -> (!x) {
    %0 = irfuse.compare gt %c scalar 0.0 : !r -> !m
    %1 = irfuse.full 0.0 : !x
    %2 = irfuse.broadcast %0 : !m -> !b
    %3 = irfuse.select %2, %1, %a : !b, !x
    irfuse.yield %3 : !x
  }
  return
}

// What is used elsewhere too is read in every row, and so is what a choice within the row takes.
// CHECK: x0 = tl.load(x0_ptr + row * 128 + c0, mask=here, other=0.0){{$}}
// CHECK: x0 = tl.load(x0_ptr + row * 128 + c0, mask=here, other=0.0){{$}}
func.func @elsewhere(%x: !x, %m: !m) {
  %y, %z = irfuse.fused (%a = %x : !x, %c = %m : !m) -> (!x, !x) {
    %0 = irfuse.neg %a : !x
    %1 = irfuse.full 0.0 : !x
    %2 = irfuse.broadcast %c : !m -> !b
    %3 = irfuse.select %2, %0, %1 : !b, !x
    %4 = irfuse.abs %a : !x
    irfuse.yield %3, %4 : !x, !x
  }
  return
}
func.func @within(%x: !x, %m: !b) {
  %y = irfuse.fused (%a = %x : !x, %c = %m : !b) -> (!x) {
    %0 = irfuse.full 0.0 : !x
    %1 = irfuse.select %c, %a, %0 : !b, !x
    irfuse.yield %1 : !x
  }
  return
}

// What a condition is computed from is read in every row, though a choice alone needs it.
// CHECK: x0 = tl.load(x0_ptr + row * 128 + c0, mask=here, other=0.0){{$}}
// CHECK: x1 = tl.load(x1_ptr + row * 128 + c0, mask=here & compare_1, other=0.0){{$}}
func.func @condition_of_a_choice(%x: !x, %z: !x, %m: !m) {
  %y = irfuse.fused (%a = %x : !x, %b = %z : !x, %c = %m : !m) -> (!x) {
    %0 = irfuse.full 0.0 : !x
    %1 = irfuse.broadcast %c : !m -> !b
    %2 = irfuse.select %1, %a, %0 : !b, !x
    %3 = irfuse.row_sum %2 : !x -> !r
    %4 = irfuse.compare gt %3 scalar 0.0 : !r -> !m
    %5 = irfuse.broadcast %4 : !m -> !b
    %6 = irfuse.select %5, %b, %0 : !b, !x
    irfuse.yield %6 : !x
  }
  return
}
