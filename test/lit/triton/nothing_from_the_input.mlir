// Nothing of the input's text reaches a kernel: not a kind, not a chain, not a name of a size or a value, not an
// attribute. What is generated is the same for other strings, and is Python that defines functions and runs nothing.
// RUN: irfuse-opt -t triton %s > %t.py
// RUN: filecheck %s --input-file %t.py
// RUN: %{python} -c "import ast, sys; [print(type(n).__name__) for n in ast.parse(open(sys.argv[1]).read()).body]" %t.py | filecheck %s --check-prefix=AST
// RUN: sed -e 's/import os/other text/' -e 's/__import__/another/' -e 's/evil/good/g' %s > %t.other.mlir
// RUN: irfuse-opt -t triton %t.other.mlir > %t.other.py
// RUN: diff %t.py %t.other.py

// CHECK-NOT: import os
// CHECK-NOT: __import__
// CHECK-NOT: {{evil}}
// CHECK: {{^}}def rms_norm_group_quant_{{[0-9a-f]+}}(x0_ptr, x1_ptr, y0_ptr, y1_ptr, rows, size0, size1, ROWS: tl.constexpr):{{$}}
// CHECK-NOT: import os
// CHECK-NOT: __import__
// CHECK-NOT: {{evil}}

// AST: Expr
// AST-NEXT: Import
// AST-NEXT: Import
// AST-NEXT: ImportFrom
// AST-NEXT: FunctionDef
// AST-NEXT: FunctionDef
// AST-NEXT: FunctionDef
// AST-NEXT: FunctionDef
// AST-NOT: {{.}}

!x = tensor<?x128xbf16, #irfuse.dims<"f\0Aimport os", strides = ["silu\22); __import__(\22os\22)#", 1]>>
!r = tensor<?x128xbf16, #irfuse.dims<"f\0Aimport os">>
!q = tensor<?x128xf8E4M3FN, #irfuse.dims<"f\0Aimport os">>
!s = tensor<?x1xf32, #irfuse.dims<"f\0Aimport os", strides = [1, "f\0Aimport os"]>>
!c = tensor<?x1xf32, #irfuse.dims<"f\0Aimport os">>
!y = tensor<?x128xbf16, #irfuse.dims<"f\0Aimport os", strides = ["evil\0A)", 1]>>
func.func @"evil\0Aimport os"(%evil: !x, %evil_y: !y) attributes {evil = "silu\22); __import__(\22os\22)#"} {
  %evil_q, %evil_s = irfuse.fused "f\0Aimport os" chains ["f\0Aimport os", "silu\22); __import__(\22os\22)#"] (%evil_a = %evil : !x, %evil_b = %evil_y : !y) -> (!q, !s) attributes {node = ["\0Aimport os"], evil = "\22\22\22\0Aimport os"} {
    %evil_r = irfuse.relayout %evil_a {node = ["evil\0Aimport os"]} : !x -> !r
    %evil_z = irfuse.relayout %evil_b : !y -> !r
    %evil_p = irfuse.mul %evil_r, %evil_z : !r
    %evil_n = irfuse.rms_norm %evil_p {eps = 1.0e-6 : f64, missed = "\0Aimport os"} : !r -> !r
    %evil_t, %evil_u = irfuse.group_quant %evil_n {group_size = 128 : i64, quant_max = 448.0 : f64, evil = "\0Aimport os"} : !r -> !q, !c
    %evil_v = irfuse.relayout %evil_u : !c -> !s
    irfuse.yield %evil_t, %evil_v : !q, !s
  }
  return
}
