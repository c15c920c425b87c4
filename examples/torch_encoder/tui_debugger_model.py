"""A language model of plain ``torch.nn.TransformerEncoder`` layers, and how tui-debugger calls it.

Try it: tui-debugger diagnose examples/torch_encoder
"""

import torch
from torch import Tensor, nn

VOCAB_SIZE = 50
CONTEXT_LENGTH = 24
WIDTH = 32

# Not needed here, for they can be guessed; names are dotted, as for get_submodule.
EMBEDDING = "embedding"
BLOCKS = "encoder.layers"
HEAD = "head"


class Encoder(nn.Module):
    """An encoder becomes a decoder-only model by its mask."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCAB_SIZE, WIDTH)
        self.positions = nn.Parameter(0.02 * torch.randn(CONTEXT_LENGTH, WIDTH))
        layer = nn.TransformerEncoderLayer(
            WIDTH, 4, dim_feedforward=4 * WIDTH, batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(
            layer, 3, norm=nn.LayerNorm(WIDTH), enable_nested_tensor=False
        )
        self.head = nn.Linear(WIDTH, VOCAB_SIZE, bias=False)

    def forward(self, token_ids: Tensor) -> Tensor:
        """Integers (batch, seq) -> logits (batch, seq, vocab)."""
        seq = token_ids.shape[1]
        hidden = torch.ones(seq, seq, dtype=torch.bool, device=token_ids.device).triu(1)
        x = self.embedding(token_ids) + self.positions[:seq]
        return self.head(self.encoder(x, mask=hidden))


def build() -> Encoder:
    """A fresh model."""
    return Encoder()


def logits(model: Encoder, token_ids: Tensor) -> Tensor:
    """Integers (batch, seq) -> (batch, seq, VOCAB_SIZE)."""
    return model(token_ids)
