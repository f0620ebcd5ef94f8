// A fused op, bare and with kind, chains and attributes, prints what it parses, and so does its body.
// RUN: irfuse-opt %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | filecheck %s --check-prefix=GENERIC

!x = tensor<?x128xbf16, #irfuse.dims<"s0">>
!q = tensor<?x128xf8E4M3FN, #irfuse.dims<"s0">>
!s = tensor<?x1xf32, #irfuse.dims<"s0">>

// CHECK-LABEL: func.func @named
// GENERIC-LABEL: sym_name = "named"
func.func @named(%x: !x, %w: tensor<128xbf16>) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_group_quant" chains ["norm_quant.token", "norm_quant.group"] (%a = %x : tensor<?x128xbf16, #irfuse.dims<"s0">>, %b = %w : tensor<128xbf16>) -> (tensor<?x128xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) attributes {node = ["q", "s"], note = 7 : i64} {
  // CHECK-NEXT: %n = irfuse.rms_norm %a weight %b
  // CHECK-NEXT: %r, %t = irfuse.group_quant %n
  // CHECK-NEXT: irfuse.yield %r, %t : tensor<?x128xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: }
  // GENERIC: %q, %s = "irfuse.fused"(%x, %w) <{kind = "rms_norm_group_quant", chains = ["norm_quant.token", "norm_quant.group"]}> ({
  // GENERIC-NEXT: ^bb0(%a: tensor<?x128xbf16, #irfuse.dims<"s0">>, %b: tensor<128xbf16>):
  // GENERIC: "irfuse.yield"(%r, %t) : (tensor<?x128xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) -> ()
  // GENERIC-NEXT: }) {node = ["q", "s"], note = 7 : i64} : (tensor<?x128xbf16, #irfuse.dims<"s0">>, tensor<128xbf16>) -> (tensor<?x128xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>)
  %q, %s = irfuse.fused "rms_norm_group_quant" chains ["norm_quant.token", "norm_quant.group"] (%a = %x : !x, %b = %w : tensor<128xbf16>) -> (!q, !s) attributes {node = ["q", "s"], note = 7 : i64} {
    %n = irfuse.rms_norm %a weight %b : tensor<128xbf16> {eps = 1.0e-6 : f64} : !x -> !x
    %r, %t = irfuse.group_quant %n {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
    irfuse.yield %r, %t : !q, !s
  }
  return %q, %s : !q, !s
}

// A symbolic size may be an operand beside the tensors.
// CHECK-LABEL: func.func @size
func.func @size(%n: !irfuse.symint<"n">, %x: tensor<?xf32, #irfuse.dims<"2*n">>) -> tensor<2x?xf32, #irfuse.dims<"n">> {
  // CHECK-NEXT: %y = irfuse.fused "" (%a = %x : tensor<?xf32, #irfuse.dims<"2*n">>, %b = %n : !irfuse.symint<"n">) -> (tensor<2x?xf32, #irfuse.dims<"n">>) {
  // GENERIC: %y = "irfuse.fused"(%x, %n) <{kind = ""}> ({
  %y = irfuse.fused "" (%a = %x : tensor<?xf32, #irfuse.dims<"2*n">>, %b = %n : !irfuse.symint<"n">) -> (tensor<2x?xf32, #irfuse.dims<"n">>) {
    %r = irfuse.reshape %a : tensor<?xf32, #irfuse.dims<"2*n">> -> tensor<2x?xf32, #irfuse.dims<"n">>
    irfuse.yield %r : tensor<2x?xf32, #irfuse.dims<"n">>
  }
  return %y : tensor<2x?xf32, #irfuse.dims<"n">>
}

// CHECK-LABEL: func.func @bare
// GENERIC-LABEL: sym_name = "bare"
func.func @bare(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: %y = irfuse.fused (%a = %x : tensor<4xf32>) -> (tensor<4xf32>) {
  // CHECK-NEXT: %n = irfuse.neg %a : tensor<4xf32>
  // CHECK-NEXT: irfuse.yield %n : tensor<4xf32>
  // GENERIC: %y = "irfuse.fused"(%x) ({
  %y = irfuse.fused (%a = %x : tensor<4xf32>) -> (tensor<4xf32>) {
    %n = irfuse.neg %a : tensor<4xf32>
    irfuse.yield %n : tensor<4xf32>
  }
  // Nothing in, nothing out.
  // CHECK: irfuse.fused "" () -> () {
  // CHECK-NEXT: irfuse.yield{{$}}
  // GENERIC: "irfuse.fused"() <{kind = ""}> ({
  irfuse.fused "" () -> () {
    irfuse.yield
  }
  // Two operands from one value, and strings with quotes and line breaks.
  // CHECK: %z = irfuse.fused "a\22b\0Ac" chains ["d\22"] (%c = %y : tensor<4xf32>, %d = %y : tensor<4xf32>) -> (tensor<4xf32>) {
  // CHECK-NEXT: %e = irfuse.add %c, %d : tensor<4xf32>
  %z = irfuse.fused "a\"b\nc" chains ["d\""] (%c = %y : tensor<4xf32>, %d = %y : tensor<4xf32>) -> (tensor<4xf32>) {
    %e = irfuse.add %c, %d : tensor<4xf32>
    irfuse.yield %e : tensor<4xf32>
  }
  // Fused ops as the parts of one.
  // CHECK: %f = irfuse.fused "both" (%g = %z : tensor<4xf32>) -> (tensor<4xf32>) {
  // CHECK-NEXT: %h = irfuse.fused "one" chains ["row"] (%i = %g : tensor<4xf32>) -> (tensor<4xf32>) {
  %f = irfuse.fused "both" (%g = %z : tensor<4xf32>) -> (tensor<4xf32>) {
    %h = irfuse.fused "one" chains ["row"] (%i = %g : tensor<4xf32>) -> (tensor<4xf32>) {
      %j = irfuse.neg %i : tensor<4xf32>
      irfuse.yield %j : tensor<4xf32>
    }
    irfuse.yield %h : tensor<4xf32>
  }
  return %f : tensor<4xf32>
}
