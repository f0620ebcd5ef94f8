// What the verifiers of the ops on bits refuse, and what they say.
// RUN: irfuse-opt %s --split-input-file --verify-diagnostics | filecheck %s --match-full-lines

func.func @bits_of_floats(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: irfuse.and works on integers, not on tensor<4xf32>
  %0 = irfuse.and %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @shift_by_nothing(%x: tensor<4xi32>) -> tensor<4xi32> {
  // CHECK: irfuse.shl takes a second tensor or a scalar, and has neither
  %0 = irfuse.shl %x : tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

func.func @quotient_by_zero(%x: tensor<4xi32>) -> tensor<4xi32> {
  // CHECK: irfuse.floor_div divides integers by a whole number of 1 and more, of their type
  %0 = irfuse.floor_div %x scalar 0.0 : tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

func.func @remainder_by_a_fraction(%x: tensor<4xi32>) -> tensor<4xi32> {
  // CHECK: irfuse.remainder divides integers by a whole number of 1 and more, of their type
  %0 = irfuse.remainder %x scalar 2.5 : tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

func.func @remainder_by_a_tensor(%x: tensor<4xi32>) -> tensor<4xi32> {
  // CHECK: irfuse.remainder divides integers by a whole number of 1 and more, of their type
  %0 = irfuse.remainder %x, %x : tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

func.func @quotient_by_more_than_there_is(%x: tensor<4xi8>) -> tensor<4xi8> {
  // CHECK: irfuse.floor_div divides integers by a whole number of 1 and more, of their type
  %0 = irfuse.floor_div %x scalar 128.0 : tensor<4xi8>
  return %0 : tensor<4xi8>
}

// -----

func.func @compare_with_nothing(%x: tensor<4xf32>) -> tensor<4xi1> {
  // CHECK: irfuse.compare takes a second tensor or a scalar
  %0 = irfuse.compare lt %x : tensor<4xf32> -> tensor<4xi1>
  return %0 : tensor<4xi1>
}

// -----

func.func @compare_with_both(%x: tensor<4xf32>) -> tensor<4xi1> {
  // CHECK: irfuse.compare takes a second tensor or a scalar
  %0 = irfuse.compare lt %x, %x scalar 1.0 : tensor<4xf32> -> tensor<4xi1>
  return %0 : tensor<4xi1>
}

// -----

func.func @compare_to_another_shape(%x: tensor<4xf32>) -> tensor<2x2xi1> {
  // CHECK: irfuse.compare of tensor<4xf32> has not the shape of tensor<2x2xi1>
  %0 = irfuse.compare lt %x scalar 1.0 : tensor<4xf32> -> tensor<2x2xi1>
  return %0 : tensor<2x2xi1>
}

// -----

func.func @compare_to_a_byte(%x: tensor<4xf32>) -> tensor<4xi8> {
  // CHECK: {{.*}}result 'result' at position 0 does not verify{{.*}}
  %0 = "irfuse.compare"(%x) <{predicate = #irfuse<predicate lt>, scalar = 1.0 : f64}> : (tensor<4xf32>) -> tensor<4xi8>
  return %0 : tensor<4xi8>
}

// -----

func.func @select_by_bytes(%c: tensor<4xi8>, %x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: irfuse.select: the condition tensor<4xi8> has not the shape of tensor<4xf32>, or is not i1
  %0 = irfuse.select %c, %x, %x : tensor<4xi8>, tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @select_of_another_shape(%c: tensor<4x1xi1>, %x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // CHECK: irfuse.select: the condition tensor<4x1xi1> has not the shape of tensor<4x4xf32>, or is not i1
  %0 = irfuse.select %c, %x, %x : tensor<4x1xi1>, tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

// -----

func.func @bitcast_to_wider(%x: tensor<4xf32>) -> tensor<4xi64> {
  // CHECK: irfuse.bitcast keeps the shape and the bits, not tensor<4xf32> to tensor<4xi64>
  %0 = irfuse.bitcast %x : tensor<4xf32> -> tensor<4xi64>
  return %0 : tensor<4xi64>
}

// -----

func.func @bitcast_reshapes(%x: tensor<4xf32>) -> tensor<2x2xi32> {
  // CHECK: irfuse.bitcast keeps the shape and the bits, not tensor<4xf32> to tensor<2x2xi32>
  %0 = irfuse.bitcast %x : tensor<4xf32> -> tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}

// -----

// CHECK: irfuse.add computes with numbers, not with truth values tensor<4xi1>
func.func @sum_of_truth_values(%x: tensor<4xi1>) {
  %0 = irfuse.add %x, %x : tensor<4xi1>
  return
}

// -----

func.func @bytes_of_bytes(%x: tensor<4xui8>) -> tensor<4xui8> {
  // CHECK: irfuse.bytes takes rows of numbers of 16, 32 or 64 bits, not tensor<4xui8>
  %0 = irfuse.bytes %x : tensor<4xui8> -> tensor<4xui8>
  return %0 : tensor<4xui8>
}

// -----

func.func @bytes_of_a_number(%x: tensor<f32>) -> tensor<4xui8> {
  // CHECK: irfuse.bytes takes rows of numbers of 16, 32 or 64 bits, not tensor<f32>
  %0 = irfuse.bytes %x : tensor<f32> -> tensor<4xui8>
  return %0 : tensor<4xui8>
}

// -----

func.func @too_few_bytes(%x: tensor<4x2xf32>) -> tensor<4x2xui8> {
  // CHECK: irfuse.bytes of tensor<4x2xf32> is tensor<4x8xui8>, not tensor<4x2xui8>
  %0 = irfuse.bytes %x : tensor<4x2xf32> -> tensor<4x2xui8>
  return %0 : tensor<4x2xui8>
}
