// A target that cannot be met: one line that says why and what would do, exit status 1.
// RUN: %fails irfuse-opt %s -t triton | filecheck %s --check-prefix=UNFUSED
// RUN: %fails irfuse-opt %s -t ptx | filecheck %s --check-prefix=UNFUSED
// RUN: %fails irfuse-opt %s --fuse-norm-quant -t 'ptx{arch=gfx942}' | filecheck %s --check-prefix=PTX
// RUN: %fails irfuse-opt %s --fuse-norm-quant -t 'amdgcn{arch=sm_90}' | filecheck %s --check-prefix=AMDGCN
// RUN: %fails irfuse-opt %s --fuse-norm-quant -t 'hsaco{arch=sm_100}' | filecheck %s --check-prefix=HSACO
// RUN: %fails irfuse-opt %s --fuse-norm-quant -t 'ptx{arch=h100}' | filecheck %s --check-prefix=UNKNOWN
// RUN: %fails irfuse-opt %s --fuse-norm-quant -t 'amdgcn{arch="gfx942; echo"}' | filecheck %s --check-prefix=STRANGE
// RUN: %fails irfuse-opt %s --fuse-norm-quant -t 'amdgcn{arch=gfx000}' | filecheck %s --check-prefix=GFX
// RUN: %fails irfuse-opt %s --fuse-norm-quant -t 'ptx{arch=sm_80}' | filecheck %s --check-prefix=OLD
// RUN: %fails irfuse-opt %s --fuse-norm-quant -t 'ptx{chip=sm_90}' | filecheck %s --check-prefix=OPTION
// RUN: %fails irfuse-opt %s --fuse-norm-quant -t 'triton{arch=sm_90}' | filecheck %s --check-prefix=NOOPTION

// UNFUSED: there is no irfuse.fused op to generate a kernel from; run --fuse-gated-norm-quant first{{$}}
// PTX: target ptx does not compile for gfx942; give one like arch=sm_90{{$}}
// AMDGCN: target amdgcn does not compile for sm_90; give one like arch=gfx942{{$}}
// HSACO: target hsaco does not compile for sm_100; give one like arch=gfx942{{$}}
// UNKNOWN: unknown arch h100; give one like arch=sm_90 or arch=gfx942{{$}}
// STRANGE: unknown arch gfx942; echo; give one like arch=sm_90 or arch=gfx942{{$}}
// GFX: {{.*gfx000.*}}
// OLD: Triton cannot compile rms_norm_static_quant_{{[0-9a-f]+}} for sm_80: {{.*}}fp8e4nv not supported in this architecture
// OPTION: chip
// NOOPTION: arch

func.func @f(%x: tensor<4x128xbf16>, %scale: tensor<f32>) -> tensor<4x128xf8E4M3FN> {
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : tensor<4x128xbf16> -> tensor<4x128xbf16>
  %q = irfuse.static_quant %y, %scale {quant_max = 448.0 : f64} : tensor<4x128xbf16>, tensor<f32> -> tensor<4x128xf8E4M3FN>
  return %q : tensor<4x128xf8E4M3FN>
}
