// Numbers that are made up for named sizes may contradict each other: then the module must say them.
// RUN: %fails irfuse-opt %s -t emulate | filecheck %s

// CHECK: row_{{[0-9a-f]+}} cannot run with t = 5, b = 3, u = 7 ({{.*}}invalid for input of size{{.*}}); write numbers in place of the names{{$}}
func.func @f(%x: tensor<?x128xf32, #irfuse.dims<"t">>, %y: tensor<?x?x128xf32, #irfuse.dims<"b", "u">>) {
  %r = irfuse.fused (%a = %x : tensor<?x128xf32, #irfuse.dims<"t">>, %b = %y : tensor<?x?x128xf32, #irfuse.dims<"b", "u">>) -> (tensor<?x128xf32, #irfuse.dims<"t">>) {
    %c = irfuse.reshape %b : tensor<?x?x128xf32, #irfuse.dims<"b", "u">> -> tensor<?x128xf32, #irfuse.dims<"t">>
    %s = irfuse.add %a, %c : tensor<?x128xf32, #irfuse.dims<"t">>
    irfuse.yield %s : tensor<?x128xf32, #irfuse.dims<"t">>
  }
  return
}
