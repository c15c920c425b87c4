"""What tui-debugger needs to know of this model: how to build it, how to call it, what it costs.

Try it: tui-debugger diagnose examples/nanogpt_like
"""

import torch.nn.functional as F
from model import GPT, GPTConfig
from torch import Tensor

CONFIG = GPTConfig(block_size=32, vocab_size=65, n_layer=3, n_head=4, n_embd=48)

VOCAB_SIZE = CONFIG.vocab_size
CONTEXT_LENGTH = CONFIG.block_size


def build() -> GPT:
    """A fresh model. Small is enough: what is asked holds at any size."""
    return GPT(CONFIG)


def logits(model: GPT, token_ids: Tensor) -> Tensor:
    """Integers (batch, seq) -> (batch, seq, VOCAB_SIZE)."""
    return model(token_ids)[0]


def loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Logits (batch, seq, vocab) and targets (batch, seq) -> their mean cross-entropy, in nats."""
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())
