builtin.module {
  func.func @eps_of_a_tensor(%x: tensor<?x32x128xbf16, #irfuse.dims<"s0">>, %eps: tensor<?x32x1xf32, #irfuse.dims<"s0">>) -> tensor<?x32x128xbf16, #irfuse.dims<"s0">> {
    %f = irfuse.cast %x : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %square = irfuse.mul %f, %f : tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %mean = irfuse.row_mean %square : tensor<?x32x128xf32, #irfuse.dims<"s0">> -> tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %plus = irfuse.add %mean, %eps : tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %rsqrt = irfuse.rsqrt %plus : tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %rows = irfuse.broadcast %rsqrt : tensor<?x32x1xf32, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %normed = irfuse.mul %f, %rows : tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %y = irfuse.cast %normed : tensor<?x32x128xf32, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>
    func.return %y : tensor<?x32x128xbf16, #irfuse.dims<"s0">>
  }
  func.func @mean_of_another_tensor(%x: tensor<?x32x128xbf16, #irfuse.dims<"s0">>, %o: tensor<?x32x128xf32, #irfuse.dims<"s0">>) -> tensor<?x32x128xbf16, #irfuse.dims<"s0">> {
    %f = irfuse.cast %x : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %square = irfuse.mul %o, %o : tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %mean = irfuse.row_mean %square : tensor<?x32x128xf32, #irfuse.dims<"s0">> -> tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %plus = irfuse.add %mean scalar 1.000000e-06 : tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %rsqrt = irfuse.rsqrt %plus : tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %rows = irfuse.broadcast %rsqrt : tensor<?x32x1xf32, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %normed = irfuse.mul %f, %rows : tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %y = irfuse.cast %normed : tensor<?x32x128xf32, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>
    func.return %y : tensor<?x32x128xbf16, #irfuse.dims<"s0">>
  }
  func.func @mean_of_a_product(%x: tensor<?x32x128xbf16, #irfuse.dims<"s0">>, %o: tensor<?x32x128xf32, #irfuse.dims<"s0">>) -> tensor<?x32x128xbf16, #irfuse.dims<"s0">> {
    %f = irfuse.cast %x : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %square = irfuse.mul %f, %o : tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %mean = irfuse.row_mean %square : tensor<?x32x128xf32, #irfuse.dims<"s0">> -> tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %plus = irfuse.add %mean scalar 1.000000e-06 : tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %rsqrt = irfuse.rsqrt %plus : tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %rows = irfuse.broadcast %rsqrt : tensor<?x32x1xf32, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %normed = irfuse.mul %f, %rows : tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %y = irfuse.cast %normed : tensor<?x32x128xf32, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>
    func.return %y : tensor<?x32x128xbf16, #irfuse.dims<"s0">>
  }
  func.func @mean_of_x(%x: tensor<?x32x128xbf16, #irfuse.dims<"s0">>) -> tensor<?x32x128xbf16, #irfuse.dims<"s0">> {
    %f = irfuse.cast %x : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %mean = irfuse.row_mean %f : tensor<?x32x128xf32, #irfuse.dims<"s0">> -> tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %plus = irfuse.add %mean scalar 1.000000e-06 : tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %rsqrt = irfuse.rsqrt %plus : tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %rows = irfuse.broadcast %rsqrt : tensor<?x32x1xf32, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %normed = irfuse.mul %f, %rows : tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %y = irfuse.cast %normed : tensor<?x32x128xf32, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>
    func.return %y : tensor<?x32x128xbf16, #irfuse.dims<"s0">>
  }
  func.func @sum_of_squares(%x: tensor<?x32x128xbf16, #irfuse.dims<"s0">>) -> tensor<?x32x128xbf16, #irfuse.dims<"s0">> {
    %f = irfuse.cast %x : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %square = irfuse.mul %f, %f : tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %mean = irfuse.row_sum %square : tensor<?x32x128xf32, #irfuse.dims<"s0">> -> tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %plus = irfuse.add %mean scalar 1.000000e-06 : tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %rsqrt = irfuse.rsqrt %plus : tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %rows = irfuse.broadcast %rsqrt : tensor<?x32x1xf32, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %normed = irfuse.mul %f, %rows : tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %y = irfuse.cast %normed : tensor<?x32x128xf32, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>
    func.return %y : tensor<?x32x128xbf16, #irfuse.dims<"s0">>
  }
  func.func @pow(%x: tensor<?x32x128xbf16, #irfuse.dims<"s0">>) -> tensor<?x32x128xbf16, #irfuse.dims<"s0">> {
    %f = irfuse.cast %x : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %square = irfuse.mul %f, %f : tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %mean = irfuse.row_mean %square : tensor<?x32x128xf32, #irfuse.dims<"s0">> -> tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %plus = irfuse.add %mean scalar 1.000000e-06 : tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %rsqrt = irfuse.pow %plus scalar -5.000000e-01 : tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %rows = irfuse.broadcast %rsqrt : tensor<?x32x1xf32, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %normed = irfuse.mul %f, %rows : tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %y = irfuse.cast %normed : tensor<?x32x128xf32, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>
    func.return %y : tensor<?x32x128xbf16, #irfuse.dims<"s0">>
  }
  func.func @no_eps(%x: tensor<?x32x128xbf16, #irfuse.dims<"s0">>) -> tensor<?x32x128xbf16, #irfuse.dims<"s0">> {
    %f = irfuse.cast %x : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %square = irfuse.mul %f, %f : tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %mean = irfuse.row_mean %square : tensor<?x32x128xf32, #irfuse.dims<"s0">> -> tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %rsqrt = irfuse.rsqrt %mean : tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %rows = irfuse.broadcast %rsqrt : tensor<?x32x1xf32, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %normed = irfuse.mul %f, %rows : tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %y = irfuse.cast %normed : tensor<?x32x128xf32, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>
    func.return %y : tensor<?x32x128xbf16, #irfuse.dims<"s0">>
  }
  func.func @square_in_bf16(%x: tensor<?x32x128xbf16, #irfuse.dims<"s0">>) -> tensor<?x32x128xbf16, #irfuse.dims<"s0">> {
    %bsquare = irfuse.mul %x, %x : tensor<?x32x128xbf16, #irfuse.dims<"s0">>
    %square = irfuse.cast %bsquare : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %f = irfuse.cast %x : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %mean = irfuse.row_mean %square : tensor<?x32x128xf32, #irfuse.dims<"s0">> -> tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %plus = irfuse.add %mean scalar 1.000000e-06 : tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %rsqrt = irfuse.rsqrt %plus : tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %rows = irfuse.broadcast %rsqrt : tensor<?x32x1xf32, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %normed = irfuse.mul %f, %rows : tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %y = irfuse.cast %normed : tensor<?x32x128xf32, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>
    func.return %y : tensor<?x32x128xbf16, #irfuse.dims<"s0">>
  }
  func.func @root_in_bf16(%x: tensor<?x32x128xbf16, #irfuse.dims<"s0">>) -> tensor<?x32x128xbf16, #irfuse.dims<"s0">> {
    %f = irfuse.cast %x : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %square = irfuse.mul %f, %f : tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %mean = irfuse.row_mean %square : tensor<?x32x128xf32, #irfuse.dims<"s0">> -> tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %plus = irfuse.add %mean scalar 1.000000e-06 : tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %rsqrt = irfuse.rsqrt %plus : tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %narrow = irfuse.cast %rsqrt : tensor<?x32x1xf32, #irfuse.dims<"s0">> -> tensor<?x32x1xbf16, #irfuse.dims<"s0">>
    %wide = irfuse.cast %narrow : tensor<?x32x1xbf16, #irfuse.dims<"s0">> -> tensor<?x32x1xf32, #irfuse.dims<"s0">>
    %rows = irfuse.broadcast %wide : tensor<?x32x1xf32, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %normed = irfuse.mul %f, %rows : tensor<?x32x128xf32, #irfuse.dims<"s0">>
    %y = irfuse.cast %normed : tensor<?x32x128xf32, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>
    func.return %y : tensor<?x32x128xbf16, #irfuse.dims<"s0">>
  }
  func.func @bound_differs(%x: tensor<?x4096xbf16, #irfuse.dims<"s0">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
    %f = irfuse.cast %x : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %abs = irfuse.abs %f : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %amax = irfuse.row_amax %abs : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x1xf32, #irfuse.dims<"s0">>
    %ratio = irfuse.div %amax scalar 4.480000e+02 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %floored = irfuse.clamp %ratio min 1.000000e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %ratios = irfuse.div %f, %srows : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %held = irfuse.clamp %ratios min -4.480000e+02 max 2.400000e+02 : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %q = irfuse.cast %held : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
    func.return %q, %floored : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
  }
  func.func @one_bound(%x: tensor<?x4096xbf16, #irfuse.dims<"s0">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
    %f = irfuse.cast %x : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %abs = irfuse.abs %f : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %amax = irfuse.row_amax %abs : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x1xf32, #irfuse.dims<"s0">>
    %ratio = irfuse.div %amax scalar 4.480000e+02 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %floored = irfuse.clamp %ratio min 1.000000e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %ratios = irfuse.div %f, %srows : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %held = irfuse.clamp %ratios max 4.480000e+02 : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %q = irfuse.cast %held : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
    func.return %q, %floored : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
  }
  func.func @no_upper_bound(%x: tensor<?x4096xbf16, #irfuse.dims<"s0">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
    %f = irfuse.cast %x : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %abs = irfuse.abs %f : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %amax = irfuse.row_amax %abs : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x1xf32, #irfuse.dims<"s0">>
    %ratio = irfuse.div %amax scalar 4.480000e+02 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %floored = irfuse.clamp %ratio min 1.000000e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %ratios = irfuse.div %f, %srows : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %held = irfuse.clamp %ratios min -4.480000e+02 : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %q = irfuse.cast %held : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
    func.return %q, %floored : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
  }
  func.func @amax_of_another_tensor(%x: tensor<?x4096xbf16, #irfuse.dims<"s0">>, %o: tensor<?x4096xf32, #irfuse.dims<"s0">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
    %f = irfuse.cast %x : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %abs = irfuse.abs %o : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %amax = irfuse.row_amax %abs : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x1xf32, #irfuse.dims<"s0">>
    %ratio = irfuse.div %amax scalar 4.480000e+02 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %floored = irfuse.clamp %ratio min 1.000000e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %ratios = irfuse.div %f, %srows : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %held = irfuse.clamp %ratios min -4.480000e+02 max 4.480000e+02 : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %q = irfuse.cast %held : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
    func.return %q, %floored : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
  }
  func.func @amax_without_abs(%x: tensor<?x4096xbf16, #irfuse.dims<"s0">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
    %f = irfuse.cast %x : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %amax = irfuse.row_amax %f : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x1xf32, #irfuse.dims<"s0">>
    %ratio = irfuse.div %amax scalar 4.480000e+02 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %floored = irfuse.clamp %ratio min 1.000000e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %ratios = irfuse.div %f, %srows : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %held = irfuse.clamp %ratios min -4.480000e+02 max 4.480000e+02 : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %q = irfuse.cast %held : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
    func.return %q, %floored : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
  }
  func.func @exponent_rounded(%x: tensor<?x4096xbf16, #irfuse.dims<"s0">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
    %f = irfuse.cast %x : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %abs = irfuse.abs %f : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %amax = irfuse.row_amax %abs : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x1xf32, #irfuse.dims<"s0">>
    %ratio = irfuse.div %amax scalar 4.480000e+02 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %floored = irfuse.clamp %ratio min 1.000000e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %log2 = irfuse.log2 %floored : tensor<?x1xf32, #irfuse.dims<"s0">>
    %round = irfuse.round %log2 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %power = irfuse.exp2 %round : tensor<?x1xf32, #irfuse.dims<"s0">>
    %srows = irfuse.broadcast %power : tensor<?x1xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %ratios = irfuse.div %f, %srows : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %held = irfuse.clamp %ratios min -4.480000e+02 max 4.480000e+02 : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %q = irfuse.cast %held : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
    func.return %q, %power : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
  }
  func.func @ratio_in_bf16(%x: tensor<?x4096xbf16, #irfuse.dims<"s0">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
    %f = irfuse.cast %x : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %abs = irfuse.abs %f : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %amax = irfuse.row_amax %abs : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x1xf32, #irfuse.dims<"s0">>
    %ratio = irfuse.div %amax scalar 4.480000e+02 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %floored = irfuse.clamp %ratio min 1.000000e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %ratios = irfuse.div %f, %srows : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %narrow = irfuse.cast %ratios : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x4096xbf16, #irfuse.dims<"s0">>
    %again = irfuse.cast %narrow : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %held = irfuse.clamp %again min -4.480000e+02 max 4.480000e+02 : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %q = irfuse.cast %held : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
    func.return %q, %floored : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
  }
  func.func @upside_down(%x: tensor<?x4096xbf16, #irfuse.dims<"s0">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
    %f = irfuse.cast %x : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %abs = irfuse.abs %f : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %amax = irfuse.row_amax %abs : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x1xf32, #irfuse.dims<"s0">>
    %ratio = irfuse.div %amax scalar 4.480000e+02 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %floored = irfuse.clamp %ratio min 1.000000e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %ratios = irfuse.div %srows, %f : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %held = irfuse.clamp %ratios min -4.480000e+02 max 4.480000e+02 : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %q = irfuse.cast %held : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
    func.return %q, %floored : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
  }
  func.func @multiplied(%x: tensor<?x4096xbf16, #irfuse.dims<"s0">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
    %f = irfuse.cast %x : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %abs = irfuse.abs %f : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %amax = irfuse.row_amax %abs : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x1xf32, #irfuse.dims<"s0">>
    %ratio = irfuse.div %amax scalar 4.480000e+02 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %floored = irfuse.clamp %ratio min 1.000000e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %ratios = irfuse.mul %f, %srows : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %held = irfuse.clamp %ratios min -4.480000e+02 max 4.480000e+02 : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %q = irfuse.cast %held : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
    func.return %q, %floored : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
  }
  func.func @quant_max_of_a_tensor(%x: tensor<?x4096xbf16, #irfuse.dims<"s0">>, %m: tensor<?x1xf32, #irfuse.dims<"s0">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
    %f = irfuse.cast %x : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %abs = irfuse.abs %f : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %amax = irfuse.row_amax %abs : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x1xf32, #irfuse.dims<"s0">>
    %ratio = irfuse.div %amax, %m : tensor<?x1xf32, #irfuse.dims<"s0">>
    %floored = irfuse.clamp %ratio min 1.000000e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %ratios = irfuse.div %f, %srows : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %held = irfuse.clamp %ratios min -4.480000e+02 max 4.480000e+02 : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %q = irfuse.cast %held : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
    func.return %q, %floored : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
  }
  func.func @int8(%x: tensor<?x4096xbf16, #irfuse.dims<"s0">>) -> (tensor<?x4096xi8, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
    %f = irfuse.cast %x : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %abs = irfuse.abs %f : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %amax = irfuse.row_amax %abs : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x1xf32, #irfuse.dims<"s0">>
    %ratio = irfuse.div %amax scalar 4.480000e+02 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %floored = irfuse.clamp %ratio min 1.000000e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %ratios = irfuse.div %f, %srows : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %held = irfuse.clamp %ratios min -4.480000e+02 max 4.480000e+02 : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %q = irfuse.cast %held : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x4096xi8, #irfuse.dims<"s0">>
    func.return %q, %floored : tensor<?x4096xi8, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
  }
  func.func @static_scale_of_bf16(%x: tensor<?x4096xbf16, #irfuse.dims<"s0">>, %scale: tensor<1xbf16>) -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">> {
    %s32 = irfuse.cast %scale : tensor<1xbf16> -> tensor<1xf32>
    %inverse = irfuse.reciprocal %s32 : tensor<1xf32>
    %inv16 = irfuse.cast %inverse : tensor<1xf32> -> tensor<1xbf16>
    %xs = irfuse.broadcast %inv16 : tensor<1xbf16> -> tensor<?x4096xbf16, #irfuse.dims<"s0">>
    %p = irfuse.mul %x, %xs : tensor<?x4096xbf16, #irfuse.dims<"s0">>
    %held = irfuse.clamp %p min -4.480000e+02 max 4.480000e+02 : tensor<?x4096xbf16, #irfuse.dims<"s0">>
    %q = irfuse.cast %held : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
    func.return %q : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  }
  func.func @static_scale_of_rows(%x: tensor<?x4096xbf16, #irfuse.dims<"s0">>, %scale: tensor<?x1xf32, #irfuse.dims<"s0">>) -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">> {
    %f = irfuse.cast %x : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %srows = irfuse.broadcast %scale : tensor<?x1xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %ratios = irfuse.div %f, %srows : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %held = irfuse.clamp %ratios min -4.480000e+02 max 4.480000e+02 : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %q = irfuse.cast %held : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
    func.return %q : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  }
  func.func @static_in_bf16(%x: tensor<?x4096xbf16, #irfuse.dims<"s0">>, %scale: tensor<1xbf16>) -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">> {
    %srows = irfuse.broadcast %scale : tensor<1xbf16> -> tensor<?x4096xbf16, #irfuse.dims<"s0">>
    %ratios = irfuse.div %x, %srows : tensor<?x4096xbf16, #irfuse.dims<"s0">>
    %held = irfuse.clamp %ratios min -4.480000e+02 max 4.480000e+02 : tensor<?x4096xbf16, #irfuse.dims<"s0">>
    %q = irfuse.cast %held : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
    func.return %q : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  }
  func.func @static_bounds_differ(%x: tensor<?x4096xbf16, #irfuse.dims<"s0">>, %scale: tensor<1xf32>) -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">> {
    %f = irfuse.cast %x : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %srows = irfuse.broadcast %scale : tensor<1xf32> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %ratios = irfuse.div %f, %srows : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %held = irfuse.clamp %ratios min 0.000000e+00 max 4.480000e+02 : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %q = irfuse.cast %held : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
    func.return %q : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  }
  func.func @scale_of_columns(%x: tensor<32x32xf32>) -> (tensor<32x32xf8E4M3FN>, tensor<32x1xf32>) {
    %abs = irfuse.abs %x : tensor<32x32xf32>
    %amax = irfuse.row_amax %abs : tensor<32x32xf32> -> tensor<32x1xf32>
    %ratio = irfuse.div %amax scalar 4.480000e+02 : tensor<32x1xf32>
    %turned = irfuse.reshape %ratio : tensor<32x1xf32> -> tensor<1x32xf32>
    %srows = irfuse.broadcast %turned : tensor<1x32xf32> -> tensor<32x32xf32>
    %ratios = irfuse.div %x, %srows : tensor<32x32xf32>
    %held = irfuse.clamp %ratios min -4.480000e+02 max 4.480000e+02 : tensor<32x32xf32>
    %q = irfuse.cast %held : tensor<32x32xf32> -> tensor<32x32xf8E4M3FN>
    func.return %q, %ratio : tensor<32x32xf8E4M3FN>, tensor<32x1xf32>
  }
  func.func @root_of_columns(%x: tensor<32x32xf32>) -> tensor<32x32xf32> {
    %square = irfuse.mul %x, %x : tensor<32x32xf32>
    %mean = irfuse.row_mean %square : tensor<32x32xf32> -> tensor<32x1xf32>
    %plus = irfuse.add %mean scalar 1.000000e-06 : tensor<32x1xf32>
    %rsqrt = irfuse.rsqrt %plus : tensor<32x1xf32>
    %turned = irfuse.reshape %rsqrt : tensor<32x1xf32> -> tensor<1x32xf32>
    %rows = irfuse.broadcast %turned : tensor<1x32xf32> -> tensor<32x32xf32>
    %y = irfuse.mul %x, %rows : tensor<32x32xf32>
    func.return %y : tensor<32x32xf32>
  }
  func.func @int8_truncated(%x: tensor<?x4096xbf16, #irfuse.dims<"s0">>) -> (tensor<?x4096xi8, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
    %f = irfuse.cast %x : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %abs = irfuse.abs %f : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %amax = irfuse.row_amax %abs : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x1xf32, #irfuse.dims<"s0">>
    %ratio = irfuse.div %amax scalar 1.270000e+02 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %srows = irfuse.broadcast %ratio : tensor<?x1xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %ratios = irfuse.div %f, %srows : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %held = irfuse.clamp %ratios min -1.270000e+02 max 1.270000e+02 : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %q = irfuse.cast %held : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x4096xi8, #irfuse.dims<"s0">>
    func.return %q, %ratio : tensor<?x4096xi8, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
  }
  func.func @inverse_of_another_number(%x: tensor<?x4096xf32, #irfuse.dims<"s0">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
    %abs = irfuse.abs %x : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %amax = irfuse.row_amax %abs : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x1xf32, #irfuse.dims<"s0">>
    %inverse = irfuse.reciprocal %amax : tensor<?x1xf32, #irfuse.dims<"s0">>
    %factor = irfuse.mul %inverse scalar 2.400000e+02 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %factors = irfuse.broadcast %factor : tensor<?x1xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %scaled = irfuse.mul %x, %factors : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %q = irfuse.cast %scaled : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
    %s = irfuse.div %amax scalar 4.480000e+02 : tensor<?x1xf32, #irfuse.dims<"s0">>
    func.return %q, %s : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
  }
  func.func @floor_on_one_side(%x: tensor<?x4096xf32, #irfuse.dims<"s0">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
    %abs = irfuse.abs %x : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %amax = irfuse.row_amax %abs : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x1xf32, #irfuse.dims<"s0">>
    %floored = irfuse.clamp %amax min 1.000000e-04 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %inverse = irfuse.reciprocal %floored : tensor<?x1xf32, #irfuse.dims<"s0">>
    %factor = irfuse.mul %inverse scalar 4.480000e+02 : tensor<?x1xf32, #irfuse.dims<"s0">>
    %factors = irfuse.broadcast %factor : tensor<?x1xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf32, #irfuse.dims<"s0">>
    %scaled = irfuse.mul %x, %factors : tensor<?x4096xf32, #irfuse.dims<"s0">>
    %q = irfuse.cast %scaled : tensor<?x4096xf32, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
    %s = irfuse.div %amax scalar 4.480000e+02 : tensor<?x1xf32, #irfuse.dims<"s0">>
    func.return %q, %s : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
  }
}

