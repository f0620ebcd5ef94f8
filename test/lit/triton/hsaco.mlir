// The AMD binary as text: lines of 64 hexadecimal digits of an ELF file for AMD GPUs that holds the kernel.
// RUN: sed 's/f8E4M3FN/f8E4M3FNUZ/' %s > %t.fnuz.mlir
// RUN: irfuse-opt --fuse-gated-norm-quant -t 'hsaco{arch=gfx942}' %t.fnuz.mlir > %t.hex
// RUN: filecheck %s --input-file %t.hex
// RUN: %{python} -c "import sys; b = bytes.fromhex(open(sys.argv[1]).read()); print(b[:4], 'machine', b[18], 'arch', hex(b[48]), 'kernel', b.count(b'rms_norm_gated_group_quant_') > 0)" %t.hex | filecheck %s --check-prefix=ELF

// CHECK: {{^}}7f454c4602{{[0-9a-f]+}}{{$}}
// CHECK-NEXT: {{^[0-9a-f]{64}$}}
// CHECK-NEXT: {{^[0-9a-f]{64}$}}
// CHECK-NOT: {{[^0-9a-f]}}

// ELF: b'\x7fELF' machine 224 arch 0x4c kernel True

!x = tensor<?x32x128xbf16, #irfuse.dims<"t">>
!w = tensor<?x4096xbf16, #irfuse.dims<"t">>
!q = tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x32xf32, #irfuse.dims<"t">>
func.func @chain(%x: !x, %z: !x, %w: tensor<128xbf16>) -> (!q, !s) {
  %y = irfuse.rms_norm_gated %x, %z weight %w : tensor<128xbf16> {eps = 1.0e-6 : f64} : !x, !x -> !x
  %r = irfuse.reshape %y : !x -> !w
  %q, %s = irfuse.group_quant %r {group_size = 128 : i64, quant_max = 240.0 : f64, scale_floor = 1.0e-10 : f64} : !w -> !q, !s
  return %q, %s : !q, !s
}
