builtin.module {
  func.func @opaque(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
    %0 = irfuse.opaque "aten.rand_like.default" (%x) call <x0> : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %1 = irfuse.opaque "aten.rand_like.default" (%x) call <x0> : (tensor<4x4xf32>) -> tensor<4x4xf32>
    func.return %0, %1 : tensor<4x4xf32>, tensor<4x4xf32>
  }
  func.func @order(%x: tensor<4x4xf32>, %y: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) {
    %0 = irfuse.sub %x, %y : tensor<4x4xf32>
    %1 = irfuse.sub %y, %x : tensor<4x4xf32>
    %2 = irfuse.div %x, %y : tensor<4x4xf32>
    %3 = irfuse.div %y, %x : tensor<4x4xf32>
    func.return %0, %1, %2, %3 : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
  }
  func.func @numbers(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) {
    %0 = irfuse.add %x scalar 1.000000e+00 : tensor<4x4xf32>
    %1 = irfuse.add %x scalar 2.000000e+00 : tensor<4x4xf32>
    %2 = irfuse.add %x, %x : tensor<4x4xf32>
    %3 = irfuse.clamp %x min 1.000000e+00 : tensor<4x4xf32>
    %4 = irfuse.clamp %x max 1.000000e+00 : tensor<4x4xf32>
    %5 = irfuse.clamp %x min 1.000000e+00 max 1.000000e+00 : tensor<4x4xf32>
    func.return %0, %1, %2, %3, %4, %5 : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
  }
  func.func @exchanged(%x: tensor<4x4xf32>, %y: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) {
    %0 = irfuse.add %x, %y : tensor<4x4xf32>
    %1 = irfuse.add %y, %x : tensor<4x4xf32>
    %2 = irfuse.mul %x, %y : tensor<4x4xf32>
    %3 = irfuse.mul %y, %x : tensor<4x4xf32>
    %4 = irfuse.maximum %x, %y : tensor<4x4xf32>
    %5 = irfuse.maximum %y, %x : tensor<4x4xf32>
    %6 = irfuse.minimum %x, %y : tensor<4x4xf32>
    %7 = irfuse.minimum %y, %x : tensor<4x4xf32>
    func.return %0, %1, %2, %3, %4, %5, %6, %7 : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
  }
  func.func @zeros(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
    %0 = irfuse.maximum %x scalar 0.000000e+00 : tensor<4x4xf32>
    %1 = irfuse.maximum %x scalar -0.000000e+00 : tensor<4x4xf32>
    func.return %0, %1 : tensor<4x4xf32>, tensor<4x4xf32>
  }
  func.func @not_a_number() -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) {
    %0 = irfuse.full nan : tensor<4x4xf32>
    %1 = irfuse.full nan(0xfff8000000000000) : tensor<4x4xf32>
    %2 = irfuse.full nan(0xfff8000020000000) : tensor<4x4xf32>
    func.return %0, %1, %2 : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
  }
  func.func @types(%x: tensor<4x4xf32>) -> (tensor<4x4xbf16>, tensor<4x4xf16>, tensor<2x8xf32>, tensor<8x2xf32>, tensor<4x1xf32>, tensor<4x1xf32>) {
    %0 = irfuse.cast %x : tensor<4x4xf32> -> tensor<4x4xbf16>
    %1 = irfuse.cast %x : tensor<4x4xf32> -> tensor<4x4xf16>
    %2 = irfuse.reshape %x : tensor<4x4xf32> -> tensor<2x8xf32>
    %3 = irfuse.reshape %x : tensor<4x4xf32> -> tensor<8x2xf32>
    %4 = irfuse.row_sum %x : tensor<4x4xf32> -> tensor<4x1xf32>
    %5 = irfuse.row_mean %x : tensor<4x4xf32> -> tensor<4x1xf32>
    func.return %0, %1, %2, %3, %4, %5 : tensor<4x4xbf16>, tensor<4x4xf16>, tensor<2x8xf32>, tensor<8x2xf32>, tensor<4x1xf32>, tensor<4x1xf32>
  }
  func.func @named(%x: tensor<4x4xf32>, %w: tensor<4xf32>, %b: tensor<4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) {
    %0 = irfuse.rms_norm %x weight %w : tensor<4xf32> bias %b : tensor<4xf32> {eps = 1.000000e-06 : f64} : tensor<4x4xf32> -> tensor<4x4xf32>
    %1 = irfuse.rms_norm %x weight %b : tensor<4xf32> bias %w : tensor<4xf32> {eps = 1.000000e-06 : f64} : tensor<4x4xf32> -> tensor<4x4xf32>
    %2 = irfuse.rms_norm %x weight %w : tensor<4xf32> {eps = 1.000000e-06 : f64} : tensor<4x4xf32> -> tensor<4x4xf32>
    %3 = irfuse.rms_norm %x weight %w : tensor<4xf32> {eps = 1.000000e-05 : f64} : tensor<4x4xf32> -> tensor<4x4xf32>
    func.return %0, %1, %2, %3 : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
  }
  func.func @others(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) {
    %0 = irfuse.fused (%a = %x : tensor<4x4xf32>) -> (tensor<4x4xf32>) {
      irfuse.yield %a : tensor<4x4xf32>
    }
    %1 = irfuse.fused (%b = %x : tensor<4x4xf32>) -> (tensor<4x4xf32>) {
      irfuse.yield %b : tensor<4x4xf32>
    }
    %2 = arith.addf %x, %x : tensor<4x4xf32>
    %3 = arith.addf %x, %x : tensor<4x4xf32>
    func.return %0, %1, %2, %3 : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
  }
  func.func @around_a_write(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
    %0 = irfuse.neg %x : tensor<4x4xf32>
    irfuse.opaque "aten.zero_.default" mutates (%x) : (tensor<4x4xf32>) -> ()
    %1 = irfuse.neg %x : tensor<4x4xf32>
    func.return %0, %1 : tensor<4x4xf32>, tensor<4x4xf32>
  }
  func.func @zeros_of_two_signs(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
    %0 = irfuse.add %x scalar 0.000000e+00 : tensor<4xf32>
    %1 = irfuse.add %x scalar -0.000000e+00 : tensor<4xf32>
    func.return %0, %1 : tensor<4xf32>, tensor<4xf32>
  }
}

