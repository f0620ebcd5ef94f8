// MLIR's own tool reads what --print-op-generic writes, and irfuse-opt reads what that tool writes of it, unchanged.
// REQUIRES: mlir-opt
// RUN: irfuse-opt --print-op-generic %s | %mlir-opt --allow-unregistered-dialect > %t.once.mlir
// RUN: filecheck %s --input-file %t.once.mlir
// RUN: irfuse-opt --print-op-generic %t.once.mlir | %mlir-opt --allow-unregistered-dialect > %t.twice.mlir
// RUN: diff %t.once.mlir %t.twice.mlir
// RUN: irfuse-opt --print-op-generic %S/../dialect/attrs.mlir | %mlir-opt --allow-unregistered-dialect > %t.attrs.mlir
// RUN: irfuse-opt --print-op-generic %t.attrs.mlir | %mlir-opt --allow-unregistered-dialect | diff %t.attrs.mlir -
// RUN: irfuse-opt --print-op-generic %S/../dialect/opaque.mlir | %mlir-opt --allow-unregistered-dialect > %t.opaque.mlir
// RUN: irfuse-opt --print-op-generic %t.opaque.mlir | %mlir-opt --allow-unregistered-dialect | diff %t.opaque.mlir -
// RUN: irfuse-opt --print-op-generic %S/../dialect/norm.mlir | %mlir-opt --allow-unregistered-dialect > %t.norm.mlir
// RUN: irfuse-opt --print-op-generic %t.norm.mlir | %mlir-opt --allow-unregistered-dialect | diff %t.norm.mlir -
// RUN: irfuse-opt --fuse-gated-norm-quant --print-op-generic %S/../../../examples/gated_norm_quant.mlir | %mlir-opt --allow-unregistered-dialect | irfuse-opt -t triton | filecheck %s --check-prefix=TRITON

// CHECK: "irfuse.fused"
// CHECK-SAME: chains = ["norm_quant.group"], kind = "a\22b"
// CHECK-NEXT: ^bb0({{%.*}}: tensor<?x128xbf16, #irfuse.dims<"t">>):
// CHECK: "irfuse.rms_norm"{{.*}}weight_round = #irfuse<weight_round none>
// TRITON: def rms_norm_gated_group_quant_

!x = tensor<?x128xbf16, #irfuse.dims<"t">>
!q = tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x1xf32, #irfuse.dims<"t">>
func.func @f(%x: !x) -> (!q, !s) {
  %q, %s = irfuse.fused "a\22b" chains ["norm_quant.group"] (%a = %x : !x) -> (!q, !s) {
    %n = irfuse.rms_norm %a {eps = 1.0e-6 : f64} : !x -> !x
    %r, %t = irfuse.group_quant %n {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
    irfuse.yield %r, %t : !q, !s
  }
  return %q, %s : !q, !s
}
