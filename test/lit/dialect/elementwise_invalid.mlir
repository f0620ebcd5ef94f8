// What the verifiers of the elementwise ops refuse, and what they say.
// RUN: irfuse-opt %s --split-input-file --verify-diagnostics | filecheck %s --match-full-lines

func.func @no_second_operand(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: irfuse.add takes a second tensor or a scalar, and has neither
  %0 = irfuse.add %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @two_second_operands(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: irfuse.maximum takes a second tensor or a scalar, and has both
  %0 = irfuse.maximum %x, %x scalar 1.0 : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @pow_of_another_number(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: irfuse.pow takes the scalar -0.5 and nothing else
  %0 = irfuse.pow %x scalar 2.0 : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @pow_of_a_tensor(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: irfuse.pow takes the scalar -0.5 and nothing else
  %0 = irfuse.pow %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @clamp_without_bounds(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: irfuse.clamp needs a min or a max
  %0 = irfuse.clamp %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @cast_to_another_shape(%x: tensor<4xf32>) -> tensor<5xbf16> {
  // CHECK: irfuse.cast changes the element type alone, not tensor<4xf32> to tensor<5xbf16>
  %0 = irfuse.cast %x : tensor<4xf32> -> tensor<5xbf16>
  return %0 : tensor<5xbf16>
}

// -----

func.func @cast_to_another_name(%x: tensor<?xf32, #irfuse.dims<"a">>) -> tensor<?xbf16, #irfuse.dims<"b">> {
  // CHECK: irfuse.cast changes the element type alone, not tensor<?xf32, #irfuse.dims<"a">> to tensor<?xbf16, #irfuse.dims<"b">>
  %0 = irfuse.cast %x : tensor<?xf32, #irfuse.dims<"a">> -> tensor<?xbf16, #irfuse.dims<"b">>
  return %0 : tensor<?xbf16, #irfuse.dims<"b">>
}

// -----

func.func @cast_to_other_strides(%x: tensor<4x4xf32>) -> tensor<4x4xbf16, #irfuse.dims<strides = [1, 4]>> {
  // CHECK: irfuse.cast changes the element type alone, not tensor<4x4xf32> to tensor<4x4xbf16, #irfuse.dims<strides = [1, 4]>>
  %0 = irfuse.cast %x : tensor<4x4xf32> -> tensor<4x4xbf16, #irfuse.dims<strides = [1, 4]>>
  return %0 : tensor<4x4xbf16, #irfuse.dims<strides = [1, 4]>>
}

// -----

func.func @overflow_of_a_wide_type(%x: tensor<4xf32>) -> tensor<4xbf16> {
  // CHECK: irfuse.cast: floats overflow in 8-bit floats alone, not from tensor<4xf32> to tensor<4xbf16>
  %0 = irfuse.cast %x overflow nan : tensor<4xf32> -> tensor<4xbf16>
  return %0 : tensor<4xbf16>
}

// -----

func.func @overflow_of_integers(%x: tensor<4xi8>) -> tensor<4xf8E4M3FN> {
  // CHECK: irfuse.cast: floats overflow in 8-bit floats alone, not from tensor<4xi8> to tensor<4xf8E4M3FN>
  %0 = irfuse.cast %x overflow nan : tensor<4xi8> -> tensor<4xf8E4M3FN>
  return %0 : tensor<4xf8E4M3FN>
}

// -----

func.func @no_infinity(%x: tensor<4xf32>) -> tensor<4xf8E4M3FN> {
  // CHECK: irfuse.cast: f8E4M3FN has no infinity
  %0 = irfuse.cast %x overflow infinity : tensor<4xf32> -> tensor<4xf8E4M3FN>
  return %0 : tensor<4xf8E4M3FN>
}

// -----

func.func @integers(%x: tensor<4xi32>) -> tensor<4xi32> {
  // CHECK: irfuse.neg: operand 'x' at position 0 does not verify: torch computes on floats of 16, 32 or 64 bits, cast to one of them first Underlying verification failure: Unexpected attribute i32
  %0 = "irfuse.neg"(%x) : (tensor<4xi32>) -> tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

func.func @two_types(%x: tensor<4xf32>) -> tensor<4xbf16> {
  // CHECK: irfuse.sub: result 'result' at position 0 does not verify: attribute tensor<4xf32> expected from variable 'T', but got tensor<4xbf16>
  %0 = "irfuse.sub"(%x, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xbf16>
  return %0 : tensor<4xbf16>
}

// -----

func.func @scalar_of_another_type(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: irfuse.mul: Expected attribute f64 but got f32
  %0 = "irfuse.mul"(%x) <{scalar = 1.0 : f32}> : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @floats_of_8_bits(%x: tensor<4xf8E4M3FN>) -> tensor<4xf8E4M3FN> {
  // CHECK: irfuse.neg: operand 'x' at position 0 does not verify: torch computes on floats of 16, 32 or 64 bits, cast to one of them first Underlying verification failure: Unexpected attribute f8E4M3FN
  %0 = "irfuse.neg"(%x) : (tensor<4xf8E4M3FN>) -> tensor<4xf8E4M3FN>
  return %0 : tensor<4xf8E4M3FN>
}
