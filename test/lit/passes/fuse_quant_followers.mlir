// fuse-quant: what is computed from scales and codes alone is in the kernel too, down to where scales are stored.
// RUN: irfuse-opt --fuse-quant %s | filecheck %s
// RUN: irfuse-opt --fuse-quant -t triton %s | filecheck %s --check-prefix=KERNEL

!x = tensor<?x128xbf16, #irfuse.dims<"t">>
!q = tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x4xf32, #irfuse.dims<"t">>
!e = tensor<?x4xui8, #irfuse.dims<"t">>
!p = tensor<?x4xui8, #irfuse.dims<"128*((t + 127)//128)">>

// The exponents of scales go to tiles of 128 rows and 4 columns in a buffer of zeros.
// CHECK-LABEL: func.func @tiles(
// CHECK-NEXT: %[[SIZE:.*]] = irfuse.size (%x) : {{.*}} -> !irfuse.symint<"(t + 127)//128">
// CHECK-NEXT: %q, %copy = irfuse.fused "group_quant" chains ["quant.group"] (%x_1 = %x : {{.*}}, %{{.*}} = %[[SIZE]] : {{.*}}) -> {{.*}}{{ {$}}
// CHECK: irfuse.cast
// CHECK: irfuse.pad
// CHECK: irfuse.permute
// CHECK: }
// CHECK: %flat = irfuse.reshape %copy
// CHECK-NEXT: func.return
// KERNEL: tl.store(y1_ptr + (row // 512) * 512 + ((row // 128) % 4) * 4 + ((row // 4) % 32) * 16 + (row % 4), cast_2, mask=here){{$}}
func.func @tiles(%x: !x) -> (!q, tensor<?xui8, #irfuse.dims<"512*((t + 127)//128)">>) {
  %q, %s = irfuse.group_quant %x {group_size = 32 : i64, quant_max = 448.0 : f64, scale_floor = 1.0e-10 : f64} : !x -> !q, !s
  %e = irfuse.cast %s : !s -> !e
  %p = irfuse.pad %e : !e -> !p
  %v = irfuse.reshape %p : !p -> tensor<?x4x32x4xui8, #irfuse.dims<"(t + 127)//128">>
  %tiles = irfuse.permute %v [0, 2, 1, 3] : tensor<?x4x32x4xui8, #irfuse.dims<"(t + 127)//128">> -> tensor<?x32x4x4xui8, #irfuse.dims<"(t + 127)//128">>
  %strided = irfuse.relayout %tiles : tensor<?x32x4x4xui8, #irfuse.dims<"(t + 127)//128">> -> tensor<?x32x4x4xui8, #irfuse.dims<"(t + 127)//128", strides = [512, 4, 128, 1]>>
  %copy = irfuse.relayout %strided : tensor<?x32x4x4xui8, #irfuse.dims<"(t + 127)//128", strides = [512, 4, 128, 1]>> -> tensor<?x32x4x4xui8, #irfuse.dims<"(t + 127)//128">>
  %flat = irfuse.reshape %copy : tensor<?x32x4x4xui8, #irfuse.dims<"(t + 127)//128">> -> tensor<?xui8, #irfuse.dims<"512*((t + 127)//128)">>
  return %q, %flat : !q, tensor<?xui8, #irfuse.dims<"512*((t + 127)//128)">>
}

// Codes that become numbers again; a product with a tensor that the chain does not read stays outside.
// CHECK-LABEL: func.func @back(
// CHECK-NEXT: %back = irfuse.fused "group_quant"
// CHECK: irfuse.mul
// CHECK: }
// CHECK: %other = irfuse.mul %back, %y
// CHECK-NEXT: func.return
func.func @back(%x: tensor<4x128xbf16>, %y: tensor<4x128xf32>) -> (tensor<4x128xf32>, tensor<4x128xf32>) {
  %q, %s = irfuse.group_quant %x {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<4x128xbf16> -> tensor<4x128xf8E4M3FN>, tensor<4x1xf32>
  %w = irfuse.cast %q : tensor<4x128xf8E4M3FN> -> tensor<4x128xf32>
  %b = irfuse.broadcast %s : tensor<4x1xf32> -> tensor<4x128xf32>
  %back = irfuse.mul %w, %b : tensor<4x128xf32>
  %other = irfuse.mul %back, %y : tensor<4x128xf32>
  return %back, %other : tensor<4x128xf32>, tensor<4x128xf32>
}

// A number for each scale that lies in memory, multiplied with it, is read by the kernel; one for each entry is not.
// CHECK-LABEL: func.func @weighted(
// CHECK-NEXT: %w = irfuse.opaque "weights"
// CHECK-NEXT: %q, %p = irfuse.fused "group_quant" chains ["quant.group"] ({{.*}} = %x : {{.*}}, {{.*}} = %w : {{.*}})
// CHECK: irfuse.mul
// CHECK: }
// CHECK-NEXT: func.return
func.func @weighted(%x: !x, %h: !x) -> (!q, !s) {
  %w = irfuse.opaque "weights" (%h) : (!x) -> !s
  %q, %s = irfuse.group_quant %x {group_size = 32 : i64, quant_max = 448.0 : f64, scale_floor = 1.0e-10 : f64} : !x -> !q, !s
  %p = irfuse.mul %s, %w : !s
  return %q, %p : !q, !s
}

// It is computed behind the quant's own users: the product stays outside.
// CHECK-LABEL: func.func @weighted_too_late(
// CHECK-NEXT: %q, %s = irfuse.fused "group_quant" chains ["quant.group"] ({{.*}} = %x : {{.*}}) ->
// CHECK: %w = irfuse.opaque "weights" (%q)
// CHECK-NEXT: irfuse.mul %s, %w
func.func @weighted_too_late(%x: !x) -> !s {
  %q, %s = irfuse.group_quant %x {group_size = 32 : i64, quant_max = 448.0 : f64, scale_floor = 1.0e-10 : f64} : !x -> !q, !s
  %w = irfuse.opaque "weights" (%q) : (!q) -> !s
  %p = irfuse.mul %s, %w : !s
  return %p : !s
}

// A compiler of the rest would compute it together with the product.
// CHECK-LABEL: func.func @weighted_by_what_is_computed(
// CHECK: irfuse.fused "group_quant" chains ["quant.group"] ({{.*}} = %x : {{.*}}) ->
// CHECK: irfuse.mul %s, %w
func.func @weighted_by_what_is_computed(%x: !x, %h: !s) -> (!q, !s) {
  %w = irfuse.opaque "aten.log.default" pointwise (%h) : (!s) -> !s
  %q, %s = irfuse.group_quant %x {group_size = 32 : i64, quant_max = 448.0 : f64, scale_floor = 1.0e-10 : f64} : !x -> !q, !s
  %p = irfuse.mul %s, %w : !s
  return %q, %p : !q, !s
}

// What a second quant is made of is in the kernel of that one.
// CHECK-LABEL: func.func @again(
// CHECK-NEXT: %q, %s = irfuse.fused "group_quant"
// CHECK-NOT: irfuse.sub
// CHECK: %r = irfuse.fused "static_quant"
// CHECK: irfuse.sub
func.func @again(%x: tensor<4x128xbf16>, %scale: tensor<f32>) -> (tensor<4x1xf32>, tensor<4x128xi8>) {
  %q, %s = irfuse.group_quant %x {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<4x128xbf16> -> tensor<4x128xf8E4M3FN>, tensor<4x1xf32>
  %w = irfuse.cast %q : tensor<4x128xf8E4M3FN> -> tensor<4x128xf32>
  %d = irfuse.sub %w scalar 1.0 : tensor<4x128xf32>
  %r = irfuse.static_quant %d, %scale {quant_max = 127.0 : f64} : tensor<4x128xf32>, tensor<f32> -> tensor<4x128xi8>
  return %s, %r : tensor<4x1xf32>, tensor<4x128xi8>
}

// Nothing goes over a write to memory.
// CHECK-LABEL: func.func @write(
// CHECK-NEXT: %q, %s = irfuse.fused "group_quant"
// CHECK: }
// CHECK: irfuse.opaque "aten.fill_.Scalar" mutates
// CHECK-NEXT: %e = irfuse.cast %s
func.func @write(%x: tensor<4x128xbf16>, %y: tensor<4xf32>) -> (tensor<4x128xf8E4M3FN>, tensor<4x1xui8>) {
  %q, %s = irfuse.group_quant %x {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<4x128xbf16> -> tensor<4x128xf8E4M3FN>, tensor<4x1xf32>
  %w = irfuse.opaque "aten.fill_.Scalar" mutates (%y) call<x0, 0.0> : (tensor<4xf32>) -> tensor<4xf32>
  %e = irfuse.cast %s : tensor<4x1xf32> -> tensor<4x1xui8>
  return %q, %e : tensor<4x128xf8E4M3FN>, tensor<4x1xui8>
}

// Scales whose codes are made by what irfuse does not know are no quant.
// CHECK-LABEL: func.func @scales_alone(
// CHECK-NOT: irfuse.fused
// CHECK: irfuse.cast {{.*}} {missed = "the chain makes scales alone, and no codes by them"
func.func @scales_alone(%x: tensor<4x128xf32>) -> (tensor<4x1xf8E4M3FN>, tensor<4x128xf32>) {
  %a = irfuse.abs %x : tensor<4x128xf32>
  %m = irfuse.row_amax %a : tensor<4x128xf32> -> tensor<4x1xf32>
  %s = irfuse.cast %m : tensor<4x1xf32> -> tensor<4x1xf8E4M3FN>
  %c = irfuse.opaque "vendor.codes.default" (%x, %s) : (tensor<4x128xf32>, tensor<4x1xf8E4M3FN>) -> tensor<4x128xf32>
  return %s, %c : tensor<4x1xf8E4M3FN>, tensor<4x128xf32>
}

// So are scales by which rows are divided here, and rounded to codes there; where the rounding is known, all is one kernel.
// CHECK-LABEL: func.func @quotients(
// CHECK-NOT: irfuse.fused
// CHECK: irfuse.cast {{.*}} {missed = "the chain makes scales alone: vendor.codes.default ({{.*}}) makes the codes, or what they are made of"
// CHECK-LABEL: func.func @returned_quotients(
// CHECK: irfuse.cast {{.*}} {missed = "the chain makes scales alone, and no codes by them"
// CHECK-LABEL: func.func @grid(
// CHECK: irfuse.opaque "get_attr:border"
// CHECK-NEXT: %y = irfuse.fused "row"
// CHECK: irfuse.compare
// CHECK: irfuse.select
// CHECK: func.return
func.func @quotients(%x: tensor<4x128xf32>) -> (tensor<4x128xf32>) {
  %a = irfuse.abs %x : tensor<4x128xf32>
  %m = irfuse.row_amax %a : tensor<4x128xf32> -> tensor<4x1xf32>
  %s = irfuse.cast %m : tensor<4x1xf32> -> tensor<4x1xf8E4M3FN>
  %w = irfuse.cast %s : tensor<4x1xf8E4M3FN> -> tensor<4x1xf32>
  %b = irfuse.broadcast %w : tensor<4x1xf32> -> tensor<4x128xf32>
  %d = irfuse.div %x, %b : tensor<4x128xf32>
  %c = irfuse.opaque "vendor.codes.default" (%d) : (tensor<4x128xf32>) -> tensor<4x128xf32>
  return %c : tensor<4x128xf32>
}
func.func @returned_quotients(%x: tensor<4x128xf32>) -> (tensor<4x128xf32>) {
  %a = irfuse.abs %x : tensor<4x128xf32>
  %m = irfuse.row_amax %a : tensor<4x128xf32> -> tensor<4x1xf32>
  %s = irfuse.cast %m : tensor<4x1xf32> -> tensor<4x1xf8E4M3FN>
  %w = irfuse.cast %s : tensor<4x1xf8E4M3FN> -> tensor<4x1xf32>
  %b = irfuse.broadcast %w : tensor<4x1xf32> -> tensor<4x128xf32>
  %d = irfuse.div %x, %b : tensor<4x128xf32>
  return %d : tensor<4x128xf32>
}
func.func @grid(%x: tensor<4x128xf32>) -> (tensor<4x128xf32>) {
  %a = irfuse.abs %x : tensor<4x128xf32>
  %m = irfuse.row_amax %a : tensor<4x128xf32> -> tensor<4x1xf32>
  %s = irfuse.cast %m : tensor<4x1xf32> -> tensor<4x1xf8E4M3FN>
  %w = irfuse.cast %s : tensor<4x1xf8E4M3FN> -> tensor<4x1xf32>
  %b = irfuse.broadcast %w : tensor<4x1xf32> -> tensor<4x128xf32>
  %d = irfuse.div %x, %b : tensor<4x128xf32>
  %border = irfuse.opaque "get_attr:border" () : () -> tensor<f32>
  %borders = irfuse.broadcast %border : tensor<f32> -> tensor<4x128xf32>
  %above = irfuse.compare gt %d, %borders : tensor<4x128xf32> -> tensor<4x128xi1>
  %0 = irfuse.full 0.0 : tensor<4x128xf32>
  %1 = irfuse.full 1.0 : tensor<4x128xf32>
  %c = irfuse.select %above, %1, %0 : tensor<4x128xi1>, tensor<4x128xf32>
  %y = irfuse.mul %c, %b : tensor<4x128xf32>
  return %y : tensor<4x128xf32>
}

// The exponents of four scales in one integer, also laid out column by column.
// CHECK-LABEL: func.func @packed(
// CHECK-NEXT: %{{.*}}, %{{.*}} = irfuse.fused "group_quant"
// CHECK: irfuse.pack
// CHECK: irfuse.relayout
// CHECK: }
// CHECK-NEXT: func.return
func.func @packed(%x: !x) -> (!q, tensor<?x1xi32, #irfuse.dims<"t", strides = [1, "t"]>>) {
  %q, %s = irfuse.group_quant %x {group_size = 32 : i64, quant_max = 448.0 : f64, scale_floor = 1.0e-10 : f64} : !x -> !q, !s
  %e = irfuse.cast %s : !s -> !e
  %p = irfuse.pack %e {bits = 8 : i64} : !e -> tensor<?x1xi32, #irfuse.dims<"t">>
  %t = irfuse.relayout %p : tensor<?x1xi32, #irfuse.dims<"t">> -> tensor<?x1xi32, #irfuse.dims<"t", strides = [1, "t"]>>
  return %q, %t : !q, tensor<?x1xi32, #irfuse.dims<"t", strides = [1, "t"]>>
}

// Scales that leave in another type alone leave in that one; where they leave in both, the wide ones are cast outside.
// CHECK-LABEL: func.func @widened(
// CHECK-NEXT: %q, %wide = irfuse.fused
// CHECK: }
// CHECK-NEXT: func.return %q, %wide
// CHECK-LABEL: func.func @narrow_too(
// CHECK-NEXT: %q, %s = irfuse.fused
// CHECK: }
// CHECK-NEXT: %wide = irfuse.cast %s
// CHECK-NEXT: func.return %q, %s, %wide
func.func @widened(%x: tensor<4x128xbf16>) -> (tensor<4x128xi8>, tensor<4x1xf32>) {
  %m = irfuse.row_amax %x : tensor<4x128xbf16> -> tensor<4x1xbf16>
  %s = irfuse.clamp %m min 1.0 : tensor<4x1xbf16>
  %z = irfuse.neg %s : tensor<4x1xbf16>
  %b = irfuse.broadcast %z : tensor<4x1xbf16> -> tensor<4x128xbf16>
  %y = irfuse.add %x, %b : tensor<4x128xbf16>
  %v = irfuse.cast %y : tensor<4x128xbf16> -> tensor<4x128xf32>
  %wide = irfuse.cast %s : tensor<4x1xbf16> -> tensor<4x1xf32>
  %r = irfuse.broadcast %wide : tensor<4x1xf32> -> tensor<4x128xf32>
  %d = irfuse.div %v, %r : tensor<4x128xf32>
  %q = irfuse.cast %d : tensor<4x128xf32> -> tensor<4x128xi8>
  return %q, %wide : tensor<4x128xi8>, tensor<4x1xf32>
}
func.func @narrow_too(%x: tensor<4x128xbf16>) -> (tensor<4x128xi8>, tensor<4x1xbf16>, tensor<4x1xf32>) {
  %m = irfuse.row_amax %x : tensor<4x128xbf16> -> tensor<4x1xbf16>
  %s = irfuse.clamp %m min 1.0 : tensor<4x1xbf16>
  %v = irfuse.cast %x : tensor<4x128xbf16> -> tensor<4x128xf32>
  %wide = irfuse.cast %s : tensor<4x1xbf16> -> tensor<4x1xf32>
  %r = irfuse.broadcast %wide : tensor<4x1xf32> -> tensor<4x128xf32>
  %d = irfuse.div %v, %r : tensor<4x128xf32>
  %q = irfuse.cast %d : tensor<4x128xf32> -> tensor<4x128xi8>
  return %q, %s, %wide : tensor<4x128xi8>, tensor<4x1xbf16>, tensor<4x1xf32>
}
