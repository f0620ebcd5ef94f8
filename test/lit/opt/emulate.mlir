// Fused ops executed as AMD machine code on an emulator, of gfx942 where nothing is said, beside the reference.
// RUN: irfuse-opt %s --fuse-norm-quant -t 'emulate{arch=gfx950 seed=3}' | filecheck %s --check-prefixes=ALL,GFX950
// RUN: irfuse-opt %s --fuse-norm-quant -t emulate | filecheck %s --check-prefixes=ALL,GFX942
// RUN: %fails irfuse-opt %s -t emulate | filecheck %s --check-prefix=UNFUSED
// RUN: %fails irfuse-opt %s --fuse-norm-quant -t 'emulate{arch=gfx906}' | filecheck %s --check-prefix=UNKNOWN
// RUN: %fails irfuse-opt %s --fuse-norm-quant -t 'emulate{arch=sm_90}' | filecheck %s --check-prefix=NVIDIA

// GFX942: rms_norm_group_quant_{{[0-9a-f]+}} executed on an emulator of gfx942, seed 0: {{[0-9]+}} waves, {{[0-9.]+}} instructions each
// GFX950: rms_norm_group_quant_{{[0-9a-f]+}} executed on an emulator of gfx950, seed 3: {{[0-9]+}} waves, {{[0-9.]+}} instructions each
// ALL-NEXT:   result 0, float8_e4m3fn (5, 256): 0 of 1280 entries differ from the reference
// ALL-NEXT:   result 1, float32 (5, 2): 0 of 10 entries differ from the reference
// UNFUSED: there is no irfuse.fused op to generate a kernel from; run --fuse-gated-norm-quant first{{$}}
// UNKNOWN: the emulator does not have gfx906; it has {{.*}}gfx942, gfx950
// NVIDIA: the emulator does not have sm_90; it has

func.func @f(%x: tensor<?x256xbf16, #irfuse.dims<"s0">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x2xf32, #irfuse.dims<"s0">>) {
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : tensor<?x256xbf16, #irfuse.dims<"s0">> -> tensor<?x256xbf16, #irfuse.dims<"s0">>
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<?x256xbf16, #irfuse.dims<"s0">> -> tensor<?x256xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x2xf32, #irfuse.dims<"s0">>
  return %q, %s : tensor<?x256xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x2xf32, #irfuse.dims<"s0">>
}
