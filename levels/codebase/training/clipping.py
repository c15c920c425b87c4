"""Gradient clipping by global norm."""

from collections.abc import Iterable

import torch
from torch import Tensor


def clip_gradients(parameters: Iterable[Tensor], max_norm: float, eps: float = 1e-6) -> Tensor:
    """Scale all gradients, in place and by one factor, when their joint norm exceeds ``max_norm``.

    The norm is the L2 norm of all gradients as one long vector (Pascanu et al. 2013, Alg. 1).
    One factor for all keeps the direction of the step. The factor is max_norm / (norm + eps).
    Parameters without a gradient are passed over.

    Returns the norm before clipping, a scalar.
    """
    gradients = [p.grad for p in parameters if p.grad is not None]
    if not gradients:
        return torch.tensor(0.0)
    norms = torch.stack([torch.linalg.vector_norm(gradient) for gradient in gradients])
    total_norm: Tensor = torch.linalg.vector_norm(norms)
    if total_norm > max_norm:
        for gradient in gradients:
            gradient.mul_(max_norm / (total_norm + eps))
    return total_norm
