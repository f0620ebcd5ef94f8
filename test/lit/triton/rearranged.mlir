// Entries that are read in another order than they are counted in: only addresses change, and what stands at two places
// of the row is read twice.
// RUN: irfuse-opt -t triton %s | filecheck %s

// Heads before tokens: a row is one head of one token, whose tokens are counted by the row.
// CHECK: def norm_{{[0-9a-f]+}}(x0_ptr, y0_ptr, rows, ROWS: tl.constexpr):{{$}}
// CHECK: c0 = tl.arange(0, 128)[None, :]{{$}}
// CHECK: x0 = tl.load(x0_ptr + (row // 4) * 128 + (row % 4) * 4096 + c0, mask=here, other=0.0){{$}}
// CHECK: tl.store(y0_ptr + row * 128 + c0, mul_2, mask=here){{$}}
func.func @permuted(%x: tensor<4x32x128xf32>) {
  %y = irfuse.fused (%a = %x : tensor<4x32x128xf32>) -> (tensor<32x4x128xf32>) {
    %p = irfuse.permute %a [1, 0, 2] : tensor<4x32x128xf32> -> tensor<32x4x128xf32>
    %n = irfuse.rms_norm %p {eps = 1.0e-6 : f64} : tensor<32x4x128xf32> -> tensor<32x4x128xf32>
    irfuse.yield %n : tensor<32x4x128xf32>
  }
  return
}

// As many tokens as there are.
// CHECK: def norm_{{[0-9a-f]+}}(x0_ptr, y0_ptr, rows, size0, ROWS: tl.constexpr):{{$}}
// CHECK: c0 = tl.arange(0, 128)[None, :]{{$}}
// CHECK: x0 = tl.load(x0_ptr + (row // 4) * 128 + (row % 4) * size0 + c0, mask=here, other=0.0){{$}}
// CHECK: tl.store(y0_ptr + row * 128 + c0, mul_2, mask=here){{$}}
func.func @permuted_symbols(%x: tensor<4x?x128xf32, #irfuse.dims<"t">>) {
  %y = irfuse.fused (%a = %x : tensor<4x?x128xf32, #irfuse.dims<"t">>) -> (tensor<?x4x128xf32, #irfuse.dims<"t">>) {
    %p = irfuse.permute %a [1, 0, 2] : tensor<4x?x128xf32, #irfuse.dims<"t">> -> tensor<?x4x128xf32, #irfuse.dims<"t">>
    %n = irfuse.rms_norm %p {eps = 1.0e-6 : f64} : tensor<?x4x128xf32, #irfuse.dims<"t">> -> tensor<?x4x128xf32, #irfuse.dims<"t">>
    irfuse.yield %n : tensor<?x4x128xf32, #irfuse.dims<"t">>
  }
  return
}

// The columns of a matrix as rows.
// CHECK: def row_{{[0-9a-f]+}}(x0_ptr, y0_ptr, rows, ROWS: tl.constexpr):{{$}}
// CHECK: c0 = tl.arange(0, 4)[None, :]{{$}}
// CHECK: x0 = tl.load(x0_ptr + row + c0 * 128, mask=here, other=0.0){{$}}
// CHECK: tl.store(y0_ptr + row * 4 + c0, x0, mask=here){{$}}
func.func @transposed(%x: tensor<4x128xf32>) {
  %y = irfuse.fused (%a = %x : tensor<4x128xf32>) -> (tensor<128x4xf32>) {
    %0 = irfuse.permute %a [1, 0] : tensor<4x128xf32> -> tensor<128x4xf32>
    irfuse.yield %0 : tensor<128x4xf32>
  }
  return
}

// Rotary embedding by halves: the second half negated stands before the first. Each half has lines of its own, so that
// both are read once.
// CHECK: def row_{{[0-9a-f]+}}(x0_ptr, x1_ptr, y0_ptr, rows, ROWS: tl.constexpr):{{$}}
// CHECK: c1 = tl.arange(0, 64)[None, None, :]{{$}}
// CHECK: x0_0 = tl.load(x0_ptr + row * 128 + c1, mask=here, other=0.0){{$}}
// CHECK-NEXT: x0_1 = tl.load(x0_ptr + row * 128 + c1 + 64, mask=here, other=0.0){{$}}
// CHECK-NEXT: x1_0 = tl.load(x1_ptr + row * 128 + c1, mask=here, other=0.0){{$}}
// CHECK-NEXT: x1_1 = tl.load(x1_ptr + row * 128 + c1 + 64, mask=here, other=0.0){{$}}
// CHECK-NEXT: neg_1 = x0_1 * -1.0{{$}}
// CHECK-NEXT: mul_1_0 = tl.fma(neg_1, x1_0, minus_zero){{$}}
// CHECK-NEXT: add_1_0 = mul_1_0 + x0_0{{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 128 + c1, add_1_0, mask=here){{$}}
// CHECK-NEXT: mul_1_1 = tl.fma(x0_0, x1_1, minus_zero){{$}}
// CHECK-NEXT: add_1_1 = mul_1_1 + x0_1{{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 128 + c1 + 64, add_1_1, mask=here){{$}}
func.func @rotate_half(%x: tensor<?x128xf32, #irfuse.dims<"t">>, %c: tensor<?x128xf32, #irfuse.dims<"t">>) {
  %y = irfuse.fused (%a = %x : tensor<?x128xf32, #irfuse.dims<"t">>, %b = %c : tensor<?x128xf32, #irfuse.dims<"t">>) -> (tensor<?x128xf32, #irfuse.dims<"t">>) {
    %0 = irfuse.slice %a {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : tensor<?x128xf32, #irfuse.dims<"t">> -> tensor<?x64xf32, #irfuse.dims<"t">>
    %1 = irfuse.slice %a {axis = 1 : i64, start = 64 : i64, step = 1 : i64} : tensor<?x128xf32, #irfuse.dims<"t">> -> tensor<?x64xf32, #irfuse.dims<"t">>
    %2 = irfuse.neg %1 : tensor<?x64xf32, #irfuse.dims<"t">>
    %3 = irfuse.concat %2, %0 {axis = 1 : i64} : tensor<?x64xf32, #irfuse.dims<"t">>, tensor<?x64xf32, #irfuse.dims<"t">> -> tensor<?x128xf32, #irfuse.dims<"t">>
    %4 = irfuse.mul %3, %b : tensor<?x128xf32, #irfuse.dims<"t">>
    %5 = irfuse.add %4, %a : tensor<?x128xf32, #irfuse.dims<"t">>
    irfuse.yield %5 : tensor<?x128xf32, #irfuse.dims<"t">>
  }
  return
}

// The same by pairs of neighbours: -x[2i+1] and x[2i], side by side.
// CHECK: def row_{{[0-9a-f]+}}(x0_ptr, y0_ptr, rows, ROWS: tl.constexpr):{{$}}
// CHECK: c0 = tl.arange(0, 64)[None, :, None]{{$}}
// CHECK: c1 = tl.arange(0, 2)[None, None, :]{{$}}
// CHECK: x0 = tl.load(x0_ptr + row * 128 + c0 * 2 + 1, mask=here, other=0.0){{$}}
// CHECK: x1 = tl.load(x0_ptr + row * 128 + c0 * 2, mask=here, other=0.0){{$}}
// CHECK: neg_1 = x0 * -1.0{{$}}
// CHECK: concat_1 = tl.where(c1 < 1, neg_1, x1){{$}}
// CHECK: tl.store(y0_ptr + row * 128 + c0 * 2 + c1, concat_1, mask=here){{$}}
func.func @interleaved(%x: tensor<?x128xf32, #irfuse.dims<"t">>) {
  %y = irfuse.fused (%a = %x : tensor<?x128xf32, #irfuse.dims<"t">>) -> (tensor<?x128xf32, #irfuse.dims<"t">>) {
    %0 = irfuse.slice %a {axis = 1 : i64, start = 0 : i64, step = 2 : i64} : tensor<?x128xf32, #irfuse.dims<"t">> -> tensor<?x64xf32, #irfuse.dims<"t">>
    %1 = irfuse.slice %a {axis = 1 : i64, start = 1 : i64, step = 2 : i64} : tensor<?x128xf32, #irfuse.dims<"t">> -> tensor<?x64xf32, #irfuse.dims<"t">>
    %2 = irfuse.neg %1 : tensor<?x64xf32, #irfuse.dims<"t">>
    %3 = irfuse.reshape %2 : tensor<?x64xf32, #irfuse.dims<"t">> -> tensor<?x64x1xf32, #irfuse.dims<"t">>
    %4 = irfuse.reshape %0 : tensor<?x64xf32, #irfuse.dims<"t">> -> tensor<?x64x1xf32, #irfuse.dims<"t">>
    %5 = irfuse.concat %3, %4 {axis = 2 : i64} : tensor<?x64x1xf32, #irfuse.dims<"t">>, tensor<?x64x1xf32, #irfuse.dims<"t">> -> tensor<?x64x2xf32, #irfuse.dims<"t">>
    %6 = irfuse.reshape %5 : tensor<?x64x2xf32, #irfuse.dims<"t">> -> tensor<?x128xf32, #irfuse.dims<"t">>
    irfuse.yield %6 : tensor<?x128xf32, #irfuse.dims<"t">>
  }
  return
}

// Pieces of unequal length: each is looked at where it is, and nowhere else.
// CHECK: def row_{{[0-9a-f]+}}(x0_ptr, x1_ptr, y0_ptr, rows, ROWS: tl.constexpr):{{$}}
// CHECK: c0 = tl.arange(0, 4)[None, :, None]{{$}}
// CHECK: c1 = tl.arange(0, 32)[None, None, :]{{$}}
// CHECK: x0 = tl.load(x0_ptr + row * 96 + c0 * 32 + c1, mask=here & (c0 * 32 + c1 < 96), other=0.0){{$}}
// CHECK: x1 = tl.load(tl.broadcast_to(x1_ptr + row * 32 + c1, (ROWS, 4, 32)), mask=here, other=0.0){{$}}
// CHECK: concat_1 = tl.where(c0 * 32 + c1 < 96, x0, x1){{$}}
// CHECK: tl.store(y0_ptr + row * 128 + c0 * 32 + c1, concat_1, mask=here){{$}}
func.func @unequal(%x: tensor<?x96xf32, #irfuse.dims<"t">>, %z: tensor<?x32xf32, #irfuse.dims<"t">>) {
  %y = irfuse.fused (%a = %x : tensor<?x96xf32, #irfuse.dims<"t">>, %b = %z : tensor<?x32xf32, #irfuse.dims<"t">>) -> (tensor<?x128xf32, #irfuse.dims<"t">>) {
    %0 = irfuse.concat %a, %b {axis = 1 : i64} : tensor<?x96xf32, #irfuse.dims<"t">>, tensor<?x32xf32, #irfuse.dims<"t">> -> tensor<?x128xf32, #irfuse.dims<"t">>
    irfuse.yield %0 : tensor<?x128xf32, #irfuse.dims<"t">>
  }
  return
}

// Backwards.
// CHECK: def row_{{[0-9a-f]+}}(x0_ptr, y0_ptr, rows, ROWS: tl.constexpr):{{$}}
// CHECK: c0 = tl.arange(0, 128)[None, :]{{$}}
// CHECK: x0 = tl.load(x0_ptr + row * 128 + c0, mask=here, other=0.0){{$}}
// CHECK: x1 = tl.load(x0_ptr + row * 128 + c0 * -1 + 127, mask=here, other=0.0){{$}}
// CHECK: tl.store(y0_ptr + row * 128 + c0, add_1, mask=here){{$}}
func.func @flipped(%x: tensor<?x128xf32, #irfuse.dims<"t">>) {
  %y = irfuse.fused (%a = %x : tensor<?x128xf32, #irfuse.dims<"t">>) -> (tensor<?x128xf32, #irfuse.dims<"t">>) {
    %0 = irfuse.slice %a {axis = 1 : i64, start = 127 : i64, step = -1 : i64} : tensor<?x128xf32, #irfuse.dims<"t">> -> tensor<?x128xf32, #irfuse.dims<"t">>
    %1 = irfuse.add %0, %a : tensor<?x128xf32, #irfuse.dims<"t">>
    irfuse.yield %1 : tensor<?x128xf32, #irfuse.dims<"t">>
  }
  return
}

// A part of the columns of a wider operand: heads 2 and 3 of 8.
// CHECK: def norm_{{[0-9a-f]+}}(x0_ptr, y0_ptr, rows, ROWS: tl.constexpr):{{$}}
// CHECK: c0 = tl.arange(0, 128)[None, :]{{$}}
// CHECK: x0 = tl.load(x0_ptr + (row // 2) * 1024 + (row % 2) * 128 + c0 + 256, mask=here, other=0.0){{$}}
// CHECK: tl.store(y0_ptr + row * 128 + c0, mul_2, mask=here){{$}}
func.func @part(%x: tensor<?x1024xf32, #irfuse.dims<"t">>) {
  %y = irfuse.fused (%a = %x : tensor<?x1024xf32, #irfuse.dims<"t">>) -> (tensor<?x2x128xf32, #irfuse.dims<"t">>) {
    %0 = irfuse.slice %a {axis = 1 : i64, start = 256 : i64, step = 1 : i64} : tensor<?x1024xf32, #irfuse.dims<"t">> -> tensor<?x256xf32, #irfuse.dims<"t">>
    %1 = irfuse.reshape %0 : tensor<?x256xf32, #irfuse.dims<"t">> -> tensor<?x2x128xf32, #irfuse.dims<"t">>
    %2 = irfuse.rms_norm %1 {eps = 1.0e-6 : f64} : tensor<?x2x128xf32, #irfuse.dims<"t">> -> tensor<?x2x128xf32, #irfuse.dims<"t">>
    irfuse.yield %2 : tensor<?x2x128xf32, #irfuse.dims<"t">>
  }
  return
}

// A vector along the columns and along the rows is read at two places.
// CHECK: def row_{{[0-9a-f]+}}(x0_ptr, x1_ptr, y0_ptr, rows, ROWS: tl.constexpr):{{$}}
// CHECK: c0 = tl.arange(0, 32)[None, :]{{$}}
// CHECK: x0 = tl.load(x0_ptr + row * 32 + c0, mask=here, other=0.0){{$}}
// CHECK: x1 = tl.load(x1_ptr + row, mask=here, other=0.0){{$}}
// CHECK: x2 = tl.load(tl.broadcast_to(x1_ptr + c0, (ROWS, 32))){{$}}
// CHECK: tl.store(y0_ptr + row * 32 + c0, add_2, mask=here){{$}}
func.func @two_places(%x: tensor<32x32xf32>, %w: tensor<32xf32>) {
  %y = irfuse.fused (%a = %x : tensor<32x32xf32>, %b = %w : tensor<32xf32>) -> (tensor<32x32xf32>) {
    %0 = irfuse.broadcast %b : tensor<32xf32> -> tensor<32x32xf32>
    %1 = irfuse.reshape %b : tensor<32xf32> -> tensor<32x1xf32>
    %2 = irfuse.broadcast %1 : tensor<32x1xf32> -> tensor<32x32xf32>
    %3 = irfuse.add %0, %2 : tensor<32x32xf32>
    %4 = irfuse.add %3, %a : tensor<32x32xf32>
    irfuse.yield %4 : tensor<32x32xf32>
  }
  return
}

// A quant of rotated rows, of which the second half comes first.
// CHECK: def group_quant_{{[0-9a-f]+}}(x0_ptr, y0_ptr, y1_ptr, rows, ROWS: tl.constexpr):{{$}}
// CHECK: x0 = tl.load(x0_ptr + row * 128 + c1 + 64, mask=here, other=0.0){{$}}
// CHECK-NEXT: x1 = tl.load(x0_ptr + row * 128 + c1, mask=here, other=0.0){{$}}
// CHECK: tl.store(y0_ptr + row * 128 + c1, cast_1_0, mask=here){{$}}
// CHECK: tl.store(y0_ptr + row * 128 + c1 + 64, cast_1_1, mask=here){{$}}
// CHECK: tl.store(y1_ptr + row, div_1, mask=here){{$}}
func.func @rotated_quant(%x: tensor<?x128xf32, #irfuse.dims<"t">>) {
  %y, %z = irfuse.fused (%a = %x : tensor<?x128xf32, #irfuse.dims<"t">>) -> (tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>) {
    %0 = irfuse.slice %a {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : tensor<?x128xf32, #irfuse.dims<"t">> -> tensor<?x64xf32, #irfuse.dims<"t">>
    %1 = irfuse.slice %a {axis = 1 : i64, start = 64 : i64, step = 1 : i64} : tensor<?x128xf32, #irfuse.dims<"t">> -> tensor<?x64xf32, #irfuse.dims<"t">>
    %2 = irfuse.concat %1, %0 {axis = 1 : i64} : tensor<?x64xf32, #irfuse.dims<"t">>, tensor<?x64xf32, #irfuse.dims<"t">> -> tensor<?x128xf32, #irfuse.dims<"t">>
    %q, %s = irfuse.group_quant %2 {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<?x128xf32, #irfuse.dims<"t">> -> tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>
    irfuse.yield %q, %s : tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>
  }
  return
}

// A product that is added to beyond a slice or a concatenation, where no line stands between the two.
// CHECK: mul_1 = tl.fma(x0_0, x4, minus_zero){{$}}
// CHECK-NEXT: mul_2 = tl.fma(x0_1, x1, minus_zero){{$}}
// CHECK-NEXT: add_1_0 = mul_2 + x0_0{{$}}
// CHECK: add_1_1 = mul_1 + x0_1{{$}}
func.func @products_of_pieces(%x: tensor<?x128xf32, #irfuse.dims<"t">>, %c: tensor<?x128xf32, #irfuse.dims<"t">>) {
  %y = irfuse.fused (%a = %x : tensor<?x128xf32, #irfuse.dims<"t">>, %b = %c : tensor<?x128xf32, #irfuse.dims<"t">>) -> (tensor<?x128xf32, #irfuse.dims<"t">>) {
    %0 = irfuse.mul %a, %b : tensor<?x128xf32, #irfuse.dims<"t">>
    %1 = irfuse.slice %0 {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : tensor<?x128xf32, #irfuse.dims<"t">> -> tensor<?x64xf32, #irfuse.dims<"t">>
    %2 = irfuse.slice %0 {axis = 1 : i64, start = 64 : i64, step = 1 : i64} : tensor<?x128xf32, #irfuse.dims<"t">> -> tensor<?x64xf32, #irfuse.dims<"t">>
    %3 = irfuse.concat %2, %1 {axis = 1 : i64} : tensor<?x64xf32, #irfuse.dims<"t">>, tensor<?x64xf32, #irfuse.dims<"t">> -> tensor<?x128xf32, #irfuse.dims<"t">>
    %4 = irfuse.add %3, %a : tensor<?x128xf32, #irfuse.dims<"t">>
    irfuse.yield %4 : tensor<?x128xf32, #irfuse.dims<"t">>
  }
  return
}

// Pieces of 16, 24 and 24 columns, and rows that are cut at 16 for another reason: the axes tell 16 and 40 apart.
// CHECK: concat_1 = tl.where(c0 * 16 + c1 * 8 < 16, x0, tl.where(c0 * 16 + c1 * 8 < 40, x1, x2)){{$}}
func.func @three_pieces(%a: tensor<?x16xf32, #irfuse.dims<"t">>, %b: tensor<?x24xf32, #irfuse.dims<"t">>, %c: tensor<?x24xf32, #irfuse.dims<"t">>) {
  %q, %s = irfuse.fused (%x = %a : tensor<?x16xf32, #irfuse.dims<"t">>, %y = %b : tensor<?x24xf32, #irfuse.dims<"t">>, %z = %c : tensor<?x24xf32, #irfuse.dims<"t">>) -> (tensor<?x64xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x4xf32, #irfuse.dims<"t">>) {
    %0 = irfuse.concat %x, %y, %z {axis = 1 : i64} : tensor<?x16xf32, #irfuse.dims<"t">>, tensor<?x24xf32, #irfuse.dims<"t">>, tensor<?x24xf32, #irfuse.dims<"t">> -> tensor<?x64xf32, #irfuse.dims<"t">>
    %1, %2 = irfuse.group_quant %0 {group_size = 16 : i64, quant_max = 448.0 : f64} : tensor<?x64xf32, #irfuse.dims<"t">> -> tensor<?x64xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x4xf32, #irfuse.dims<"t">>
    irfuse.yield %1, %2 : tensor<?x64xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x4xf32, #irfuse.dims<"t">>
  }
  return
}

// A row of a cache is codes, the bytes of their scales, the least first, and bytes that are read as they are: three
// stores and more, each by the columns that it has.
// CHECK: def group_quant_{{[0-9a-f]+}}(x0_ptr, x1_ptr, x2_ptr, x3_ptr, y0_ptr, rows, ROWS: tl.constexpr):{{$}}
// CHECK: [[Q:bitcast_[0-9]+]] = cast_{{[0-9]+}}.to(tl.uint8, bitcast=True){{$}}
// CHECK: [[S:bitcast_[0-9]+]] = clamp_{{[0-9]+}}.to(tl.int32, bitcast=True){{$}}
// CHECK-DAG: shr_1 = [[S]] >> 8{{$}}
// CHECK-DAG: shr_3 = [[S]] >> 24{{$}}
// CHECK-DAG: [[B0:cast_[0-9]+]] = [[S]].to(tl.uint8){{$}}
// CHECK-DAG: [[B3:cast_[0-9]+]] = shr_3.to(tl.uint8){{$}}
// CHECK: tl.store(y0_ptr + at0 * 656 + (row % 4) * 128 + c0 * 4 + c1, [[Q]], mask=here & (at0 >= 0) & (at0 < 256)){{$}}
// CHECK: tl.store(y0_ptr + at0 * 656 + (row % 4) * 4 + 512, [[B0]], mask=here & (at0 >= 0) & (at0 < 256)){{$}}
// CHECK: tl.store(y0_ptr + at0 * 656 + (row % 4) * 4 + 515, [[B3]], mask=here & (at0 >= 0) & (at0 < 256)){{$}}
// CHECK: tl.store(y0_ptr + at0 * 656 + (row % 4) * 32 + c0 + 528, x1, mask=here & (at0 >= 0) & (at0 < 256)){{$}}
func.func @bytes(%x: tensor<7x512xbf16>, %t: tensor<7x128xui8>, %c: tensor<256x656xui8>, %i: tensor<7xi64>) {
  %y = irfuse.fused (%a = %x : tensor<7x512xbf16>, %b = %t : tensor<7x128xui8>, %k = %c : tensor<256x656xui8>, %j = %i : tensor<7xi64>) -> (tensor<256x656xui8>) {
    %q, %s = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 448.0 : f64, scale_floor = 1.0e-12 : f64} : tensor<7x512xbf16> -> tensor<7x512xf8E4M3FN>, tensor<7x4xf32>
    %u = irfuse.bitcast %q : tensor<7x512xf8E4M3FN> -> tensor<7x512xui8>
    %v = irfuse.bytes %s : tensor<7x4xf32> -> tensor<7x16xui8>
    %w = irfuse.concat %u, %v, %b {axis = 1 : i64} : tensor<7x512xui8>, tensor<7x16xui8>, tensor<7x128xui8> -> tensor<7x656xui8>
    %r = irfuse.scatter %w into %k[%j] {axes = array<i64: 0>} : tensor<7x656xui8>, tensor<256x656xui8>, tensor<7xi64> -> tensor<256x656xui8>
    irfuse.yield %r : tensor<256x656xui8>
  }
  return
}

// Halves of a layer norm that change places: its mean and its variance are those of the whole row, the rest is computed
// where an entry goes, with scale and shift by fma.
// CHECK: def norm_{{[0-9a-f]+}}(x0_ptr, x1_ptr, x2_ptr, y0_ptr, rows, ROWS: tl.constexpr):{{$}}
// CHECK: row_mean_1 = tl.sum(x5_0 + x0, 2, keep_dims=True){{$}}
// CHECK: row_mean_2 = tl.sum(mul_1_0 + mul_1_1, 2, keep_dims=True){{$}}
// CHECK: mul_2 = sub_1 * rsqrt_1{{$}}
// CHECK-NEXT: mul_3 = sub_2_1 * rsqrt_1{{$}}
// CHECK-NEXT: fma_1 = tl.fma(mul_2, x4, x3){{$}}
// CHECK-NEXT: fma_2 = tl.fma(mul_3, x1, x2){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 128 + c1, fma_2, mask=here){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 128 + c1 + 64, fma_1, mask=here){{$}}
func.func @layer_norm(%x: tensor<7x128xf32>, %w: tensor<128xf32>, %b: tensor<128xf32>) {
  %y = irfuse.fused (%a = %x : tensor<7x128xf32>, %v = %w : tensor<128xf32>, %c = %b : tensor<128xf32>) -> (tensor<7x128xf32>) {
    %n = irfuse.layer_norm %a weight %v : tensor<128xf32> bias %c : tensor<128xf32> {eps = 1.0e-6 : f64} : tensor<7x128xf32> -> tensor<7x128xf32>
    %l = irfuse.slice %n {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : tensor<7x128xf32> -> tensor<7x64xf32>
    %r = irfuse.slice %n {axis = 1 : i64, start = 64 : i64, step = 1 : i64} : tensor<7x128xf32> -> tensor<7x64xf32>
    %p = irfuse.concat %r, %l {axis = 1 : i64} : tensor<7x64xf32>, tensor<7x64xf32> -> tensor<7x128xf32>
    irfuse.yield %p : tensor<7x128xf32>
  }
  return
}
