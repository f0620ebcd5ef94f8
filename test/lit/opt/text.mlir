// A mistake in the text: one line with the place as name:line:column, exit status 1, no traceback, and at once.
// RUN: %fails --each %s irfuse-opt | filecheck %s

// CHECK: irfuse-opt: error: stdin:6:{{[0-9]+}}: Operation irfuse.no_such_op is not registered
func.func @unknown_op(%x: tensor<4xf32>) {
  irfuse.no_such_op %x : tensor<4xf32>
  return
}

// -----
// CHECK-NEXT: irfuse-opt: error: stdin:3:26: Expected ':'
func.func @no_type(%x: tensor<4xf32>) {
  %0 = irfuse.add %x, %x %x : tensor<4xf32>
  return
}

// -----
// CHECK-NEXT: irfuse-opt: error: stdin:2:46: this string is not closed; end it with " on the same line{{$}}
func.func private @f() -> () attributes {a = "aaa}

// -----
// CHECK-NEXT: irfuse-opt: error: stdin:3:46: this string is not closed; end it with " on the same line{{$}}
// A backslash keeps the quote behind it in the string.
func.func private @f() -> () attributes {a = "aaa\"}

// -----
// CHECK-NEXT: irfuse-opt: error: stdin:{{[0-9]+}}:{{[0-9]+}}: values used but not defined: [%nowhere]
func.func @undefined(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = irfuse.add %x, %nowhere : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----
// CHECK-NEXT: irfuse-opt: error: stdin:3:{{[0-9]+}}: {{.*}}tensor<5xf32>{{.*}}tensor<4xf32>
func.func @type_of_a_use(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = irfuse.neg %x : tensor<5xf32>
  return %x : tensor<4xf32>
}

// -----
// CHECK-NEXT: irfuse-opt: error: stdin:3:{{[0-9]+}}: {{.*}}
func.func @results(%x: tensor<4xf32>) {
  %0, %1 = irfuse.neg %x : tensor<4xf32>
  return
}

// -----
// CHECK-NEXT: irfuse-opt: error: stdin:3:{{[0-9]+}}: {{.*}}
func.func @unclosed(%x: tensor<4xf32>) {
  %0 = irfuse.fused (%a = %x : tensor<4xf32> -> (tensor<4xf32>) {
}

// -----
// CHECK-NEXT: irfuse-opt: error: {{.*}}irfuse.clamp needs a min or a max{{$}}
func.func @verifier(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = irfuse.clamp %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----
// CHECK-NEXT: irfuse-opt: error: {{.*}}eps{{.*}}irfuse.rms_norm
func.func @missing_attribute(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = irfuse.rms_norm %x : tensor<4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----
// CHECK-NEXT: irfuse-opt: error: stdin:3:{{[0-9]+}}: {{.*}}%x is already defined
func.func @defined_twice(%x: tensor<4xf32>) -> tensor<4xf32> {
  %x = irfuse.neg %x : tensor<4xf32>
  return %x : tensor<4xf32>
}
