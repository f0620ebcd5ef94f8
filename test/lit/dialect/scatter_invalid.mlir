// What the verifiers of the ops that write into a tensor refuse, and what they say.
// RUN: irfuse-opt %s --split-input-file --verify-diagnostics | filecheck %s --match-full-lines

func.func @no_such_axis(%x: tensor<3x8xf32>, %c: tensor<9x8xf32>, %i: tensor<3xi64>) {
  // CHECK: irfuse.scatter: [2] are not axes of tensor<9x8xf32>
  %r = irfuse.scatter %x into %c[%i] {axes = array<i64: 2>} : tensor<3x8xf32>, tensor<9x8xf32>, tensor<3xi64> -> tensor<9x8xf32>
  return
}

// -----

func.func @an_axis_twice(%x: tensor<3xf32>, %c: tensor<9x8xf32>, %i: tensor<3xi64>) {
  // CHECK: irfuse.scatter: [1, 1] are not axes of tensor<9x8xf32>
  %r = irfuse.scatter %x into %c[%i, %i] {axes = array<i64: 1, 1>} : tensor<3xf32>, tensor<9x8xf32>, tensor<3xi64>, tensor<3xi64> -> tensor<9x8xf32>
  return
}

// -----

func.func @an_index_too_few(%x: tensor<3xf32>, %c: tensor<9x8xf32>, %i: tensor<3xi64>) {
  // CHECK: irfuse.scatter takes one index of one shape for each of the axes [0, 1]
  %r = irfuse.scatter %x into %c[%i] {axes = array<i64: 0, 1>} : tensor<3xf32>, tensor<9x8xf32>, tensor<3xi64> -> tensor<9x8xf32>
  return
}

// -----

func.func @indices_of_two_shapes(%x: tensor<3xf32>, %c: tensor<9x8xf32>, %i: tensor<3xi64>, %j: tensor<1xi64>) {
  // CHECK: irfuse.scatter takes one index of one shape for each of the axes [0, 1]
  %r = irfuse.scatter %x into %c[%i, %j] {axes = array<i64: 0, 1>} : tensor<3xf32>, tensor<9x8xf32>, tensor<3xi64>, tensor<1xi64> -> tensor<9x8xf32>
  return
}

// -----

func.func @indices_of_truth_values(%x: tensor<3x8xf32>, %c: tensor<9x8xf32>, %i: tensor<3xi1>) {
  // CHECK: irfuse.scatter takes indices of i32 or i64, not tensor<3xi1>
  %r = irfuse.scatter %x into %c[%i] {axes = array<i64: 0>} : tensor<3x8xf32>, tensor<9x8xf32>, tensor<3xi1> -> tensor<9x8xf32>
  return
}

// -----

func.func @values_of_another_shape(%x: tensor<3x4xf32>, %c: tensor<9x8xf32>, %i: tensor<3xi64>) {
  // CHECK: irfuse.scatter into tensor<9x8xf32> takes values of [3, 8], not tensor<3x4xf32>
  %r = irfuse.scatter %x into %c[%i] {axes = array<i64: 0>} : tensor<3x4xf32>, tensor<9x8xf32>, tensor<3xi64> -> tensor<9x8xf32>
  return
}

// -----

func.func @values_of_another_type(%x: tensor<3x8xbf16>, %c: tensor<9x8xf32>, %i: tensor<3xi64>) {
  // CHECK: irfuse.scatter writes values of tensor<9x8xf32> and gives tensor<9x8xf32>, not tensor<3x8xbf16>, tensor<9x8xf32>
  %r = irfuse.scatter %x into %c[%i] {axes = array<i64: 0>} : tensor<3x8xbf16>, tensor<9x8xf32>, tensor<3xi64> -> tensor<9x8xf32>
  return
}

// -----

func.func @insert_of_another_shape(%x: tensor<3x4xf32>, %c: tensor<9x8xf32>) {
  // CHECK: irfuse.insert along axis 0 does not put tensor<3x4xf32> into tensor<9x8xf32>
  %r = irfuse.insert %x into %c {axis = 0 : i64, start = 0 : i64, step = 1 : i64} : tensor<3x4xf32>, tensor<9x8xf32> -> tensor<9x8xf32>
  return
}

// -----

func.func @insert_beyond_the_end(%x: tensor<3x8xf32>, %c: tensor<9x8xf32>) {
  // CHECK: irfuse.insert at 5 by steps of 2: tensor<3x8xf32> lies outside of tensor<9x8xf32>
  %r = irfuse.insert %x into %c {axis = 0 : i64, start = 5 : i64, step = 2 : i64} : tensor<3x8xf32>, tensor<9x8xf32> -> tensor<9x8xf32>
  return
}

// -----

func.func @insert_that_gives_another_shape(%x: tensor<3x8xf32>, %c: tensor<9x8xf32>) {
  // CHECK: irfuse.insert writes values of tensor<9x8xf32> and gives tensor<9x8xf32>, not tensor<3x8xf32>, tensor<8x9xf32>
  %r = irfuse.insert %x into %c {axis = 0 : i64, start = 0 : i64, step = 1 : i64} : tensor<3x8xf32>, tensor<9x8xf32> -> tensor<8x9xf32>
  return
}
