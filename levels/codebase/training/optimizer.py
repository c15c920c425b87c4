"""AdamW, written out: Adam with decoupled weight decay."""

import math
from collections.abc import Callable

import torch
from torch.optim.optimizer import ParamsT


class AdamW(torch.optim.Optimizer):
    """Adam (Kingma & Ba 2015) with decoupled weight decay (Loshchilov & Hutter 2019).

    For every parameter p with gradient g, at step t = 1, 2, ... and element by element:

        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        alpha_t = lr * sqrt(1 - beta2**t) / (1 - beta1**t)
        p = p - alpha_t * m / (sqrt(v) + eps)
        p = p - lr * weight_decay * p

    m and v are running means of the gradient and of its square. They start at zero, and alpha_t
    makes up for that. Two choices here are made differently elsewhere:

    - Epsilon is added to sqrt(v) as it is. This is the efficient form at the end of section 2 of
      Kingma & Ba, who write epsilon-hat for it; in their Algorithm 1, as in ``torch.optim.AdamW``,
      epsilon is added after v has been divided by 1 - beta2**t. The two agree for
      eps = epsilon * sqrt(1 - beta2**t), which tends to epsilon as t grows.
    - The decay comes after the Adam step. Loshchilov & Hutter (Algorithm 2, line 12) and PyTorch
      take it of the weights as they were before; the difference is lr * weight_decay times the
      Adam step. The factor lr in front of the decay is PyTorch's: the paper has the multiplier of
      the learning-rate schedule there, without the learning rate itself.

    State of each parameter: ``t``, an int, and ``m`` and ``v``, of its shape and dtype.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        """Take charge of ``params``: tensors, or groups of them with settings of their own.

        Raises ValueError for a negative lr, eps or weight_decay, or a beta outside [0, 1).
        """
        if min(lr, eps, weight_decay) < 0:
            raise ValueError(f"{lr=}, {eps=} and {weight_decay=} must not be negative")
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"{betas=} must lie in [0, 1)")
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, defaults)

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Update every parameter that has a gradient, in place.

        ``closure``, if given, recomputes the loss and the gradients first; its loss is returned.
        """
        loss = None if closure is None else closure()

        for group in self.param_groups:
            lr, eps, weight_decay = group["lr"], group["eps"], group["weight_decay"]
            beta1, beta2 = group["betas"]

            for p in group["params"]:
                if p.grad is None:
                    continue
                grad = p.grad.data  # the shape of p, as are m and v

                state = self.state[p]
                if not state:
                    state["t"] = 0
                    state["m"] = torch.zeros_like(p.data)
                    state["v"] = torch.zeros_like(p.data)
                state["t"] += 1
                t, m, v = state["t"], state["m"], state["v"]

                m.mul_(beta1).add_(grad, alpha=1 - beta1)
                v.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
                alpha_t = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)
                p.data.addcdiv_(m, v.sqrt() + eps, value=-alpha_t)
                p.data.add_(p.data, alpha=-lr * weight_decay)

        return loss
