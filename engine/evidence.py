"""What a probe says: evidence in numbers, with at most one figure. No torch in here."""

from __future__ import annotations

import math
from enum import StrEnum

from msgspec import Struct

Number = float | str
"""A finite float, or one of ``"nan"``, ``"inf"``, ``"-inf"``: JSON has no word for those."""


def number(value: float) -> Number:
    """``value`` as a float that JSON can carry, non-finite values as words."""
    value = float(value)
    return value if math.isfinite(value) else str(value)


class Status(StrEnum):
    """The outcome of one probe."""

    QUIET = "quiet"
    """Observed agrees with expected within the tolerance."""
    FIRES = "fires"
    """Observed and expected part ways: the symptom is there."""
    FAILED = "failed"
    """The code under test raised or does not fit; ``fault`` says what and where."""
    SKIPPED = "skipped"
    """The subject lacks what the probe needs, or the run ended before its turn."""


class Fault(Struct, frozen=True):
    """An error in the code under test, as one sentence with its place."""

    sentence: str
    """For example ``ValueError: expected 4 dimensions``; never a traceback."""
    file: str | None = None
    """Relative to the root of the code under test, with forward slashes."""
    line: int | None = None
    """Counted from 1."""

    def __str__(self) -> str:
        if self.file is None:
            return self.sentence
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.sentence}"


def within(tolerance: float) -> str:
    """A tolerance in two digits: ``± 1e-06``."""
    return f"± {tolerance:.2g}"


class Measurement(Struct, frozen=True):
    """One quantity: observed against expected."""

    what: str
    """What was measured, with shape and unit where there is one."""
    observed: Number
    expected: Number | None = None
    """None where the quantity is shown for context only."""
    tolerance: float | None = None
    """Absolute, in the quantity's own unit."""
    unit: str = ""


class Heatmap(Struct, frozen=True, tag="heatmap"):
    """A matrix to look at; None stands for a value that is not finite."""

    title: str
    values: tuple[tuple[float | None, ...], ...]
    """Row by row."""
    rows: str
    """What the rows are, for example ``query``."""
    columns: str


class Curves(Struct, frozen=True, tag="curves"):
    """Lines over one shared x-axis."""

    title: str
    x: tuple[float, ...]
    series: dict[str, tuple[float | None, ...]]
    """Each as long as ``x``."""
    x_label: str
    y_label: str


class Table(Struct, frozen=True, tag="table"):
    """Rows of text under headings."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Figure = Heatmap | Curves | Table


class Traced(Struct, frozen=True):
    """A tensor that was seen as the code under test ran."""

    name: str
    """As the source calls it: ``Q``, ``self.weight``; empty for what a function returns."""
    shape: tuple[int, ...]
    dtype: str


class Site(Struct, frozen=True):
    """A place in the code under test that calls something."""

    file: str
    function: str
    """The qualified name of the function that calls."""
    what: str
    """What is called, as the source has it: ``self.q_proj``."""


class Call(Struct, frozen=True):
    """One way in which a function of the code under test was called: with tensors like these."""

    file: str
    function: str
    """Its qualified name, ``SwiGLU.forward``."""
    inputs: tuple[Traced, ...] = ()
    outputs: tuple[Traced, ...] = ()
    """Empty as well when the function did not come to its end."""
    known: tuple[Traced, ...] = ()
    """The other variables as they were at its end, and the tensors of its own module."""
    sites: tuple[Site, ...] = ()
    times: int = 1


class ProbeInfo(Struct, frozen=True):
    """What the catalogue says of a probe, for those who choose one."""

    name: str
    """``area.what``, stable."""
    area: str
    question: str
    """One line, ends in a question mark."""
    about: str
    """Two or three sentences: what is done, and the arithmetic behind the tolerance."""
    slow: bool = False
    """True for probes that train: seconds, not milliseconds."""
    source: str = ""
    """The paper, definition or practice that it tests."""


class Evidence(Struct, frozen=True):
    """The outcome of one probe on one subject."""

    probe: str
    area: str
    status: Status
    finding: str
    """One sentence that a person can act on; it never names the fix."""
    measurements: tuple[Measurement, ...] = ()
    figure: Figure | None = None
    fault: Fault | None = None
    """Set when, and only when, the status is failed."""
    seconds: float = 0.0
    part: str = ""
    """The part that the finding is about, where one probe asks several."""
    calls: tuple[Call, ...] = ()
    """What was called on the way, where the probe wrote that down."""
