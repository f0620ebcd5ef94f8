// Addresses of kernels: strides are numbers or sizes that the caller gives as arguments, rows are taken apart only where
// the tensor does not lie in memory as one.
// RUN: irfuse-opt -t triton %s | filecheck %s

// Scales in columns: their stride along the row is a size that the caller gives.
// CHECK: def group_quant_{{[0-9a-f]+}}(x0_ptr, y0_ptr, y1_ptr, rows, size0, ROWS: tl.constexpr):{{$}}
// CHECK: x0 = tl.load(x0_ptr + row * 128 + c0, mask=here, other=0.0){{$}}
// CHECK: tl.store(y0_ptr + row * 128 + c0, cast_1, mask=here){{$}}
// CHECK: tl.store(y1_ptr + (row // 2) + (row % 2) * size0, div_1, mask=here){{$}}
func.func @scales_in_columns(%x: tensor<?x256xf32, #irfuse.dims<"t">>) {
  %q, %s = irfuse.fused (%a = %x : tensor<?x256xf32, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t", strides = [1, "t"]>>) {
    %p, %t = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<?x256xf32, #irfuse.dims<"t">> -> tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>
    %c = irfuse.relayout %t : tensor<?x2xf32, #irfuse.dims<"t">> -> tensor<?x2xf32, #irfuse.dims<"t", strides = [1, "t"]>>
    irfuse.yield %p, %c : tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t", strides = [1, "t"]>>
  }
  return
}

// A strided part of a larger tensor; a row is one head, so token and head are taken apart.
// CHECK: def row_{{[0-9a-f]+}}(x0_ptr, x1_ptr, y0_ptr, rows, ROWS: tl.constexpr):{{$}}
// CHECK: x0 = tl.load(x0_ptr + (row // 32) * 16384 + (row % 32) * 384 + c0, mask=here, other=0.0){{$}}
// CHECK: x1 = tl.load(x1_ptr + row * 128 + c0, mask=here, other=0.0){{$}}
// CHECK: tl.store(y0_ptr + row * 128 + c0, add_1, mask=here){{$}}
func.func @strided_heads(%x: tensor<?x32x128xf32, #irfuse.dims<"t", strides = [16384, 384, 1]>>, %z: tensor<?x32x128xf32, #irfuse.dims<"t">>) {
  %y = irfuse.fused (%a = %x : tensor<?x32x128xf32, #irfuse.dims<"t", strides = [16384, 384, 1]>>, %b = %z : tensor<?x32x128xf32, #irfuse.dims<"t">>) -> (tensor<?x32x128xf32, #irfuse.dims<"t">>) {
    %c = irfuse.relayout %a : tensor<?x32x128xf32, #irfuse.dims<"t", strides = [16384, 384, 1]>> -> tensor<?x32x128xf32, #irfuse.dims<"t">>
    %s = irfuse.add %c, %b : tensor<?x32x128xf32, #irfuse.dims<"t">>
    irfuse.yield %s : tensor<?x32x128xf32, #irfuse.dims<"t">>
  }
  return
}

// Heads that lie one behind the other are one axis with the tokens, although strided.
// CHECK: def row_{{[0-9a-f]+}}(x0_ptr, x1_ptr, y0_ptr, rows, ROWS: tl.constexpr):{{$}}
// CHECK: x0 = tl.load(x0_ptr + row * 384 + c0, mask=here, other=0.0){{$}}
// CHECK: x1 = tl.load(x1_ptr + row * 128 + c0, mask=here, other=0.0){{$}}
// CHECK: tl.store(y0_ptr + row * 128 + c0, add_1, mask=here){{$}}
func.func @strided_evenly(%x: tensor<?x32x128xf32, #irfuse.dims<"t", strides = [12288, 384, 1]>>, %z: tensor<?x32x128xf32, #irfuse.dims<"t">>) {
  %y = irfuse.fused (%a = %x : tensor<?x32x128xf32, #irfuse.dims<"t", strides = [12288, 384, 1]>>, %b = %z : tensor<?x32x128xf32, #irfuse.dims<"t">>) -> (tensor<?x32x128xf32, #irfuse.dims<"t">>) {
    %c = irfuse.relayout %a : tensor<?x32x128xf32, #irfuse.dims<"t", strides = [12288, 384, 1]>> -> tensor<?x32x128xf32, #irfuse.dims<"t">>
    %s = irfuse.add %c, %b : tensor<?x32x128xf32, #irfuse.dims<"t">>
    irfuse.yield %s : tensor<?x32x128xf32, #irfuse.dims<"t">>
  }
  return
}

// A symbolic stride; a stride of 0; a product of sizes.
// CHECK: def row_{{[0-9a-f]+}}(x0_ptr, x1_ptr, x2_ptr, y0_ptr, rows, size0, size1, size2, ROWS: tl.constexpr):{{$}}
// CHECK: x0 = tl.load(x0_ptr + row * size0 + c0, mask=here, other=0.0){{$}}
// CHECK: x1 = tl.load(x1_ptr + c0, mask=here, other=0.0){{$}}
// CHECK: x2 = tl.load(x2_ptr + (row // size1) * size2 + (row % size1) * 128 + c0, mask=here, other=0.0){{$}}
// CHECK: tl.store(y0_ptr + row * 128 + c0, add_2, mask=here){{$}}
func.func @symbolic(%x: tensor<?x128xf32, #irfuse.dims<"t", strides = ["2*s", 1]>>, %y: tensor<?x128xf32, #irfuse.dims<"t", strides = [0, 1]>>, %z: tensor<?x?x128xf32, #irfuse.dims<"b", "u", strides = ["n", 128, 1]>>) {
  %r = irfuse.fused (%a = %x : tensor<?x128xf32, #irfuse.dims<"t", strides = ["2*s", 1]>>, %b = %y : tensor<?x128xf32, #irfuse.dims<"t", strides = [0, 1]>>, %c = %z : tensor<?x?x128xf32, #irfuse.dims<"b", "u", strides = ["n", 128, 1]>>) -> (tensor<?x128xf32, #irfuse.dims<"t">>) {
    %ar = irfuse.relayout %a : tensor<?x128xf32, #irfuse.dims<"t", strides = ["2*s", 1]>> -> tensor<?x128xf32, #irfuse.dims<"t">>
    %br = irfuse.relayout %b : tensor<?x128xf32, #irfuse.dims<"t", strides = [0, 1]>> -> tensor<?x128xf32, #irfuse.dims<"t">>
    %cr = irfuse.relayout %c : tensor<?x?x128xf32, #irfuse.dims<"b", "u", strides = ["n", 128, 1]>> -> tensor<?x?x128xf32, #irfuse.dims<"b", "u">>
    %cs = irfuse.reshape %cr : tensor<?x?x128xf32, #irfuse.dims<"b", "u">> -> tensor<?x128xf32, #irfuse.dims<"t">>
    %s = irfuse.add %ar, %br : tensor<?x128xf32, #irfuse.dims<"t">>
    %v = irfuse.add %s, %cs : tensor<?x128xf32, #irfuse.dims<"t">>
    irfuse.yield %v : tensor<?x128xf32, #irfuse.dims<"t">>
  }
  return
}

// A weight for each of 4 heads of 64 columns, shared by the tokens; a scale for each token.
// CHECK: def norm_{{[0-9a-f]+}}(x0_ptr, x1_ptr, x2_ptr, y0_ptr, rows, ROWS: tl.constexpr):{{$}}
// CHECK: x0 = tl.load(x0_ptr + row * 64 + c0, mask=here, other=0.0){{$}}
// CHECK: x1 = tl.load(x1_ptr + (row % 4), mask=here, other=0.0){{$}}
// CHECK: x2 = tl.load(x2_ptr + (row // 4), mask=here, other=0.0){{$}}
// CHECK: tl.store(y0_ptr + row * 64 + c0, mul_4, mask=here){{$}}
func.func @shared(%x: tensor<?x4x64xf32, #irfuse.dims<"t">>, %w: tensor<4x1xf32>, %s: tensor<?x1x1xf32, #irfuse.dims<"t">>) {
  %r = irfuse.fused (%a = %x : tensor<?x4x64xf32, #irfuse.dims<"t">>, %b = %w : tensor<4x1xf32>, %c = %s : tensor<?x1x1xf32, #irfuse.dims<"t">>) -> (tensor<?x4x64xf32, #irfuse.dims<"t">>) {
    %n = irfuse.rms_norm %a {eps = 1.0e-6 : f64} : tensor<?x4x64xf32, #irfuse.dims<"t">> -> tensor<?x4x64xf32, #irfuse.dims<"t">>
    %bs = irfuse.broadcast %b : tensor<4x1xf32> -> tensor<?x4x64xf32, #irfuse.dims<"t">>
    %cs = irfuse.broadcast %c : tensor<?x1x1xf32, #irfuse.dims<"t">> -> tensor<?x4x64xf32, #irfuse.dims<"t">>
    %p = irfuse.mul %n, %bs : tensor<?x4x64xf32, #irfuse.dims<"t">>
    %q = irfuse.mul %p, %cs : tensor<?x4x64xf32, #irfuse.dims<"t">>
    irfuse.yield %q : tensor<?x4x64xf32, #irfuse.dims<"t">>
  }
  return
}

// The second of two matrices begins behind as many rows as there are.
// CHECK: x0 = tl.load(x0_ptr + 1 * size0 + row * 128 + c0, mask=here, other=0.0){{$}}
func.func @second(%x: tensor<2x?x128xf32, #irfuse.dims<"t">>) {
  %y = irfuse.fused (%a = %x : tensor<2x?x128xf32, #irfuse.dims<"t">>) -> (tensor<1x?x128xf32, #irfuse.dims<"t">>) {
    %0 = irfuse.slice %a {axis = 0 : i64, start = 1 : i64, step = 1 : i64} : tensor<2x?x128xf32, #irfuse.dims<"t">> -> tensor<1x?x128xf32, #irfuse.dims<"t">>
    %1 = irfuse.neg %0 : tensor<1x?x128xf32, #irfuse.dims<"t">>
    irfuse.yield %1 : tensor<1x?x128xf32, #irfuse.dims<"t">>
  }
  return
}
