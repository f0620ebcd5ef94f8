// Fused ops without a kernel: one line with the reason, for every target.
// RUN: %fails --each %s irfuse-opt -t triton | filecheck %s

// Rows of the result are made of heads of several tokens, and do not end where all tokens of a head do.
// CHECK: irfuse-opt: error: no kernel can be generated: runs of 256 and of 320 columns do not nest{{$}}
func.func @permute(%x: tensor<5x4x64xf32>) {
  %y = irfuse.fused (%a = %x : tensor<5x4x64xf32>) -> (tensor<5x256xf32>) {
    %0 = irfuse.permute %a [1, 0, 2] : tensor<5x4x64xf32> -> tensor<4x5x64xf32>
    %1 = irfuse.reshape %0 : tensor<4x5x64xf32> -> tensor<5x256xf32>
    %2 = irfuse.rms_norm %1 {eps = 1.0e-6 : f64} : tensor<5x256xf32> -> tensor<5x256xf32>
    irfuse.yield %2 : tensor<5x256xf32>
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
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: kernels do not handle elements of ui64{{$}}
func.func @ui64(%x: tensor<4x128xf32>) {
  %y = irfuse.fused (%a = %x : tensor<4x128xf32>) -> (tensor<4x128xui64>) {
    %0 = irfuse.cast %a : tensor<4x128xf32> -> tensor<4x128xui64>
    irfuse.yield %0 : tensor<4x128xui64>
  }
  return
}

// -----
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: runs of 112 and of 128 columns do not nest{{$}}
func.func @non_nesting(%x: tensor<4x896xf32>) {
  %y, %z = irfuse.fused (%a = %x : tensor<4x896xf32>) -> (tensor<4x896xf32>, tensor<4x7xf32>) {
    %0 = irfuse.rms_norm %a {eps = 1.0e-6 : f64, norm_group = 112 : i64} : tensor<4x896xf32> -> tensor<4x896xf32>
    %1 = irfuse.reshape %0 : tensor<4x896xf32> -> tensor<4x7x128xf32>
    %2 = irfuse.row_amax %1 : tensor<4x7x128xf32> -> tensor<4x7x1xf32>
    %3 = irfuse.reshape %2 : tensor<4x7x1xf32> -> tensor<4x7xf32>
    irfuse.yield %0, %3 : tensor<4x896xf32>, tensor<4x7xf32>
  }
  return
}

// -----
// Each sum is needed at twice as many places as the one after it.
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: one value is used at too many places of the row{{$}}
func.func @too_many_places(%x: tensor<2x2x2x2x2x2x2xf32>) {
  %y = irfuse.fused (%a = %x : tensor<2x2x2x2x2x2x2xf32>) -> (tensor<2x2x2x2x2x2x2xf32>) {
    %f0 = irfuse.slice %a {axis = 0 : i64, start = 1 : i64, step = -1 : i64} : tensor<2x2x2x2x2x2x2xf32> -> tensor<2x2x2x2x2x2x2xf32>
    %s0 = irfuse.add %a, %f0 : tensor<2x2x2x2x2x2x2xf32>
    %f1 = irfuse.slice %s0 {axis = 1 : i64, start = 1 : i64, step = -1 : i64} : tensor<2x2x2x2x2x2x2xf32> -> tensor<2x2x2x2x2x2x2xf32>
    %s1 = irfuse.add %s0, %f1 : tensor<2x2x2x2x2x2x2xf32>
    %f2 = irfuse.slice %s1 {axis = 2 : i64, start = 1 : i64, step = -1 : i64} : tensor<2x2x2x2x2x2x2xf32> -> tensor<2x2x2x2x2x2x2xf32>
    %s2 = irfuse.add %s1, %f2 : tensor<2x2x2x2x2x2x2xf32>
    %f3 = irfuse.slice %s2 {axis = 3 : i64, start = 1 : i64, step = -1 : i64} : tensor<2x2x2x2x2x2x2xf32> -> tensor<2x2x2x2x2x2x2xf32>
    %s3 = irfuse.add %s2, %f3 : tensor<2x2x2x2x2x2x2xf32>
    %f4 = irfuse.slice %s3 {axis = 4 : i64, start = 1 : i64, step = -1 : i64} : tensor<2x2x2x2x2x2x2xf32> -> tensor<2x2x2x2x2x2x2xf32>
    %s4 = irfuse.add %s3, %f4 : tensor<2x2x2x2x2x2x2xf32>
    %f5 = irfuse.slice %s4 {axis = 5 : i64, start = 1 : i64, step = -1 : i64} : tensor<2x2x2x2x2x2x2xf32> -> tensor<2x2x2x2x2x2x2xf32>
    %s5 = irfuse.add %s4, %f5 : tensor<2x2x2x2x2x2x2xf32>
    %f6 = irfuse.slice %s5 {axis = 6 : i64, start = 1 : i64, step = -1 : i64} : tensor<2x2x2x2x2x2x2xf32> -> tensor<2x2x2x2x2x2x2xf32>
    %s6 = irfuse.add %s5, %f6 : tensor<2x2x2x2x2x2x2xf32>
    irfuse.yield %s6 : tensor<2x2x2x2x2x2x2xf32>
  }
  return
}

// -----
// A sum of each row that is spread along the columns: no program has the sums of all rows.
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: the result of a reduction over 32 columns is spread along another axis; is a keepdim missing?{{$}}
func.func @spread(%x: tensor<32x32xf32>) {
  %y = irfuse.fused (%a = %x : tensor<32x32xf32>) -> (tensor<32x32xf32>) {
    %0 = irfuse.row_sum %a : tensor<32x32xf32> -> tensor<32x1xf32>
    %1 = irfuse.reshape %0 : tensor<32x1xf32> -> tensor<32xf32>
    %2 = irfuse.broadcast %1 : tensor<32xf32> -> tensor<32x32xf32>
    %3 = irfuse.mul %a, %2 : tensor<32x32xf32>
    irfuse.yield %3 : tensor<32x32xf32>
  }
  return
}

// -----
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: a piece of n columns, a number that is not known{{$}}
func.func @symbolic_piece(%x: tensor<4x?xf32, #irfuse.dims<"n">>, %z: tensor<4x32xf32>) {
  %y = irfuse.fused (%a = %x : tensor<4x?xf32, #irfuse.dims<"n">>, %b = %z : tensor<4x32xf32>) -> (tensor<4x?xf32, #irfuse.dims<"n + 32">>) {
    %0 = irfuse.concat %a, %b {axis = 1 : i64} : tensor<4x?xf32, #irfuse.dims<"n">>, tensor<4x32xf32> -> tensor<4x?xf32, #irfuse.dims<"n + 32">>
    irfuse.yield %0 : tensor<4x?xf32, #irfuse.dims<"n + 32">>
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

// -----
// Two reductions of long rows into a number for each: both rows would be axes of one tile.
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: rows of 4096 and of 4096 columns are reduced, none in another{{$}}
func.func @two_long_rows(%x: tensor<8x4096xf32>, %y: tensor<8x4096xf32>) -> tensor<8x1xf32> {
  %z = irfuse.fused (%a = %x : tensor<8x4096xf32>, %b = %y : tensor<8x4096xf32>) -> (tensor<8x1xf32>) {
    %s = irfuse.row_sum %a : tensor<8x4096xf32> -> tensor<8x1xf32>
    %t = irfuse.row_sum %b : tensor<8x4096xf32> -> tensor<8x1xf32>
    %u = irfuse.add %s, %t : tensor<8x1xf32>
    irfuse.yield %u : tensor<8x1xf32>
  }
  return %z : tensor<8x1xf32>
}

// -----
// A kernel that writes each row where the next one is read.
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: the tensor that it is written to is read too, and a row may read what another row has written{{$}}
func.func @next_row(%c: tensor<8x128xf32>) -> tensor<8x128xf32> {
  %z = irfuse.fused (%a = %c : tensor<8x128xf32>) -> (tensor<8x128xf32>) {
    %s = irfuse.slice %a {axis = 0 : i64, start = 0 : i64, step = 1 : i64} : tensor<8x128xf32> -> tensor<7x128xf32>
    %n = irfuse.neg %s : tensor<7x128xf32>
    %r = irfuse.insert %n into %a {axis = 0 : i64, start = 1 : i64, step = 1 : i64} : tensor<7x128xf32>, tensor<8x128xf32> -> tensor<8x128xf32>
    irfuse.yield %r : tensor<8x128xf32>
  }
  return %z : tensor<8x128xf32>
}

// -----
// A part reads what another computes.
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: a part computes what another reads{{$}}
func.func @reads_another(%x: tensor<8x128xf32>) -> tensor<8x128xf32> {
  %z = irfuse.fused (%a = %x : tensor<8x128xf32>) -> (tensor<8x128xf32>) {
    %b = irfuse.fused (%c = %a : tensor<8x128xf32>) -> (tensor<8x128xf32>) {
      %n = irfuse.neg %c : tensor<8x128xf32>
      irfuse.yield %n : tensor<8x128xf32>
    }
    %d = irfuse.fused (%e = %b : tensor<8x128xf32>) -> (tensor<8x128xf32>) {
      %n = irfuse.abs %e : tensor<8x128xf32>
      irfuse.yield %n : tensor<8x128xf32>
    }
    irfuse.yield %d : tensor<8x128xf32>
  }
  return %z : tensor<8x128xf32>
}

// -----
// A part reads what another has written to a tensor, and writes nothing there.
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: what a part has written to is not written to by one other alone{{$}}
func.func @reads_the_written(%c: tensor<8x128xf32>) -> tensor<4x128xf32> {
  %z = irfuse.fused (%a = %c : tensor<8x128xf32>) -> (tensor<4x128xf32>) {
    %b = irfuse.fused (%e = %a : tensor<8x128xf32>) -> (tensor<8x128xf32>) {
      %s = irfuse.slice %e {axis = 0 : i64, start = 0 : i64, step = 1 : i64} : tensor<8x128xf32> -> tensor<4x128xf32>
      %n = irfuse.neg %s : tensor<4x128xf32>
      %r = irfuse.insert %n into %e {axis = 0 : i64, start = 0 : i64, step = 1 : i64} : tensor<4x128xf32>, tensor<8x128xf32> -> tensor<8x128xf32>
      irfuse.yield %r : tensor<8x128xf32>
    }
    %d = irfuse.fused (%e = %b : tensor<8x128xf32>) -> (tensor<4x128xf32>) {
      %s = irfuse.slice %e {axis = 0 : i64, start = 4 : i64, step = 1 : i64} : tensor<8x128xf32> -> tensor<4x128xf32>
      %n = irfuse.abs %s : tensor<4x128xf32>
      irfuse.yield %n : tensor<4x128xf32>
    }
    irfuse.yield %d : tensor<4x128xf32>
  }
  return %z : tensor<4x128xf32>
}

// -----
// Each part writes what it alone reads, but for a row that both do.
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: a part may read or write what another writes{{$}}
func.func @one_row_in_common(%c: tensor<8x128xf32>) -> tensor<8x128xf32> {
  %z = irfuse.fused (%a = %c : tensor<8x128xf32>) -> (tensor<8x128xf32>) {
    %b = irfuse.fused (%e = %a : tensor<8x128xf32>) -> (tensor<8x128xf32>) {
      %s = irfuse.slice %e {axis = 0 : i64, start = 0 : i64, step = 1 : i64} : tensor<8x128xf32> -> tensor<5x128xf32>
      %n = irfuse.neg %s : tensor<5x128xf32>
      %r = irfuse.insert %n into %e {axis = 0 : i64, start = 0 : i64, step = 1 : i64} : tensor<5x128xf32>, tensor<8x128xf32> -> tensor<8x128xf32>
      irfuse.yield %r : tensor<8x128xf32>
    }
    %d = irfuse.fused (%e = %b : tensor<8x128xf32>) -> (tensor<8x128xf32>) {
      %s = irfuse.slice %e {axis = 0 : i64, start = 4 : i64, step = 1 : i64} : tensor<8x128xf32> -> tensor<4x128xf32>
      %n = irfuse.abs %s : tensor<4x128xf32>
      %r = irfuse.insert %n into %e {axis = 0 : i64, start = 4 : i64, step = 1 : i64} : tensor<4x128xf32>, tensor<8x128xf32> -> tensor<8x128xf32>
      irfuse.yield %r : tensor<8x128xf32>
    }
    irfuse.yield %d : tensor<8x128xf32>
  }
  return %z : tensor<8x128xf32>
}

// -----
// What a chain has written to is a tensor that it stores into, and has no entries to compute with.
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: a tensor is read that the chain itself has written to{{$}}
func.func @read_behind_its_own_write(%c: tensor<1x4x16xf32>, %x: tensor<1x1x16xf32>) {
  %z:2 = irfuse.fused (%a = %c : tensor<1x4x16xf32>, %b = %x : tensor<1x1x16xf32>) -> (tensor<1x4x16xf32>, tensor<1x1x16xf32>) {
    %n = irfuse.neg %b : tensor<1x1x16xf32>
    %r = irfuse.insert %n into %a {axis = 1 : i64, start = 1 : i64, step = 1 : i64} : tensor<1x1x16xf32>, tensor<1x4x16xf32> -> tensor<1x4x16xf32>
    %s = irfuse.slice %r {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : tensor<1x4x16xf32> -> tensor<1x1x16xf32>
    %d = irfuse.abs %s : tensor<1x1x16xf32>
    irfuse.yield %r, %d : tensor<1x4x16xf32>, tensor<1x1x16xf32>
  }
  return
}
