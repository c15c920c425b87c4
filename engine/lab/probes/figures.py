"""Tensors as figures: heatmaps, curves and tables of plain numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from torch import Tensor

from engine.evidence import Curves, Heatmap, Table
from engine.lab.probes.reading import Values, wide


def _point(value: float) -> float | None:
    value = float(value)
    return value if math.isfinite(value) else None


def heatmap(title: str, values: Tensor, rows: str, columns: str) -> Heatmap:
    """A matrix (rows, columns) to look at."""
    lines = tuple(tuple(_point(v) for v in row) for row in wide(values).tolist())
    return Heatmap(title, lines, rows, columns)


def curves(
    title: str,
    x: Values,
    series: Mapping[str, Values],
    x_label: str,
    y_label: str,
) -> Curves:
    """Lines over one shared x-axis."""
    lines = {name: tuple(_point(v) for v in wide(line).tolist()) for name, line in series.items()}
    return Curves(title, tuple(wide(x).tolist()), lines, x_label, y_label)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Rows under headings; numbers get four digits."""
    return Table(title, tuple(columns), tuple(tuple(_cell(c) for c in row) for row in rows))


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
