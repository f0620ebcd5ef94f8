// A mistake on the command line: one line that says what is wrong, exit status 1, no traceback and no output.
// RUN: %fails irfuse-opt --no-such-flag %s | filecheck %s --check-prefix=FLAG
// RUN: %fails irfuse-opt %s another.mlir | filecheck %s --check-prefix=ARGUMENT
// RUN: %fails irfuse-opt %s -p no-such-pass | filecheck %s --check-prefix=PASS
// RUN: %fails irfuse-opt %s -p 'raise-aten{depth=1}' | filecheck %s --check-prefix=OPTION
// RUN: %fails irfuse-opt %s -p 'raise-aten{' | filecheck %s --check-prefix=OPEN
// RUN: %fails irfuse-opt %s -t no-such-target | filecheck %s --check-prefix=TARGET
// RUN: %fails irfuse-opt %s -f no-such-frontend | filecheck %s --check-prefix=FRONTEND
// RUN: %fails irfuse-opt %s -p | filecheck %s --check-prefix=VALUE
// RUN: %fails irfuse-opt %t.missing.mlir | filecheck %s --check-prefix=MISSING
// RUN: %fails irfuse-opt %S | filecheck %s --check-prefix=FOLDER
// RUN: %fails irfuse-opt %s -o %t.missing/out.mlir | filecheck %s --check-prefix=OUTPUT

// FLAG: unrecognized arguments: --no-such-flag; see irfuse-opt --help{{$}}
// ARGUMENT: unrecognized arguments: another.mlir; see irfuse-opt --help{{$}}
// PASS: {{[Uu]n.*}} pass{{.*}}no-such-pass
// OPTION: depth
// OPEN: Expected argument name
// TARGET: argument -t/--target: invalid choice: 'no-such-target' (choose from {{.*}}triton{{.*}}amdgcn{{.*}}hsaco{{.*}}ptx
// FRONTEND: argument -f/--frontend: invalid choice: 'no-such-frontend'
// VALUE: argument -p/--passes: expected one argument; see irfuse-opt --help{{$}}
// MISSING: No such file or directory: '{{.*}}command_line.mlir.tmp.missing.mlir'
// FOLDER: Is a directory: '{{.*}}opt'
// OUTPUT: No such file or directory: '{{.*}}command_line.mlir.tmp.missing/out.mlir'

func.func private @f()
