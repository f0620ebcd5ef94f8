// The example of the README: stock xdsl-opt, which loads irfuse as a plugin, prints the same module before and after
// the pass, and the example is fused.
// RUN: irfuse-opt %S/../../../examples/gated_norm_quant.mlir > %t.irfuse.mlir
// RUN: xdsl-opt %S/../../../examples/gated_norm_quant.mlir > %t.xdsl.mlir
// RUN: diff %t.irfuse.mlir %t.xdsl.mlir
// RUN: irfuse-opt --fuse-gated-norm-quant %S/../../../examples/gated_norm_quant.mlir > %t.fused.mlir
// RUN: xdsl-opt -p fuse-gated-norm-quant %S/../../../examples/gated_norm_quant.mlir > %t.xdsl_fused.mlir
// RUN: diff %t.fused.mlir %t.xdsl_fused.mlir
// RUN: filecheck %s --input-file %t.fused.mlir
// RUN: xdsl-opt -p fuse-gated-norm-quant -t triton %S/../../../examples/gated_norm_quant.mlir | filecheck %s --check-prefix=TRITON

// CHECK: func.func @gated_norm_quant(
// CHECK-NEXT: %q, %scales = irfuse.fused "rms_norm_gated_group_quant" chains ["gated_norm_quant.group"]
// CHECK: func.return %q, %scales
// TRITON: def rms_norm_gated_group_quant_
