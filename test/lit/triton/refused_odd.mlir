// Fused ops that nobody should write, each of which passes the verifier or should not: an error of one line, no traceback.
// RUN: %fails --each %s irfuse-opt -t triton | filecheck %s

// No tensor.
// CHECK: irfuse-opt: error: {{.*}}i32
func.func @no_tensor(%x: i32) {
  %y = irfuse.fused (%a = %x : i32) -> (i32) {
    irfuse.yield %a : i32
  }
  return
}

// -----
// No result.
// CHECK-NEXT: irfuse-opt: error: {{.*}}result
func.func @no_result(%x: tensor<4x128xf32>) {
  irfuse.fused (%a = %x : tensor<4x128xf32>) -> () {
    irfuse.yield
  }
  return
}

// -----
// No element.
// CHECK-NEXT: irfuse-opt: error: {{.*}}0
func.func @no_element(%x: tensor<0x128xf32>) {
  %y = irfuse.fused (%a = %x : tensor<0x128xf32>) -> (tensor<0x128xf32>) {
    %0 = irfuse.neg %a : tensor<0x128xf32>
    irfuse.yield %0 : tensor<0x128xf32>
  }
  return
}

// -----
// A size that is named as a number.
// CHECK-NEXT: irfuse-opt: error: {{.+}}
func.func @size_of_zero(%x: tensor<?x128xf32, #irfuse.dims<"0">>) {
  %y = irfuse.fused (%a = %x : tensor<?x128xf32, #irfuse.dims<"0">>) -> (tensor<?x128xf32, #irfuse.dims<"0">>) {
    %0 = irfuse.neg %a : tensor<?x128xf32, #irfuse.dims<"0">>
    irfuse.yield %0 : tensor<?x128xf32, #irfuse.dims<"0">>
  }
  return
}

// -----
// Fewer strides than axes.
// CHECK-NEXT: irfuse-opt: error: {{.*}}strides
func.func @too_few_strides(%x: tensor<4x128xf32, #irfuse.dims<strides = [1]>>) {
  %y = irfuse.fused (%a = %x : tensor<4x128xf32, #irfuse.dims<strides = [1]>>) -> (tensor<4x128xf32>) {
    %0 = irfuse.relayout %a : tensor<4x128xf32, #irfuse.dims<strides = [1]>> -> tensor<4x128xf32>
    irfuse.yield %0 : tensor<4x128xf32>
  }
  return
}

// -----
// More strides than axes.
// CHECK-NEXT: irfuse-opt: error: {{.*}}strides
func.func @too_many_strides(%x: tensor<4x128xf32, #irfuse.dims<strides = [256, 1, 1]>>) {
  %y = irfuse.fused (%a = %x : tensor<4x128xf32, #irfuse.dims<strides = [256, 1, 1]>>) -> (tensor<4x128xf32>) {
    %0 = irfuse.relayout %a : tensor<4x128xf32, #irfuse.dims<strides = [256, 1, 1]>> -> tensor<4x128xf32>
    irfuse.yield %0 : tensor<4x128xf32>
  }
  return
}

// -----
// Unsigned integers of 16 bits are not int16: 40000 of the one is -25536 of the other.
// CHECK-NEXT: irfuse-opt: error: no kernel can be generated: kernels do not handle elements of ui64{{$}}
func.func @unsigned(%x: tensor<4x128xf32>) {
  %y = irfuse.fused (%a = %x : tensor<4x128xf32>) -> (tensor<4x128xui64>) {
    %0 = irfuse.cast %a : tensor<4x128xf32> -> tensor<4x128xui64>
    irfuse.yield %0 : tensor<4x128xui64>
  }
  return
}
