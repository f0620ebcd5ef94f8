// Every activation function prints what it parses, in both syntaxes.
// RUN: irfuse-opt %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | filecheck %s --check-prefix=GENERIC

!x = tensor<?x4xbf16, #irfuse.dims<"s0">>

// CHECK-LABEL: func.func @activations
// GENERIC-LABEL: sym_name = "activations"
func.func @activations(%x: !x) -> !x {
  // CHECK-NEXT: %tanh = irfuse.tanh %x : tensor<?x4xbf16, #irfuse.dims<"s0">>{{$}}
  // GENERIC: %tanh = "irfuse.tanh"(%x) : (tensor<?x4xbf16, #irfuse.dims<"s0">>) -> tensor<?x4xbf16, #irfuse.dims<"s0">>
  %tanh = irfuse.tanh %x : !x
  // CHECK-NEXT: %erf = irfuse.erf %tanh : tensor<?x4xbf16, #irfuse.dims<"s0">>{{$}}
  // GENERIC-NEXT: %erf = "irfuse.erf"(%tanh)
  %erf = irfuse.erf %tanh : !x
  // CHECK-NEXT: %gelu = irfuse.gelu %erf : tensor<?x4xbf16, #irfuse.dims<"s0">>{{$}}
  // GENERIC-NEXT: %gelu = "irfuse.gelu"(%erf)
  %gelu = irfuse.gelu %erf : !x
  // CHECK-NEXT: %gelu_tanh = irfuse.gelu_tanh %gelu : tensor<?x4xbf16, #irfuse.dims<"s0">>{{$}}
  // GENERIC-NEXT: %gelu_tanh = "irfuse.gelu_tanh"(%gelu)
  %gelu_tanh = irfuse.gelu_tanh %gelu : !x
  // CHECK-NEXT: %relu = irfuse.relu %gelu_tanh : tensor<?x4xbf16, #irfuse.dims<"s0">>{{$}}
  // GENERIC-NEXT: %relu = "irfuse.relu"(%gelu_tanh)
  %relu = irfuse.relu %gelu_tanh : !x
  // CHECK-NEXT: %log = irfuse.log %relu : tensor<?x4xbf16, #irfuse.dims<"s0">>{{$}}
  // GENERIC-NEXT: %log = "irfuse.log"(%relu)
  %log = irfuse.log %relu : !x
  // CHECK-NEXT: %log1p = irfuse.log1p %log : tensor<?x4xbf16, #irfuse.dims<"s0">>{{$}}
  // GENERIC-NEXT: %log1p = "irfuse.log1p"(%log)
  %log1p = irfuse.log1p %log : !x
  // CHECK-NEXT: %expm1 = irfuse.expm1 %log1p : tensor<?x4xbf16, #irfuse.dims<"s0">>{{$}}
  // GENERIC-NEXT: %expm1 = "irfuse.expm1"(%log1p)
  %expm1 = irfuse.expm1 %log1p : !x
  return %expm1 : !x
}

// The gates of act_mul that are one op each.
// CHECK-LABEL: func.func @gates
func.func @gates(%x: !x) -> !x {
  // CHECK-NEXT: %gelu = irfuse.act_mul %x, %x {activation = #irfuse<activation gelu>} :
  %gelu = irfuse.act_mul %x, %x {activation = #irfuse<activation gelu>} : !x, !x -> !x
  // CHECK-NEXT: %tanh = irfuse.act_mul %gelu, %x {activation = #irfuse<activation gelu_tanh>} :
  %tanh = irfuse.act_mul %gelu, %x {activation = #irfuse<activation gelu_tanh>} : !x, !x -> !x
  // CHECK-NEXT: %relu = irfuse.act_mul %tanh, %x {activation = #irfuse<activation relu>} :
  %relu = irfuse.act_mul %tanh, %x {activation = #irfuse<activation relu>} : !x, !x -> !x
  return %relu : !x
}
