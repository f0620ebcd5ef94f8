// Two fused ops of one meaning are one kernel, whatever they and their values are called; of two meanings, two, each under its own name.
// RUN: irfuse-opt -t triton %s > %t.py
// RUN: filecheck %s --input-file %t.py
// RUN: irfuse-opt -t 'ptx{arch=sm_90}' %s | filecheck %s --check-prefix=PTX

// CHECK: {{^}}def row_[[A:[0-9a-f]+]](x0_ptr, y0_ptr, rows, ROWS: tl.constexpr):
// CHECK: neg_1 = x0 * -1.0
// CHECK-NOT: def row_[[A]]
// CHECK: {{^}}def row_{{[0-9a-f]+}}(x0_ptr, y0_ptr, rows, ROWS: tl.constexpr):
// CHECK: abs_1 = tl.abs(x0)
// CHECK-NOT: def row_

// PTX-COUNT-2: .visible .entry row_
// PTX-NOT: .visible .entry

func.func @one(%x: tensor<4x128xf32>) {
  %y = irfuse.fused "one" (%a = %x : tensor<4x128xf32>) -> (tensor<4x128xf32>) {
    %n = irfuse.neg %a : tensor<4x128xf32>
    irfuse.yield %n : tensor<4x128xf32>
  }
  return
}
func.func @another(%u: tensor<?x128xf32, #irfuse.dims<"t">>, %v: tensor<4x128xf32>) {
  %y = irfuse.fused "another" chains ["c"] (%b = %u : tensor<?x128xf32, #irfuse.dims<"t">>) -> (tensor<?x128xf32, #irfuse.dims<"t">>) {
    %m = irfuse.neg %b : tensor<?x128xf32, #irfuse.dims<"t">>
    irfuse.yield %m : tensor<?x128xf32, #irfuse.dims<"t">>
  }
  %z = irfuse.fused "one" (%c = %v : tensor<4x128xf32>) -> (tensor<4x128xf32>) {
    %o = irfuse.abs %c : tensor<4x128xf32>
    irfuse.yield %o : tensor<4x128xf32>
  }
  return
}
