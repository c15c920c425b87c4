"""The decoder-only language model: an embedding, blocks on a residual stream, and a head.

    token ids -> token embeddings -> block -> ... -> block -> norm -> head -> logits

The residual stream is the one vector per position that runs through all blocks.

Shapes are written as einops patterns, slowest axis first:

    ...       any number of leading dimensions, in the model (batch)
    batch     independent sequences
    seq       positions in a sequence, at most context_length
    d_model   width of the residual stream
    d_ff      width of the hidden layer in each feed-forward network
    vocab     tokens in the vocabulary
"""

import torch
from torch import Tensor, nn

from transformer.attention import CausalMultiHeadAttention
from transformer.core import Embedding, Linear, RMSNorm, SwiGLU


class TransformerBlock(nn.Module):
    """Two sublayers, each with its norm in front of it (pre-norm; Xiong et al. 2020, Fig. 1b).

        y = x + Attention(RMSNorm(x))
        z = y + SwiGLU(RMSNorm(y))

    Attention carries information from position to position; the feed-forward network then works on
    each position by itself. Both leave the shape as it is.

    Modules: ``ln1`` and ``attn`` for the first sublayer, ``ln2`` and ``ffn`` for the second.
    """

    def __init__(
        self,
        d_model: int,
        num_heads: int,
        d_ff: int,
        max_seq_len: int,
        theta: float,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.ln1 = RMSNorm(d_model, device=device, dtype=dtype)
        self.attn = CausalMultiHeadAttention(
            d_model, num_heads, max_seq_len, theta, device=device, dtype=dtype
        )
        self.ln2 = RMSNorm(d_model, device=device, dtype=dtype)
        self.ffn = SwiGLU(d_model, d_ff, device=device, dtype=dtype)

    def forward(self, x: Tensor, token_positions: Tensor | None = None) -> Tensor:
        """(..., seq, d_model) -> (..., seq, d_model); positions as in the attention layer."""
        # Attention sublayer
        x_orig = x.clone()
        x = self.ln1(x)
        x = self.attn(x, token_positions=token_positions) + x_orig

        # Feed-forward sublayer
        x_orig = x.clone()
        x = self.ln2(x)
        x = self.ffn(x) + x_orig

        return x


class TransformerLM(nn.Module):
    """A language model: for each position, a score for every token that may come next.

    Token embeddings, ``num_layers`` blocks, a last norm (which pre-norm calls for: nothing else
    bounds the residual stream), and a linear head of its own, not tied to the embeddings.
    """

    def __init__(
        self,
        vocab_size: int,
        context_length: int,
        d_model: int,
        num_layers: int,
        num_heads: int,
        d_ff: int,
        rope_theta: float,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.context_length = context_length
        self.token_embeddings = Embedding(vocab_size, d_model, device=device, dtype=dtype)
        self.layers = nn.ModuleList(
            TransformerBlock(
                d_model, num_heads, d_ff, context_length, rope_theta, device=device, dtype=dtype
            )
            for _ in range(num_layers)
        )
        self.ln_final = RMSNorm(d_model, device=device, dtype=dtype)
        self.lm_head = Linear(d_model, vocab_size, device=device, dtype=dtype)

    def forward(self, token_ids: Tensor, token_positions: Tensor | None = None) -> Tensor:
        """Token ids (batch, seq) -> logits (batch, seq, vocab).

        The logits at a position are for the token after it. token_positions: (seq,) or
        (batch, seq), below context_length; None counts from 0.
        """
        if token_positions is None:
            token_positions = torch.arange(token_ids.shape[-1], device=token_ids.device)  # (seq,)

        x = self.token_embeddings(token_ids)  # (batch, seq, d_model)
        for block in self.layers:
            x = block(x, token_positions=token_positions)  # (batch, seq, d_model)
        x = self.ln_final(x)  # (batch, seq, d_model)
        logits: Tensor = self.lm_head(x)  # (batch, seq, vocab)
        return logits
