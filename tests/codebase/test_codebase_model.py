"""The block and the language model, against the same model put together from PyTorch's parts."""

from collections.abc import Mapping

import pytest
import torch
from einops import rearrange
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from tests.codebase.rotation import turned
from tests.codebase.rounding import assert_same_real_number, few, normal
from transformer.transformer import TransformerBlock, TransformerLM

VOCAB, CONTEXT, THETA = 11, 12, 100.0

seeds = st.integers(0, 2**32 - 1)

# A logit is a chain of sums, each over at most d_ff = 24 terms: seven to a block and two more. With
# at most three blocks that is under 24 * 24 = 576 operations deep; residual and norm keep what they
# add up within a factor of ten of the logits.
OPERATIONS = 10 * 576


def language_model(
    num_layers: int, num_heads: int, half: int, seed: int, dtype: torch.dtype = torch.float64
) -> TransformerLM:
    torch.manual_seed(seed)
    model = TransformerLM(
        VOCAB, CONTEXT, 2 * half * num_heads, num_layers, num_heads, 24, THETA, dtype=dtype
    )
    for name, weight in model.named_parameters():
        if "ln" in name:  # gains of one would hide where they go
            torch.nn.init.uniform_(weight, 0.5, 1.5)
    return model


def tokens(batch: int, seq: int, seed: int) -> Tensor:
    return torch.randint(VOCAB, (batch, seq), generator=torch.Generator().manual_seed(seed))


def block_of_torch(
    x: Tensor, weights: Mapping[str, Tensor], num_heads: int, positions: Tensor | None
) -> Tensor:
    """x (batch, seq, d_model), with the weights of one block by their names in it."""

    def norm(x: Tensor, name: str) -> Tensor:
        return F.rms_norm(x, x.shape[-1:], weights[f"{name}.weight"], 1e-5)

    def heads(x: Tensor, name: str) -> Tensor:
        y = F.linear(x, weights[f"attn.{name}.weight"])
        return rearrange(y, "b s (h d) -> b h s d", h=num_heads)

    normed = norm(x, "ln1")
    q, k, v = (heads(normed, name) for name in ("q_proj", "k_proj", "v_proj"))
    if positions is not None:
        q, k = turned(q, positions, THETA), turned(k, positions, THETA)
    mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(-2)
    x = x + F.linear(mixed, weights["attn.output_proj.weight"])

    normed = norm(x, "ln2")
    gate = F.silu(F.linear(normed, weights["ffn.w1.weight"]))
    hidden = gate * F.linear(normed, weights["ffn.w3.weight"])
    return x + F.linear(hidden, weights["ffn.w2.weight"])


def model_of_torch(model: TransformerLM, token_ids: Tensor, positions: Tensor) -> Tensor:
    weights = dict(model.named_parameters())
    x = F.embedding(token_ids, weights["token_embeddings.weight"])
    for i, layer in enumerate(model.layers):
        assert isinstance(layer, TransformerBlock)
        own = {
            name.removeprefix(f"layers.{i}."): weight
            for name, weight in weights.items()
            if name.startswith(f"layers.{i}.")
        }
        x = block_of_torch(x, own, layer.attn.num_heads, positions)
    x = F.rms_norm(x, x.shape[-1:], weights["ln_final.weight"], 1e-5)
    return F.linear(x, weights["lm_head.weight"])


@few
@given(st.integers(1, 3), st.integers(1, 3), st.booleans(), seeds)
def test_a_block_adds_each_sublayer_of_the_normed_stream_to_the_stream(
    num_heads: int, half: int, with_positions: bool, seed: int
) -> None:
    torch.manual_seed(seed)
    d_model = 2 * half * num_heads
    block = TransformerBlock(d_model, num_heads, 24, CONTEXT, THETA, dtype=torch.float64)
    torch.nn.init.uniform_(block.ln1.weight, 0.5, 1.5)
    torch.nn.init.uniform_(block.ln2.weight, 0.5, 1.5)
    x = normal(2, 7, d_model, seed=seed)
    positions = torch.arange(3, 10) if with_positions else None
    expected = block_of_torch(x, dict(block.named_parameters()), num_heads, positions)
    assert_same_real_number(block(x, positions), expected, OPERATIONS)


@few
@given(st.integers(0, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, CONTEXT), seeds)
def test_logits_and_gradients_are_those_of_the_model_of_torch(
    num_layers: int, num_heads: int, half: int, seq: int, seed: int
) -> None:
    model = language_model(num_layers, num_heads, half, seed)
    token_ids = tokens(3, seq, seed)
    ours = model(token_ids)
    theirs = model_of_torch(model, token_ids, torch.arange(seq))
    assert ours.shape == (3, seq, VOCAB)
    assert_same_real_number(ours, theirs, OPERATIONS)

    incoming = normal(3, seq, VOCAB, seed=seed)
    weights = list(model.parameters())
    # Back through as many sums again, and at the end over all 3 * seq positions.
    for our, their in zip(
        torch.autograd.grad(ours, weights, incoming),
        torch.autograd.grad(theirs, weights, incoming),
        strict=True,
    ):
        assert_same_real_number(our, their, 2 * OPERATIONS * 3 * CONTEXT)


def test_positions_count_from_zero_unless_given() -> None:
    model = language_model(2, 2, 2, seed=0)
    token_ids = tokens(2, 6, seed=1)
    assert torch.equal(model(token_ids), model(token_ids, torch.arange(6)))
    own = torch.tensor([[0, 1, 2, 3, 4, 5], [0, 2, 4, 6, 8, 10]])
    together = model(token_ids, own)
    for i in range(2):
        alone = model(token_ids[i : i + 1], own[i])
        assert_same_real_number(together[i : i + 1], alone, OPERATIONS)
    assert not torch.allclose(together[1], model(token_ids)[1])


@few
@given(st.integers(1, CONTEXT - 6), seeds)
def test_all_positions_moved_together_leave_the_logits_alone(shift: int, seed: int) -> None:
    model = language_model(2, 2, 2, seed)
    token_ids = tokens(2, 6, seed)
    moved = model(token_ids, torch.arange(6) + shift)
    assert_same_real_number(moved, model(token_ids), OPERATIONS)


@few
@given(st.integers(1, CONTEXT - 1), seeds)
def test_logits_know_nothing_of_later_tokens(place: int, seed: int) -> None:
    model = language_model(3, 2, 2, seed)
    token_ids = tokens(2, CONTEXT, seed)
    changed = token_ids.clone()
    changed[:, place] = (changed[:, place] + 1) % VOCAB
    before, after = model(token_ids), model(changed)
    assert_same_real_number(after[:, :place], before[:, :place], OPERATIONS)
    assert not torch.allclose(after[:, place], before[:, place])


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_weights_and_logits_have_the_dtype_asked_for(dtype: torch.dtype) -> None:
    model = language_model(2, 2, 2, seed=0, dtype=dtype)
    logits = model(tokens(2, 5, seed=0))
    assert {weight.dtype for weight in model.parameters()} == {dtype}
    assert logits.dtype == dtype
    assert bool(logits.isfinite().all())


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_a_model_can_be_converted_after_it_was_made(dtype: torch.dtype) -> None:
    model = language_model(2, 2, 2, seed=0, dtype=torch.float32).to(dtype)
    assert model(tokens(2, 5, seed=0)).dtype == dtype


def test_the_state_dict_names_every_weight_once() -> None:
    model = language_model(1, 2, 2, seed=0)
    assert {name: tuple(weight.shape) for name, weight in model.state_dict().items()} == {
        "token_embeddings.weight": (VOCAB, 8),
        "layers.0.ln1.weight": (8,),
        "layers.0.attn.q_proj.weight": (8, 8),
        "layers.0.attn.k_proj.weight": (8, 8),
        "layers.0.attn.v_proj.weight": (8, 8),
        "layers.0.attn.output_proj.weight": (8, 8),
        "layers.0.ln2.weight": (8,),
        "layers.0.ffn.w1.weight": (24, 8),
        "layers.0.ffn.w2.weight": (8, 24),
        "layers.0.ffn.w3.weight": (24, 8),
        "ln_final.weight": (8,),
        "lm_head.weight": (VOCAB, 8),
    }


def test_a_model_can_be_laid_out_without_memory() -> None:
    model = TransformerLM(VOCAB, CONTEXT, 8, 1, 2, 24, THETA, device="meta")
    assert {weight.device.type for weight in model.state_dict().values()} == {"meta"}
