"""What a probe hands back, and the one comparison that nearly all probes make."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.evidence import Call, Fault, Figure, Measurement, ProbeInfo, number, within
from engine.lab.probes.context import Context
from engine.lab.probes.sources import source
from engine.lab.subjects import Skip, Subject

__all__ = [
    "Gap",
    "Probe",
    "Reading",
    "Skip",
    "Values",
    "compare",
    "probe",
    "reading",
    "rounding",
    "wide",
    "worst",
]

Values = Tensor | float | Sequence[float]


@dataclass(frozen=True)
class Reading:
    """One probe's outcome, before it is filed as evidence."""

    fires: bool
    finding: str
    measurements: tuple[Measurement, ...] = ()
    figure: Figure | None = None
    fault: Fault | None = None
    """Set when the code under test gave up half-way and there is still something to show."""
    part: str = ""
    """The part that is at fault, where several were asked."""
    calls: tuple[Call, ...] = ()
    """What was called on the way."""


@dataclass(frozen=True)
class Probe:
    """A diagnostic: what the catalogue says of it, and the function that runs it."""

    info: ProbeInfo
    function: Callable[[Subject, Context], Reading]


def probe(
    name: str, question: str, *, slow: bool = False
) -> Callable[[Callable[[Subject, Context], Reading]], Probe]:
    """Make a probe of a function; its docstring tells what it does and why its tolerance holds."""

    def wrap(function: Callable[[Subject, Context], Reading]) -> Probe:
        about = " ".join((inspect.getdoc(function) or "").split())
        return Probe(
            ProbeInfo(name, name.partition(".")[0], question, about, slow, source(name)), function
        )

    return wrap


def wide(values: Values) -> Tensor:
    """``values`` in float64, cut from the graph."""
    if isinstance(values, Tensor):
        return values.detach().to(torch.float64)
    return torch.tensor(values, dtype=torch.float64)


def rounding(dtype: torch.dtype) -> float:
    """The spacing of numbers next to 1, at the precision the code may compute in.

    Correct code may do any step in float32, whatever comes in (RMSNorm and rotary tables often
    do), so nothing finer than float32's spacing is ever asked for.
    """
    return max(torch.finfo(dtype).eps, torch.finfo(torch.float32).eps)


@dataclass(frozen=True)
class Gap:
    """Observed and expected, where they part most as measured by the tolerance."""

    what: str
    observed: float
    expected: float
    tolerance: float
    index: tuple[int, ...]
    unit: str = ""

    @property
    def exceeds(self) -> bool:
        """Whether the difference is more than tolerated; NaN always is."""
        return not abs(self.observed - self.expected) <= self.tolerance

    @property
    def measurement(self) -> Measurement:
        """For the record."""
        where = f" at {self.index}" if self.index else ""
        return Measurement(
            self.what + where,
            number(self.observed),
            number(self.expected),
            self.tolerance,
            self.unit,
        )

    def __str__(self) -> str:
        seen, due = self._apart()
        return f"{seen} where {due} is due ({within(self.tolerance)})"

    def _apart(self) -> tuple[str, str]:
        """Observed and expected in four digits, or in as many as it takes to tell them apart."""
        for digits in range(4, 18):
            seen, due = (f"{value:.{digits}g}" for value in (self.observed, self.expected))
            if seen != due or not self.exceeds:
                break
        return seen, due


def compare(
    what: str,
    observed: Values,
    expected: Values,
    tolerance: Values,
    unit: str = "",
) -> Gap:
    """Find where ``observed`` (...) parts most from ``expected``, beside ``tolerance``.

    The tolerance is absolute, one for all elements or one for each; both broadcast. Where it is
    exceeded, the greatest excess is found, and else the greatest part of what is tolerated.
    """
    seen = wide(observed)
    wanted = wide(expected).expand_as(seen)
    allowed = wide(tolerance).expand_as(seen)
    away = (seen - wanted).abs()
    within = away <= allowed  # NaN is not
    if bool(within.all()):
        # The least number keeps 0 / 0 at 0: an exact match where nothing is tolerated.
        by = away / (allowed + torch.finfo(torch.float64).tiny)
    else:
        by = torch.where(within, -torch.inf, (away - allowed).nan_to_num(nan=torch.inf))
    place = torch.unravel_index(by.argmax(), seen.shape)
    index = tuple(int(i) for i in place)
    return Gap(what, float(seen[index]), float(wanted[index]), float(allowed[index]), index, unit)


def worst(*gaps: Gap) -> Gap:
    """The first gap that exceeds its tolerance, or else the first."""
    return next((gap for gap in gaps if gap.exceeds), gaps[0])


def reading(
    *gaps: Gap,
    quiet: str,
    fires: str,
    figure: Figure | None = None,
    context: tuple[Measurement, ...] = (),
    part: str = "",
) -> Reading:
    """A reading that fires when any of the gaps exceeds its tolerance, on account of ``part``."""
    exceeded = any(gap.exceeds for gap in gaps)
    shown = tuple(gap.measurement for gap in gaps) + context
    blamed = part if exceeded else ""
    return Reading(exceeded, fires if exceeded else quiet, shown, figure, part=blamed)
