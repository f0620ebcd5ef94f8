// What the attributes of the dialect refuse, and where in the text.
// RUN: irfuse-opt %s --split-input-file --parsing-diagnostics --verify-diagnostics | filecheck %s

// A call may say `pi` for nothing but the name of a keyword argument.
// CHECK: attrs_invalid.mlir:7:68
// CHECK: Expected '='
func.func private @word() -> () attributes {c = #irfuse.call<x0, pi>}

// -----

// CHECK: attrs_invalid.mlir:13:69
// CHECK: integer or float literal expected
func.func private @nothing() -> () attributes {c = #irfuse.call<x0, , x1>}

// -----

// CHECK: attrs_invalid.mlir:19:73
// CHECK: Expected '='
func.func private @strides_of_what(tensor<4x4xf32, #irfuse.dims<strides [1, 4]>>) -> ()

// -----

// CHECK: attrs_invalid.mlir:25:86
// CHECK: '>' expected
func.func private @names_behind_strides(tensor<4x?xf32, #irfuse.dims<strides = [1, 4], "n">>) -> ()

// -----

// CHECK: attrs_invalid.mlir:31:74
// CHECK: Expected `silu`, `silu_mul`, `silu_exp`, `sigmoid`, `gelu`, `gelu_tanh`, or `relu`.
func.func private @activation() -> () attributes {a = #irfuse<activation mish>}

// -----

// CHECK: attrs_invalid.mlir:37:78
// CHECK: Expected `none`, or `before`.
func.func private @weight_round() -> () attributes {a = #irfuse<weight_round after>}

// -----

// CHECK: attrs_invalid.mlir:43:74
// CHECK: Expected `divide`, `reciprocal`, or `inverse`.
func.func private @scale_rule() -> () attributes {a = #irfuse<scale_rule multiply>}

// -----

// CHECK: attrs_invalid.mlir:49:78
// CHECK: Expected `f32`, `ue8m0`, `ue8m0_floor`, or `e4m3`.
func.func private @scale_format() -> () attributes {a = #irfuse<scale_format e8m0>}

// -----

// A dynamic size needs a name: a number is no dynamic size.
// CHECK: attrs_invalid.mlir:56:{{[0-9]+}}
// CHECK: a dynamic size has a name, not the number 4
func.func private @number(tensor<4x?xf32, #irfuse.dims<"4">>) -> ()

// -----

// CHECK: attrs_invalid.mlir:62:97
// CHECK: 0x0000000000000001 are not the bits of a NaN of 64 bits
func.func private @bits_of_a_number() -> () attributes {c = #irfuse.call<nan(0x0000000000000001)>}
