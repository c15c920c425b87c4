"""From logits to text: temperature, nucleus (top-p) sampling, and the loop that generates.

Shapes are written as einops patterns, slowest axis first:

    ...       any number of leading dimensions
    seq       positions in a sequence
    vocab     tokens in the vocabulary
"""

import torch
from torch import Tensor

from transformer.core import softmax
from transformer.transformer import TransformerLM


def next_token_distribution(logits: Tensor, temperature: float = 1.0, top_p: float = 1.0) -> Tensor:
    """The probabilities from which the next token is drawn.

    logits: (..., vocab)
    temperature: what logits are divided by before the softmax. Below 1 makes the distribution
        sharper, above 1 flatter; 0, the limit, puts all probability on the largest logit.
    top_p: nucleus sampling (Holtzman et al. 2020, eq. 2 and 3). Only the smallest set of most
        probable tokens whose probabilities sum to at least top_p is kept, and rescaled to sum to
        one. 1 keeps every token.

    Returns (..., vocab), distributions over the last dimension. Raises ValueError for a negative
    temperature, or top_p outside (0, 1].
    """
    if temperature < 0:
        raise ValueError(f"temperature must not be negative; got {temperature}")
    if not 0 < top_p <= 1:
        raise ValueError(f"top_p must lie in (0, 1]; got {top_p}")

    if temperature == 0:
        best = logits.argmax(dim=-1, keepdim=True)  # (..., 1)
        return torch.zeros_like(logits).scatter(-1, best, 1.0)

    probabilities = softmax(logits / temperature, dimension=-1)  # (..., vocab)
    if top_p == 1:
        return probabilities

    ranked, order = probabilities.sort(dim=-1, descending=True, stable=True)  # (..., vocab) each
    # A token belongs to the nucleus when those ranked before it do not reach top_p by themselves.
    mass_before = ranked.cumsum(dim=-1) - ranked  # (..., vocab)
    nucleus = ranked.masked_fill(mass_before >= top_p, 0.0)  # (..., vocab), still ranked
    nucleus = nucleus / nucleus.sum(dim=-1, keepdim=True)
    return torch.zeros_like(probabilities).scatter(-1, order, nucleus)


@torch.no_grad()
def generate(
    model: TransformerLM,
    prompt: Tensor,
    max_new_tokens: int,
    temperature: float = 1.0,
    top_p: float = 1.0,
    end_token: int | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Continue ``prompt`` one token at a time.

    prompt: token ids (seq,), at least one
    max_new_tokens: how many are drawn, unless ``end_token`` is drawn before; it is kept
    temperature, top_p: as in ``next_token_distribution``
    generator: a seeded one makes the draws repeatable

    Returns token ids (seq + new,), the prompt included. The model sees at most the last
    context_length of them. Raises ValueError for a prompt that is empty or not 1-D.
    """
    if prompt.ndim != 1 or prompt.numel() == 0:
        raise ValueError(f"prompt must be 1-D with at least one token; got {tuple(prompt.shape)}")

    token_ids = prompt
    for _ in range(max_new_tokens):
        window = token_ids[-model.context_length :]  # (seq,)
        logits = model(window.unsqueeze(0))[0, -1]  # (vocab,), after the last token
        probabilities = next_token_distribution(logits, temperature, top_p)  # (vocab,)
        next_token = torch.multinomial(probabilities, num_samples=1, generator=generator)  # (1,)
        token_ids = torch.cat((token_ids, next_token))
        if next_token.item() == end_token:
            break
    return token_ids
