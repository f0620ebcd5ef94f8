// What the verifier of fused ops refuses, and what it says.
// RUN: irfuse-opt %s --split-input-file --verify-diagnostics --parsing-diagnostics | filecheck %s

// CHECK: {{^}}irfuse.fused: operands (tensor<4xf32>) do not match the body's arguments (tensor<4xbf16>){{$}}
func.func @argument_of_another_type(%x: tensor<4xf32>) -> tensor<4xbf16> {
  %0 = "irfuse.fused"(%x) ({
  ^bb0(%a: tensor<4xbf16>):
    "irfuse.yield"(%a) : (tensor<4xbf16>) -> ()
  }) : (tensor<4xf32>) -> tensor<4xbf16>
  return %0 : tensor<4xbf16>
}

// -----

// CHECK: {{^}}irfuse.fused: operands (tensor<4xf32>, tensor<4xf32>) do not match the body's arguments (tensor<4xf32>){{$}}
func.func @argument_missing(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = "irfuse.fused"(%x, %x) ({
  ^bb0(%a: tensor<4xf32>):
    "irfuse.yield"(%a) : (tensor<4xf32>) -> ()
  }) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// CHECK: {{^}}irfuse.fused: the body must end with irfuse.yield{{$}}
func.func @no_yield(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = irfuse.fused (%a = %x : tensor<4xf32>) -> (tensor<4xf32>) {
    "test.termop"() : () -> ()
  }
  return %0 : tensor<4xf32>
}

// -----

// CHECK: {{^}}irfuse.fused: results (tensor<4xf32>) do not match what the body yields, (tensor<4xf32>, tensor<4xf32>){{$}}
func.func @yield_of_more(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = irfuse.fused (%a = %x : tensor<4xf32>) -> (tensor<4xf32>) {
    irfuse.yield %a, %a : tensor<4xf32>, tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// -----

// CHECK: {{^}}irfuse.fused: results (tensor<2x2xf32>) do not match what the body yields, (tensor<4xf32>){{$}}
func.func @yield_of_another_type(%x: tensor<4xf32>) -> tensor<2x2xf32> {
  %0 = irfuse.fused (%a = %x : tensor<4xf32>) -> (tensor<2x2xf32>) {
    irfuse.yield %a : tensor<4xf32>
  }
  return %0 : tensor<2x2xf32>
}

// -----

// CHECK: {{^}}irfuse.fused: irfuse.opaque may not stand in a body; small and named ops may{{$}}
func.func @opaque_in_a_body(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = irfuse.fused (%a = %x : tensor<4xf32>) -> (tensor<4xf32>) {
    %1 = irfuse.opaque "aten.relu.default" (%a) : (tensor<4xf32>) -> tensor<4xf32>
    irfuse.yield %1 : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// -----

// CHECK: {{^}}irfuse.fused: arith.addf may not stand in a body; small and named ops may{{$}}
func.func @another_dialect_in_a_body(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = irfuse.fused (%a = %x : tensor<4xf32>) -> (tensor<4xf32>) {
    %1 = arith.addf %a, %a : tensor<4xf32>
    irfuse.yield %1 : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// -----

// CHECK: {{^}}irfuse.fused: Operation using value defined out of its IsolatedFromAbove parent: YieldOp(irfuse.yield %x
func.func @value_from_outside(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = irfuse.fused (%a = %x : tensor<4xf32>) -> (tensor<4xf32>) {
    irfuse.yield %x : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// -----

// CHECK: 'irfuse.yield' expects parent op 'irfuse.fused'
func.func @yield_outside(%x: tensor<4xf32>) -> tensor<4xf32> {
  irfuse.yield %x : tensor<4xf32>
}

// -----

// CHECK: {{^}}irfuse.fused: operands are tensors and symbolic sizes, not i32{{$}}
func.func @no_tensor(%x: i32) -> i32 {
  %0 = irfuse.fused (%a = %x : i32) -> (i32) {
    irfuse.yield %a : i32
  }
  return %0 : i32
}

// -----

// CHECK: {{^}}irfuse.fused: irfuse.neg may not stand beside irfuse.fused in a body{{$}}
func.func @small_op_beside(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0, %1 = irfuse.fused (%a = %x : tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
    %b = irfuse.fused (%c = %a : tensor<4xf32>) -> (tensor<4xf32>) {
      irfuse.yield %c : tensor<4xf32>
    }
    %n = irfuse.neg %a : tensor<4xf32>
    irfuse.yield %b, %n : tensor<4xf32>, tensor<4xf32>
  }
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK: {{^}}irfuse.fused: a body of fused ops yields all their results that none of them takes, in order{{$}}
func.func @one_reads_another(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0, %1 = irfuse.fused (%a = %x : tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
    %b = irfuse.fused (%c = %a : tensor<4xf32>) -> (tensor<4xf32>) {
      irfuse.yield %c : tensor<4xf32>
    }
    %d = irfuse.fused (%c = %b : tensor<4xf32>) -> (tensor<4xf32>) {
      irfuse.yield %c : tensor<4xf32>
    }
    irfuse.yield %b, %d : tensor<4xf32>, tensor<4xf32>
  }
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK: {{^}}irfuse.fused: a body of fused ops yields all their results that none of them takes, in order{{$}}
func.func @not_all_yielded(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = irfuse.fused (%a = %x : tensor<4xf32>) -> (tensor<4xf32>) {
    %b, %d = irfuse.fused (%c = %a : tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
      %n = irfuse.neg %c : tensor<4xf32>
      irfuse.yield %c, %n : tensor<4xf32>, tensor<4xf32>
    }
    irfuse.yield %d : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// -----

// CHECK: {{^}}irfuse.fused: a fused op in a body is no body of others{{$}}
func.func @body_of_bodies(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = irfuse.fused (%a = %x : tensor<4xf32>) -> (tensor<4xf32>) {
    %b = irfuse.fused (%c = %a : tensor<4xf32>) -> (tensor<4xf32>) {
      %d = irfuse.fused (%e = %c : tensor<4xf32>) -> (tensor<4xf32>) {
        irfuse.yield %e : tensor<4xf32>
      }
      irfuse.yield %d : tensor<4xf32>
    }
    irfuse.yield %b : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}
