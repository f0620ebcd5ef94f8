// Every elementwise op, on static, symbolic and strided tensors, prints what it parses, in both syntaxes.
// RUN: irfuse-opt %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | filecheck %s --check-prefix=GENERIC

!strided = tensor<2x?xf16, #irfuse.dims<"2*s1", strides = ["2*s1", 1]>>

// CHECK-LABEL: func.func @unary
// GENERIC-LABEL: sym_name = "unary"
func.func @unary(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK: %neg = irfuse.neg %x : tensor<2x4xf32>{{$}}
  // GENERIC: %neg = "irfuse.neg"(%x) : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %neg = irfuse.neg %x : tensor<2x4xf32>
  // CHECK-NEXT: %abs = irfuse.abs %neg : tensor<2x4xf32>{{$}}
  // GENERIC-NEXT: %abs = "irfuse.abs"(%neg)
  %abs = irfuse.abs %neg : tensor<2x4xf32>
  // CHECK-NEXT: %rsqrt = irfuse.rsqrt %abs : tensor<2x4xf32>{{$}}
  // GENERIC-NEXT: %rsqrt = "irfuse.rsqrt"(%abs)
  %rsqrt = irfuse.rsqrt %abs : tensor<2x4xf32>
  // CHECK-NEXT: %sqrt = irfuse.sqrt %rsqrt : tensor<2x4xf32>{{$}}
  // GENERIC-NEXT: %sqrt = "irfuse.sqrt"(%rsqrt)
  %sqrt = irfuse.sqrt %rsqrt : tensor<2x4xf32>
  // CHECK-NEXT: %reciprocal = irfuse.reciprocal %sqrt : tensor<2x4xf32>{{$}}
  // GENERIC-NEXT: %reciprocal = "irfuse.reciprocal"(%sqrt)
  %reciprocal = irfuse.reciprocal %sqrt : tensor<2x4xf32>
  // CHECK-NEXT: %exp = irfuse.exp %reciprocal : tensor<2x4xf32>{{$}}
  // GENERIC-NEXT: %exp = "irfuse.exp"(%reciprocal)
  %exp = irfuse.exp %reciprocal : tensor<2x4xf32>
  // CHECK-NEXT: %log2 = irfuse.log2 %exp : tensor<2x4xf32>{{$}}
  // GENERIC-NEXT: %log2 = "irfuse.log2"(%exp)
  %log2 = irfuse.log2 %exp : tensor<2x4xf32>
  // CHECK-NEXT: %exp2 = irfuse.exp2 %log2 : tensor<2x4xf32>{{$}}
  // GENERIC-NEXT: %exp2 = "irfuse.exp2"(%log2)
  %exp2 = irfuse.exp2 %log2 : tensor<2x4xf32>
  // CHECK-NEXT: %ceil = irfuse.ceil %exp2 : tensor<2x4xf32>{{$}}
  // GENERIC-NEXT: %ceil = "irfuse.ceil"(%exp2)
  %ceil = irfuse.ceil %exp2 : tensor<2x4xf32>
  // CHECK-NEXT: %round = irfuse.round %ceil : tensor<2x4xf32>{{$}}
  // GENERIC-NEXT: %round = "irfuse.round"(%ceil)
  %round = irfuse.round %ceil : tensor<2x4xf32>
  // CHECK-NEXT: %sigmoid = irfuse.sigmoid %round : tensor<2x4xf32>{{$}}
  // GENERIC-NEXT: %sigmoid = "irfuse.sigmoid"(%round)
  %sigmoid = irfuse.sigmoid %round : tensor<2x4xf32>
  // CHECK-NEXT: %silu = irfuse.silu %sigmoid : tensor<2x4xf32>{{$}}
  // GENERIC-NEXT: %silu = "irfuse.silu"(%sigmoid)
  %silu = irfuse.silu %sigmoid : tensor<2x4xf32>
  // CHECK-NEXT: %floor = irfuse.floor %silu : tensor<2x4xf32>{{$}}
  // GENERIC-NEXT: %floor = "irfuse.floor"(%silu)
  %floor = irfuse.floor %silu : tensor<2x4xf32>
  // CHECK-NEXT: %sign = irfuse.sign %floor : tensor<2x4xf32>{{$}}
  // GENERIC-NEXT: %sign = "irfuse.sign"(%floor)
  %sign = irfuse.sign %floor : tensor<2x4xf32>
  // CHECK-NEXT: %least = irfuse.minimum %sign, %x : tensor<2x4xf32>{{$}}
  // GENERIC-NEXT: %least = "irfuse.minimum"(%sign, %x)
  %least = irfuse.minimum %sign, %x : tensor<2x4xf32>
  // CHECK-NEXT: %held = irfuse.minimum %least scalar 1.000000e+00 : tensor<2x4xf32>{{$}}
  // GENERIC-NEXT: %held = "irfuse.minimum"(%least) <{scalar = 1.000000e+00 : f64}>
  %held = irfuse.minimum %least scalar 1.0 : tensor<2x4xf32>
  return %held : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @binary
// GENERIC-LABEL: sym_name = "binary"
func.func @binary(%x: tensor<?x4xbf16, #irfuse.dims<"s0">>, %y: tensor<?x4xbf16, #irfuse.dims<"s0">>) -> tensor<?x4xbf16, #irfuse.dims<"s0">> {
  // CHECK: %add = irfuse.add %x, %y : tensor<?x4xbf16, #irfuse.dims<"s0">>{{$}}
  // GENERIC: %add = "irfuse.add"(%x, %y) : (tensor<?x4xbf16, #irfuse.dims<"s0">>, tensor<?x4xbf16, #irfuse.dims<"s0">>) -> tensor<?x4xbf16, #irfuse.dims<"s0">>
  %add = irfuse.add %x, %y : tensor<?x4xbf16, #irfuse.dims<"s0">>
  // CHECK-NEXT: %sub = irfuse.sub %add, %y : tensor<?x4xbf16, #irfuse.dims<"s0">>{{$}}
  // GENERIC-NEXT: %sub = "irfuse.sub"(%add, %y)
  %sub = irfuse.sub %add, %y : tensor<?x4xbf16, #irfuse.dims<"s0">>
  // CHECK-NEXT: %mul = irfuse.mul %sub, %y : tensor<?x4xbf16, #irfuse.dims<"s0">>{{$}}
  // GENERIC-NEXT: %mul = "irfuse.mul"(%sub, %y)
  %mul = irfuse.mul %sub, %y : tensor<?x4xbf16, #irfuse.dims<"s0">>
  // CHECK-NEXT: %div = irfuse.div %mul, %y : tensor<?x4xbf16, #irfuse.dims<"s0">>{{$}}
  // GENERIC-NEXT: %div = "irfuse.div"(%mul, %y)
  %div = irfuse.div %mul, %y : tensor<?x4xbf16, #irfuse.dims<"s0">>
  // CHECK-NEXT: %maximum = irfuse.maximum %div, %y : tensor<?x4xbf16, #irfuse.dims<"s0">>{{$}}
  // GENERIC-NEXT: %maximum = "irfuse.maximum"(%div, %y)
  %maximum = irfuse.maximum %div, %y : tensor<?x4xbf16, #irfuse.dims<"s0">>
  return %maximum : tensor<?x4xbf16, #irfuse.dims<"s0">>
}

// CHECK-LABEL: func.func @scalar
// GENERIC-LABEL: sym_name = "scalar"
func.func @scalar(%x: !strided) -> !strided {
  // CHECK: %add = irfuse.add %x scalar 1.000000e+00 : tensor<2x?xf16, #irfuse.dims<"2*s1", strides = ["2*s1", 1]>>{{$}}
  // GENERIC: %add = "irfuse.add"(%x) <{scalar = 1.000000e+00 : f64}> : (tensor<2x?xf16, #irfuse.dims<"2*s1", strides = ["2*s1", 1]>>)
  %add = irfuse.add %x scalar 1.0 : !strided
  // CHECK-NEXT: %sub = irfuse.sub %add scalar -2.500000e+00 : tensor
  // GENERIC-NEXT: %sub = "irfuse.sub"(%add) <{scalar = -2.500000e+00 : f64}>
  %sub = irfuse.sub %add scalar -2.5 : !strided
  // CHECK-NEXT: %mul = irfuse.mul %sub scalar 1.000000e-10 : tensor
  // GENERIC-NEXT: %mul = "irfuse.mul"(%sub) <{scalar = 1.000000e-10 : f64}>
  %mul = irfuse.mul %sub scalar 1.0e-10 : !strided
  // CHECK-NEXT: %div = irfuse.div %mul scalar 4.480000e+02 : tensor
  // GENERIC-NEXT: %div = "irfuse.div"(%mul) <{scalar = 4.480000e+02 : f64}>
  %div = irfuse.div %mul scalar 448.0 : !strided
  // CHECK-NEXT: %maximum = irfuse.maximum %div scalar 0.000000e+00 : tensor
  // GENERIC-NEXT: %maximum = "irfuse.maximum"(%div) <{scalar = 0.000000e+00 : f64}>
  %maximum = irfuse.maximum %div scalar 0.0 : !strided
  // CHECK-NEXT: %pow = irfuse.pow %maximum scalar -5.000000e-01 : tensor
  // GENERIC-NEXT: %pow = "irfuse.pow"(%maximum) <{scalar = -5.000000e-01 : f64}>
  %pow = irfuse.pow %maximum scalar -0.5 : !strided
  return %pow : !strided
}

// CHECK-LABEL: func.func @clamp
// GENERIC-LABEL: sym_name = "clamp"
func.func @clamp(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %low = irfuse.clamp %x min 1.000000e-10 : tensor<4xf32>{{$}}
  // GENERIC: %low = "irfuse.clamp"(%x) <{min = 1.000000e-10 : f64}>
  %low = irfuse.clamp %x min 1.0e-10 : tensor<4xf32>
  // CHECK-NEXT: %high = irfuse.clamp %low max 4.480000e+02 : tensor<4xf32>{{$}}
  // GENERIC-NEXT: %high = "irfuse.clamp"(%low) <{max = 4.480000e+02 : f64}>
  %high = irfuse.clamp %low max 448.0 : tensor<4xf32>
  // CHECK-NEXT: %both = irfuse.clamp %high min -4.480000e+02 max 4.480000e+02 : tensor<4xf32>{{$}}
  // GENERIC-NEXT: %both = "irfuse.clamp"(%high) <{min = -4.480000e+02 : f64, max = 4.480000e+02 : f64}>
  %both = irfuse.clamp %high min -448.0 max 448.0 : tensor<4xf32>
  // CHECK-NEXT: %by_tensors = irfuse.clamp %both min -1.000000e+00 max 1.000000e+00 tensors : tensor<4xf32>{{$}}
  // GENERIC-NEXT: %by_tensors = "irfuse.clamp"(%both) <{min = -1.000000e+00 : f64, max = 1.000000e+00 : f64, tensors}>
  %by_tensors = irfuse.clamp %both min -1.0 max 1.0 tensors : tensor<4xf32>
  return %both : tensor<4xf32>
}

// CHECK-LABEL: func.func @cast
// GENERIC-LABEL: sym_name = "cast"
func.func @cast(%x: tensor<?xbf16, #irfuse.dims<"n">>, %s: tensor<4x4xf32, #irfuse.dims<strides = [1, 4]>>, %i: tensor<4xi8>)
    -> (tensor<?xf8E5M2, #irfuse.dims<"n">>, tensor<4x4xf8E4M3FNUZ, #irfuse.dims<strides = [1, 4]>>, tensor<4xf64>) {
  // CHECK: %wide = irfuse.cast %x : tensor<?xbf16, #irfuse.dims<"n">> -> tensor<?xf32, #irfuse.dims<"n">>{{$}}
  // GENERIC: %wide = "irfuse.cast"(%x) : (tensor<?xbf16, #irfuse.dims<"n">>) -> tensor<?xf32, #irfuse.dims<"n">>
  %wide = irfuse.cast %x : tensor<?xbf16, #irfuse.dims<"n">> -> tensor<?xf32, #irfuse.dims<"n">>
  // CHECK-NEXT: %e5m2 = irfuse.cast %wide : tensor<?xf32, #irfuse.dims<"n">> -> tensor<?xf8E5M2, #irfuse.dims<"n">>{{$}}
  // GENERIC-NEXT: %e5m2 = "irfuse.cast"(%wide)
  %e5m2 = irfuse.cast %wide : tensor<?xf32, #irfuse.dims<"n">> -> tensor<?xf8E5M2, #irfuse.dims<"n">>
  // CHECK-NEXT: %fnuz = irfuse.cast %s : tensor<4x4xf32, #irfuse.dims<strides = [1, 4]>> -> tensor<4x4xf8E4M3FNUZ, #irfuse.dims<strides = [1, 4]>>
  // GENERIC-NEXT: %fnuz = "irfuse.cast"(%s)
  %fnuz = irfuse.cast %s : tensor<4x4xf32, #irfuse.dims<strides = [1, 4]>> -> tensor<4x4xf8E4M3FNUZ, #irfuse.dims<strides = [1, 4]>>
  // CHECK-NEXT: %f64 = irfuse.cast %i : tensor<4xi8> -> tensor<4xf64>
  // GENERIC-NEXT: %f64 = "irfuse.cast"(%i)
  %f64 = irfuse.cast %i : tensor<4xi8> -> tensor<4xf64>
  return %e5m2, %fnuz, %f64 : tensor<?xf8E5M2, #irfuse.dims<"n">>, tensor<4x4xf8E4M3FNUZ, #irfuse.dims<strides = [1, 4]>>, tensor<4xf64>
}

// CHECK-LABEL: func.func @overflow
// GENERIC-LABEL: sym_name = "overflow"
func.func @overflow(%x: tensor<4xf32>, %y: tensor<4xbf16>) -> (tensor<4xf8E4M3FN>, tensor<4xf8E5M2>, tensor<4xf8E4M3FN>) {
  // CHECK: %nan = irfuse.cast %x overflow nan : tensor<4xf32> -> tensor<4xf8E4M3FN>{{$}}
  // GENERIC: %nan = "irfuse.cast"(%x) <{overflow = #irfuse<overflow nan>}>
  %nan = irfuse.cast %x overflow nan : tensor<4xf32> -> tensor<4xf8E4M3FN>
  // CHECK-NEXT: %infinity = irfuse.cast %y overflow infinity : tensor<4xbf16> -> tensor<4xf8E5M2>{{$}}
  // GENERIC-NEXT: %infinity = "irfuse.cast"(%y) <{overflow = #irfuse<overflow infinity>}>
  %infinity = irfuse.cast %y overflow infinity : tensor<4xbf16> -> tensor<4xf8E5M2>
  // CHECK-NEXT: %largest = irfuse.cast %x overflow saturate : tensor<4xf32> -> tensor<4xf8E4M3FN>{{$}}
  // GENERIC-NEXT: %largest = "irfuse.cast"(%x) <{overflow = #irfuse<overflow saturate>}>
  %largest = irfuse.cast %x overflow saturate : tensor<4xf32> -> tensor<4xf8E4M3FN>
  return %nan, %infinity, %largest : tensor<4xf8E4M3FN>, tensor<4xf8E5M2>, tensor<4xf8E4M3FN>
}

// NaN, and those with a sign or a payload.
// CHECK-LABEL: func.func @not_a_number
// GENERIC-LABEL: sym_name = "not_a_number"
func.func @not_a_number(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK: %0 = irfuse.maximum %x scalar nan : tensor<4xf32>
  %0 = irfuse.maximum %x scalar nan : tensor<4xf32>
  // CHECK-NEXT: %1 = irfuse.full nan(0xfff8000000000000) : tensor<4xf32>
  %1 = irfuse.full nan(0xFFF8000000000000) : tensor<4xf32>
  // CHECK-NEXT: %2 = irfuse.full nan : tensor<4xf32>
  %2 = irfuse.full nan(0x7FF8000000000000) : tensor<4xf32>
  return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}
