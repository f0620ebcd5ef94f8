// What the verifiers of the shape ops refuse, and what they say.
// RUN: irfuse-opt %s --split-input-file --verify-diagnostics | filecheck %s --match-full-lines

func.func @reshape_casts(%x: tensor<4xf32>) -> tensor<4xbf16> {
  // CHECK: irfuse.reshape keeps the element type, not tensor<4xf32> to tensor<4xbf16>
  %0 = irfuse.reshape %x : tensor<4xf32> -> tensor<4xbf16>
  return %0 : tensor<4xbf16>
}

// -----

func.func @reshape_loses_elements(%x: tensor<2x4xf32>) -> tensor<7xf32> {
  // CHECK: irfuse.reshape keeps the number of elements: tensor<2x4xf32> has 8, tensor<7xf32> has 7
  %0 = irfuse.reshape %x : tensor<2x4xf32> -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

// -----

func.func @broadcast_of_another_size(%x: tensor<2x4xf32>) -> tensor<8x4xf32> {
  // CHECK: irfuse.broadcast cannot expand tensor<2x4xf32> to tensor<8x4xf32>
  %0 = irfuse.broadcast %x : tensor<2x4xf32> -> tensor<8x4xf32>
  return %0 : tensor<8x4xf32>
}

// -----

func.func @broadcast_to_fewer_axes(%x: tensor<1x4xf32>) -> tensor<4xf32> {
  // CHECK: irfuse.broadcast cannot expand tensor<1x4xf32> to tensor<4xf32>
  %0 = irfuse.broadcast %x : tensor<1x4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @broadcast_casts(%x: tensor<1x4xf32>) -> tensor<2x4xbf16> {
  // CHECK: irfuse.broadcast cannot expand tensor<1x4xf32> to tensor<2x4xbf16>
  %0 = irfuse.broadcast %x : tensor<1x4xf32> -> tensor<2x4xbf16>
  return %0 : tensor<2x4xbf16>
}

// -----

func.func @broadcast_of_another_name(%x: tensor<?xf32, #irfuse.dims<"a">>) -> tensor<?xf32, #irfuse.dims<"b">> {
  // CHECK: irfuse.broadcast cannot expand tensor<?xf32, #irfuse.dims<"a">> to tensor<?xf32, #irfuse.dims<"b">>
  %0 = irfuse.broadcast %x : tensor<?xf32, #irfuse.dims<"a">> -> tensor<?xf32, #irfuse.dims<"b">>
  return %0 : tensor<?xf32, #irfuse.dims<"b">>
}

// -----

func.func @permute_repeats(%x: tensor<2x4xf32>) -> tensor<2x2xf32> {
  // CHECK: irfuse.permute [0, 0] is no order of the 2 axes of tensor<2x4xf32>
  %0 = irfuse.permute %x [0, 0] : tensor<2x4xf32> -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

func.func @permute_misses_an_axis(%x: tensor<2x4x8xf32>) -> tensor<4x2xf32> {
  // CHECK: irfuse.permute [1, 0] is no order of the 3 axes of tensor<2x4x8xf32>
  %0 = irfuse.permute %x [1, 0] : tensor<2x4x8xf32> -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

func.func @permute_to_another_shape(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK: irfuse.permute [1, 0] does not turn tensor<2x4xf32> into tensor<2x4xf32>
  %0 = irfuse.permute %x [1, 0] : tensor<2x4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @permute_casts(%x: tensor<2x4xf32>) -> tensor<4x2xbf16> {
  // CHECK: irfuse.permute [1, 0] does not turn tensor<2x4xf32> into tensor<4x2xbf16>
  %0 = irfuse.permute %x [1, 0] : tensor<2x4xf32> -> tensor<4x2xbf16>
  return %0 : tensor<4x2xbf16>
}

// -----

func.func @relayout_reshapes(%x: tensor<2x4xf32>) -> tensor<4x2xf32, #irfuse.dims<strides = [1, 4]>> {
  // CHECK: irfuse.relayout changes strides alone, not tensor<2x4xf32> to tensor<4x2xf32, #irfuse.dims<strides = [1, 4]>>
  %0 = irfuse.relayout %x : tensor<2x4xf32> -> tensor<4x2xf32, #irfuse.dims<strides = [1, 4]>>
  return %0 : tensor<4x2xf32, #irfuse.dims<strides = [1, 4]>>
}

// -----

func.func @relayout_casts(%x: tensor<2x4xf32>) -> tensor<2x4xbf16> {
  // CHECK: irfuse.relayout changes strides alone, not tensor<2x4xf32> to tensor<2x4xbf16>
  %0 = irfuse.relayout %x : tensor<2x4xf32> -> tensor<2x4xbf16>
  return %0 : tensor<2x4xbf16>
}

// -----

func.func @pad_to_fewer(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
  // CHECK: irfuse.pad adds columns to the last axis, it does not turn tensor<2x4xf32> into tensor<2x3xf32>
  %0 = irfuse.pad %x : tensor<2x4xf32> -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @pad_of_another_axis(%x: tensor<2x4xf32>) -> tensor<3x5xf32> {
  // CHECK: irfuse.pad adds columns to the last axis, it does not turn tensor<2x4xf32> into tensor<3x5xf32>
  %0 = irfuse.pad %x : tensor<2x4xf32> -> tensor<3x5xf32>
  return %0 : tensor<3x5xf32>
}

// -----

func.func @pad_casts(%x: tensor<2x4xf32>) -> tensor<2x5xbf16> {
  // CHECK: irfuse.pad adds columns to the last axis, it does not turn tensor<2x4xf32> into tensor<2x5xbf16>
  %0 = irfuse.pad %x : tensor<2x4xf32> -> tensor<2x5xbf16>
  return %0 : tensor<2x5xbf16>
}

// -----

func.func @pad_of_a_symbolic_row(%x: tensor<2x?xf32, #irfuse.dims<"n">>) -> tensor<2x128xf32> {
  // CHECK: irfuse.pad adds columns to the last axis, it does not turn tensor<2x?xf32, #irfuse.dims<"n">> into tensor<2x128xf32>
  %0 = irfuse.pad %x : tensor<2x?xf32, #irfuse.dims<"n">> -> tensor<2x128xf32>
  return %0 : tensor<2x128xf32>
}

// -----

func.func @slice_from_behind_the_step(%x: tensor<2x4xf32>) -> tensor<2x2xf32> {
  // CHECK: irfuse.slice of every 2th column from 2 on: tensor<2x4xf32> is not tensor<2x2xf32>
  %0 = irfuse.slice %x {start = 2 : i64, step = 2 : i64} : tensor<2x4xf32> -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

func.func @slice_of_another_axis(%x: tensor<4x4xf32>) -> tensor<2x2xf32> {
  // CHECK: irfuse.slice of every 2th column from 0 on: tensor<4x4xf32> is not tensor<2x2xf32>
  %0 = irfuse.slice %x {start = 0 : i64, step = 2 : i64} : tensor<4x4xf32> -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}
