// Fused ops without a kernel: one line with the reason, for every target.
// RUN: %fails --each %s irfuse-opt -t triton | filecheck %s

// CHECK: irfuse-opt: error: no kernel can be generated: axes are exchanged in the order [1, 0]{{$}}
func.func @permute(%x: tensor<4x128xf32>) {
  %y = irfuse.fused (%a = %x : tensor<4x128xf32>) -> (tensor<128x4xf32>) {
    %0 = irfuse.permute %a [1, 0] : tensor<4x128xf32> -> tensor<128x4xf32>
    irfuse.yield %0 : tensor<128x4xf32>
  }
  return
}

// -----
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: the last axis has n columns, a number that is not known{{$}}
func.func @symbolic_row(%x: tensor<4x?xf32, #irfuse.dims<"n">>) {
  %y = irfuse.fused (%a = %x : tensor<4x?xf32, #irfuse.dims<"n">>) -> (tensor<4x?xf32, #irfuse.dims<"n">>) {
    %0 = irfuse.neg %a : tensor<4x?xf32, #irfuse.dims<"n">>
    irfuse.yield %0 : tensor<4x?xf32, #irfuse.dims<"n">>
  }
  return
}

// -----
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: a reduction over n columns, a number that is not known{{$}}
func.func @symbolic_reduction(%x: tensor<4x?xf32, #irfuse.dims<"n">>) {
  %y = irfuse.fused (%a = %x : tensor<4x?xf32, #irfuse.dims<"n">>) -> (tensor<4x1xf32>) {
    %0 = irfuse.row_sum %a : tensor<4x?xf32, #irfuse.dims<"n">> -> tensor<4x1xf32>
    irfuse.yield %0 : tensor<4x1xf32>
  }
  return
}

// -----
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: no operand is a full tensor{{$}}
func.func @repeated(%x: tensor<128xf32>) {
  %y = irfuse.fused (%a = %x : tensor<128xf32>) -> (tensor<4x128xf32>) {
    %0 = irfuse.broadcast %a : tensor<128xf32> -> tensor<4x128xf32>
    irfuse.yield %0 : tensor<4x128xf32>
  }
  return
}

// -----
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: kernels do not compute with elements of f64{{$}}
func.func @f64(%x: tensor<4x128xf64>) {
  %y = irfuse.fused (%a = %x : tensor<4x128xf64>) -> (tensor<4x128xf64>) {
    %0 = irfuse.neg %a : tensor<4x128xf64>
    irfuse.yield %0 : tensor<4x128xf64>
  }
  return
}

// -----
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: kernels do not handle elements of i64{{$}}
func.func @i64(%x: tensor<4x128xf32>) {
  %y = irfuse.fused (%a = %x : tensor<4x128xf32>) -> (tensor<4x128xi64>) {
    %0 = irfuse.cast %a : tensor<4x128xf32> -> tensor<4x128xi64>
    irfuse.yield %0 : tensor<4x128xi64>
  }
  return
}

// -----
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: runs of 64 and of 96 columns do not nest{{$}}
func.func @non_nesting(%x: tensor<4x192xf32>) {
  %y, %z = irfuse.fused (%a = %x : tensor<4x192xf32>) -> (tensor<4x192xf32>, tensor<4x3xf32>) {
    %0 = irfuse.rms_norm %a {eps = 1.0e-6 : f64, norm_group = 96 : i64} : tensor<4x192xf32> -> tensor<4x192xf32>
    %1 = irfuse.reshape %0 : tensor<4x192xf32> -> tensor<4x3x64xf32>
    %2 = irfuse.row_amax %1 : tensor<4x3x64xf32> -> tensor<4x3x1xf32>
    %3 = irfuse.reshape %2 : tensor<4x3x1xf32> -> tensor<4x3xf32>
    irfuse.yield %0, %3 : tensor<4x192xf32>, tensor<4x3xf32>
  }
  return
}

// -----
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: one value is used at two places of the row: {{.*}}
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

// -----
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: an address needs a size that has no name; name it with #irfuse.dims{{$}}
func.func @unnamed(%x: tensor<?x2xf32>, %z: tensor<?x256xf32>) {
  %y, %w = irfuse.fused (%a = %x : tensor<?x2xf32>, %c = %z : tensor<?x256xf32>) -> (tensor<?x256xf32>, tensor<?x2xf32, #irfuse.dims<strides = [1, "?"]>>) {
    %r = irfuse.reshape %c : tensor<?x256xf32> -> tensor<?x2x128xf32>
    %m = irfuse.row_sum %r : tensor<?x2x128xf32> -> tensor<?x2x1xf32>
    %n = irfuse.reshape %m : tensor<?x2x1xf32> -> tensor<?x2xf32>
    %p = irfuse.add %n, %a : tensor<?x2xf32>
    %o = irfuse.relayout %p : tensor<?x2xf32> -> tensor<?x2xf32, #irfuse.dims<strides = [1, "?"]>>
    irfuse.yield %c, %o : tensor<?x256xf32>, tensor<?x2xf32, #irfuse.dims<strides = [1, "?"]>>
  }
  return
}

// -----
// Digits that are none of ASCII in a name are letters.
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: the last axis has a**² columns, a number that is not known{{$}}
func.func @superscript(%x: tensor<4x?xf32, #irfuse.dims<"a**²">>) {
  %y = irfuse.fused (%a = %x : tensor<4x?xf32, #irfuse.dims<"a**²">>) -> (tensor<4x?xf32, #irfuse.dims<"a**²">>) {
    %0 = irfuse.neg %a : tensor<4x?xf32, #irfuse.dims<"a**²">>
    irfuse.yield %0 : tensor<4x?xf32, #irfuse.dims<"a**²">>
  }
  return
}
