// A constant of bf16 is the nearest bf16, as torch.full makes it: 0.1 is 0.10009765625 in the product. So is a number
// that a bf16 tensor is compared with, and the larger of a bf16 tensor and a number.
// RUN: irfuse-opt -t triton %s | filecheck %s

!h = tensor<4x64xbf16>
// CHECK: {{full_1 = .*(0\.10009765625|bfloat16).*}}
// CHECK: mul_1 =
func.func @full(%x: !h) {
  %r = irfuse.fused (%a = %x : !h) -> (!h) {
    %0 = irfuse.full 0.1 : !h
    %1 = irfuse.mul %a, %0 : !h
    irfuse.yield %1 : !h
  }
  return
}

// CHECK: {{maximum_1 = .*(0\.10009765625|bfloat16).*}}
// CHECK: mul_1 =
func.func @maximum(%x: !h) {
  %r = irfuse.fused (%a = %x : !h) -> (!h) {
    %0 = irfuse.maximum %a scalar 0.1 : !h
    %1 = irfuse.mul %0, %0 : !h
    irfuse.yield %1 : !h
  }
  return
}

// What Triton would take for another number is given by its bits: -0.0, and denormals. A quotient by a number is the
// product with its reciprocal. A product that is added keeps the sign of zero: the addend is -0.0, and not a constant.
// CHECK: def from_bits(bits: tl.constexpr):{{$}}
// CHECK-NEXT:     return tl.full([], bits, tl.int32).to(tl.float32, bitcast=True){{$}}
// CHECK: minus_zero = ((y0_ptr.to(tl.int64) >> 63).to(tl.int32) | -2147483648).to(tl.float32, bitcast=True){{$}}
// CHECK: add_1 = x0 + from_bits(-2147483648){{$}}
// CHECK-NEXT: add_2 = add_1 + 0.0{{$}}
// CHECK-NEXT: mul_1 = add_2 * from_bits(4194304){{$}}
// CHECK-NEXT: div_1 = mul_1 * float('inf'){{$}}
// CHECK-NEXT: div_2 = div_1 * float('-inf'){{$}}
// CHECK-NEXT: clamp_1 = nan_min(div_2, float('inf')){{$}}
// CHECK-NEXT: full_1 = tl.full((1, 1), from_bits(-2147483648), tl.float32){{$}}
// CHECK-NEXT: mul_2 = tl.fma(clamp_1, from_bits(-2147483648), minus_zero){{$}}
// CHECK-NEXT: add_3 = mul_2 + full_1{{$}}
// CHECK-NEXT: mul_3 = add_3 * 0.0{{$}}
func.func @by_bits(%x: tensor<4x64xf32>) {
  %r = irfuse.fused (%a = %x : tensor<4x64xf32>) -> (tensor<4x64xf32>) {
    %0 = irfuse.add %a scalar -0.0 : tensor<4x64xf32>
    %1 = irfuse.add %0 scalar 0.0 : tensor<4x64xf32>
    %2 = irfuse.mul %1 scalar 5.8774717541114375e-39 : tensor<4x64xf32>
    %3 = irfuse.div %2 scalar 0.0 : tensor<4x64xf32>
    %4 = irfuse.div %3 scalar -0.0 : tensor<4x64xf32>
    %5 = irfuse.clamp %4 max 1.0e40 : tensor<4x64xf32>
    %6 = irfuse.full -0.0 : tensor<4x64xf32>
    %7 = irfuse.mul %5 scalar -0.0 : tensor<4x64xf32>
    %8 = irfuse.add %7, %6 : tensor<4x64xf32>
    %9 = irfuse.mul %8 scalar 1.0e-300 : tensor<4x64xf32>
    irfuse.yield %9 : tensor<4x64xf32>
  }
  return
}

// Torch's sums begin with 0.0, so a sum of nothing but -0.0 is 0.0; one of squares is so anyway.
// CHECK: row_sum_1 = tl.sum(x0, 1, keep_dims=True){{$}}
// CHECK-NEXT: row_sum_1 = row_sum_1 + 0.0{{$}}
// CHECK: row_sum_2 = tl.sum(mul_1, 1, keep_dims=True){{$}}
// CHECK-NEXT: tl.store
func.func @sums(%x: tensor<4x64xf32>) {
  %r, %s, %q = irfuse.fused (%a = %x : tensor<4x64xf32>) -> (tensor<4x1xf32>, tensor<4x1xf32>, tensor<4x64xf32>) {
    %0 = irfuse.row_sum %a : tensor<4x64xf32> -> tensor<4x1xf32>
    %1 = irfuse.mul %a, %a : tensor<4x64xf32>
    %2 = irfuse.row_sum %1 : tensor<4x64xf32> -> tensor<4x1xf32>
    irfuse.yield %0, %2, %1 : tensor<4x1xf32>, tensor<4x1xf32>, tensor<4x64xf32>
  }
  return
}

// A NaN with a sign or a payload is given by its bits; bf16 has one NaN, as torch makes it of numbers, and f32's is read
// for it.
// CHECK: full_1 = tl.full((1, 1), from_bits(-4141499), tl.float32){{$}}
// CHECK: full_2 = tl.full((1, 1), float('nan'), tl.float32){{$}}
// CHECK-NOT: tl.full
func.func @not_a_number(%x: tensor<4x64xf32>, %c: tensor<4x64xi1>) {
  %r, %s = irfuse.fused (%a = %x : tensor<4x64xf32>, %d = %c : tensor<4x64xi1>) -> (tensor<4x64xf32>, tensor<4x64xbf16>) {
    %0 = irfuse.full nan(0xFFF819C8A0000000) : tensor<4x64xf32>
    %1 = irfuse.select %d, %a, %0 : tensor<4x64xi1>, tensor<4x64xf32>
    %2 = irfuse.full nan : tensor<4x64xf32>
    %3 = irfuse.select %d, %1, %2 : tensor<4x64xi1>, tensor<4x64xf32>
    %4 = irfuse.full nan(0xFFF8000000000000) : tensor<4x64xbf16>
    %5 = irfuse.cast %a : tensor<4x64xf32> -> tensor<4x64xbf16>
    %6 = irfuse.select %d, %5, %4 : tensor<4x64xi1>, tensor<4x64xbf16>
    irfuse.yield %3, %6 : tensor<4x64xf32>, tensor<4x64xbf16>
  }
  return
}
