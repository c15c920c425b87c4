"""Attention and the multi-head layer, against PyTorch's own."""

import math

import pytest
import torch
from einops import rearrange
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from tests.codebase.rotation import turned
from tests.codebase.rounding import (
    PRECISIONS,
    assert_same_real_number,
    assert_within,
    few,
    normal,
)
from transformer.attention import CausalMultiHeadAttention, scaled_dot_product_attention

seeds = st.integers(0, 2**32 - 1)
leading = st.lists(st.integers(1, 3), max_size=3)
small = st.integers(1, 9)
masks = st.sampled_from(["none", "causal", "random", "random per leading dimension"])


def mask_like(kind: str, shape: list[int], seq_q: int, seq_k: int, seed: int) -> Tensor | None:
    """A mask that leaves each query at least one key."""
    if kind == "none":
        return None
    if kind == "causal":
        return torch.ones(seq_q, seq_k, dtype=torch.bool).tril()
    wide = shape if kind == "random per leading dimension" else []
    generator = torch.Generator().manual_seed(seed)
    mask = torch.rand(*wide, seq_q, seq_k, generator=generator) < 0.5
    mask[..., 0] = True
    return mask


@few
@given(
    shape=leading,
    seq_q=small,
    seq_k=small,
    d_k=small,
    d_v=small,
    kind=masks,
    dtype=st.sampled_from(PRECISIONS),
    seed=seeds,
)
def test_attention_is_that_of_torch(
    shape: list[int],
    seq_q: int,
    seq_k: int,
    d_k: int,
    d_v: int,
    kind: str,
    dtype: torch.dtype,
    seed: int,
) -> None:
    Q = normal(*shape, seq_q, d_k, seed=seed, dtype=dtype)
    K = normal(*shape, seq_k, d_k, seed=seed + 1, dtype=dtype)
    V = normal(*shape, seq_k, d_v, seed=seed + 2, dtype=dtype)
    mask = mask_like(kind, shape, seq_q, seq_k, seed)
    q, k, v = Q.double(), K.double(), V.double()
    exact = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)

    # A score, a sum of d_k products, is off by `score_error`; in a weight that is a factor of at
    # most exp(2 * score_error), once for it and once for the sum of all. The rest: softmax's own
    # shift, sum and quotient, and the sum over seq_k values.
    eps = torch.finfo(dtype).eps
    scores = q.abs() @ k.abs().transpose(-1, -2) / math.sqrt(d_k)
    largest = scores.max().item()
    score_error = (d_k + 3) * eps * largest
    relative = 2 * score_error + eps * (4 * largest + 2 * seq_k + 6)
    magnitude = F.scaled_dot_product_attention(q, k, v.abs(), attn_mask=mask)

    ours = scaled_dot_product_attention(Q, K, V, mask)
    assert ours.dtype == dtype
    assert_within(ours, exact, math.expm1(relative) * magnitude)


@few
@given(leading, small, small, st.integers(1, 9), small, masks, seeds)
def test_attention_passes_the_gradients_of_torch(
    shape: list[int], seq_q: int, seq_k: int, d_k: int, d_v: int, kind: str, seed: int
) -> None:
    Q = normal(*shape, seq_q, d_k, seed=seed).requires_grad_()
    K = normal(*shape, seq_k, d_k, seed=seed + 1).requires_grad_()
    V = normal(*shape, seq_k, d_v, seed=seed + 2).requires_grad_()
    mask = mask_like(kind, shape, seq_q, seq_k, seed)
    incoming = normal(*shape, seq_q, d_v, seed=seed + 3)
    ours = torch.autograd.grad(scaled_dot_product_attention(Q, K, V, mask), (Q, K, V), incoming)
    theirs = torch.autograd.grad(
        F.scaled_dot_product_attention(Q, K, V, attn_mask=mask), (Q, K, V), incoming
    )
    # Three nested sums of at most 9 terms, a factor of ten for the size of what they add up.
    for our, their in zip(ours, theirs, strict=True):
        assert_same_real_number(our, their, operations=10 * 9**3)


def test_leading_dimensions_broadcast() -> None:
    Q, K, V = normal(2, 3, 4, 5, seed=0), normal(6, 5, seed=1), normal(1, 6, 7, seed=2)
    exact = F.scaled_dot_product_attention(Q, K.expand(2, 3, 6, 5), V.expand(2, 3, 6, 7))
    assert_same_real_number(scaled_dot_product_attention(Q, K, V), exact, operations=100)


def test_with_the_identity_for_values_the_weights_come_back() -> None:
    Q, K = normal(2, 4, 8, seed=0), normal(2, 6, 8, seed=1)
    mask = mask_like("random", [], 4, 6, seed=2)
    assert mask is not None
    weights = scaled_dot_product_attention(Q, K, torch.eye(6, dtype=torch.float64), mask)
    assert_same_real_number(
        weights.sum(-1), torch.ones(2, 4, dtype=torch.float64), operations=2 * 6
    )
    assert bool((weights[:, ~mask] == 0).all())
    assert bool((weights[:, mask] > 0).all())


@few
@given(num_heads=st.integers(1, 4), half=st.integers(1, 4), batch=small, seq=small, seed=seeds)
def test_without_positions_the_layer_is_multihead_attention_of_torch(
    num_heads: int, half: int, batch: int, seq: int, seed: int
) -> None:
    d_model = num_heads * 2 * half
    torch.manual_seed(seed)
    ours = CausalMultiHeadAttention(d_model, num_heads, seq, 10_000.0, dtype=torch.float64)
    theirs = nn.MultiheadAttention(
        d_model, num_heads, bias=False, batch_first=True, dtype=torch.float64
    )
    with torch.no_grad():
        theirs.in_proj_weight.copy_(
            torch.cat((ours.q_proj.weight, ours.k_proj.weight, ours.v_proj.weight))
        )
        theirs.out_proj.weight.copy_(ours.output_proj.weight)
    x = normal(batch, seq, d_model, seed=seed)
    may_not = ~torch.ones(seq, seq, dtype=torch.bool).tril()
    expected, _ = theirs(x, x, x, attn_mask=may_not, need_weights=False)
    # Sums over d_model, d_head, seq and d_model again; a factor of ten for their size.
    assert_same_real_number(ours(x), expected, operations=10 * (3 * d_model + seq))


@few
@given(num_heads=st.integers(1, 3), half=st.integers(1, 3), seed=seeds)
def test_with_positions_queries_and_keys_are_turned_and_values_are_not(
    num_heads: int, half: int, seed: int
) -> None:
    d_model, batch, seq, theta = num_heads * 2 * half, 2, 7, 100.0
    torch.manual_seed(seed)
    layer = CausalMultiHeadAttention(d_model, num_heads, 50, theta, dtype=torch.float64)
    x = normal(batch, seq, d_model, seed=seed)
    own = torch.randint(50, (batch, seq), generator=torch.Generator().manual_seed(seed))
    for positions in (torch.arange(seq), own):

        def heads(projection: nn.Module) -> Tensor:
            y: Tensor = projection(x)
            return rearrange(y, "b s (h d) -> b h s d", h=num_heads)

        at = positions if positions.ndim == 1 else positions.unsqueeze(1)
        expected = F.scaled_dot_product_attention(
            turned(heads(layer.q_proj), at, theta),
            turned(heads(layer.k_proj), at, theta),
            heads(layer.v_proj),
            is_causal=True,
        )
        expected = F.linear(expected.transpose(1, 2).flatten(-2), layer.output_proj.weight)
        # As above; the angles, up to 50 radians, add their own rounding.
        operations = 10 * (3 * d_model + seq + 3 * 50)
        assert_same_real_number(layer(x, token_positions=positions), expected, operations)


def test_a_later_token_changes_nothing_before_it() -> None:
    layer = CausalMultiHeadAttention(8, 2, 6, 100.0, dtype=torch.float64)
    x = normal(3, 6, 8, seed=0)
    changed = x.clone()
    changed[:, 4] += 1
    for positions in (None, torch.arange(6)):
        before, after = layer(x, positions), layer(changed, positions)
        assert_same_real_number(after[:, :4], before[:, :4], operations=10 * (3 * 8 + 6))
        assert not torch.allclose(after[:, 4:], before[:, 4:])


def test_a_single_sequence_needs_no_batch_dimension() -> None:
    layer = CausalMultiHeadAttention(8, 2, 6, 100.0, dtype=torch.float64)
    x, positions = normal(3, 6, 8, seed=0), torch.arange(6)
    assert_same_real_number(layer(x[1], positions), layer(x, positions)[1], operations=300)


def test_heads_that_cannot_share_the_width_are_refused() -> None:
    with pytest.raises(ValueError, match="multiple"):
        CausalMultiHeadAttention(10, 4, 6, 100.0)
