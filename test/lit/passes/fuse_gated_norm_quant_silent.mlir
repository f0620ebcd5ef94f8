// A quant that no pass fuses says why. Here a mean over a symbolic number of columns stands between gate and quant.
// RUN: irfuse-opt --fuse-gated-norm-quant --fuse-norm-quant --fuse-act-mul-quant %s | filecheck %s

// CHECK-LABEL: func.func @symbolic_mean(
func.func @symbolic_mean(%x: tensor<2x?xf32, #irfuse.dims<"n">>, %z: tensor<2x?xf32, #irfuse.dims<"n">>, %scale: tensor<f32>) -> tensor<2x1xf8E4M3FN> {
  // CHECK: irfuse.static_quant {{.*}}missed = "a reduction over n columns, a number that is not known"
  %g = irfuse.silu %z : tensor<2x?xf32, #irfuse.dims<"n">>
  %h = irfuse.mul %x, %g : tensor<2x?xf32, #irfuse.dims<"n">>
  %mean = irfuse.row_mean %h : tensor<2x?xf32, #irfuse.dims<"n">> -> tensor<2x1xf32>
  %q = irfuse.static_quant %mean, %scale {quant_max = 448.0 : f64} : tensor<2x1xf32>, tensor<f32> -> tensor<2x1xf8E4M3FN>
  return %q : tensor<2x1xf8E4M3FN>
}
