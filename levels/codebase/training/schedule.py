"""The learning rate over the course of training: linear warm-up, then half a cosine."""

import math


def cosine_learning_rate(
    step: int, max_lr: float, min_lr: float, warmup_steps: int, total_steps: int
) -> float:
    """The learning rate at ``step``, counted from 0.

        step < warmup_steps      max_lr * step / warmup_steps
        up to total_steps        min_lr + (max_lr - min_lr) * (1 + cos(pi * progress)) / 2
        from total_steps on      min_lr

    where progress runs from 0 at warmup_steps to 1 at total_steps. The cosine is eq. 5 of
    Loshchilov & Hutter 2017 (SGDR) without restarts; the gradual warm-up is that of Goyal et al.
    2017, section 2.2.
    """
    if step < warmup_steps:
        return max_lr * step / warmup_steps
    if step >= total_steps:
        return min_lr
    progress = (step - warmup_steps) / (total_steps - warmup_steps)
    return min_lr + (max_lr - min_lr) * (1 + math.cos(math.pi * progress)) / 2
