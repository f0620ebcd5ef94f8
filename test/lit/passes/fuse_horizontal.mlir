// Chains that read parts of one tensor become parts of one kernel, each on rows of its own.
// RUN: irfuse-opt --fuse-norm-quant --fuse-tail --fuse-horizontal %s | filecheck %s
// RUN: irfuse-opt --fuse-norm-quant --fuse-tail --fuse-horizontal -t triton %s | filecheck %s --check-prefix=TEXT
// RUN: irfuse-opt --fuse-norm-quant --fuse-tail --fuse-horizontal %s | irfuse-opt | filecheck %s

// The latents of MLA: 96 columns and 32 of one projection.
// CHECK-LABEL: func.func @latents(
// CHECK-NEXT: [[Q:%.*]], [[S:%.*]], [[K:%.*]], [[T:%.*]] = irfuse.fused "rms_norm_group_quant"
// CHECK-SAME: ([[X:%[^ ]*]] = %x : tensor<?x128xbf16
// CHECK-NEXT: {{%.*}} = irfuse.fused "rms_norm_group_quant" chains ["norm_quant.token"] ({{.*}} = [[X]] :
// CHECK: irfuse.fused "rms_norm_group_quant" chains ["norm_quant.token"] ({{.*}} = [[X]] :
// CHECK: irfuse.yield {{.*}} : tensor<?x96xf8E4M3FN, {{.*}}>, tensor<?x1xf32, {{.*}}>, tensor<?x32xf8E4M3FN, {{.*}}>, tensor<?x1xf32
// CHECK-NEXT: }
// CHECK-NEXT: func.return [[Q]], [[S]], [[K]], [[T]]
// TEXT: def part0(program, x0_ptr, x1_ptr, y0_ptr, y1_ptr, rows, ROWS: tl.constexpr):
// TEXT: row = program.to(tl.int64) * ROWS
// TEXT: def part1(program, x0_ptr, x1_ptr, y0_ptr, y1_ptr, rows, ROWS: tl.constexpr):
// TEXT: def rms_norm_group_quant_{{[0-9a-f]+}}(x0_ptr, x1_ptr, x2_ptr, y0_ptr, y1_ptr, y2_ptr, y3_ptr, rows0, rows1, ROWS0: tl.constexpr, ROWS1: tl.constexpr):
// TEXT-NEXT: program = tl.program_id(0)
// TEXT-NEXT: end0 = tl.cdiv(rows0, ROWS0)
// TEXT-NEXT: if program < end0:
// TEXT-NEXT: part0(program, x0_ptr, x1_ptr, y0_ptr, y1_ptr, rows0, ROWS0)
// TEXT-NEXT: else:
// TEXT-NEXT: part1(program - end0, x0_ptr, x2_ptr, y2_ptr, y3_ptr, rows1, ROWS1)
!q = tensor<?x96xf8E4M3FN, #irfuse.dims<"t">>
!k = tensor<?x32xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x1xf32, #irfuse.dims<"t">>
func.func @latents(%x: tensor<?x128xbf16, #irfuse.dims<"t">>, %w: tensor<96xbf16>, %u: tensor<32xbf16>) -> (!q, !s, !k, !s) {
  %0 = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : tensor<?x128xbf16, #irfuse.dims<"t">> -> tensor<?x96xbf16, #irfuse.dims<"t">>
  %1 = irfuse.slice %x {axis = 1 : i64, start = 96 : i64, step = 1 : i64} : tensor<?x128xbf16, #irfuse.dims<"t">> -> tensor<?x32xbf16, #irfuse.dims<"t">>
  %y = irfuse.rms_norm %0 weight %w : tensor<96xbf16> {eps = 1.0e-6 : f64} : tensor<?x96xbf16, #irfuse.dims<"t">> -> tensor<?x96xbf16, #irfuse.dims<"t">>
  %q, %s = irfuse.group_quant %y {group_size = 96 : i64, quant_max = 448.0 : f64} : tensor<?x96xbf16, #irfuse.dims<"t">> -> !q, !s
  %z = irfuse.rms_norm %1 weight %u : tensor<32xbf16> {eps = 1.0e-6 : f64} : tensor<?x32xbf16, #irfuse.dims<"t">> -> tensor<?x32xbf16, #irfuse.dims<"t">>
  %k, %t = irfuse.group_quant %z {group_size = 32 : i64, quant_max = 448.0 : f64} : tensor<?x32xbf16, #irfuse.dims<"t">> -> !k, !s
  return %q, %s, %k, %t : !q, !s, !k, !s
}

// Beside one another, with no tensor in common; the second has no quant behind it.
// CHECK-LABEL: func.func @beside(
// CHECK-NEXT: {{%.*}} = irfuse.fused "rms_norm_group_quant_and_norm" (
// CHECK-NEXT: irfuse.fused "rms_norm_group_quant" chains ["norm_quant.group"]
// CHECK: irfuse.fused "norm" chains ["norm.none"]
func.func @beside(%x: tensor<?x384xbf16, #irfuse.dims<"t">>, %y: tensor<?x128xbf16, #irfuse.dims<"t">>) -> (tensor<?x384xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x3xf32, #irfuse.dims<"t">>, tensor<?x128xbf16, #irfuse.dims<"t">>) {
  %a = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : tensor<?x384xbf16, #irfuse.dims<"t">> -> tensor<?x384xbf16, #irfuse.dims<"t">>
  %q, %s = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<?x384xbf16, #irfuse.dims<"t">> -> tensor<?x384xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x3xf32, #irfuse.dims<"t">>
  %b = irfuse.rms_norm %y {eps = 1.0e-6 : f64} : tensor<?x128xbf16, #irfuse.dims<"t">> -> tensor<?x128xbf16, #irfuse.dims<"t">>
  return %q, %s, %b : tensor<?x384xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x3xf32, #irfuse.dims<"t">>, tensor<?x128xbf16, #irfuse.dims<"t">>
}
