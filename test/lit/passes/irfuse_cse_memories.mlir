// Equal values that leave a function as two tensors are computed once and copied; what computes with them reads one.
// RUN: irfuse-opt --irfuse-cse %s | filecheck %s
// RUN: irfuse-opt --irfuse-cse %s | irfuse-opt --irfuse-cse | filecheck %s

!x = tensor<4x128xbf16>
!v = tensor<512xbf16>
!q = tensor<4x128xf8E4M3FN>
!s = tensor<4x1xf32>

// CHECK-LABEL: func.func @quants(
func.func @quants(%x: !x) -> (!q, !s, !s) attributes {memories = [["q"], ["s"], ["s_1"]]} {
  // CHECK-NEXT: %q, %s = irfuse.group_quant %x {node = [["q", "q_1"], ["s"]],
  // CHECK-NEXT: %t = irfuse.copy %s {node = ["s_1"]} : tensor<4x1xf32>
  // CHECK-NEXT: func.return %q, %s, %t :
  %q, %s = irfuse.group_quant %x {group_size = 128 : i64, quant_max = 448.0 : f64, node = [["q"], ["s"]]} : !x -> !q, !s
  %r, %t = irfuse.group_quant %x {group_size = 128 : i64, quant_max = 448.0 : f64, node = [["q_1"], ["s_1"]]} : !x -> !q, !s
  return %q, %s, %t : !q, !s, !s
}

// Only the second leaves: nothing is copied.
// CHECK-LABEL: func.func @one_leaves(
func.func @one_leaves(%x: !x) -> (!x, !x) attributes {memories = [["b"], ["c"]]} {
  // CHECK-NEXT: %a = irfuse.abs %x {node = ["a", "b"]} :
  // CHECK-NEXT: %c = irfuse.neg %a {node = ["c"]} :
  // CHECK-NEXT: func.return %a, %c :
  %a = irfuse.abs %x {node = ["a"]} : !x
  %b = irfuse.abs %x {node = ["b"]} : !x
  %c = irfuse.neg %a {node = ["c"]} : !x
  return %b, %c : !x, !x
}

// A view of the second is one of the copy; what computes with the second, or with its view, reads the first.
// CHECK-LABEL: func.func @views(
func.func @views(%x: !x) -> (!x, !v, !v, !x, !v) attributes {memories = [["a", "v"], ["b", "w"], ["c"], ["d"]]} {
  // CHECK-NEXT: %a = irfuse.abs %x {node = ["a"]} :
  // CHECK-NEXT: %v = irfuse.reshape %a {node = ["v"]} :
  // CHECK-NEXT: %b = irfuse.copy %a {node = ["b"]} :
  // CHECK-NEXT: %w = irfuse.reshape %b {node = ["w"]} :
  // CHECK-NEXT: %c = irfuse.neg %a {node = ["c"]} :
  // CHECK-NEXT: %d = irfuse.neg %v {node = ["d"]} :
  // CHECK-NEXT: func.return %a, %v, %w, %c, %d :
  %a = irfuse.abs %x {node = ["a"]} : !x
  %v = irfuse.reshape %a {node = ["v"]} : !x -> !v
  %b = irfuse.abs %x {node = ["b"]} : !x
  %w = irfuse.reshape %b {node = ["w"]} : !x -> !v
  %c = irfuse.neg %b {node = ["c"]} : !x
  %d = irfuse.neg %w {node = ["d"]} : !v
  return %a, %v, %w, %c, %d : !x, !v, !v, !x, !v
}

// A view that irfuse does not know is one of the copy too; an op that makes a tensor of its own is not.
// CHECK-LABEL: func.func @opaque(
func.func @opaque(%x: !x) -> (!x, !v, !x) attributes {memories = [["a"], ["b", "w"], ["m"]]} {
  // CHECK-NEXT: %a = irfuse.abs %x {node = ["a"]} :
  // CHECK-NEXT: %b = irfuse.copy %a {node = ["b"]} :
  // CHECK-NEXT: %w = irfuse.opaque "view" node "w" (%b) :
  // CHECK-NEXT: %m = irfuse.opaque "mm" node "m" (%a) :
  %a = irfuse.abs %x {node = ["a"]} : !x
  %b = irfuse.abs %x {node = ["b"]} : !x
  %w = irfuse.opaque "view" node "w" (%b) : (!x) -> !v
  %m = irfuse.opaque "mm" node "m" (%b) : (!x) -> !x
  return %a, %w, %m : !x, !v, !x
}

// A copy stays where both leave, and where nothing says who sees it; it is nothing where the original does not leave.
// CHECK-LABEL: func.func @copies(
func.func @copies(%x: !x) -> (!x, !x, !x) attributes {memories = [["a"], ["b"], ["d"]]} {
  // CHECK-NEXT: %a = irfuse.abs %x {node = ["a"]} :
  // CHECK-NEXT: %b = irfuse.copy %a {node = ["b"]} :
  // CHECK-NEXT: %c = irfuse.neg %a {node = ["c", "d"]} :
  // CHECK-NEXT: func.return %a, %b, %c :
  %a = irfuse.abs %x {node = ["a"]} : !x
  %b = irfuse.copy %a {node = ["b"]} : !x
  %c = irfuse.neg %b {node = ["c"]} : !x
  %d = irfuse.copy %c {node = ["d"]} : !x
  return %a, %b, %d : !x, !x, !x
}

// CHECK-LABEL: func.func @nothing_said(
func.func @nothing_said(%x: !x) -> (!x, !x) {
  // CHECK-NEXT: %a = irfuse.abs %x :
  // CHECK-NEXT: %b = irfuse.copy %a :
  // CHECK-NEXT: func.return %a, %b :
  %a = irfuse.abs %x : !x
  %b = irfuse.copy %a : !x
  return %a, %b : !x, !x
}
