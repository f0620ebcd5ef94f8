// act_mul, with each activation, prints what it parses; silu stays unsaid.
// RUN: irfuse-opt %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | filecheck %s --check-prefix=GENERIC

!a = tensor<?x64xbf16, #irfuse.dims<"s0", strides = [128, 1]>>
!b = tensor<?x64xf32, #irfuse.dims<"s0">>

// CHECK-LABEL: func.func @act_mul
func.func @act_mul(%a: !a, %b: !b) -> !b {
  // CHECK: %silu = irfuse.act_mul %a, %b : tensor<?x64xbf16, #irfuse.dims<"s0", strides = [128, 1]>>, tensor<?x64xf32, #irfuse.dims<"s0">> -> tensor<?x64xf32, #irfuse.dims<"s0">>{{$}}
  // GENERIC: %silu = "irfuse.act_mul"(%a, %b) <{activation = #irfuse<activation silu>}>
  %silu = irfuse.act_mul %a, %b : !a, !b -> !b
  // CHECK-NEXT: %silu_mul = irfuse.act_mul %silu, %b {activation = #irfuse<activation silu_mul>} : tensor
  %silu_mul = irfuse.act_mul %silu, %b {activation = #irfuse<activation silu_mul>} : !b, !b -> !b
  // CHECK-NEXT: %silu_exp = irfuse.act_mul %silu_mul, %b {activation = #irfuse<activation silu_exp>} : tensor
  %silu_exp = irfuse.act_mul %silu_mul, %b {activation = #irfuse<activation silu_exp>} : !b, !b -> !b
  // CHECK-NEXT: %sigmoid = irfuse.act_mul %silu_exp, %b {activation = #irfuse<activation sigmoid>} : tensor
  %sigmoid = irfuse.act_mul %silu_exp, %b {activation = #irfuse<activation sigmoid>} : !b, !b -> !b
  return %sigmoid : !b
}
