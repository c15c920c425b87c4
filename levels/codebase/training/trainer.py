"""The training loop: batch, loss, gradients, update, over and over.

Shapes are written as einops patterns, slowest axis first:

    batch     independent sequences
    seq       positions in a sequence
    vocab     tokens in the vocabulary
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.clipping import clip_gradients
from training.data import TokenArray, get_batch
from training.loss import cross_entropy_loss
from training.optimizer import AdamW
from training.schedule import cosine_learning_rate


@dataclass(frozen=True)
class TrainingConfig:
    """The settings of a training run."""

    steps: int  # updates of the weights
    batch_size: int  # sequences in a batch
    context_length: int  # tokens in a sequence

    # The learning rate rises to max_lr over warmup_steps, then falls to min_lr at the last step.
    max_lr: float = 1e-3
    min_lr: float = 1e-4
    warmup_steps: int = 0

    # AdamW
    betas: tuple[float, float] = (0.9, 0.95)
    eps: float = 1e-8
    weight_decay: float = 0.01

    max_grad_norm: float = 1.0  # gradients of a larger norm are scaled down to it


def train_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    inputs: Tensor,
    targets: Tensor,
    max_grad_norm: float,
) -> float:
    """Update the model once, on one batch.

    inputs, targets: token ids (batch, seq); the target is the token that follows the input
    max_grad_norm: gradients are clipped to this global norm

    Returns the loss on that batch, as it was before the update.
    """
    optimizer.zero_grad()
    logits = model(inputs)  # (batch, seq, vocab)
    loss = cross_entropy_loss(logits, targets)
    loss.backward()
    clip_gradients(model.parameters(), max_grad_norm)
    optimizer.step()
    return loss.item()


def train(
    model: nn.Module,
    tokens: TokenArray,
    config: TrainingConfig,
    generator: torch.Generator | None = None,
    on_step: Callable[[int, float], None] | None = None,
) -> list[float]:
    """Train ``model``, in place, on random windows of ``tokens``.

    tokens: token ids (tokens,), all of them in the model's vocabulary
    generator: draws the windows; a seeded one makes the run repeatable
    on_step: called after each step with its number, counted from 1, and its loss

    Returns the loss of every step. Step ``config.steps``, the last, is taken with min_lr.
    """
    optimizer = AdamW(
        model.parameters(),
        lr=config.max_lr,
        betas=config.betas,
        eps=config.eps,
        weight_decay=config.weight_decay,
    )
    device = next(model.parameters()).device
    losses = []
    for step in range(1, config.steps + 1):
        lr = cosine_learning_rate(
            step, config.max_lr, config.min_lr, config.warmup_steps, config.steps
        )
        for group in optimizer.param_groups:
            group["lr"] = lr
        inputs, targets = get_batch(
            tokens, config.batch_size, config.context_length, device, generator
        )
        loss = train_step(model, optimizer, inputs, targets, config.max_grad_norm)
        losses.append(loss)
        if on_step is not None:
            on_step(step, loss)
    return losses
