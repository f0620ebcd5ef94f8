// Passes by -p and by flags: -p first, then the flags in their order; the same passes in either spelling.
// RUN: irfuse-opt --raise-named --fuse-norm-quant %s > %t.flags.mlir
// RUN: filecheck %s --input-file %t.flags.mlir
// RUN: irfuse-opt -p raise-named,fuse-norm-quant %s > %t.pipeline.mlir
// RUN: diff %t.flags.mlir %t.pipeline.mlir
// RUN: irfuse-opt --fuse-norm-quant -p raise-named %s > %t.mixed.mlir
// RUN: diff %t.flags.mlir %t.mixed.mlir
// RUN: xdsl-opt -p raise-named,fuse-norm-quant %s > %t.xdsl.mlir
// RUN: diff %t.flags.mlir %t.xdsl.mlir
// RUN: irfuse-opt --fuse-norm-quant --raise-named %s | filecheck %s --check-prefix=OTHER
// RUN: irfuse-opt --raise-named --fuse-norm-quant < %s > %t.stdin.mlir
// RUN: diff %t.flags.mlir %t.stdin.mlir
// RUN: irfuse-opt --raise-named --fuse-norm-quant %s -o %t.out.mlir | filecheck %s --check-prefix=NOTHING --allow-empty
// RUN: diff %t.flags.mlir %t.out.mlir
// RUN: irfuse-opt -p raise-named,fuse-norm-quant --print-between-passes %s | filecheck %s --check-prefix=BETWEEN

// Named first, the chain is fused by its names; fused first, by its small ops, which are named in no body.
// CHECK: irfuse.fused "rms_norm_static_quant"
// OTHER: irfuse.fused "norm_quant"
// NOTHING-NOT: {{.}}
// BETWEEN: irfuse.static_quant
// BETWEEN: irfuse.fused

func.func @f(%x: tensor<4x128xf32>, %scale: tensor<1xf32>) -> tensor<4x128xf8E4M3FN> {
  %square = irfuse.mul %x, %x : tensor<4x128xf32>
  %mean = irfuse.row_mean %square : tensor<4x128xf32> -> tensor<4x1xf32>
  %plus = irfuse.add %mean scalar 1.0e-06 : tensor<4x1xf32>
  %root = irfuse.rsqrt %plus : tensor<4x1xf32>
  %roots = irfuse.broadcast %root : tensor<4x1xf32> -> tensor<4x128xf32>
  %y = irfuse.mul %x, %roots : tensor<4x128xf32>
  %scales = irfuse.broadcast %scale : tensor<1xf32> -> tensor<4x128xf32>
  %ratio = irfuse.div %y, %scales : tensor<4x128xf32>
  %held = irfuse.clamp %ratio min -448.0 max 448.0 : tensor<4x128xf32>
  %q = irfuse.cast %held : tensor<4x128xf32> -> tensor<4x128xf8E4M3FN>
  return %q : tensor<4x128xf8E4M3FN>
}
