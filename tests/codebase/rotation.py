"""Rotation of pairs of features by multiplication of complex numbers."""

import torch
from torch import Tensor


def turned(x: Tensor, positions: Tensor, theta: float) -> Tensor:
    """x (..., seq, d_k) in float64, each pair times exp(j m theta_i); positions broadcast."""
    pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2).contiguous())
    exponents = torch.arange(pairs.shape[-1], dtype=torch.float64) * 2 / x.shape[-1]
    angles = positions.double().unsqueeze(-1) / theta**exponents
    product = pairs * torch.polar(torch.ones_like(angles), angles)
    return torch.view_as_real(product).flatten(-2)
