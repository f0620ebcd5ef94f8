// A number of a call may be a symbolic size; no rule covers that, so the node stays opaque.
// RUN: irfuse-opt --raise-aten %s | filecheck %s

// CHECK-LABEL: func.func @sizes(
func.func @sizes(%x: tensor<?x8xf32, #irfuse.dims<"s0">>, %n: !irfuse.symint<"s0">) -> (tensor<?x8xf32, #irfuse.dims<"s0">>, tensor<?x8xf32, #irfuse.dims<"s0">>) {
  // CHECK-NEXT: irfuse.opaque "aten.mul.Tensor" (%x, %n)
  %0 = irfuse.opaque "aten.mul.Tensor" (%x, %n) call<x0, x1> : (tensor<?x8xf32, #irfuse.dims<"s0">>, !irfuse.symint<"s0">) -> tensor<?x8xf32, #irfuse.dims<"s0">>
  // CHECK-NEXT: irfuse.opaque "aten.div.Tensor" (%x, %n)
  %1 = irfuse.opaque "aten.div.Tensor" (%x, %n) call<x0, x1> : (tensor<?x8xf32, #irfuse.dims<"s0">>, !irfuse.symint<"s0">) -> tensor<?x8xf32, #irfuse.dims<"s0">>
  return %0, %1 : tensor<?x8xf32, #irfuse.dims<"s0">>, tensor<?x8xf32, #irfuse.dims<"s0">>
}
