// The place of a mistake is that in the file, in any part of a file that is split.
// RUN: not irfuse-opt --split-input-file %s 2>&1 | filecheck %s

// CHECK: irfuse-opt: error: {{.*}}text_in_a_file.mlir:13:26: Expected ':'
func.func @right(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

func.func @wrong(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = irfuse.neg %x : tensor<4xf32>
  %1 = irfuse.add %0, %0 tensor<4xf32>
  return %1 : tensor<4xf32>
}
