"""How far rounding alone may take a result from the exact one."""

import torch
from hypothesis import settings
from torch import Tensor

few = settings(max_examples=25, deadline=None)
"""For tests whose every example runs a model or takes gradients."""

PRECISIONS = (torch.float64, torch.float32, torch.bfloat16)


def assert_within(actual: Tensor, exact: Tensor, bound: Tensor | float) -> None:
    """Every element of ``actual`` lies within ``bound`` (absolute) of ``exact``, in float64."""
    assert actual.shape == exact.shape
    error = (actual.detach().double() - exact.detach().double()).abs()
    allowed = torch.as_tensor(bound, dtype=torch.float64).expand_as(error)
    within = error <= allowed  # False for NaN
    if not bool(within.all()):
        worst = int((error - allowed).nan_to_num(nan=torch.inf).argmax())
        raise AssertionError(
            f"element {worst} is {actual.flatten()[worst].item()}, "
            f"exact {exact.flatten()[worst].item()}, "
            f"allowed error {allowed.flatten()[worst].item()}"
        )


def assert_same_real_number(actual: Tensor, exact: Tensor, operations: int) -> None:
    """Both float64 and equal but for the rounding of that many operations in each element.

    Operations are counted at the scale of the largest element: for sums that do not cancel below
    it by more than the count allows for.
    """
    assert actual.dtype == exact.dtype == torch.float64
    scale = max(1.0, exact.detach().abs().max().item()) if exact.numel() else 1.0
    assert_within(actual, exact, operations * torch.finfo(torch.float64).eps * scale)


def normal(*shape: int, seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Standard normal numbers (shape), rounded to ``dtype``; the same seed, the same numbers."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)
