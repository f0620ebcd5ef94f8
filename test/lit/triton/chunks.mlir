// Rows that are cut into chunks. The lines of a chunk stand together, up to where all chunks are reduced together.
// RUN: irfuse-opt -t triton %s | filecheck %s
// RUN: irfuse-opt -t 'ptx{arch=sm_90}' %s | filecheck %s --check-prefix=PTX
// RUN: irfuse-opt -t 'amdgcn{arch=gfx950}' %s | filecheck %s --check-prefix=AMD

// PTX-COUNT-6: .visible .entry
// AMD-COUNT-6: .amdgcn_target "{{.*}}-gfx950"

// 2880 columns are 3 chunks of 1024, and of the last one 832 columns; one reduction across lanes serves all of them.
// CHECK: here = (row < rows) | (ROWS == 1){{$}}
// CHECK-NEXT: c0 = tl.arange(0, 1024)[None, :]{{$}}
// CHECK-NEXT: c0_0 = c0 + 0{{$}}
// CHECK-NEXT: c0_1 = c0 + 1024{{$}}
// CHECK-NEXT: c0_2 = c0 + 2048{{$}}
// CHECK-NEXT: x0_0 = tl.load(x0_ptr + row * 2880 + c0_0, mask=here, other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: x0_1 = tl.load(x0_ptr + row * 2880 + c0_1, mask=here, other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: x0_2 = tl.load(x0_ptr + row * 2880 + c0_2, mask=here & (c0_2 < 2880), other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: abs_1_0 = tl.abs(x0_0){{$}}
// CHECK-NEXT: abs_1_1 = tl.abs(x0_1){{$}}
// CHECK-NEXT: abs_1_2 = tl.abs(x0_2){{$}}
// CHECK-NEXT: row_amax_1_2 = tl.where(c0_2 < 2880, abs_1_2, float('-inf')){{$}}
// CHECK-NEXT: row_amax_1 = tl.reduce(abs_max(abs_max(abs_1_0, abs_1_1), row_amax_1_2), 1, abs_max, keep_dims=True){{$}}
// CHECK-NEXT: div_1 = row_amax_1 * 0.0022321429569274187{{$}}
// CHECK-NEXT: clamp_1 = nan_max(div_1, 1.000000013351432e-10){{$}}
// CHECK-NEXT: div_2_0 = quotient(x0_0, clamp_1){{$}}
// CHECK-NEXT: cast_1_0 = div_2_0.to(tl.float8e4nv){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 2880 + c0_0, cast_1_0, mask=here){{$}}
// CHECK-NEXT: div_2_1 = quotient(x0_1, clamp_1){{$}}
// CHECK-NEXT: cast_1_1 = div_2_1.to(tl.float8e4nv){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 2880 + c0_1, cast_1_1, mask=here){{$}}
// CHECK-NEXT: div_2_2 = quotient(x0_2, clamp_1){{$}}
// CHECK-NEXT: cast_1_2 = div_2_2.to(tl.float8e4nv){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 2880 + c0_2, cast_1_2, mask=here & (c0_2 < 2880)){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row, clamp_1, mask=here){{$}}
func.func @last_chunk_masked(%x: tensor<?x2880xbf16, #irfuse.dims<"t">>) {
  %r0, %r1 = irfuse.fused (%a = %x : tensor<?x2880xbf16, #irfuse.dims<"t">>) -> (tensor<?x2880xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>) {
    %q, %s = irfuse.group_quant %a {group_size = 2880 : i64, quant_max = 448.0 : f64, scale_floor = 1.0e-10 : f64} : tensor<?x2880xbf16, #irfuse.dims<"t">> -> tensor<?x2880xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>
    irfuse.yield %q, %s : tensor<?x2880xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>
  }
  return
}

// 3 groups of 128 are chunks of one group: each has a scale and a chunk of the weight, which every row of the tile loads for
// itself. Scales are stored after all codes.
// CHECK: here = (row < rows) | (ROWS == 1){{$}}
// CHECK-NEXT: c1 = tl.arange(0, 128)[None, None, :]{{$}}
// CHECK-NEXT: x0_0 = tl.load(x0_ptr + row * 384 + c1, mask=here, other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: x0_1 = tl.load(x0_ptr + row * 384 + c1 + 128, mask=here, other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: x0_2 = tl.load(x0_ptr + row * 384 + c1 + 256, mask=here, other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: x1_0 = tl.load(tl.broadcast_to(x1_ptr + c1, (ROWS, 1, 128))).to(tl.float32){{$}}
// CHECK-NEXT: x1_1 = tl.load(tl.broadcast_to(x1_ptr + c1 + 128, (ROWS, 1, 128))).to(tl.float32){{$}}
// CHECK-NEXT: x1_2 = tl.load(tl.broadcast_to(x1_ptr + c1 + 256, (ROWS, 1, 128))).to(tl.float32){{$}}
// CHECK: row_mean_1 = tl.sum(mul_1_0 + mul_1_1 + mul_1_2, 2, keep_dims=True){{$}}
// CHECK-NEXT: row_mean_1 = tl.sum(row_mean_1, 1, keep_dims=True){{$}}
// CHECK-NEXT: row_mean_1 = tl.fma(row_mean_1, 0.0026041667442768812, 0.0){{$}}
// CHECK-NEXT: add_1 = row_mean_1 + 9.999999974752427e-07{{$}}
// CHECK-NEXT: rsqrt_1 = tl.rsqrt(add_1){{$}}
// CHECK: row_amax_1_0 = tl.reduce(abs_1_0, 2, abs_max, keep_dims=True){{$}}
// CHECK-NEXT: div_1_0 = row_amax_1_0 * 0.0022321429569274187{{$}}
// CHECK-NEXT: clamp_1_0 = nan_max(div_1_0, 1.000000013351432e-10){{$}}
// CHECK-NEXT: div_2_0 = quotient(cast_1_0, clamp_1_0){{$}}
// CHECK-NEXT: cast_2_0 = div_2_0.to(tl.float8e4nv){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 384 + c1, cast_2_0, mask=here){{$}}
// CHECK: row_amax_1_2 = tl.reduce(abs_1_2, 2, abs_max, keep_dims=True){{$}}
// CHECK-NEXT: div_1_2 = row_amax_1_2 * 0.0022321429569274187{{$}}
// CHECK-NEXT: clamp_1_2 = nan_max(div_1_2, 1.000000013351432e-10){{$}}
// CHECK-NEXT: div_2_2 = quotient(cast_1_2, clamp_1_2){{$}}
// CHECK-NEXT: cast_2_2 = div_2_2.to(tl.float8e4nv){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 384 + c1 + 256, cast_2_2, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row * 3, clamp_1_0, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row * 3 + 1, clamp_1_1, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row * 3 + 2, clamp_1_2, mask=here){{$}}
func.func @scales_of_chunks(%x: tensor<?x384xbf16, #irfuse.dims<"t">>, %w: tensor<384xbf16>) {
  %r0, %r1 = irfuse.fused (%a = %x : tensor<?x384xbf16, #irfuse.dims<"t">>, %b = %w : tensor<384xbf16>) -> (tensor<?x384xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x3xf32, #irfuse.dims<"t">>) {
    %y = irfuse.rms_norm %a weight %b : tensor<384xbf16> {eps = 1.0e-6 : f64} : tensor<?x384xbf16, #irfuse.dims<"t">> -> tensor<?x384xbf16, #irfuse.dims<"t">>
    %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64, scale_floor = 1.0e-10 : f64} : tensor<?x384xbf16, #irfuse.dims<"t">> -> tensor<?x384xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x3xf32, #irfuse.dims<"t">>
    irfuse.yield %q, %s : tensor<?x384xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x3xf32, #irfuse.dims<"t">>
  }
  return
}

// A mean of chunks, and what is less it: a product there is rounded, as one that an addition uses is.
// CHECK: mul_1_0 = tl.fma(x0_0, x1_0, minus_zero){{$}}
// CHECK-NEXT: mul_1_1 = tl.fma(x0_1, x1_1, minus_zero){{$}}
// CHECK-NEXT: mul_1_2 = tl.fma(x0_2, x1_2, minus_zero){{$}}
// CHECK-NEXT: row_mean_1 = tl.sum(mul_1_0 + mul_1_1 + mul_1_2, 1, keep_dims=True){{$}}
// CHECK-NEXT: row_mean_1 = tl.fma(row_mean_1, 0.010416666977107525, 0.0){{$}}
// CHECK-NEXT: sub_1_0 = mul_1_0 - row_mean_1{{$}}
// CHECK-NEXT: mul_2_0 = sub_1_0 * sub_1_0{{$}}
// CHECK-NEXT: sub_1_1 = mul_1_1 - row_mean_1{{$}}
// CHECK-NEXT: mul_2_1 = sub_1_1 * sub_1_1{{$}}
// CHECK-NEXT: sub_1_2 = mul_1_2 - row_mean_1{{$}}
// CHECK-NEXT: mul_2_2 = sub_1_2 * sub_1_2{{$}}
// CHECK-NEXT: row_mean_2 = tl.sum(mul_2_0 + mul_2_1 + mul_2_2, 1, keep_dims=True){{$}}
// CHECK-NEXT: row_mean_2 = tl.fma(row_mean_2, 0.010416666977107525, 0.0){{$}}
// CHECK-NEXT: add_1 = row_mean_2 + 9.999999747378752e-06{{$}}
// CHECK-NEXT: rsqrt_1 = tl.rsqrt(add_1){{$}}
// CHECK-NEXT: mul_3_0 = tl.fma(sub_1_0, rsqrt_1, minus_zero){{$}}
// CHECK-NEXT: add_2_0 = mul_3_0 + 0.0{{$}}
// CHECK-NEXT: mul_3_1 = tl.fma(sub_1_1, rsqrt_1, minus_zero){{$}}
// CHECK-NEXT: add_2_1 = mul_3_1 + 0.0{{$}}
// CHECK-NEXT: mul_3_2 = tl.fma(sub_1_2, rsqrt_1, minus_zero){{$}}
// CHECK-NEXT: add_2_2 = mul_3_2 + 0.0{{$}}
// CHECK-NEXT: row_var_1_mean = tl.sum(add_2_0 + add_2_1 + add_2_2, 1, keep_dims=True){{$}}
// CHECK-NEXT: row_var_1_mean = tl.fma(row_var_1_mean, 0.010416666977107525, 0.0){{$}}
// CHECK-NEXT: row_var_1_from_mean_0 = add_2_0 - row_var_1_mean{{$}}
// CHECK-NEXT: row_var_1_from_mean_1 = add_2_1 - row_var_1_mean{{$}}
// CHECK-NEXT: row_var_1_from_mean_2 = add_2_2 - row_var_1_mean{{$}}
// CHECK-NEXT: row_var_1 = tl.sum(row_var_1_from_mean_0 * row_var_1_from_mean_0 + row_var_1_from_mean_1 * row_var_1_from_mean_1 + row_var_1_from_mean_2 * row_var_1_from_mean_2, 1, keep_dims=True){{$}}
// CHECK-NEXT: row_var_1 = tl.fma(row_var_1, 0.010416666977107525, 0.0){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 96 + c0_0, add_2_0, mask=here){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 96 + c0_1, add_2_1, mask=here){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 96 + c0_2, add_2_2, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row, row_var_1, mask=here){{$}}
func.func @layer_norm(%x: tensor<?x96xf32, #irfuse.dims<"t">>, %y: tensor<?x96xf32, #irfuse.dims<"t">>) {
  %r0, %r1 = irfuse.fused (%a = %x : tensor<?x96xf32, #irfuse.dims<"t">>, %b = %y : tensor<?x96xf32, #irfuse.dims<"t">>) -> (tensor<?x96xf32, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>) {
    %p = irfuse.mul %a, %b : tensor<?x96xf32, #irfuse.dims<"t">>
    %n = irfuse.layer_norm %p {eps = 1.0e-5 : f64} : tensor<?x96xf32, #irfuse.dims<"t">> -> tensor<?x96xf32, #irfuse.dims<"t">>
    %v = irfuse.row_var %n : tensor<?x96xf32, #irfuse.dims<"t">> -> tensor<?x1xf32, #irfuse.dims<"t">>
    irfuse.yield %n, %v : tensor<?x96xf32, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>
  }
  return
}

// A pad in chunks.
// CHECK: x0_0 = tl.load(x0_ptr + row * 300 + c1, mask=here & (c1 < 300), other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: x0_1 = tl.load(x0_ptr + row * 300 + c1 + 128, mask=here & (c1 + 128 < 300), other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: x0_2 = tl.load(x0_ptr + row * 300 + c1 + 256, mask=here & (c1 + 256 < 300), other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: pad_1_0 = tl.where((c1 < 300), x0_0, 0.0){{$}}
// CHECK-NEXT: abs_1_0 = tl.abs(pad_1_0){{$}}
// CHECK-NEXT: row_amax_1_0 = tl.reduce(abs_1_0, 2, abs_max, keep_dims=True){{$}}
// CHECK-NEXT: div_1_0 = row_amax_1_0 * 0.0022321429569274187{{$}}
// CHECK-NEXT: clamp_1_0 = nan_max(div_1_0, 1.000000013351432e-10){{$}}
// CHECK-NEXT: div_2_0 = quotient(pad_1_0, clamp_1_0){{$}}
// CHECK-NEXT: cast_1_0 = div_2_0.to(tl.float8e4nv){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 384 + c1, cast_1_0, mask=here){{$}}
// CHECK: pad_1_2 = tl.where((c1 + 256 < 300), x0_2, 0.0){{$}}
// CHECK-NEXT: abs_1_2 = tl.abs(pad_1_2){{$}}
// CHECK-NEXT: row_amax_1_2 = tl.reduce(abs_1_2, 2, abs_max, keep_dims=True){{$}}
// CHECK: tl.store(y1_ptr + row * 3, clamp_1_0, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row * 3 + 1, clamp_1_1, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row * 3 + 2, clamp_1_2, mask=here){{$}}
func.func @padded(%x: tensor<?x300xbf16, #irfuse.dims<"t">>) {
  %r0, %r1 = irfuse.fused (%a = %x : tensor<?x300xbf16, #irfuse.dims<"t">>) -> (tensor<?x384xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x3xf32, #irfuse.dims<"t">>) {
    %w = irfuse.pad %a : tensor<?x300xbf16, #irfuse.dims<"t">> -> tensor<?x384xbf16, #irfuse.dims<"t">>
    %q, %s = irfuse.group_quant %w {group_size = 128 : i64, quant_max = 448.0 : f64, scale_floor = 1.0e-10 : f64} : tensor<?x384xbf16, #irfuse.dims<"t">> -> tensor<?x384xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x3xf32, #irfuse.dims<"t">>
    irfuse.yield %q, %s : tensor<?x384xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x3xf32, #irfuse.dims<"t">>
  }
  return
}

// One number for a row is stored in the columns of every chunk.
// CHECK: row_sum_1 = tl.sum(x0_0 + x0_1 + x0_2, 1, keep_dims=True){{$}}
// CHECK-NEXT: row_sum_1 = row_sum_1 + 0.0{{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 96 + c0_0, row_sum_1, mask=here){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 96 + c0_1, row_sum_1, mask=here){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 96 + c0_2, row_sum_1, mask=here){{$}}
func.func @broadcast(%x: tensor<?x96xf32, #irfuse.dims<"t">>) {
  %r0 = irfuse.fused (%a = %x : tensor<?x96xf32, #irfuse.dims<"t">>) -> (tensor<?x96xf32, #irfuse.dims<"t">>) {
    %s = irfuse.row_sum %a : tensor<?x96xf32, #irfuse.dims<"t">> -> tensor<?x1xf32, #irfuse.dims<"t">>
    %w = irfuse.broadcast %s : tensor<?x1xf32, #irfuse.dims<"t">> -> tensor<?x96xf32, #irfuse.dims<"t">>
    irfuse.yield %w : tensor<?x96xf32, #irfuse.dims<"t">>
  }
  return
}

// Norms of 96 columns and groups of 64 end together every 192: 6 pieces, of which a norm has 3 and a group 2. What a run has
// once is computed once, in the chunk that it begins with, and the weight of a norm is loaded for one of both.
// CHECK: # rms_norm eps={{.*}} norm_group=96
// CHECK: c1 = tl.arange(0, 32)[None, None, :]{{$}}
// CHECK-COUNT-6: x0_{{[0-5]}} = tl.load
// CHECK-NEXT: x1_0 = tl.load(tl.broadcast_to(x1_ptr + c1, (ROWS, 1, 32))
// CHECK-NEXT: x1_1 = tl.load(tl.broadcast_to(x1_ptr + c1 + 32, (ROWS, 1, 32))
// CHECK-NEXT: x1_2 = tl.load(tl.broadcast_to(x1_ptr + c1 + 64, (ROWS, 1, 32))
// CHECK-NOT: x1_3
// CHECK: row_mean_1_0 = tl.sum(mul_1_0 + mul_1_1 + mul_1_2, 2, keep_dims=True){{$}}
// CHECK-NEXT: row_mean_1_3 = tl.sum(mul_1_3 + mul_1_4 + mul_1_5, 2, keep_dims=True){{$}}
// CHECK: row_amax_1_0 = tl.reduce(abs_max(abs_1_0, abs_1_1), 2, abs_max, keep_dims=True){{$}}
// CHECK-NEXT: row_amax_1_2 = tl.reduce(abs_max(abs_1_2, abs_1_3), 2, abs_max, keep_dims=True){{$}}
// CHECK-NEXT: row_amax_1_4 = tl.reduce(abs_max(abs_1_4, abs_1_5), 2, abs_max, keep_dims=True){{$}}
// CHECK-COUNT-6: tl.store(y0_ptr +
// CHECK: tl.store(y1_ptr + row * 3, clamp_1_0, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row * 3 + 1, clamp_1_2, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row * 3 + 2, clamp_1_4, mask=here){{$}}
func.func @runs_that_do_not_nest(%x: tensor<?x384xbf16, #irfuse.dims<"t">>, %w: tensor<96xbf16>) {
  %r0, %r1 = irfuse.fused (%a = %x : tensor<?x384xbf16, #irfuse.dims<"t">>, %b = %w : tensor<96xbf16>) -> (tensor<?x384xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x6xf32, #irfuse.dims<"t">>) {
    %y = irfuse.rms_norm %a weight %b : tensor<96xbf16> {eps = 1.0e-6 : f64, norm_group = 96 : i64} : tensor<?x384xbf16, #irfuse.dims<"t">> -> tensor<?x384xbf16, #irfuse.dims<"t">>
    %q, %s = irfuse.group_quant %y {group_size = 64 : i64, quant_max = 448.0 : f64, scale_floor = 1.0e-10 : f64} : tensor<?x384xbf16, #irfuse.dims<"t">> -> tensor<?x384xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x6xf32, #irfuse.dims<"t">>
    irfuse.yield %q, %s : tensor<?x384xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x6xf32, #irfuse.dims<"t">>
  }
  return
}
