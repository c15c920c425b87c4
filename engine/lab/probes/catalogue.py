"""The catalogue: every probe of every area, in the order of the textbook."""

from __future__ import annotations

from engine.lab.probes import (
    attention,
    causality,
    checkpoint,
    clipping,
    data,
    decoding,
    feed_forward,
    gradients,
    heads,
    layers,
    learning,
    loss,
    norm,
    optimizer,
    positions,
    residual,
    rope,
    schedule,
    scores,
    shapes,
    training,
    trajectory,
)
from engine.lab.probes.reading import Probe

AREAS = (
    shapes,
    layers,
    norm,
    rope,
    positions,
    attention,
    scores,
    causality,
    heads,
    residual,
    gradients,
    feed_forward,
    loss,
    optimizer,
    trajectory,
    schedule,
    clipping,
    data,
    checkpoint,
    decoding,
    training,
    learning,
)

PROBES: tuple[Probe, ...] = tuple(
    value for area in AREAS for value in vars(area).values() if isinstance(value, Probe)
)
"""Within an area, in the order in which they are written."""
