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
  // CHECK: irfuse.pad makes axes longer, it does not turn tensor<2x4xf32> into tensor<2x3xf32>
  %0 = irfuse.pad %x : tensor<2x4xf32> -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @pad_to_fewer_axes(%x: tensor<2x4xf32>) -> tensor<9xf32> {
  // CHECK: irfuse.pad makes axes longer, it does not turn tensor<2x4xf32> into tensor<9xf32>
  %0 = irfuse.pad %x : tensor<2x4xf32> -> tensor<9xf32>
  return %0 : tensor<9xf32>
}

// -----

func.func @pad_casts(%x: tensor<2x4xf32>) -> tensor<2x5xbf16> {
  // CHECK: irfuse.pad makes axes longer, it does not turn tensor<2x4xf32> into tensor<2x5xbf16>
  %0 = irfuse.pad %x : tensor<2x4xf32> -> tensor<2x5xbf16>
  return %0 : tensor<2x5xbf16>
}

// -----

func.func @pad_to_the_same(%x: tensor<2x?xf32, #irfuse.dims<"n">>) -> tensor<2x?xf32, #irfuse.dims<"n">> {
  // CHECK: irfuse.pad makes axes longer, it does not turn tensor<2x?xf32, #irfuse.dims<"n">> into tensor<2x?xf32, #irfuse.dims<"n">>
  %0 = irfuse.pad %x : tensor<2x?xf32, #irfuse.dims<"n">> -> tensor<2x?xf32, #irfuse.dims<"n">>
  return %0 : tensor<2x?xf32, #irfuse.dims<"n">>
}

// -----

func.func @slice_beyond_the_end(%x: tensor<2x4xf32>) -> tensor<2x2xf32> {
  // CHECK: irfuse.slice takes entries 3 to 5 along an axis of 4, from tensor<2x4xf32> to tensor<2x2xf32>
  %0 = irfuse.slice %x {axis = 1 : i64, start = 3 : i64, step = 2 : i64} : tensor<2x4xf32> -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

func.func @slice_from_behind_the_end(%x: tensor<2x4xf32>) -> tensor<2x1xf32> {
  // CHECK: irfuse.slice takes entries 4 to 4 along an axis of 4, from tensor<2x4xf32> to tensor<2x1xf32>
  %0 = irfuse.slice %x {axis = 1 : i64, start = 4 : i64, step = 1 : i64} : tensor<2x4xf32> -> tensor<2x1xf32>
  return %0 : tensor<2x1xf32>
}

// -----

func.func @slice_from_before_the_beginning(%x: tensor<2x4xf32>) -> tensor<2x2xf32> {
  // CHECK: irfuse.slice takes entries -1 to 0 along an axis of 4, from tensor<2x4xf32> to tensor<2x2xf32>
  %0 = irfuse.slice %x {axis = 1 : i64, start = -1 : i64, step = 1 : i64} : tensor<2x4xf32> -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

func.func @slice_backwards_beyond_the_beginning(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK: irfuse.slice takes entries 2 to -1 along an axis of 4, from tensor<2x4xf32> to tensor<2x4xf32>
  %0 = irfuse.slice %x {axis = 1 : i64, start = 2 : i64, step = -1 : i64} : tensor<2x4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @slice_of_another_axis(%x: tensor<2x4xf32>) -> tensor<2x2xf32> {
  // CHECK: irfuse.slice along axis 0 does not turn tensor<2x4xf32> into tensor<2x2xf32>
  %0 = irfuse.slice %x {axis = 0 : i64, start = 0 : i64, step = 2 : i64} : tensor<2x4xf32> -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

func.func @slice_of_both_axes(%x: tensor<2x4xf32>) -> tensor<1x2xf32> {
  // CHECK: irfuse.slice along axis 1 does not turn tensor<2x4xf32> into tensor<1x2xf32>
  %0 = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 2 : i64} : tensor<2x4xf32> -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

func.func @slice_stands_still(%x: tensor<2x4xf32>) -> tensor<2x2xf32> {
  // CHECK: irfuse.slice along axis 1 does not turn tensor<2x4xf32> into tensor<2x2xf32>
  %0 = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 0 : i64} : tensor<2x4xf32> -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

func.func @slice_of_an_axis_too_many(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK: irfuse.slice along axis 2 does not turn tensor<2x4xf32> into tensor<2x4xf32>
  %0 = irfuse.slice %x {axis = 2 : i64, start = 0 : i64, step = 1 : i64} : tensor<2x4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @slice_of_a_negative_axis(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK: irfuse.slice along axis -1 does not turn tensor<2x4xf32> into tensor<2x4xf32>
  %0 = irfuse.slice %x {axis = -1 : i64, start = 0 : i64, step = 1 : i64} : tensor<2x4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @slice_drops_the_axis(%x: tensor<2x4xf32>) -> tensor<2xf32> {
  // CHECK: irfuse.slice along axis 1 does not turn tensor<2x4xf32> into tensor<2xf32>
  %0 = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : tensor<2x4xf32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @slice_casts(%x: tensor<2x4xf32>) -> tensor<2x2xbf16> {
  // CHECK: irfuse.slice along axis 1 does not turn tensor<2x4xf32> into tensor<2x2xbf16>
  %0 = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 2 : i64} : tensor<2x4xf32> -> tensor<2x2xbf16>
  return %0 : tensor<2x2xbf16>
}

// -----

func.func @slice_renames_an_axis(%x: tensor<?x4xf32, #irfuse.dims<"a">>) -> tensor<?x2xf32, #irfuse.dims<"b">> {
  // CHECK: irfuse.slice along axis 1 does not turn tensor<?x4xf32, #irfuse.dims<"a">> into tensor<?x2xf32, #irfuse.dims<"b">>
  %0 = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 2 : i64} : tensor<?x4xf32, #irfuse.dims<"a">> -> tensor<?x2xf32, #irfuse.dims<"b">>
  return %0 : tensor<?x2xf32, #irfuse.dims<"b">>
}

// -----

func.func @slice_from_before_the_beginning_of_unknown(%x: tensor<?xf32, #irfuse.dims<"a">>) -> tensor<1xf32> {
  // CHECK: irfuse.slice takes entries -1 to -1 along an axis of a, from tensor<?xf32, #irfuse.dims<"a">> to tensor<1xf32>
  %0 = irfuse.slice %x {axis = 0 : i64, start = -1 : i64, step = 1 : i64} : tensor<?xf32, #irfuse.dims<"a">> -> tensor<1xf32>
  return %0 : tensor<1xf32>
}

// -----

func.func @concat_of_nothing() -> tensor<2x7xf32> {
  // CHECK: irfuse.concat of 0 tensors along axis 0 is not tensor<2x7xf32>
  %0 = irfuse.concat {axis = 0 : i64} : -> tensor<2x7xf32>
  return %0 : tensor<2x7xf32>
}

// -----

func.func @concat_along_an_axis_too_many(%x0: tensor<2x4xf32>, %x1: tensor<2x3xf32>) -> tensor<2x7xf32> {
  // CHECK: irfuse.concat of 2 tensors along axis 2 is not tensor<2x7xf32>
  %0 = irfuse.concat %x0, %x1 {axis = 2 : i64} : tensor<2x4xf32>, tensor<2x3xf32> -> tensor<2x7xf32>
  return %0 : tensor<2x7xf32>
}

// -----

func.func @concat_along_a_negative_axis(%x0: tensor<2x4xf32>, %x1: tensor<2x3xf32>) -> tensor<2x7xf32> {
  // CHECK: irfuse.concat of 2 tensors along axis -1 is not tensor<2x7xf32>
  %0 = irfuse.concat %x0, %x1 {axis = -1 : i64} : tensor<2x4xf32>, tensor<2x3xf32> -> tensor<2x7xf32>
  return %0 : tensor<2x7xf32>
}

// -----

func.func @concat_of_numbers(%x0: tensor<f32>, %x1: tensor<f32>) -> tensor<f32> {
  // CHECK: irfuse.concat of 2 tensors along axis 0 is not tensor<f32>
  %0 = irfuse.concat %x0, %x1 {axis = 0 : i64} : tensor<f32>, tensor<f32> -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @concat_casts(%x0: tensor<2x4xf32>, %x1: tensor<2x3xbf16>) -> tensor<2x7xf32> {
  // CHECK: irfuse.concat along axis 1: tensor<2x3xbf16> is no piece of tensor<2x7xf32>
  %0 = irfuse.concat %x0, %x1 {axis = 1 : i64} : tensor<2x4xf32>, tensor<2x3xbf16> -> tensor<2x7xf32>
  return %0 : tensor<2x7xf32>
}

// -----

func.func @concat_of_other_rows(%x0: tensor<2x4xf32>, %x1: tensor<1x3xf32>) -> tensor<2x7xf32> {
  // CHECK: irfuse.concat along axis 1: tensor<1x3xf32> is no piece of tensor<2x7xf32>
  %0 = irfuse.concat %x0, %x1 {axis = 1 : i64} : tensor<2x4xf32>, tensor<1x3xf32> -> tensor<2x7xf32>
  return %0 : tensor<2x7xf32>
}

// -----

func.func @concat_of_fewer_axes(%x0: tensor<2x4xf32>, %x1: tensor<3xf32>) -> tensor<2x7xf32> {
  // CHECK: irfuse.concat along axis 1: tensor<3xf32> is no piece of tensor<2x7xf32>
  %0 = irfuse.concat %x0, %x1 {axis = 1 : i64} : tensor<2x4xf32>, tensor<3xf32> -> tensor<2x7xf32>
  return %0 : tensor<2x7xf32>
}

// -----

func.func @concat_leaves_a_gap(%x0: tensor<2x4xf32>, %x1: tensor<2x2xf32>) -> tensor<2x7xf32> {
  // CHECK: irfuse.concat along axis 1: the pieces do not fill tensor<2x7xf32>
  %0 = irfuse.concat %x0, %x1 {axis = 1 : i64} : tensor<2x4xf32>, tensor<2x2xf32> -> tensor<2x7xf32>
  return %0 : tensor<2x7xf32>
}

// -----

func.func @concat_overflows(%x0: tensor<2x4xf32>, %x1: tensor<2x4xf32>) -> tensor<2x7xf32> {
  // CHECK: irfuse.concat along axis 1: the pieces do not fill tensor<2x7xf32>
  %0 = irfuse.concat %x0, %x1 {axis = 1 : i64} : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x7xf32>
  return %0 : tensor<2x7xf32>
}

// -----

func.func @gather_by_truth_values(%x: tensor<4x8xf32>, %i: tensor<4xi1>) -> tensor<4x8xf32> {
  // CHECK: irfuse.gather takes indices of i32 or i64, not tensor<4xi1>
  %0 = irfuse.gather %x[%i] : tensor<4x8xf32>, tensor<4xi1> -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

func.func @gather_of_a_number(%x: tensor<f32>, %i: tensor<3xi64>) -> tensor<3xf32> {
  // CHECK: irfuse.gather of rows of tensor<f32> by tensor<3xi64> has the shape [3]
  %0 = irfuse.gather %x[%i] : tensor<f32>, tensor<3xi64> -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

func.func @gather_of_columns(%x: tensor<4x8xf32>, %i: tensor<3xi64>) -> tensor<4x3xf32> {
  // CHECK: irfuse.gather of rows of tensor<4x8xf32> by tensor<3xi64> has the shape [3, 8]
  %0 = irfuse.gather %x[%i] : tensor<4x8xf32>, tensor<3xi64> -> tensor<4x3xf32>
  return %0 : tensor<4x3xf32>
}

// -----

func.func @gather_casts(%x: tensor<4x8xf32>, %i: tensor<3xi64>) -> tensor<3x8xbf16> {
  // CHECK: irfuse.gather keeps the element type of tensor<4x8xf32>, not tensor<3x8xbf16>
  %0 = irfuse.gather %x[%i] : tensor<4x8xf32>, tensor<3xi64> -> tensor<3x8xbf16>
  return %0 : tensor<3x8xbf16>
}

// -----

func.func @iota_of_floats() -> tensor<4xf32> {
  // CHECK: irfuse.iota has one axis, of i32 or i64, not tensor<4xf32>
  %0 = irfuse.iota : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @iota_of_two_axes() -> tensor<4x2xi64> {
  // CHECK: irfuse.iota has one axis, of i32 or i64, not tensor<4x2xi64>
  %0 = irfuse.iota : tensor<4x2xi64>
  return %0 : tensor<4x2xi64>
}
