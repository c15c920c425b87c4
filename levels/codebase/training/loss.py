"""The loss of a language model: cross-entropy between what it predicts and what came next.

Shapes are written as einops patterns, slowest axis first:

    ...       any number of leading dimensions, in training (batch, seq)
    batch     independent sequences
    seq       positions in a sequence, each with a prediction of its own
    vocab     tokens in the vocabulary, one logit each
"""

from torch import Tensor


def cross_entropy_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy in nats, the mean over all positions.

    For one position with logits o and target y, the cross-entropy is

        -log softmax(o)[y] = log(sum_j exp(o[j])) - o[y]

    logits: (..., vocab), any real numbers
    targets: integers (...), each in [0, vocab)

    Returns a scalar.

    A probability too small for its dtype rounds to zero and has no logarithm. So none is formed:
    the right-hand side is worked out from the logits. The largest of them is taken off first, which
    changes no probability and keeps every exponential at or below one.
    """
    shifted_logits = logits - logits.amax(dim=-1, keepdim=True)  # (..., vocab)
    log_normaliser = shifted_logits.exp().sum(dim=-1, keepdim=True).log()  # (..., 1)
    log_probs = shifted_logits - log_normaliser  # (..., vocab)
    target_log_probs = log_probs.gather(dim=-1, index=targets.unsqueeze(-1))  # (..., 1)
    loss = -target_log_probs.mean()
    return loss
