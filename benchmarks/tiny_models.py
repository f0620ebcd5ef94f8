"""Tiny random models of transformers' families in bf16, with linears that quantise what they read to fp8.

A family is the ``model_type`` of its configuration. Sizes are the least at which every part of a family is there: rows
of 256, heads of 64 for attention and of 128 for gated norms, two layers, four experts. Nothing is downloaded.
"""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import torch
import transformers
from fp8_linears import Fp8Linear
from torch import nn
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.pytorch_utils import Conv1D

transformers.logging.set_verbosity_error()
NOT_QUANTISED = {"lm_head", "gate", "router", "shared_expert_gate", "embed_out"}
"""Heads and routers, which checkpoints in fp8 leave as they are."""

BASE: dict[str, Any] = {
    "vocab_size": 128,
    "hidden_size": 256,
    "intermediate_size": 512,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "max_position_embeddings": 512,
    "tie_word_embeddings": False,
    "use_cache": False,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
EXPERTS: dict[str, Any] = {
    "num_experts": 4,
    "num_local_experts": 4,
    "n_routed_experts": 4,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 128,
    "shared_expert_intermediate_size": 128,
    "n_group": 1,
    "topk_group": 1,
}
LATENT: dict[str, Any] = {
    "q_lora_rank": 128,
    "kv_lora_rank": 128,
    "qk_nope_head_dim": 64,
    "qk_rope_head_dim": 64,
    "v_head_dim": 64,
    "num_key_value_heads": 4,
}
DELTA_NET: dict[str, Any] = {
    "layer_types": ["linear_attention", "full_attention"],
    "linear_key_head_dim": 128,
    "linear_value_head_dim": 128,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
}
MAMBA: dict[str, Any] = {
    "mamba_expand": 2,
    "mamba_n_heads": 8,
    "mamba_d_head": 64,
    "mamba_d_state": 16,
    "mamba_chunk_size": 16,
    "chunk_size": 16,
}
FAMILIES: dict[str, dict[str, Any]] = {
    "afmoe": {**EXPERTS, "num_shared_experts": 1, "num_dense_layers": 1},
    "apertus": {},
    "arcee": {},
    "axk2": {**EXPERTS, **LATENT, "first_k_dense_replace": 1},
    "bailing_hybrid": {**EXPERTS, **LATENT, "layer_types": DELTA_NET["layer_types"], "first_k_dense_replace": 1},
    "bamba": {**MAMBA, "attn_layer_indices": [1]},
    "bitnet": {},
    "bloom": {},
    "cohere": {},
    "cohere2": {},
    "cohere2_moe": EXPERTS,
    "deepseek_v2": {**EXPERTS, **LATENT, "first_k_dense_replace": 1},
    "deepseek_v3": {**EXPERTS, **LATENT, "first_k_dense_replace": 1},
    "deepseek_v32": {**EXPERTS, **LATENT, "first_k_dense_replace": 1},
    "deepseek_v4": {**EXPERTS, **LATENT},
    "diffllama": {},
    "dots1": {**EXPERTS, "n_shared_experts": 1, "first_k_dense_replace": 1},
    "ernie4_5": {},
    "ernie4_5_moe": EXPERTS,
    "exaone4": {},
    "exaone_moe": EXPERTS,
    "falcon_h1": {**MAMBA, "mamba_d_ssm": 512, "mamba_n_groups": 1, "mamba_rms_norm": True},
    "falcon_mamba": {"state_size": 16},
    "flex_olmo": EXPERTS,
    "gemma2": {},
    "gemma3_text": {"layer_types": ["sliding_attention", "full_attention"]},
    "gemma3n_text": {
        "num_kv_shared_layers": 0,
        "hidden_size_per_layer_input": 128,
        "vocab_size_per_layer_input": 128,
        "layer_types": ["sliding_attention", "full_attention"],
        "laurel_rank": 64,
        "activation_sparsity_pattern": [0.0, 0.0],
    },
    "gemma4_text": {
        "hidden_size_per_layer_input": 128,
        "vocab_size_per_layer_input": 128,
        "num_kv_shared_layers": 0,
        "global_head_dim": 64,
        "layer_types": ["sliding_attention", "full_attention"],
    },
    "glm4": {},
    "glm4_moe": {**EXPERTS, "n_shared_experts": 1, "first_k_dense_replace": 1, "use_qk_norm": True},
    "glm4_moe_lite": {**EXPERTS, **LATENT, "first_k_dense_replace": 1},
    "glm_moe_dsa": {**EXPERTS, **LATENT, "first_k_dense_replace": 1},
    "gpt2": {},
    "gpt_neox": {},
    "gpt_oss": EXPERTS,
    "granite": {},
    "granitemoe": EXPERTS,
    "granitemoehybrid": {**EXPERTS, **MAMBA, "shared_intermediate_size": 512, "layer_types": ["mamba", "attention"]},
    "helium": {},
    "hunyuan_v1_moe": EXPERTS,
    "hy_v3": EXPERTS,
    "hy_v4": EXPERTS,
    # By default transformers hands compiled models another mask than eager ones, with which attention rounds otherwise.
    "inkling_text": {**EXPERTS, "attn_implementation": "eager"},
    "jais2": {},
    "jamba": {**EXPERTS, "attn_layer_offset": 1, "attn_layer_period": 2, "mamba_d_state": 16},
    "kimi_linear": {**EXPERTS, **LATENT, **DELTA_NET, "linear_num_heads": 4},
    "laguna": EXPERTS,
    "lfm2": {"layer_types": ["conv", "full_attention"], "block_ff_dim": 512},
    "lfm2_moe": {**EXPERTS, "layer_types": ["conv", "full_attention"], "num_dense_layers": 1},
    "lfm3": {},
    "llama": {},
    "llama4_text": {**EXPERTS, "intermediate_size_mlp": 512, "moe_layers": [1]},
    "mamba": {},
    "mamba2": {"num_heads": 8, "head_dim": 64, "state_size": 16, "n_groups": 4, "expand": 2, "chunk_size": 16},
    "mimo_v2_flash": EXPERTS,
    "minimax": {**EXPERTS, "layer_types": ["linear_attention", "full_attention"], "block_size": 16},
    "minimax_m2": EXPERTS,
    "minimax_m3_vl_text": EXPERTS,
    "ministral3": {},
    "mistral": {},
    "mixtral": EXPERTS,
    "moshi": {"ffn_dim": 512},
    "mt5": {"d_model": 256, "d_ff": 512, "d_kv": 64, "num_layers": 2, "num_heads": 4},
    "nanochat": {},
    "nemotron": {},
    "nemotron_h": {
        **EXPERTS,
        "num_hidden_layers": 4,
        "layer_types": ["linear_attention", "full_attention", "mlp", "moe"],
        "moe_shared_expert_intermediate_size": 512,
        "mamba_num_heads": 8,
        "mamba_head_dim": 64,
        "ssm_state_size": 16,
        "n_groups": 4,
        "chunk_size": 16,
    },
    "olmo2": {},
    "olmo3": {},
    "olmo_hybrid": {**DELTA_NET, "num_key_value_heads": 4},
    "opt": {},
    "persimmon": {},
    "phi": {},
    "phi3": {},
    "phimoe": EXPERTS,
    "qwen2": {},
    "qwen2_moe": EXPERTS,
    "qwen3": {},
    "qwen3_5_moe_text": {**EXPERTS, **DELTA_NET},
    "qwen3_5_text": DELTA_NET,
    "qwen3_moe": EXPERTS,
    "qwen3_next": {**EXPERTS, **DELTA_NET},
    "qwen4_exp_text": {
        **EXPERTS,
        **DELTA_NET,
        "hc_count": 2,
        "hc_lowrank": 128,
        "indexer_n_heads": 2,
        "indexer_kv_heads": 1,
        "indexer_head_dim": 64,
        "indexer_budget": 16,
        "indexer_compress_ratio": 4,
    },
    "recurrent_gemma": {"block_types": ["recurrent", "attention"]},
    "seed_oss": {},
    "smollm3": {},
    "solar_open": EXPERTS,
    "stablelm": {},
    "starcoder2": {},
    "t5": {"d_model": 256, "d_ff": 512, "d_kv": 64, "num_layers": 2, "num_heads": 4},
    "vaultgemma": {},
    "zamba2": {**MAMBA, "layers_block_type": ["mamba", "hybrid"], "mamba_d_state": 16, "n_mamba_heads": 8},
    "zaya": {},
}
ENCODERS = ("t5", "mt5")


def quantise_linears(module: nn.Module, scheme: str) -> None:
    """Replace all linears but heads and routers; subclasses of nn.Linear are routers too."""
    for name, child in module.named_children():
        if name in NOT_QUANTISED:
            continue
        if type(child) in (nn.Linear, Conv1D):
            weight = child.weight.t().contiguous() if isinstance(child, Conv1D) else child.weight
            setattr(module, name, Fp8Linear(weight, child.bias, scheme))
        else:
            quantise_linears(child, scheme)


def build(family: str, scheme: str) -> nn.Module:
    """The model, in bf16, with norm weights that are not all one."""
    torch.manual_seed(0)
    config = CONFIG_MAPPING[family](**{**BASE, **FAMILIES[family]})
    loader = transformers.AutoModelForTextEncoding if family in ENCODERS else transformers.AutoModelForCausalLM
    model = loader.from_config(config).requires_grad_(False)
    for name, parameter in model.named_parameters():
        if "norm" in name or ".ln_" in name:
            parameter.data += 0.1 * torch.randn_like(parameter)
    quantise_linears(model, scheme)
    return model.to(torch.bfloat16).eval()
