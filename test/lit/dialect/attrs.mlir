// Every attribute and type of the dialect, with each kind of value that it can hold, prints what it parses.
// RUN: irfuse-opt %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt %s > %t.once.mlir
// RUN: irfuse-opt %t.once.mlir > %t.twice.mlir
// RUN: diff %t.once.mlir %t.twice.mlir

// Names of sizes, outermost first; strides, numbers and names, in elements.
// CHECK: func.func private @dims(tensor<?x4xf32, #irfuse.dims<"s77">>, tensor<?x?xf32, #irfuse.dims<"a", "2*b">>, tensor<4x?xf32, #irfuse.dims<"n", strides = ["2*n", 1]>>, tensor<4x8xbf16, #irfuse.dims<strides = [0, 1]>>, tensor<4xf32, #irfuse.dims<>>, tensor<?xf32, #irfuse.dims<"(s0 + 3)//2">>)
func.func private @dims(tensor<?x4xf32, #irfuse.dims<"s77">>, tensor<?x?xf32, #irfuse.dims<"a", "2*b">>, tensor<4x?xf32, #irfuse.dims<"n", strides = ["2*n", 1]>>, tensor<4x8xbf16, #irfuse.dims<strides = [0, 1]>>, tensor<4xf32, #irfuse.dims<>>, tensor<?xf32, #irfuse.dims<"(s0 + 3)//2">>) -> ()

// CHECK: func.func private @types(!irfuse.symint<"2*s77">, !irfuse.object)
func.func private @types(!irfuse.symint<"2*s77">, !irfuse.object) -> ()

// CHECK: func.func private @enums() -> () attributes {a = #irfuse<activation silu>, b = #irfuse<activation silu_mul>, c = #irfuse<activation silu_exp>, d = #irfuse<activation sigmoid>, e = #irfuse<weight_round none>, f = #irfuse<weight_round before>, g = #irfuse<scale_rule divide>, h = #irfuse<scale_rule reciprocal>, i = #irfuse<scale_format f32>, j = #irfuse<scale_format ue8m0>}
func.func private @enums() -> () attributes {a = #irfuse<activation silu>, b = #irfuse<activation silu_mul>, c = #irfuse<activation silu_exp>, d = #irfuse<activation sigmoid>, e = #irfuse<weight_round none>, f = #irfuse<weight_round before>, g = #irfuse<scale_rule divide>, h = #irfuse<scale_rule reciprocal>, i = #irfuse<scale_format f32>, j = #irfuse<scale_format ue8m0>}

// CHECK-LABEL: func.func private @calls()
// CHECK-SAME: empty = #irfuse.call<>,
// CHECK-SAME: operands = #irfuse.call<x0, x12, [x1, [x2]]>,
// CHECK-SAME: numbers = #irfuse.call<0, -1, 9223372036854775807, 2.5, -0.5>,
// CHECK-SAME: floats = #irfuse.call<1.0, -0.0, 1.0e-06, 1.0e+22, 4.35965401785714e-06, 1.7976931348623157e+308>,
// CHECK-SAME: infinite = #irfuse.call<inf, neg_inf, nan, nan(0xfff8000000000000)>,
// CHECK-SAME: words = #irfuse.call<none, true, false, unknown>,
// CHECK-SAME: strings = #irfuse.call<"", "float32", "x0", "a\22b\0Ac">,
// CHECK-SAME: lists = #irfuse.call<[], [-1, 128], [[1], [2.0, none]]>,
// CHECK-SAME: keywords = #irfuse.call<x0, dtype = "float8_e4m3fn", dim = [-1], keepdim = true>,
// CHECK-SAME: only_keywords = #irfuse.call<size = [2, 3]>
func.func private @calls() -> () attributes {
  empty = #irfuse.call<>,
  operands = #irfuse.call<x0, x12, [x1, [x2]]>,
  numbers = #irfuse.call<0, -1, 9223372036854775807, 2.5, -0.5>,
  floats = #irfuse.call<1.0, -0.0, 1.0e-6, 1.0e22, 4.35965401785714e-06, 1.7976931348623157e308>,
  infinite = #irfuse.call<inf, neg_inf, nan, nan(0xfff8000000000000)>,
  words = #irfuse.call<none, true, false, unknown>,
  strings = #irfuse.call<"", "float32", "x0", "a\22b\0Ac">,
  lists = #irfuse.call<[], [-1, 128], [[1], [2.0, none]]>,
  keywords = #irfuse.call<x0, dtype = "float8_e4m3fn", dim = [-1], keepdim = true>,
  only_keywords = #irfuse.call<size = [2, 3]>
}
