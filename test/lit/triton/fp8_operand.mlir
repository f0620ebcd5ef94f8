// An operand in fp8, with scales in a byte: it is loaded under a mask, and the kernel compiles.
// RUN: irfuse-opt -t 'ptx{arch=sm_90}' %s | filecheck %s --check-prefix=PTX
// RUN: irfuse-opt -t 'amdgcn{arch=gfx950}' %s | filecheck %s --check-prefix=AMD

// PTX: .visible .entry
// AMD: .amdgcn_target "{{.*}}-gfx950"

!x = tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>
!f = tensor<?x128xf32, #irfuse.dims<"t">>
!e = tensor<?x1xf8E8M0FNU, #irfuse.dims<"t">>
!s = tensor<?x1xf32, #irfuse.dims<"t">>
func.func @dequantised(%x: !x, %e: !e) {
  %q = irfuse.fused (%a = %x : !x, %b = %e : !e) -> (!f) {
    %w = irfuse.cast %a : !x -> !f
    %s = irfuse.cast %b : !e -> !s
    %r = irfuse.broadcast %s : !s -> !f
    %d = irfuse.mul %w, %r : !f
    irfuse.yield %d : !f
  }
  return
}
