// Two sizes without names may differ, so a reshape between them may not be dropped or merged with another:
// a tensor of 2x8 may become one of 4x4 here.
// RUN: irfuse-opt --fold-reshapes --irfuse-cse %s | filecheck %s

// CHECK-LABEL: func.func @there_and_back(
func.func @there_and_back(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  // CHECK: [[Y:%.*]] = irfuse.reshape {{%.*}} : tensor<{{.*}}xf32> -> tensor<?x?xf32>
  // CHECK-NEXT: func.return [[Y]] :
  %0 = irfuse.reshape %x : tensor<?x?xf32> -> tensor<?xf32>
  %1 = irfuse.reshape %0 : tensor<?xf32> -> tensor<?x?xf32>
  return %1 : tensor<?x?xf32>
}

// CHECK-LABEL: func.func @twice(
func.func @twice(%x: tensor<?xf32>) -> (tensor<?x?xf32>, tensor<?x?xf32>) {
  // CHECK-COUNT-2: irfuse.reshape %x
  %0 = irfuse.reshape %x : tensor<?xf32> -> tensor<?x?xf32>
  %1 = irfuse.reshape %x : tensor<?xf32> -> tensor<?x?xf32>
  return %0, %1 : tensor<?x?xf32>, tensor<?x?xf32>
}
