// What fuse-tail leaves: norms with no tail, and writes that are no stores of a kernel, which say why.
// RUN: irfuse-opt --fuse-tail %s | filecheck %s

!x = tensor<?x128xbf16, #irfuse.dims<"t">>
!c = tensor<48x128xbf16>
!i = tensor<?xi64, #irfuse.dims<"t">>

// A norm whose rows go on as they are.
// CHECK-LABEL: func.func @no_tail(
func.func @no_tail(%x: !x) -> !x {
  // CHECK-NEXT: %y = irfuse.rms_norm %x
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : !x -> !x
  return %y : !x
}

// Columns put together behind no norm.
// CHECK-LABEL: func.func @no_norm(
func.func @no_norm(%x: !x) -> tensor<?x256xbf16, #irfuse.dims<"t">> {
  // CHECK-NEXT: irfuse.concat
  %y = irfuse.concat %x, %x {axis = 1 : i64} : !x, !x -> tensor<?x256xbf16, #irfuse.dims<"t">>
  return %y : tensor<?x256xbf16, #irfuse.dims<"t">>
}

// The tensor is read as it was before, behind the place where the kernel must stand.
// CHECK-LABEL: func.func @read_behind(
func.func @read_behind(%x: !x, %c: !c, %i: !i) -> (tensor<*xf32>, tensor<*xf32>) {
  // CHECK-NEXT: %y = irfuse.rms_norm %x
  // CHECK: irfuse.scatter %y into %c[%i] {missed = "attention (unknown location) reads the tensor that it is written to, as it was before", axes
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : !x -> !x
  %a = irfuse.opaque "attention" (%y) : (!x) -> tensor<*xf32>
  %b = irfuse.opaque "attention" (%c) : (!c) -> tensor<*xf32>
  %r = irfuse.scatter %y into %c[%i] {axes = array<i64: 0>} : !x, !c, !i -> !c
  %d = irfuse.opaque "aten.copy_.default" mutates (%c, %r) call <x0, x1> : (!c, !c) -> !c
  return %a, %b : tensor<*xf32>, tensor<*xf32>
}

// Nothing puts the tensor back: it is another one.
// CHECK-LABEL: func.func @another(
func.func @another(%x: !x, %c: !c, %i: !i) -> !c {
  // CHECK-NEXT: irfuse.rms_norm
  // CHECK-NEXT: irfuse.scatter
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : !x -> !x
  %r = irfuse.scatter %y into %c[%i] {axes = array<i64: 0>} : !x, !c, !i -> !c
  return %r : !c
}

// It is put into another place than it came from.
// CHECK-LABEL: func.func @moved(
func.func @moved(%x: !x, %c: tensor<2x48x128xbf16>, %i: !i) {
  // CHECK-NEXT: irfuse.rms_norm
  // CHECK-NOT: irfuse.fused
  // CHECK: return
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : !x -> !x
  %k = irfuse.slice %c {axis = 0 : i64, start = 0 : i64, step = 1 : i64} : tensor<2x48x128xbf16> -> tensor<1x48x128xbf16>
  %k1 = irfuse.reshape %k : tensor<1x48x128xbf16> -> !c
  %k2 = irfuse.scatter %y into %k1[%i] {axes = array<i64: 0>} : !x, !c, !i -> !c
  %k3 = irfuse.reshape %k2 : !c -> tensor<1x48x128xbf16>
  %r = irfuse.insert %k3 into %c {axis = 0 : i64, start = 1 : i64, step = 1 : i64} : tensor<1x48x128xbf16>, tensor<2x48x128xbf16> -> tensor<2x48x128xbf16>
  %d = irfuse.opaque "aten.copy_.default" mutates (%c, %r) call <x0, x1> : (tensor<2x48x128xbf16>, tensor<2x48x128xbf16>) -> tensor<2x48x128xbf16>
  return
}

// The first op that reads the kernel's result reads the tensor too, as it was.
// CHECK-LABEL: func.func @read_beside(
func.func @read_beside(%x: !x, %c: !c, %i: !i) -> tensor<*xf32> {
  // CHECK-NEXT: %y = irfuse.rms_norm %x
  // CHECK: irfuse.scatter %y into %c[%i] {missed = "attention (unknown location) reads the tensor that it is written to, as it was before", axes
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : !x -> !x
  %a = irfuse.opaque "attention" (%y, %c) : (!x, !c) -> tensor<*xf32>
  %r = irfuse.scatter %y into %c[%i] {axes = array<i64: 0>} : !x, !c, !i -> !c
  %d = irfuse.opaque "aten.copy_.default" mutates (%c, %r) call <x0, x1> : (!c, !c) -> !c
  return %a : tensor<*xf32>
}

// The chain itself reads the tensor: one program of its kernel would read what another has written. What is gathered
// first lies in memory of its own.
// CHECK-LABEL: func.func @reads_itself(
func.func @reads_itself(%c: !c, %i: !i, %j: !i) {
  // CHECK-NEXT: %x = irfuse.gather %c[%j]
  // CHECK-NEXT: %r = irfuse.fused "norm" chains ["norm.none"] ({{.*}} = %x : {{.*}}, {{.*}} = %c : {{.*}}, {{.*}} = %i : {{.*}}) -> (tensor<48x128xbf16>) {
  %x = irfuse.gather %c[%j] : !c, !i -> !x
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : !x -> !x
  %r = irfuse.scatter %y into %c[%i] {axes = array<i64: 0>} : !x, !c, !i -> !c
  %d = irfuse.opaque "aten.copy_.default" mutates (%c, %r) call <x0, x1> : (!c, !c) -> !c
  return
}

// CHECK-LABEL: func.func @reads_a_part(
func.func @reads_a_part(%c: !c, %i: tensor<8xi64>) {
  // CHECK-NOT: irfuse.fused
  // CHECK: irfuse.scatter %y into %c[%i] {missed = "the tensor that it is written to is read too, and a row may read what another row has written", axes
  %x = irfuse.slice %c {axis = 0 : i64, start = 8 : i64, step = 1 : i64} : !c -> tensor<8x128xbf16>
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : tensor<8x128xbf16> -> tensor<8x128xbf16>
  %r = irfuse.scatter %y into %c[%i] {axes = array<i64: 0>} : tensor<8x128xbf16>, !c, tensor<8xi64> -> !c
  %d = irfuse.opaque "aten.copy_.default" mutates (%c, %r) call <x0, x1> : (!c, !c) -> !c
  return
}

// So does one that reads what may be a view of it.
// CHECK-LABEL: func.func @reads_what_may_be_a_view(
func.func @reads_what_may_be_a_view(%c: !c, %i: !i, %n: !irfuse.symint<"t">) {
  // CHECK-NOT: irfuse.fused
  // CHECK: irfuse.scatter %y into %c[%i] {missed = "aten.slice.Tensor (unknown location) reads the tensor that it is written to, as it was before", axes
  %x = irfuse.opaque "aten.slice.Tensor" (%c, %n) : (!c, !irfuse.symint<"t">) -> !x
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : !x -> !x
  %r = irfuse.scatter %y into %c[%i] {axes = array<i64: 0>} : !x, !c, !i -> !c
  %d = irfuse.opaque "aten.copy_.default" mutates (%c, %r) call <x0, x1> : (!c, !c) -> !c
  return
}

// So does one that reads its bits as another type, or its bytes, by a view that something else uses too.
// CHECK-LABEL: func.func @reads_its_bytes(
func.func @reads_its_bytes(%c: !c, %i: tensor<48xi64>) -> tensor<*xf32> {
  // CHECK-NOT: irfuse.fused
  // CHECK: irfuse.scatter %y into %c[%i] {missed = "the tensor that it is written to is read too, and a row may read what another row has written", axes
  %b = irfuse.bytes %c : !c -> tensor<48x256xui8>
  %a = irfuse.opaque "attention" (%b) : (tensor<48x256xui8>) -> tensor<*xf32>
  %h = irfuse.slice %b {axis = 1 : i64, start = 0 : i64, step = 2 : i64} : tensor<48x256xui8> -> tensor<48x128xui8>
  %x = irfuse.cast %h : tensor<48x128xui8> -> tensor<48x128xbf16>
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : tensor<48x128xbf16> -> tensor<48x128xbf16>
  %r = irfuse.scatter %y into %c[%i] {axes = array<i64: 0>} : tensor<48x128xbf16>, !c, tensor<48xi64> -> !c
  %d = irfuse.opaque "aten.copy_.default" mutates (%c, %r) call <x0, x1> : (!c, !c) -> !c
  return %a : tensor<*xf32>
}

// Rows that are named by two indices may be the same, and then the second write counts; programs run in any order.
// CHECK-LABEL: func.func @written_twice(
func.func @written_twice(%x: !x, %c: !c, %i: !i, %j: !i) {
  // CHECK-NOT: irfuse.fused
  // CHECK: irfuse.scatter %y into %c[%i] {missed = "a tensor is written to twice, not provably at different places", axes
  // CHECK: irfuse.scatter %z into %k[%j] {missed = "a tensor is written to twice, not provably at different places", axes
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : !x -> !x
  %k = irfuse.scatter %y into %c[%i] {axes = array<i64: 0>} : !x, !c, !i -> !c
  %z = irfuse.neg %y : !x
  %r = irfuse.scatter %z into %k[%j] {axes = array<i64: 0>} : !x, !c, !i -> !c
  %d = irfuse.opaque "aten.copy_.default" mutates (%c, %r) call <x0, x1> : (!c, !c) -> !c
  return
}

// Columns that have one in common.
// CHECK-LABEL: func.func @columns_that_overlap(
func.func @columns_that_overlap(%x: !x, %c: tensor<48x255xbf16>, %i: !i) {
  // CHECK-NOT: irfuse.fused
  // CHECK-COUNT-2: missed = "a tensor is written to twice, not provably at different places"
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : !x -> !x
  %a = irfuse.slice %c {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : tensor<48x255xbf16> -> !c
  %k = irfuse.scatter %y into %a[%i] {axes = array<i64: 0>} : !x, !c, !i -> !c
  %l = irfuse.insert %k into %c {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : !c, tensor<48x255xbf16> -> tensor<48x255xbf16>
  %b = irfuse.slice %l {axis = 1 : i64, start = 127 : i64, step = 1 : i64} : tensor<48x255xbf16> -> !c
  %m = irfuse.scatter %y into %b[%i] {axes = array<i64: 0>} : !x, !c, !i -> !c
  %r = irfuse.insert %m into %l {axis = 1 : i64, start = 127 : i64, step = 1 : i64} : !c, tensor<48x255xbf16> -> tensor<48x255xbf16>
  %d = irfuse.opaque "aten.copy_.default" mutates (%c, %r) call <x0, x1> : (tensor<48x255xbf16>, tensor<48x255xbf16>) -> tensor<48x255xbf16>
  return
}

// The kernel would give the tensor as it is between the writes, which is a copy of the whole.
// CHECK-LABEL: func.func @read_between_writes(
func.func @read_between_writes(%x: tensor<48x128xbf16>, %c: tensor<48x256xbf16>) -> tensor<48x256xbf16> {
  // CHECK: irfuse.insert %y into %c {missed = "the tensor that it is written to is read between two writes", axis = 1
  // CHECK: irfuse.insert %z into %k {missed = "the tensor that it is written to is read between two writes", axis = 1
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : tensor<48x128xbf16> -> tensor<48x128xbf16>
  %k = irfuse.insert %y into %c {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : tensor<48x128xbf16>, tensor<48x256xbf16> -> tensor<48x256xbf16>
  %s = irfuse.opaque "aten.cumsum.default" (%k) call <x0, 1> : (tensor<48x256xbf16>) -> tensor<48x256xbf16>
  %z = irfuse.neg %y : tensor<48x128xbf16>
  %r = irfuse.insert %z into %k {axis = 1 : i64, start = 128 : i64, step = 1 : i64} : tensor<48x128xbf16>, tensor<48x256xbf16> -> tensor<48x256xbf16>
  %d = irfuse.opaque "aten.copy_.default" mutates (%c, %r) call <x0, x1> : (tensor<48x256xbf16>, tensor<48x256xbf16>) -> tensor<48x256xbf16>
  return %s : tensor<48x256xbf16>
}

// Rows that are put back a row further on, which is read for the next one.
// CHECK-LABEL: func.func @moved_by_a_row(
func.func @moved_by_a_row(%c: !c) {
  // CHECK-NOT: irfuse.fused
  // CHECK: irfuse.insert %y into %c {missed = "the tensor that it is written to is read too, and a row may read what another row has written", axis = 0
  %x = irfuse.slice %c {axis = 0 : i64, start = 0 : i64, step = 1 : i64} : !c -> tensor<47x128xbf16>
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : tensor<47x128xbf16> -> tensor<47x128xbf16>
  %r = irfuse.insert %y into %c {axis = 0 : i64, start = 1 : i64, step = 1 : i64} : tensor<47x128xbf16>, !c -> !c
  %d = irfuse.opaque "aten.copy_.default" mutates (%c, %r) call <x0, x1> : (!c, !c) -> !c
  return
}

// Halves of a row that change places, each normed by itself.
// CHECK-LABEL: func.func @exchanged(
func.func @exchanged(%c: tensor<48x2x128xbf16>) {
  // CHECK-NOT: irfuse.fused
  // CHECK: irfuse.insert %{{.*}} into %c {missed = "the tensor that it is written to is read too, and a row may read what another row has written", axis = 1
  %0 = irfuse.slice %c {axis = 1 : i64, start = 1 : i64, step = -1 : i64} : tensor<48x2x128xbf16> -> tensor<48x2x128xbf16>
  %y = irfuse.rms_norm %0 {eps = 1.0e-06 : f64} : tensor<48x2x128xbf16> -> tensor<48x2x128xbf16>
  %r = irfuse.insert %y into %c {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : tensor<48x2x128xbf16>, tensor<48x2x128xbf16> -> tensor<48x2x128xbf16>
  %d = irfuse.opaque "aten.copy_.default" mutates (%c, %r) call <x0, x1> : (tensor<48x2x128xbf16>, tensor<48x2x128xbf16>) -> tensor<48x2x128xbf16>
  return
}

// Each token is normed with a factor that the first token's columns say, which its own program exchanges.
// CHECK-LABEL: func.func @reads_one_row_for_all(
func.func @reads_one_row_for_all(%c: !c) {
  // CHECK-NOT: irfuse.fused
  // CHECK: irfuse.insert %m into %c {missed = "the tensor that it is written to is read too, and a row may read what another row has written", axis = 0
  %x = irfuse.slice %c {axis = 0 : i64, start = 0 : i64, step = 1 : i64} : !c -> tensor<47x128xbf16>
  %y = irfuse.rms_norm %x {eps = 1.0e-06 : f64} : tensor<47x128xbf16> -> tensor<47x128xbf16>
  %f = irfuse.slice %c {axis = 0 : i64, start = 0 : i64, step = 1 : i64} : !c -> tensor<1x128xbf16>
  %g = irfuse.broadcast %f : tensor<1x128xbf16> -> tensor<47x128xbf16>
  %m = irfuse.mul %y, %g : tensor<47x128xbf16>
  %r = irfuse.insert %m into %c {axis = 0 : i64, start = 0 : i64, step = 1 : i64} : tensor<47x128xbf16>, !c -> !c
  %d = irfuse.opaque "aten.copy_.default" mutates (%c, %r) call <x0, x1> : (!c, !c) -> !c
  return
}
