// A tensor of one row, as a batch of one token is: the tile has more rows than that, and the kernel compiles.
// RUN: irfuse-opt --fuse-gated-norm-quant -t triton %s | filecheck %s --check-prefix=TRITON
// RUN: irfuse-opt --fuse-gated-norm-quant -t 'ptx{arch=sm_90}' %s | filecheck %s --check-prefix=PTX
// RUN: irfuse-opt --fuse-gated-norm-quant -t 'amdgcn{arch=gfx950}' %s | filecheck %s --check-prefix=AMD

// TRITON: x0 = tl.load(x0_ptr + c0).to(tl.float32){{$}}
// TRITON: tl.store(y0_ptr + c0, {{.*}})
// TRITON: tl.store(y1_ptr + 0 + row * 0, {{.*}}, mask=here)
// PTX: ld.global.v2.b32
// PTX: cvt.rn.satfinite.e4m3x2.f32
// AMD: buffer_load_dword
// AMD: v_cvt_scalef32_pk_fp8_f32

func.func @one_token(%x: tensor<1x128xbf16>, %z: tensor<1x128xbf16>) -> (tensor<1x128xf8E4M3FN>, tensor<1x1xf32>) {
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : tensor<1x128xbf16>, tensor<1x128xbf16> -> tensor<1x128xbf16>
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<1x128xbf16> -> tensor<1x128xf8E4M3FN>, tensor<1x1xf32>
  return %q, %s : tensor<1x128xf8E4M3FN>, tensor<1x1xf32>
}
