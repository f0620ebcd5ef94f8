// What nests too deeply for the parser is an error of one line; what is merely long is not.
// RUN: %{python} -c "print('builtin.module {' * 5000 + '}' * 5000)" | %fails irfuse-opt | filecheck %s
// RUN: %{python} -c "print('func.func private @f() attributes {a = ' + '[' * 5000 + ']' * 5000 + '}')" | %fails irfuse-opt | filecheck %s
// RUN: %{python} -c "print('func.func private @f() attributes {a = #irfuse.call<' + '[' * 5000 + ']' * 5000 + '>}')" | %fails irfuse-opt | filecheck %s
// RUN: %{python} -c "print('func.func @f(%%x0: tensor<4xf32>) -> tensor<4xf32> {', *(f'%%x{i + 1} = irfuse.neg %%x{i} : tensor<4xf32>' for i in range(3000)), 'return %%x3000 : tensor<4xf32>', '}', sep=chr(10))" > %t.long.mlir
// RUN: irfuse-opt --raise-aten --irfuse-cse --raise-named --fold-reshapes --fuse-gated-norm-quant %t.long.mlir | filecheck %s --check-prefix=LONG

// CHECK: irfuse-opt: error: the input nests too deeply to be parsed{{$}}
// LONG: %x3000 = irfuse.neg %x2999 : tensor<4xf32>
