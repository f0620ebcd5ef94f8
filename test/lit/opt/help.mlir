// --help has each pass of irfuse as a flag of its own and each target; the version says what it is built on.
// RUN: irfuse-opt --help | filecheck %s
// RUN: irfuse-opt --version | filecheck %s --check-prefix=VERSION

// CHECK: usage: irfuse-opt
// CHECK: triton,amdgcn,hsaco,ptx
// CHECK: irfuse passes:
// CHECK-NEXT: each flag appends its pass
// CHECK: --raise-aten {{ *}}run raise-aten
// CHECK-NEXT: --irfuse-cse {{ *}}run irfuse-cse
// CHECK-NEXT: --raise-named {{ *}}run raise-named
// CHECK-NEXT: --fold-reshapes {{ *}}run fold-reshapes
// CHECK-NEXT: --fuse-gated-norm-quant{{$}}
// CHECK-NEXT: run fuse-gated-norm-quant
// CHECK-NEXT: --fuse-norm-quant {{ *}}run fuse-norm-quant
// CHECK-NEXT: --fuse-act-mul-quant {{ *}}run fuse-act-mul-quant
// CHECK-NEXT: --fuse-quant {{ *}}run fuse-quant
// CHECK-NEXT: --fuse-tail {{ *}}run fuse-tail
// CHECK-NEXT: --fuse-horizontal {{ *}}run fuse-horizontal
// CHECK-NOT: {{--}}

// VERSION: irfuse-opt built on xdsl version {{[0-9]+}}
