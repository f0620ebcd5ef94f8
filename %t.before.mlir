builtin.module {
  func.func @activations(%d: tensor<4x8xf64>, %i: tensor<4x8xi32>, %h: tensor<4x8xbf16>) -> (tensor<4x8xf64>, tensor<4x8xi32>, tensor<4x8xi32>, tensor<4x8xf32>) {
    %0 = irfuse.opaque "aten.gelu.default" (%d) call <x0> : (tensor<4x8xf64>) -> tensor<4x8xf64>
    %1 = irfuse.opaque "aten.relu.default" (%i) call <x0> : (tensor<4x8xi32>) -> tensor<4x8xi32>
    %2 = irfuse.opaque "aten.sign.default" (%i) call <x0> : (tensor<4x8xi32>) -> tensor<4x8xi32>
    %3 = irfuse.opaque "aten.tanh.default" (%h) call <x0> : (tensor<4x8xbf16>) -> tensor<4x8xf32>
    func.return %0, %1, %2, %3 : tensor<4x8xf64>, tensor<4x8xi32>, tensor<4x8xi32>, tensor<4x8xf32>
  }
  func.func @bits(%l: tensor<4x8xi64>, %i: tensor<4x8xi32>) -> (tensor<4x8xi64>, tensor<4x8xi64>, tensor<4x8xi32>, tensor<4x8xi32>) {
    %0 = irfuse.opaque "aten.bitwise_and.Scalar" (%l) call <x0, 15> : (tensor<4x8xi64>) -> tensor<4x8xi64>
    %1 = irfuse.opaque "aten.bitwise_or.Tensor" (%i, %l) call <x0, x1> : (tensor<4x8xi32>, tensor<4x8xi64>) -> tensor<4x8xi64>
    %2 = irfuse.opaque "aten.bitwise_left_shift.Tensor_Scalar" (%i) call <x0, 0.5> : (tensor<4x8xi32>) -> tensor<4x8xi32>
    %3 = irfuse.opaque "aten.div.Tensor_mode" (%i, %i) call <x0, x1, rounding_mode = "floor"> : (tensor<4x8xi32>, tensor<4x8xi32>) -> tensor<4x8xi32>
    func.return %0, %1, %2, %3 : tensor<4x8xi64>, tensor<4x8xi64>, tensor<4x8xi32>, tensor<4x8xi32>
  }
  func.func @truth_values(%u: tensor<4x8xui8>, %f: tensor<4x8xf32>, %i: tensor<4x8xi32>) -> (tensor<4x8xi1>, tensor<4x8xi1>, tensor<4x8xi32>) {
    %0 = irfuse.opaque "aten.logical_and.default" (%u, %u) call <x0, x1> : (tensor<4x8xui8>, tensor<4x8xui8>) -> tensor<4x8xi1>
    %1 = irfuse.opaque "aten.logical_not.default" (%f) call <x0> : (tensor<4x8xf32>) -> tensor<4x8xi1>
    %2 = irfuse.opaque "aten.bitwise_not.default" (%i) call <x0> : (tensor<4x8xi32>) -> tensor<4x8xi32>
    func.return %0, %1, %2 : tensor<4x8xi1>, tensor<4x8xi1>, tensor<4x8xi32>
  }
  func.func @comparisons(%h: tensor<4x8xbf16>, %f: tensor<4x8xf32>, %i: tensor<4x8xi32>, %d: tensor<4x8xf64>) -> (tensor<4x8xi1>, tensor<4x8xi1>, tensor<4x8xi1>, tensor<4x8xi1>, tensor<4x8xi1>) {
    %0 = irfuse.opaque "aten.gt.Scalar" (%h) call <x0, 0.1> : (tensor<4x8xbf16>) -> tensor<4x8xi1>
    %1 = irfuse.opaque "aten.lt.Tensor" (%f, %d) call <x0, x1> : (tensor<4x8xf32>, tensor<4x8xf64>) -> tensor<4x8xi1>
    %2 = irfuse.opaque "aten.ge.Scalar" (%i) call <x0, 0.5> : (tensor<4x8xi32>) -> tensor<4x8xi1>
    %3 = irfuse.opaque "aten.isnan.default" (%d) call <x0> : (tensor<4x8xf64>) -> tensor<4x8xi1>
    %4 = irfuse.opaque "aten.isinf.default" (%i) call <x0> : (tensor<4x8xi32>) -> tensor<4x8xi1>
    func.return %0, %1, %2, %3, %4 : tensor<4x8xi1>, tensor<4x8xi1>, tensor<4x8xi1>, tensor<4x8xi1>, tensor<4x8xi1>
  }
  func.func @where(%u: tensor<4x8xui8>, %t: tensor<4x8xi1>, %f: tensor<4x8xf32>, %l: tensor<4x8xi64>) -> (tensor<4x8xf32>, tensor<4x8xi64>) {
    %0 = irfuse.opaque "aten.where.self" (%u, %f, %f) call <x0, x1, x2> : (tensor<4x8xui8>, tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
    %1 = irfuse.opaque "aten.where.self" (%t, %u, %l) call <x0, x1, x2> : (tensor<4x8xi1>, tensor<4x8xui8>, tensor<4x8xi64>) -> tensor<4x8xi64>
    func.return %0, %1 : tensor<4x8xf32>, tensor<4x8xi64>
  }
  func.func @views(%f: tensor<4x8xf32>, %h: tensor<4x8xbf16>) -> (tensor<4x32xui8>, tensor<4x4xf32>) {
    %0 = irfuse.opaque "aten.view.dtype" (%f) call <x0, "uint8"> : (tensor<4x8xf32>) -> tensor<4x32xui8>
    %1 = irfuse.opaque "aten.view.dtype" (%h) call <x0, "float32"> : (tensor<4x8xbf16>) -> tensor<4x4xf32>
    func.return %0, %1 : tensor<4x32xui8>, tensor<4x4xf32>
  }
  func.func @pads(%f: tensor<4x8xf32>, %i: tensor<4x8xi32>) -> (tensor<4x9xf32>, tensor<4x9xf32>, tensor<5x9xf32>, tensor<4x9xi32>, tensor<4x7xf32>) {
    %0 = irfuse.opaque "aten.constant_pad_nd.default" (%f) call <x0, [1, 0], 0.0> : (tensor<4x8xf32>) -> tensor<4x9xf32>
    %1 = irfuse.opaque "aten.constant_pad_nd.default" (%f) call <x0, [0, 1], 1.0> : (tensor<4x8xf32>) -> tensor<4x9xf32>
    %2 = irfuse.opaque "aten.constant_pad_nd.default" (%f) call <x0, [0, 1, 0, 1], 0.0> : (tensor<4x8xf32>) -> tensor<5x9xf32>
    %3 = irfuse.opaque "aten.constant_pad_nd.default" (%i) call <x0, [0, 1], 0> : (tensor<4x8xi32>) -> tensor<4x9xi32>
    %4 = irfuse.opaque "aten.constant_pad_nd.default" (%f) call <x0, [0, -1], 0.0> : (tensor<4x8xf32>) -> tensor<4x7xf32>
    func.return %0, %1, %2, %3, %4 : tensor<4x9xf32>, tensor<4x9xf32>, tensor<5x9xf32>, tensor<4x9xi32>, tensor<4x7xf32>
  }
  func.func @slice_scatter(%f: tensor<4x8xf32>, %o: tensor<4x16xf32>) -> (tensor<4x16xf32>, tensor<4x16xf32>) {
    %zeros = irfuse.full 0.000000e+00 : tensor<4x16xf32>
    %0 = irfuse.opaque "aten.slice_scatter.default" (%zeros, %f) call <x0, x1, 1, 4, 12> : (tensor<4x16xf32>, tensor<4x8xf32>) -> tensor<4x16xf32>
    %1 = irfuse.opaque "aten.slice_scatter.default" (%o, %f) call <x0, x1, 1, 0, 8> : (tensor<4x16xf32>, tensor<4x8xf32>) -> tensor<4x16xf32>
    func.return %0, %1 : tensor<4x16xf32>, tensor<4x16xf32>
  }
  func.func @slices(%f: tensor<4x8xf32>) -> (tensor<4x3xf32>, tensor<4x2xf32>, tensor<4x6xf32>) {
    %0 = irfuse.opaque "aten.slice.Tensor" (%f) call <x0, 1, 2, 9223372036854775807, 2> : (tensor<4x8xf32>) -> tensor<4x3xf32>
    %1 = irfuse.opaque "aten.slice.Tensor" (%f) call <x0, 1, 0, 4, 2> : (tensor<4x8xf32>) -> tensor<4x2xf32>
    %2 = irfuse.opaque "aten.slice.Tensor" (%f) call <x0, 1, 2> : (tensor<4x8xf32>) -> tensor<4x6xf32>
    func.return %0, %1, %2 : tensor<4x3xf32>, tensor<4x2xf32>, tensor<4x6xf32>
  }
  func.func @layer_norms(%f: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x1xf32>) {
    %0 = irfuse.opaque "aten.layer_norm.default" (%f) call <x0, [4, 8]> : (tensor<4x8xf32>) -> tensor<4x8xf32>
    %1, %mean, %rstd = irfuse.opaque "aten.native_layer_norm.default" (%f) call <x0, [8], none, none, 1.0e-05> : (tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x1xf32>, tensor<4x1xf32>)
    func.return %0, %1, %mean : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x1xf32>
  }
  func.func @reductions(%f: tensor<4x8xf32>) -> (tensor<4x1xf32>, tensor<4x1xf32>, tensor<1x8xf32>) {
    %0 = irfuse.opaque "aten.var.correction" (%f) call <x0, [1], correction = 1, keepdim = true> : (tensor<4x8xf32>) -> tensor<4x1xf32>
    %1 = irfuse.opaque "aten.linalg_vector_norm.default" (%f) call <x0, 2, [1], true> : (tensor<4x8xf32>) -> tensor<4x1xf32>
    %2, %3 = irfuse.opaque "aten.aminmax.default" (%f) call <x0, dim = 0, keepdim = true> : (tensor<4x8xf32>) -> (tensor<1x8xf32>, tensor<1x8xf32>)
    func.return %0, %1, %2 : tensor<4x1xf32>, tensor<4x1xf32>, tensor<1x8xf32>
  }
  func.func @constants(%n: !irfuse.symint<"s0">) -> (tensor<4x8xf64>, tensor<4x8xi64>, tensor<4xf32>) {
    %0 = irfuse.opaque "aten.zeros.default" () call <[4, 8]> : () -> tensor<4x8xf64>
    %1 = irfuse.opaque "aten.full.default" () call <[4, 8], 1> : () -> tensor<4x8xi64>
    %2 = irfuse.opaque "aten.full.default" (%n) call <[4], x0> : (!irfuse.symint<"s0">) -> tensor<4xf32>
    func.return %0, %1, %2 : tensor<4x8xf64>, tensor<4x8xi64>, tensor<4xf32>
  }
  func.func @in_place(%f: tensor<4x8xf32>) -> tensor<4x8xf32> {
    %0 = irfuse.opaque "aten.mul_.Tensor" mutates (%f) call <x0, 2.0> : (tensor<4x8xf32>) -> tensor<4x8xf32>
    %1 = irfuse.neg %f : tensor<4x8xf32>
    %2 = irfuse.opaque "aten.neg_.default" mutates (%1) call <x0> : (tensor<4x8xf32>) -> tensor<4x8xf32>
    %3 = irfuse.add %1, %2 : tensor<4x8xf32>
    func.return %3 : tensor<4x8xf32>
  }
}

