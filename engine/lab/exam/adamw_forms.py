"""The forms of AdamW that the field holds correct, for the referee.

They differ in two places, both below what a paper fixes beyond doubt:

- decay before the Adam step, of the parameter as it was (Loshchilov & Hutter 2019, Alg. 2, line
  12; ``torch.optim.AdamW``), or after it, of the parameter as it then is;
- epsilon added to the root of the corrected second moment (Kingma & Ba 2015, Alg. 1; torch), or to
  the root of the raw one with both corrections in the step size (end of their section 2).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch.optim.optimizer import ParamsT


class AdamWForm(torch.optim.Optimizer):
    """AdamW, its two choices still open."""

    decay_first: bool
    corrected_root: bool

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        )

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One update."""
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, group)
        return loss

    def _update(self, parameter: torch.Tensor, group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        state = self.state[parameter]
        gradient = parameter.grad
        assert gradient is not None
        t = state["t"] = state.get("t", 0) + 1
        first = beta1 * state.get("m", 0.0) + (1 - beta1) * gradient
        second = beta2 * state.get("v", 0.0) + (1 - beta2) * gradient**2
        state["m"], state["v"] = first, second
        correction1, correction2 = 1 - beta1**t, 1 - beta2**t
        if self.corrected_root:
            update = (first / correction1) / ((second / correction2).sqrt() + group["eps"])
        else:
            update = first / (second.sqrt() + group["eps"]) * math.sqrt(correction2) / correction1
        shrink = 1 - group["lr"] * group["weight_decay"]
        if self.decay_first:
            parameter.mul_(shrink).sub_(group["lr"] * update)
        else:
            parameter.sub_(group["lr"] * update).mul_(shrink)


def _form(*, decay_first: bool, corrected_root: bool) -> type[AdamWForm]:
    return type(
        "AdamW", (AdamWForm,), {"decay_first": decay_first, "corrected_root": corrected_root}
    )


FORMS = (
    _form(decay_first=False, corrected_root=False),
    _form(decay_first=True, corrected_root=True),
    _form(decay_first=True, corrected_root=False),
    _form(decay_first=False, corrected_root=True),
)
"""Every correct form; the first is the clean codebase's own, the second torch's."""
