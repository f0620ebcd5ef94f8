// An opaque node, bare and with node, mutates, pointwise, quantises, overflow and call, prints what it parses; its operands may have any type.
// RUN: irfuse-opt %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | filecheck %s --check-prefix=GENERIC

// CHECK-LABEL: func.func @opaque
func.func @opaque(%x: tensor<?x4xf32, #irfuse.dims<"s0">>, %n: !irfuse.symint<"2*s0">, %o: !irfuse.object) -> tensor<4xf32> {
  // CHECK-NEXT: %bare = irfuse.opaque "aten.relu.default" (%x) : (tensor<?x4xf32, #irfuse.dims<"s0">>) -> tensor<?x4xf32, #irfuse.dims<"s0">>{{$}}
  // GENERIC: %bare = "irfuse.opaque"(%x) <{target = "aten.relu.default"}> : (tensor<?x4xf32, #irfuse.dims<"s0">>) -> tensor<?x4xf32, #irfuse.dims<"s0">>
  %bare = irfuse.opaque "aten.relu.default" (%x) : (tensor<?x4xf32, #irfuse.dims<"s0">>) -> tensor<?x4xf32, #irfuse.dims<"s0">>
  // CHECK-NEXT: irfuse.opaque "aten.copy_.default" node "copy" mutates (%x, %bare) call <x0, x1, non_blocking = true> : (tensor<?x4xf32, #irfuse.dims<"s0">>, tensor<?x4xf32, #irfuse.dims<"s0">>) -> (){{$}}
  // GENERIC: "irfuse.opaque"(%x, %bare) <{target = "aten.copy_.default", node = "copy", mutates, call = #irfuse.call<x0, x1, non_blocking = true>}>
  irfuse.opaque "aten.copy_.default" node "copy" mutates (%x, %bare) call<x0, x1, non_blocking = true> : (tensor<?x4xf32, #irfuse.dims<"s0">>, tensor<?x4xf32, #irfuse.dims<"s0">>) -> ()
  // CHECK-NEXT: %sine = irfuse.opaque "aten.sin.default" pointwise (%x) call <x0> : (tensor<?x4xf32, #irfuse.dims<"s0">>) -> tensor<?x4xf32, #irfuse.dims<"s0">>{{$}}
  // GENERIC: %sine = "irfuse.opaque"(%x) <{target = "aten.sin.default", pointwise, call = #irfuse.call<x0>}>
  %sine = irfuse.opaque "aten.sin.default" pointwise (%x) call<x0> : (tensor<?x4xf32, #irfuse.dims<"s0">>) -> tensor<?x4xf32, #irfuse.dims<"s0">>
  // CHECK-NEXT: %codes = irfuse.opaque "aten._to_copy.default" pointwise quantises overflow nan (%x) call <x0, dtype = "float8_e4m3fn"> : (tensor<?x4xf32, #irfuse.dims<"s0">>) -> tensor<?x4xf8E4M3FN, #irfuse.dims<"s0">>{{$}}
  // GENERIC: %codes = "irfuse.opaque"(%x) <{target = "aten._to_copy.default", pointwise, quantises, overflow = #irfuse<overflow nan>, call = #irfuse.call<x0, dtype = "float8_e4m3fn">}>
  %codes = irfuse.opaque "aten._to_copy.default" pointwise quantises overflow nan (%x) call<x0, dtype = "float8_e4m3fn"> : (tensor<?x4xf32, #irfuse.dims<"s0">>) -> tensor<?x4xf8E4M3FN, #irfuse.dims<"s0">>
  // CHECK-NEXT: %parts, %parts_1 = irfuse.opaque "mylib.split" node "split_1" (%o, %n) : (!irfuse.object, !irfuse.symint<"2*s0">) -> (tensor<4xf32>, !irfuse.object){{$}}
  // GENERIC: %parts, %parts_1 = "irfuse.opaque"(%o, %n) <{target = "mylib.split", node = "split_1"}> : (!irfuse.object, !irfuse.symint<"2*s0">) -> (tensor<4xf32>, !irfuse.object)
  %parts, %parts_1 = irfuse.opaque "mylib.split" node "split_1" (%o, %n) : (!irfuse.object, !irfuse.symint<"2*s0">) -> (tensor<4xf32>, !irfuse.object)
  // CHECK-NEXT: %made = irfuse.opaque "aten.ones.default" () {note = "kept"} : () -> tensor<4xf32>{{$}}
  %made = irfuse.opaque "aten.ones.default" () {note = "kept"} : () -> tensor<4xf32>
  // Quotes, line breaks and code in a target are text, and stay text.
  // CHECK-NEXT: irfuse.opaque "a\22b\0Aimport os" (%made) : (tensor<4xf32>) -> (){{$}}
  irfuse.opaque "a\"b\nimport os" (%made) : (tensor<4xf32>) -> ()
  // Each operand brings a symbol: as an axis of a tensor, or as a symbolic integer but for a known factor.
  // CHECK-NEXT: %size = irfuse.size (%x, %n) : (tensor<?x4xf32, #irfuse.dims<"s0">>, !irfuse.symint<"2*s0">) -> !irfuse.symint<"s0//64">{{$}}
  // GENERIC: %size = "irfuse.size"(%x, %n) : (tensor<?x4xf32, #irfuse.dims<"s0">>, !irfuse.symint<"2*s0">) -> !irfuse.symint<"s0//64">
  %size = irfuse.size (%x, %n) : (tensor<?x4xf32, #irfuse.dims<"s0">>, !irfuse.symint<"2*s0">) -> !irfuse.symint<"s0//64">
  return %parts : tensor<4xf32>
}
