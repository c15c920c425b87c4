"""Scaled dot-product attention, and the causal multi-head self-attention layer built on it.

Attention is a soft look-up. Each position asks with a query; it is compared with every key; and
the values that go with the keys are mixed in proportion to how well each key answers.

Shapes are written as einops patterns, slowest axis first:

    ...       any number of leading dimensions: (batch, heads) inside the layer, (batch) outside
    batch     independent sequences
    heads     attention heads
    seq       positions in a sequence
    seq_q     positions that ask, one query each
    seq_k     positions that are asked, one key and one value each
    d_k       width of a query and of a key
    d_v       width of a value
    d_model   width of the residual stream
    d_head    width of one head in the layer, d_model / heads; there d_k = d_v = d_head
"""

import torch
from einops import einsum, rearrange
from torch import Tensor, nn

from transformer.core import Linear, RotaryPositionalEmbedding, softmax


def scaled_dot_product_attention(
    Q: Tensor, K: Tensor, V: Tensor, mask: Tensor | None = None
) -> Tensor:
    """Attention(Q, K, V) = softmax(Q K^T / sqrt(d_k)) V (Vaswani et al. 2017, eq. 1).

    Q: (..., seq_q, d_k)
    K: (..., seq_k, d_k)
    V: (..., seq_k, d_v)
    mask: booleans that broadcast to (..., seq_q, seq_k), True where the query may attend to the
        key; None allows every pair. Each query must be allowed at least one key.

    Returns (..., seq_q, d_v). The leading dimensions of Q, K and V are the same, or broadcast.

    A pair that the mask forbids gets the score -inf, whose exponential is exactly zero. To look at
    the attention weights themselves, pass the identity matrix (seq_k, seq_k) as V.
    """
    d_k = Q.shape[-1]

    # One score for each pair, and later one weight: (..., seq_q, seq_k)
    qk_dot_product = einsum(Q, K, "... seq_q d_k, ... seq_k d_k -> ... seq_q seq_k")
    scaled_qk_dot_product = qk_dot_product / (d_k**0.5)
    if mask is not None:
        scaled_qk_dot_product = scaled_qk_dot_product.masked_fill(~mask, float("-inf"))
    attention_weights = softmax(scaled_qk_dot_product, dimension=-1)

    # The values, mixed by weight: (..., seq_q, d_v)
    return einsum(attention_weights, V, "... seq_q seq_k, ... seq_k d_v -> ... seq_q d_v")


class CausalMultiHeadAttention(nn.Module):
    """Multi-head self-attention with a causal mask (Vaswani et al. 2017, section 3.2.2 and 3.2.3).

        MultiHead(x) = W_O concat(head_1, ..., head_h)
        head_i = Attention(W_Qi x, W_Ki x, W_Vi x)

    Queries, keys and values are made from the same positions, hence self-attention. Several heads
    attend side by side, each in a space of its own of width d_head = d_model / num_heads, so that
    each can look for something else.

    The matrices W_Qi of all heads are stacked in one projection, likewise those of W_Ki and W_Vi:
    output features i * d_head up to (i + 1) * d_head belong to head i, counted from 0. One product
    then serves all heads, and heads become one more leading dimension of attention.

    By itself attention treats its keys as a set, without order. Order comes in with the rotary
    position embedding (Su et al. 2021, section 3.2), one for all heads.

    Parameters, each of weight (d_model, d_model): ``q_proj``, ``k_proj``, ``v_proj``, and
    ``output_proj`` for W_O. ``rope`` has none.
    """

    def __init__(
        self,
        d_model: int,
        num_heads: int,
        max_seq_len: int,
        theta: float,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        """Build the layer with fresh weights.

        d_model: width of what comes in and of what goes out
        num_heads: how many heads share that width
        max_seq_len: positions the rotary embedding is prepared for
        theta: base of the rotary embedding's frequencies

        Raises ValueError when d_model cannot be shared equally among the heads, or their width is
        odd.
        """
        super().__init__()
        if d_model % num_heads != 0:
            raise ValueError(f"d_model={d_model} is not a multiple of num_heads={num_heads}")
        self.num_heads = num_heads
        d_head = d_model // num_heads

        self.q_proj = Linear(d_model, d_model, device=device, dtype=dtype)
        self.k_proj = Linear(d_model, d_model, device=device, dtype=dtype)
        self.v_proj = Linear(d_model, d_model, device=device, dtype=dtype)
        self.output_proj = Linear(d_model, d_model, device=device, dtype=dtype)
        self.rope = RotaryPositionalEmbedding(d_head, theta, max_seq_len, device=device)

    def split_heads(self, x: Tensor) -> Tensor:
        """Give each head its part of the features, and its own place among the leading dimensions.

        (..., seq, d_model) -> (..., heads, seq, d_head)
        """
        return rearrange(x, "... seq (heads d_head) -> ... heads seq d_head", heads=self.num_heads)

    def merge_heads(self, x: Tensor) -> Tensor:
        """Put the heads side by side again, in their order.

        (..., heads, seq, d_head) -> (..., seq, d_model)
        """
        return rearrange(x, "... heads seq d_head -> ... seq (heads d_head)")

    def forward(self, x: Tensor, token_positions: Tensor | None = None) -> Tensor:
        """Self-attention over the positions of ``x``.

        x: (..., seq, d_model)
        token_positions: integers (seq,) or (..., seq) below max_seq_len, the place of each token
            in its text; not always 0, 1, 2, ..., for a window may start further on. None leaves
            out the rotary embedding.

        Returns (..., seq, d_model).
        """
        # (..., heads, seq, d_head) each
        Q = self.split_heads(self.q_proj(x))
        K = self.split_heads(self.k_proj(x))
        V = self.split_heads(self.v_proj(x))

        if token_positions is not None:
            Q = self.rope(Q, token_positions=token_positions)
            K = self.rope(K, token_positions=token_positions)

        # Row: query, column: key. True on the diagonal and below it.
        seq = x.shape[-2]
        causal_mask = torch.ones(seq, seq, dtype=torch.bool, device=x.device).tril()  # (seq, seq)
        heads = scaled_dot_product_attention(Q, K, V, causal_mask)  # (..., heads, seq, d_head)

        output: Tensor = self.output_proj(self.merge_heads(heads))  # (..., seq, d_model)
        return output
