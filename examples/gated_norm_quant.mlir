// Norm per head, silu gate, reshape, fp8 quantisation in groups of 128: the output projection of Qwen3-Next.
//   irfuse-opt --fuse-gated-norm-quant examples/gated_norm_quant.mlir
//   irfuse-opt --fuse-gated-norm-quant -t triton examples/gated_norm_quant.mlir
func.func @gated_norm_quant(%x: tensor<?x32x128xbf16, #irfuse.dims<"tokens">>,
                            %z: tensor<?x32x128xbf16, #irfuse.dims<"tokens">>,
                            %weight: tensor<128xbf16>)
    -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"tokens">>, tensor<?x32xf32, #irfuse.dims<"tokens">>) {
  %y = irfuse.rms_norm_gated %x, %z weight %weight : tensor<128xbf16> {eps = 1.0e-06 : f64}
      : tensor<?x32x128xbf16, #irfuse.dims<"tokens">>, tensor<?x32x128xbf16, #irfuse.dims<"tokens">>
      -> tensor<?x32x128xbf16, #irfuse.dims<"tokens">>
  %rows = irfuse.reshape %y
      : tensor<?x32x128xbf16, #irfuse.dims<"tokens">> -> tensor<?x4096xbf16, #irfuse.dims<"tokens">>
  %q, %scales = irfuse.group_quant %rows {group_size = 128 : i64, quant_max = 448.0 : f64, scale_floor = 4.35965401785714e-06 : f64}
      : tensor<?x4096xbf16, #irfuse.dims<"tokens">>
      -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"tokens">>, tensor<?x32xf32, #irfuse.dims<"tokens">>
  return %q, %scales : tensor<?x4096xf8E4M3FN, #irfuse.dims<"tokens">>, tensor<?x32xf32, #irfuse.dims<"tokens">>
}
