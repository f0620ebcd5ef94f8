// A node that writes to an operand behind the chain must still come behind the fused op: the chain reads x as it was.
// RUN: irfuse-opt --fuse-gated-norm-quant %s | filecheck %s

!rows = tensor<?x128xbf16, #irfuse.dims<"t">>
!q = tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x1xf32, #irfuse.dims<"t">>

// CHECK-LABEL: func.func @write_behind(
func.func @write_behind(%x: !rows, %z: !rows) -> (!q, !s) {
  // CHECK: irfuse.{{fused|group_quant}}
  // CHECK: irfuse.opaque "aten.zero_.default" mutates (%x)
  // CHECK-NOT: irfuse.fused
  // CHECK: func.return
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : !rows, !rows -> !rows
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !rows -> !q, !s
  irfuse.opaque "aten.zero_.default" mutates (%x) : (!rows) -> ()
  return %q, %s : !q, !s
}
