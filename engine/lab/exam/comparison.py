"""Comparing one answer with the expected one, and saying in numbers how they differ."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from engine.lab.exam.desk import Case, name_of
from engine.lab.exam.rounding import UNITS

SMALLEST = torch.finfo(torch.float32).tiny
"""Below float32's smallest normal number, underflow takes the place of relative rounding."""

FLOATING = (torch.bfloat16, torch.float32, torch.float64)
"""What will do where any floating dtype will."""


def differences(expected: Mapping[str, Case], observed: Mapping[str, Tensor]) -> tuple[str, ...]:
    """One sentence for each case whose answer is missing, wrong, or was not asked for."""
    found = []
    for name, case in expected.items():
        answer = observed.get(name)
        said = (
            "no answer was observed, one is expected"
            if answer is None
            else difference(case, answer)
        )
        if said is not None:
            found.append(f"For {case.given}: {said}.")
    unasked = [name for name in observed if name not in expected]
    if unasked:
        found.append(f"{len(unasked)} answers were given that nobody asked for.")
    return tuple(found)


def difference(case: Case, observed: Tensor) -> str | None:
    """How ``observed`` differs from what ``case`` expects; None when it is right."""
    expected = case.value
    wanted = case.dtype
    if wanted is None:
        if observed.dtype not in FLOATING:
            return f"a tensor of {name_of(observed.dtype)} was observed, a floating one is expected"
    elif observed.dtype != wanted:
        return f"a tensor of {name_of(observed.dtype)} was observed, {name_of(wanted)} is expected"
    if observed.shape != expected.shape:
        return (
            f"the shape {tuple(observed.shape)} was observed, {tuple(expected.shape)} is expected"
        )
    if wanted is torch.bool:
        if torch.equal(observed, expected):
            return None
        return f"observed {case.otherwise}, expected {case.wanted}"
    if wanted is not None and not wanted.is_floating_point:
        return _exact(observed, expected)
    return _close(case, observed.double(), expected.double())


def _exact(observed: Tensor, expected: Tensor) -> str | None:
    wrong = observed != expected
    if not wrong.any():
        return None
    where = _first(wrong)
    return (
        f"{_count(wrong)} off, the first{_at(where)}: {int(observed[where])} was observed, "
        f"{int(expected[where])} is expected"
    )


def _close(case: Case, observed: Tensor, expected: Tensor) -> str | None:
    error = (observed - expected).abs()
    wrong = ~(error <= _tolerance(case, expected))
    if not wrong.any():
        return None
    strange = ~observed.isfinite()
    if strange.any():
        where = _first(strange)
        return (
            f"{_count(strange)} not finite, the first{_at(where)}: {observed[where].item():g} "
            f"was observed, {_number(expected[where])} is expected"
        )
    errors = error.where(wrong, 0.0)
    where = _first(errors == errors.max())
    saw, wanted = _apart(observed[where].item() + 0.0, expected[where].item() + 0.0)
    if wrong.ndim == 0:
        return f"{saw} was observed, {wanted} is expected"
    return (
        f"{_count(wrong)} off, the largest difference is {_number(error[where])}{_at(where)}, "
        f"where {saw} was observed and {wanted} is expected"
    )


def _apart(a: float, b: float) -> tuple[str, str]:
    """Both numbers, with as many digits as it takes to tell them apart, and at least six."""
    for digits in (6, 9, 12):
        if f"{a:.{digits}g}" != f"{b:.{digits}g}":
            return f"{a:.{digits}g}", f"{b:.{digits}g}"
    return repr(a), repr(b)


def _tolerance(case: Case, expected: Tensor) -> Tensor | float:
    if case.within is not None:
        return case.within
    roundoff = case.roundings * UNITS[case.unit]
    if isinstance(case.scale, float | int):
        return roundoff * case.scale
    size = expected.abs()
    if case.scale == "row" and size.ndim:
        largest = size.amax(dim=-1, keepdim=True)
    else:
        largest = size.amax() if size.numel() else size.new_zeros(())
    return roundoff * (largest + SMALLEST)


def _first(where: Tensor) -> tuple[int, ...]:
    """The index of the first True."""
    return tuple(int(i) for i in where.nonzero()[0])


def _count(wrong: Tensor) -> str:
    if wrong.ndim == 0:
        return "the number is"
    count, total = int(wrong.sum()), wrong.numel()
    return f"{count} of {total} numbers {'is' if count == 1 else 'are'}"


def _at(where: tuple[int, ...]) -> str:
    return f" at [{', '.join(map(str, where))}]" if where else ""


def _number(value: Tensor) -> str:
    return f"{value.item() + 0.0:.6g}"  # zero without a sign
