"""Rotary position embedding, Su et al. 2021: each pair of features turns with the position."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.lab.probes.context import Context
from engine.lab.probes.figures import curves, heatmap
from engine.lab.probes.reading import Reading, compare, probe, reading, rounding, wide, worst
from engine.lab.probes.references import SINGLE, exact, frequencies, rotate
from engine.lab.subjects import Subject

THETA = 10_000.0


def _matrix(subject: Subject, context: Context, position: int, d_k: int) -> Tensor:
    """The matrix (d_k, d_k) that takes a vector to its rotation at ``position``, in float64."""
    basis = torch.eye(d_k, dtype=context.dtype)[:, None, :]  # (d_k, seq 1, d_k)
    turned = subject.rope(basis, torch.tensor([position]), THETA, position + 1)
    return wide(turned)[:, 0, :].T


@probe("rope.position_zero", "Does position 0 leave a vector as it is?")
def position_zero(subject: Subject, context: Context) -> Reading:
    """Rotates random vectors at position 0. The angle is 0, its cosine exactly 1, its sine exactly
    0: only the rounding of a·1 - b·0 is tolerated, eps of the vector's length.
    """
    x = context.normal(3, 1, context.config.d_head)
    observed = subject.rope(x, torch.tensor([0]), THETA, 4)
    tolerance = rounding(context.dtype) * wide(x).norm(dim=-1, keepdim=True)
    gap = compare("a vector at position 0", observed, x, tolerance)
    return reading(
        gap,
        quiet="Position 0 leaves every vector as it is.",
        fires=f"At position 0 feature {gap.index[-1]} turns from {gap.expected:.4g} into "
        f"{gap.observed:.4g}.",
    )


@probe("rope.norms", "Does the rotation keep the length of every pair?")
def norms(subject: Subject, context: Context) -> Reading:
    """Compares the length of each pair of features before and after, at positions up to 63. A
    rotation keeps lengths, and so does a reflection; a scaling does not. cos² + sin² = 1 holds to
    4·eps.
    """
    x = context.normal(2, 64, context.config.d_head)
    after = subject.rope(x, torch.arange(64), THETA, 64)
    lengths = [wide(y).unflatten(-1, (-1, 2)).norm(dim=-1) for y in (x, after)]
    gap = compare(
        "length of a pair after", lengths[1], lengths[0], 8 * rounding(context.dtype) * lengths[0]
    )
    return reading(
        gap,
        quiet="Every pair keeps its length at every position.",
        fires=f"At position {gap.index[1]} the length of pair {gap.index[2]} is {gap}.",
    )


@probe("rope.composition", "Do two rotations in a row add up to one?")
def composition(subject: Subject, context: Context) -> Reading:
    """Rotates a vector at position p, the result at position q, and compares with position p + q,
    for several p and q: angles add up. That is "theta, then minus theta gives the vector back" in a
    form that needs no negative position. Three rotations' worth of rounding is tolerated.
    """
    d_k = context.config.d_head
    x = context.normal(1, 6, d_k)
    p, q = torch.tensor([1, 1, 2, 3, 7, 20]), torch.tensor([1, 2, 3, 3, 5, 30])
    twice = subject.rope(subject.rope(x, p, THETA, 64), q, THETA, 64)
    once = subject.rope(x, p + q, THETA, 64)
    tolerance = 3 * rotate(exact(x), p + q, THETA, context.dtype).error
    gap = compare("rotated at p, then at q", twice, once, tolerance)
    i = gap.index[1]
    return reading(
        gap,
        quiet="Rotating at p and then at q is rotating at p + q.",
        fires=f"Rotating at {int(p[i])} and then at {int(q[i])} gives {gap}, taking position "
        f"{int(p[i] + q[i])} as the measure.",
    )


@probe("rope.relative", "Does the product of query and key depend on their distance alone?")
def relative(subject: Subject, context: Context) -> Reading:
    """Moves a query and a key along the sequence together, at distances -3 to 9: their dot product
    must not move (Su et al. 2021, eq. 16). Rotations about any origin pass, mirrored ones too; the
    tolerance is the rounding of two rotations, times the lengths of the two vectors.
    """
    d_k = context.config.d_head
    q, k = context.normal(1, 1, d_k), context.normal(1, 1, d_k)
    starts = torch.arange(8, 40)
    seq = len(starts)
    lengths = float(wide(q).norm() * wide(k).norm())
    tolerance = (4 * 16 * SINGLE * 64 + (d_k + 16) * rounding(context.dtype)) * lengths
    gaps = []
    for distance in (-3, 1, 2, 9):
        turned_q = subject.rope(q.expand(1, seq, d_k), starts, THETA, 64)
        turned_k = subject.rope(k.expand(1, seq, d_k), starts + distance, THETA, 64)
        products = (wide(turned_q) * wide(turned_k)).sum(-1)[0]
        gaps.append(compare(f"q·k at distance {distance}", products, float(products[0]), tolerance))
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Query times key depends on nothing but the distance.",
        fires=f"The product {gap.what} changes along the sequence: {gap.observed:.4g} at position "
        f"{int(starts[gap.index[0]])}, {gap.expected:.4g} at position {int(starts[0])}.",
    )


@probe("rope.orientation", "Does a pair turn counter-clockwise, and turn rather than flip?")
def orientation(subject: Subject, context: Context) -> Reading:
    """Takes the 2 × 2 matrix of each pair at position 1, as the images of the two unit vectors. A
    rotation has determinant +1 (a flip has -1) and its lower left entry is the sine of the angle,
    positive when it turns counter-clockwise. Tolerated: 28·eps, for an angle of at most 1 and four
    products.
    """
    d_k = context.config.d_head
    matrix = _matrix(subject, context, 1, d_k)
    blocks = torch.stack([matrix[i : i + 2, i : i + 2] for i in range(0, d_k, 2)])
    sines = torch.sin(frequencies(d_k, THETA))
    tolerance = 20 * SINGLE + 8 * rounding(context.dtype)
    gaps = (
        compare("determinant of the pair's matrix", torch.linalg.det(blocks), 1.0, tolerance),
        compare("sine in the lower left", blocks[:, 1, 0], sines, tolerance),
        compare("minus sine in the upper right", blocks[:, 0, 1], -sines, tolerance),
    )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Every pair turns counter-clockwise; every determinant is 1.",
        fires=f"At position 1, for pair {gap.index[0]}, the {gap.what} is {gap}.",
        figure=heatmap("What position 1 does to the unit vectors", matrix, "to feature", "from"),
    )


@probe("rope.complex", "Is the rotation multiplication by a complex number?")
def as_complex(subject: Subject, context: Context) -> Reading:
    """Reads features 2i and 2i + 1 as one complex number and multiplies by
    e^(i·position·frequency), in float64. Tolerated per pair: its length times 16·eps of the angle,
    plus 4·eps.
    """
    positions = torch.tensor([0, 1, 2, 5, 17, 63, 200])
    x = context.normal(2, len(positions), context.config.d_head)
    observed = subject.rope(x, positions, THETA, 256)
    expected = rotate(exact(x), positions, THETA, context.dtype)
    gap = compare("rotated vectors", observed, expected.value, expected.error)
    return reading(
        gap,
        quiet="At positions 0 to 200 the rotation is the complex product.",
        fires=f"At position {int(positions[gap.index[1]])} feature {gap.index[2]} is {gap}.",
        figure=heatmap(
            "Rotated minus complex product",
            wide(observed)[0] - expected.value[0],
            "position",
            "feature",
        ),
    )


@probe("rope.frequencies", "Does pair i turn by theta^(-2i/d) per position?")
def angular_frequencies(subject: Subject, context: Context) -> Reading:
    """Measures the angle by which the first unit vector of each pair turns from position 0 to 1,
    for three values of theta. Tolerated: 16·eps of the angle, plus 8·eps for sine and cosine.
    """
    d_k = context.config.d_head
    basis = torch.eye(d_k, dtype=context.dtype)[0::2, None, :]  # (pairs, seq 1, d_k)
    gaps, series = [], {}
    for theta in (100.0, THETA, 500_000.0):
        turned = wide(subject.rope(basis, torch.tensor([1]), theta, 2))[:, 0]
        index = torch.arange(0, d_k, 2)[:, None]
        cos, sin = turned.gather(1, index)[:, 0], turned.gather(1, index + 1)[:, 0]
        observed, expected = torch.atan2(sin, cos), frequencies(d_k, theta)
        tolerance = (16 * SINGLE + 8 * rounding(context.dtype)) * expected
        gaps.append(compare(f"angle, theta {theta:g}", observed, expected, tolerance, "radian"))
        series[f"theta {theta:g}"] = observed.abs().clamp_min(1e-12).log10()
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Every pair turns at its frequency.",
        fires=f"Pair {gap.index[0]} turns at {gap.observed:.4g} radians per position "
        f"({gap.what.partition(', ')[2]}), where {gap.expected:.4g} is due.",
        figure=curves(
            "Angle per position, by pair",
            [float(i) for i in range(d_k // 2)],
            series,
            "pair",
            "log10 of radians",
        ),
    )


@probe("rope.pairing", "Which features turn together?")
def pairing(subject: Subject, context: Context) -> Reading:
    """Looks at which features the rotation at position 3 mixes: neighbours 2i and 2i + 1, and no
    others. Weights trained for pairs (i, i + d/2) need the other layout. Zeros of the matrix are
    exact, nothing is added to them.
    """
    d_k = context.config.d_head
    matrix = _matrix(subject, context, 3, d_k)
    pair = torch.arange(d_k) // 2
    gap = compare(
        "mixing of features of different pairs",
        matrix.masked_fill(pair[:, None] == pair[None, :], 0.0),
        0.0,
        rounding(context.dtype),
    )
    return reading(
        gap,
        quiet="Features 2i and 2i + 1 turn together, and no others.",
        fires=f"Feature {gap.index[1]} is turned into feature {gap.index[0]}, with "
        f"{gap.observed:.4g}.",
        figure=heatmap("What position 3 does to the unit vectors", matrix, "to feature", "from"),
    )
