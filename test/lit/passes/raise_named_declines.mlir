// Groups of small ops that look like a norm or a quant and have other bits. Nothing in this file changes.
// RUN: irfuse-opt %s > %t.before.mlir
// RUN: irfuse-opt --raise-named %s > %t.after.mlir
// RUN: diff %t.before.mlir %t.after.mlir
// RUN: filecheck %s --input-file %t.after.mlir

// CHECK-NOT: irfuse.rms_norm
// CHECK-NOT: irfuse.group_quant
// CHECK-NOT: irfuse.static_quant

!x = tensor<?x32x128xbf16, #irfuse.dims<"s0">>
!f = tensor<?x32x128xf32, #irfuse.dims<"s0">>
!m = tensor<?x32x1xf32, #irfuse.dims<"s0">>
!wide = tensor<?x4096xbf16, #irfuse.dims<"s0">>
!widef = tensor<?x4096xf32, #irfuse.dims<"s0">>

// eps is a tensor, not a number.
func.func @eps_of_a_tensor(%x: !x, %eps: !m) -> !x {
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean, %eps : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %y = irfuse.cast %normed : !f -> !x
  return %y : !x
}

// The mean is that of another tensor.
func.func @mean_of_another_tensor(%x: !x, %o: !f) -> !x {
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %o, %o : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %y = irfuse.cast %normed : !f -> !x
  return %y : !x
}

// The mean is that of a product, not of a square.
func.func @mean_of_a_product(%x: !x, %o: !f) -> !x {
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %o : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %y = irfuse.cast %normed : !f -> !x
  return %y : !x
}

// The mean of x itself, as a layer norm has it.
func.func @mean_of_x(%x: !x) -> !x {
  %f = irfuse.cast %x : !x -> !f
  %mean = irfuse.row_mean %f : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %y = irfuse.cast %normed : !f -> !x
  return %y : !x
}

// A sum is no mean.
func.func @sum_of_squares(%x: !x) -> !x {
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_sum %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %y = irfuse.cast %normed : !f -> !x
  return %y : !x
}

// torch.pow's reciprocal square root has other bits than rsqrt.
func.func @pow(%x: !x) -> !x {
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.pow %plus scalar -0.5 : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %y = irfuse.cast %normed : !f -> !x
  return %y : !x
}

// Nothing is added to the mean.
func.func @no_eps(%x: !x) -> !x {
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %rsqrt = irfuse.rsqrt %mean : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %y = irfuse.cast %normed : !f -> !x
  return %y : !x
}

// The square is rounded before the mean.
func.func @square_in_bf16(%x: !x) -> !x {
  %bsquare = irfuse.mul %x, %x : !x
  %square = irfuse.cast %bsquare : !x -> !f
  %f = irfuse.cast %x : !x -> !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %y = irfuse.cast %normed : !f -> !x
  return %y : !x
}

// The root is rounded before it multiplies the row.
func.func @root_in_bf16(%x: !x) -> !x {
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %narrow = irfuse.cast %rsqrt : !m -> tensor<?x32x1xbf16, #irfuse.dims<"s0">>
  %wide = irfuse.cast %narrow : tensor<?x32x1xbf16, #irfuse.dims<"s0">> -> !m
  %rows = irfuse.broadcast %wide : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %y = irfuse.cast %normed : !f -> !x
  return %y : !x
}

// The bound of the clamp is not the number that the scale is made with.
func.func @bound_differs(%x: !wide) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
  %f = irfuse.cast %x : !wide -> !widef
  %abs = irfuse.abs %f : !widef
  %amax = irfuse.row_amax %abs : !widef -> tensor<?x1xf32, #irfuse.dims<"s0">>
  %ratio = irfuse.div %amax scalar 448.0 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %floored = irfuse.clamp %ratio min 1.0e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> !widef
  %ratios = irfuse.div %f, %srows : !widef
  %held = irfuse.clamp %ratios min -448.0 max 240.0 : !widef
  %q = irfuse.cast %held : !widef -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  return %q, %floored : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
}

// The clamp has no lower bound.
func.func @one_bound(%x: !wide) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
  %f = irfuse.cast %x : !wide -> !widef
  %abs = irfuse.abs %f : !widef
  %amax = irfuse.row_amax %abs : !widef -> tensor<?x1xf32, #irfuse.dims<"s0">>
  %ratio = irfuse.div %amax scalar 448.0 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %floored = irfuse.clamp %ratio min 1.0e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> !widef
  %ratios = irfuse.div %f, %srows : !widef
  %held = irfuse.clamp %ratios max 448.0 : !widef
  %q = irfuse.cast %held : !widef -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  return %q, %floored : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
}

// The clamp has no upper bound.
func.func @no_upper_bound(%x: !wide) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
  %f = irfuse.cast %x : !wide -> !widef
  %abs = irfuse.abs %f : !widef
  %amax = irfuse.row_amax %abs : !widef -> tensor<?x1xf32, #irfuse.dims<"s0">>
  %ratio = irfuse.div %amax scalar 448.0 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %floored = irfuse.clamp %ratio min 1.0e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> !widef
  %ratios = irfuse.div %f, %srows : !widef
  %held = irfuse.clamp %ratios min -448.0 : !widef
  %q = irfuse.cast %held : !widef -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  return %q, %floored : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
}

// The scale comes from another tensor.
func.func @amax_of_another_tensor(%x: !wide, %o: !widef) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
  %f = irfuse.cast %x : !wide -> !widef
  %abs = irfuse.abs %o : !widef
  %amax = irfuse.row_amax %abs : !widef -> tensor<?x1xf32, #irfuse.dims<"s0">>
  %ratio = irfuse.div %amax scalar 448.0 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %floored = irfuse.clamp %ratio min 1.0e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> !widef
  %ratios = irfuse.div %f, %srows : !widef
  %held = irfuse.clamp %ratios min -448.0 max 448.0 : !widef
  %q = irfuse.cast %held : !widef -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  return %q, %floored : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
}

// The maximum is that of the row, not of its absolute values.
func.func @amax_without_abs(%x: !wide) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
  %f = irfuse.cast %x : !wide -> !widef
  %amax = irfuse.row_amax %f : !widef -> tensor<?x1xf32, #irfuse.dims<"s0">>
  %ratio = irfuse.div %amax scalar 448.0 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %floored = irfuse.clamp %ratio min 1.0e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> !widef
  %ratios = irfuse.div %f, %srows : !widef
  %held = irfuse.clamp %ratios min -448.0 max 448.0 : !widef
  %q = irfuse.cast %held : !widef -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  return %q, %floored : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
}

// The exponent of a power of two is rounded to nearest, not up.
func.func @exponent_rounded(%x: !wide) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
  %f = irfuse.cast %x : !wide -> !widef
  %abs = irfuse.abs %f : !widef
  %amax = irfuse.row_amax %abs : !widef -> tensor<?x1xf32, #irfuse.dims<"s0">>
  %ratio = irfuse.div %amax scalar 448.0 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %floored = irfuse.clamp %ratio min 1.0e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %log2 = irfuse.log2 %floored : tensor<?x1xf32, #irfuse.dims<"s0">>
  %round = irfuse.round %log2 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %power = irfuse.exp2 %round : tensor<?x1xf32, #irfuse.dims<"s0">>
  %srows = irfuse.broadcast %power : tensor<?x1xf32, #irfuse.dims<"s0">> -> !widef
  %ratios = irfuse.div %f, %srows : !widef
  %held = irfuse.clamp %ratios min -448.0 max 448.0 : !widef
  %q = irfuse.cast %held : !widef -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  return %q, %power : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
}

// The row is rounded to bf16 between scaling and clamp.
func.func @ratio_in_bf16(%x: !wide) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
  %f = irfuse.cast %x : !wide -> !widef
  %abs = irfuse.abs %f : !widef
  %amax = irfuse.row_amax %abs : !widef -> tensor<?x1xf32, #irfuse.dims<"s0">>
  %ratio = irfuse.div %amax scalar 448.0 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %floored = irfuse.clamp %ratio min 1.0e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> !widef
  %ratios = irfuse.div %f, %srows : !widef
  %narrow = irfuse.cast %ratios : !widef -> !wide
  %again = irfuse.cast %narrow : !wide -> !widef
  %held = irfuse.clamp %again min -448.0 max 448.0 : !widef
  %q = irfuse.cast %held : !widef -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  return %q, %floored : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
}

// The scale is divided by the row.
func.func @upside_down(%x: !wide) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
  %f = irfuse.cast %x : !wide -> !widef
  %abs = irfuse.abs %f : !widef
  %amax = irfuse.row_amax %abs : !widef -> tensor<?x1xf32, #irfuse.dims<"s0">>
  %ratio = irfuse.div %amax scalar 448.0 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %floored = irfuse.clamp %ratio min 1.0e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> !widef
  %ratios = irfuse.div %srows, %f : !widef
  %held = irfuse.clamp %ratios min -448.0 max 448.0 : !widef
  %q = irfuse.cast %held : !widef -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  return %q, %floored : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
}

// The row is multiplied by the scale.
func.func @multiplied(%x: !wide) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
  %f = irfuse.cast %x : !wide -> !widef
  %abs = irfuse.abs %f : !widef
  %amax = irfuse.row_amax %abs : !widef -> tensor<?x1xf32, #irfuse.dims<"s0">>
  %ratio = irfuse.div %amax scalar 448.0 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %floored = irfuse.clamp %ratio min 1.0e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> !widef
  %ratios = irfuse.mul %f, %srows : !widef
  %held = irfuse.clamp %ratios min -448.0 max 448.0 : !widef
  %q = irfuse.cast %held : !widef -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  return %q, %floored : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
}

// The number that the scale is made with is a tensor.
func.func @quant_max_of_a_tensor(%x: !wide, %m: tensor<?x1xf32, #irfuse.dims<"s0">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
  %f = irfuse.cast %x : !wide -> !widef
  %abs = irfuse.abs %f : !widef
  %amax = irfuse.row_amax %abs : !widef -> tensor<?x1xf32, #irfuse.dims<"s0">>
  %ratio = irfuse.div %amax, %m : tensor<?x1xf32, #irfuse.dims<"s0">>
  %floored = irfuse.clamp %ratio min 1.0e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> !widef
  %ratios = irfuse.div %f, %srows : !widef
  %held = irfuse.clamp %ratios min -448.0 max 448.0 : !widef
  %q = irfuse.cast %held : !widef -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  return %q, %floored : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
}

// int8 is no fp8.
func.func @int8(%x: !wide) -> (tensor<?x4096xi8, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
  %f = irfuse.cast %x : !wide -> !widef
  %abs = irfuse.abs %f : !widef
  %amax = irfuse.row_amax %abs : !widef -> tensor<?x1xf32, #irfuse.dims<"s0">>
  %ratio = irfuse.div %amax scalar 448.0 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %floored = irfuse.clamp %ratio min 1.0e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> !widef
  %ratios = irfuse.div %f, %srows : !widef
  %held = irfuse.clamp %ratios min -448.0 max 448.0 : !widef
  %q = irfuse.cast %held : !widef -> tensor<?x4096xi8, #irfuse.dims<"s0">>
  return %q, %floored : tensor<?x4096xi8, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
}

// A given scale of bf16.
func.func @static_scale_of_bf16(%x: !wide, %scale: tensor<1xbf16>) -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">> {
  %s32 = irfuse.cast %scale : tensor<1xbf16> -> tensor<1xf32>
  %inverse = irfuse.reciprocal %s32 : tensor<1xf32>
  %inv16 = irfuse.cast %inverse : tensor<1xf32> -> tensor<1xbf16>
  %xs = irfuse.broadcast %inv16 : tensor<1xbf16> -> !wide
  %p = irfuse.mul %x, %xs : !wide
  %held = irfuse.clamp %p min -448.0 max 448.0 : !wide
  %q = irfuse.cast %held : !wide -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  return %q : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
}

// A given scale for each row.
func.func @static_scale_of_rows(%x: !wide, %scale: tensor<?x1xf32, #irfuse.dims<"s0">>) -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">> {
  %f = irfuse.cast %x : !wide -> !widef
  %srows = irfuse.broadcast %scale : tensor<?x1xf32, #irfuse.dims<"s0">> -> !widef
  %ratios = irfuse.div %f, %srows : !widef
  %held = irfuse.clamp %ratios min -448.0 max 448.0 : !widef
  %q = irfuse.cast %held : !widef -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  return %q : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
}

// The row is scaled in bf16.
func.func @static_in_bf16(%x: !wide, %scale: tensor<1xbf16>) -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">> {
  %srows = irfuse.broadcast %scale : tensor<1xbf16> -> !wide
  %ratios = irfuse.div %x, %srows : !wide
  %held = irfuse.clamp %ratios min -448.0 max 448.0 : !wide
  %q = irfuse.cast %held : !wide -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  return %q : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
}

// The bounds of a static quant differ.
func.func @static_bounds_differ(%x: !wide, %scale: tensor<1xf32>) -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">> {
  %f = irfuse.cast %x : !wide -> !widef
  %srows = irfuse.broadcast %scale : tensor<1xf32> -> !widef
  %ratios = irfuse.div %f, %srows : !widef
  %held = irfuse.clamp %ratios min 0.0 max 448.0 : !widef
  %q = irfuse.cast %held : !widef -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  return %q : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
}

// The scale of row i multiplies column i: square shapes fit either way.
func.func @scale_of_columns(%x: tensor<32x32xf32>) -> (tensor<32x32xf8E4M3FN>, tensor<32x1xf32>) {
  %abs = irfuse.abs %x : tensor<32x32xf32>
  %amax = irfuse.row_amax %abs : tensor<32x32xf32> -> tensor<32x1xf32>
  %ratio = irfuse.div %amax scalar 448.0 : tensor<32x1xf32>
  %turned = irfuse.reshape %ratio : tensor<32x1xf32> -> tensor<1x32xf32>
  %srows = irfuse.broadcast %turned : tensor<1x32xf32> -> tensor<32x32xf32>
  %ratios = irfuse.div %x, %srows : tensor<32x32xf32>
  %held = irfuse.clamp %ratios min -448.0 max 448.0 : tensor<32x32xf32>
  %q = irfuse.cast %held : tensor<32x32xf32> -> tensor<32x32xf8E4M3FN>
  return %q, %ratio : tensor<32x32xf8E4M3FN>, tensor<32x1xf32>
}

// The root of row i multiplies column i.
func.func @root_of_columns(%x: tensor<32x32xf32>) -> tensor<32x32xf32> {
  %square = irfuse.mul %x, %x : tensor<32x32xf32>
  %mean = irfuse.row_mean %square : tensor<32x32xf32> -> tensor<32x1xf32>
  %plus = irfuse.add %mean scalar 1.0e-06 : tensor<32x1xf32>
  %rsqrt = irfuse.rsqrt %plus : tensor<32x1xf32>
  %turned = irfuse.reshape %rsqrt : tensor<32x1xf32> -> tensor<1x32xf32>
  %rows = irfuse.broadcast %turned : tensor<1x32xf32> -> tensor<32x32xf32>
  %y = irfuse.mul %x, %rows : tensor<32x32xf32>
  return %y : tensor<32x32xf32>
}

// To int8 without rounding first: the cast truncates, and a quant to integers rounds.
func.func @int8_truncated(%x: !wide) -> (tensor<?x4096xi8, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
  %f = irfuse.cast %x : !wide -> !widef
  %abs = irfuse.abs %f : !widef
  %amax = irfuse.row_amax %abs : !widef -> tensor<?x1xf32, #irfuse.dims<"s0">>
  %ratio = irfuse.div %amax scalar 127.0 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %srows = irfuse.broadcast %ratio : tensor<?x1xf32, #irfuse.dims<"s0">> -> !widef
  %ratios = irfuse.div %f, %srows : !widef
  %held = irfuse.clamp %ratios min -127.0 max 127.0 : !widef
  %q = irfuse.cast %held : !widef -> tensor<?x4096xi8, #irfuse.dims<"s0">>
  return %q, %ratio : tensor<?x4096xi8, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
}

// Multiplied by 240 / amax, with a scale of amax / 448.
func.func @inverse_of_another_number(%x: !widef) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
  %abs = irfuse.abs %x : !widef
  %amax = irfuse.row_amax %abs : !widef -> tensor<?x1xf32, #irfuse.dims<"s0">>
  %inverse = irfuse.reciprocal %amax : tensor<?x1xf32, #irfuse.dims<"s0">>
  %factor = irfuse.mul %inverse scalar 240.0 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %factors = irfuse.broadcast %factor : tensor<?x1xf32, #irfuse.dims<"s0">> -> !widef
  %scaled = irfuse.mul %x, %factors : !widef
  %q = irfuse.cast %scaled : !widef -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  %s = irfuse.div %amax scalar 448.0 : tensor<?x1xf32, #irfuse.dims<"s0">>
  return %q, %s : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
}

// The floor is under the amax that divides, and not under the one of the scale.
func.func @floor_on_one_side(%x: !widef) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
  %abs = irfuse.abs %x : !widef
  %amax = irfuse.row_amax %abs : !widef -> tensor<?x1xf32, #irfuse.dims<"s0">>
  %floored = irfuse.clamp %amax min 1.0e-4 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %inverse = irfuse.reciprocal %floored : tensor<?x1xf32, #irfuse.dims<"s0">>
  %factor = irfuse.mul %inverse scalar 448.0 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %factors = irfuse.broadcast %factor : tensor<?x1xf32, #irfuse.dims<"s0">> -> !widef
  %scaled = irfuse.mul %x, %factors : !widef
  %q = irfuse.cast %scaled : !widef -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  %s = irfuse.div %amax scalar 448.0 : tensor<?x1xf32, #irfuse.dims<"s0">>
  return %q, %s : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
}
