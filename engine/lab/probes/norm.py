"""RMSNorm: x / sqrt(mean(x²) + eps) · gain, Zhang & Sennrich 2019, held to torch's own."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.lab.probes.backwards import gradients_of
from engine.lab.probes.context import Context
from engine.lab.probes.figures import curves, heatmap
from engine.lab.probes.reading import Reading, Skip, compare, probe, reading, rounding, wide, worst
from engine.lab.subjects import Subject

EPS = 1e-5


def _rms_norm(x: Tensor, gain: Tensor, eps: float) -> Tensor:
    """torch's RMSNorm in float64, over the last dimension."""
    return F.rms_norm(wide(x), (x.shape[-1],), wide(gain), eps)


def _relative(d: int, dtype: torch.dtype) -> float:
    """How far, relatively, a normalised element can be off: the mean of d squares costs (d +
    2)·eps, its inverse root halves that, three more roundings follow; doubled for good measure.
    """
    return (d + 8) * rounding(dtype)


@probe("norm.zero_row", "Does a row of zeros come out as zeros?")
def zero_row(subject: Subject, context: Context) -> Reading:
    """Normalises a row of zeros that stands between ordinary rows. 0 / sqrt(0 + eps) is exactly 0,
    so nothing is tolerated.
    """
    d = context.config.d_model
    x = context.normal(4, d)
    x[2] = 0
    observed = subject.rms_norm(x, torch.ones(d, dtype=context.dtype), EPS)
    gap = compare(f"output for a row of zeros, of ({d},)", observed[2], 0.0, 0.0)
    return reading(
        gap,
        quiet="A row of zeros comes out as zeros.",
        fires=f"A row of zeros comes out as {gap.observed:g}.",
        figure=heatmap("Normalised rows; row 2 was all zeros", observed, "row", "feature"),
    )


@probe("norm.zero_row_gradient", "Is the gradient at a row of zeros gain / sqrt(eps)?")
def zero_row_gradient(subject: Subject, context: Context) -> Reading:
    """Close to zero the norm is the linear map x · gain / sqrt(eps), so the gradient of Σ w·y there
    is w · gain / sqrt(eps). The handful of roundings cost 8·eps relative.
    """
    d = context.config.d_model
    x = torch.zeros(1, d, dtype=context.dtype, requires_grad=True)
    w, gain = context.normal(1, d), context.normal(d)
    (gradient,) = gradients_of((subject.rms_norm(x, gain, EPS) * w).sum(), [x])
    expected = wide(w) * wide(gain) / EPS**0.5
    gap = compare(
        "gradient at zero", gradient, expected, 8 * rounding(context.dtype) * expected.abs()
    )
    return reading(
        gap,
        quiet=f"The gradient at a row of zeros is gain / sqrt(eps), about {gap.expected:.4g}.",
        fires=f"At a row of zeros the gradient is {gap}.",
    )


@probe("norm.scale_sweep", "Does the norm agree with torch's from tiny inputs to huge ones?")
def scale_sweep(subject: Subject, context: Context) -> Reading:
    """Scales one row from 10⁻⁸ to 10⁸ and compares with ``F.rms_norm`` in float64. Large rows come
    out at size 1; those below sqrt(eps) shrink in proportion. (d + 8)·eps is tolerated, relative.
    """
    d = context.config.d_model
    row, gain = context.normal(1, d), torch.ones(d, dtype=context.dtype)
    exponents = torch.linspace(-8, 8, 33, dtype=torch.float64)
    x = (wide(row) * 10 ** exponents[:, None]).to(context.dtype)
    observed, expected = subject.rms_norm(x, gain, EPS), _rms_norm(x, gain, EPS)
    gap = compare(
        f"output, rows scaled by 10^-8 to 10^8, of ({len(x)}, {d})",
        observed,
        expected,
        _relative(d, context.dtype) * expected.abs(),
    )
    exponent = float(exponents[gap.index[0]])
    sizes = {
        name: wide(y).square().mean(-1).sqrt().clamp_min(1e-12).log10()
        for name, y in (("observed", observed), ("by arithmetic", expected))
    }
    return reading(
        gap,
        quiet="Rows of every size from 10^-8 to 10^8 come out as torch normalises them.",
        fires=f"A row scaled by 10^{exponent:g} comes out at {gap}.",
        figure=curves(
            "Size of a row after the norm against its size before",
            exponents,
            sizes,
            "log10 of the scale",
            "log10 of the root mean square",
        ),
    )


@probe("norm.eps", "Is the eps that the norm was given the one it uses?")
def eps(subject: Subject, context: Context) -> Reading:
    """Tries eps of 10⁻⁸, 10⁻², 0.5 and 4 on rows of size about 1, where each eps gives clearly
    another output, against ``F.rms_norm`` in float64. (d + 8)·eps(dtype) is tolerated, relative.
    """
    d = context.config.d_model
    x, gain = context.normal(3, d), torch.ones(d, dtype=context.dtype)
    gaps = []
    for value in (1e-8, 1e-2, 0.5, 4.0):
        expected = _rms_norm(x, gain, value)
        tolerance = _relative(d, context.dtype) * expected.abs()
        observed = subject.rms_norm(x, gain, value)
        gaps.append(compare(f"output with eps {value:g}", observed, expected, tolerance))
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="The output follows eps from 10^-8 to 4.",
        fires=f"The {gap.what} is {gap}.",
    )


@probe("norm.gain", "Does the gain scale each feature, and only that?")
def gain(subject: Subject, context: Context) -> Reading:
    """A random gain must give the output of a gain of ones, times that gain, feature by feature.
    One more rounded product: 4·eps relative.
    """
    d = context.config.d_model
    x, scale = context.normal(3, d), context.normal(d)
    plain = subject.rms_norm(x, torch.ones(d, dtype=context.dtype), EPS)
    expected = wide(plain) * wide(scale)
    tolerance = 4 * rounding(context.dtype) * expected.abs()
    gap = compare("output with a gain", subject.rms_norm(x, scale, EPS), expected, tolerance)
    return reading(
        gap,
        quiet="Each feature is scaled by its own gain.",
        fires=f"With a gain of {float(scale[gap.index[-1]]):.4g} feature {gap.index[-1]} is {gap}.",
    )


@probe("norm.constant_row", "Does a constant row keep its sign and come out at size 1?")
def constant_row(subject: Subject, context: Context) -> Reading:
    """A row of c everywhere has root mean square |c| and comes out as c / sqrt(c² + eps): the mean
    is not taken away, as a layer norm would. (d + 8)·eps is tolerated.
    """
    d = context.config.d_model
    c = torch.tensor([[-100.0], [-2.0], [0.5], [30.0]], dtype=torch.float64)
    x = c.expand(4, d).to(context.dtype)
    observed = subject.rms_norm(x, torch.ones(d, dtype=context.dtype), EPS)
    gap = compare(
        "output of a constant row", observed, c / (c * c + EPS).sqrt(), _relative(d, context.dtype)
    )
    return reading(
        gap,
        quiet="Constant rows come out as -1 or 1, by their sign.",
        fires=f"A row of {float(c[gap.index[0]]):g} everywhere comes out as {gap}.",
    )


@probe("norm.rows", "Is each row normalised by its own size alone?")
def rows(subject: Subject, context: Context) -> Reading:
    """Makes every row but one a thousand times larger; that one must come out as before. Sums over
    the features of one row know nothing of the others: (d + 8)·eps for another order of summation.
    """
    d = context.config.d_model
    x, ones = context.normal(2, 5, d), torch.ones(d, dtype=context.dtype)
    louder = 1000 * x
    louder[1, 3] = x[1, 3]
    before = subject.rms_norm(x, ones, EPS)[1, 3]
    after = subject.rms_norm(louder, ones, EPS)[1, 3]
    tolerance = _relative(d, context.dtype) * wide(before).abs()
    gap = compare("output of the row left alone", after, before, tolerance)
    return reading(
        gap,
        quiet="A row's output does not depend on the other rows.",
        fires=f"Louder neighbours change the output of a row: {gap}.",
    )


@probe("norm.gradient", "Is the norm's gradient the one that torch's norm has?")
def gradient(subject: Subject, context: Context) -> Reading:
    """Compares the gradients of Σ w·y with those of ``F.rms_norm`` in float64, for input and gain.
    The input's is (gw - y·mean(gwy)) / rms: sums of d terms, (2d + 32)·eps of ‖gw‖·√d / rms.
    """
    d = context.config.d_model
    x, scale, w = context.normal(3, d), context.normal(d), context.normal(3, d)
    x.requires_grad_()
    observed = _gradients(subject, x, scale, w)
    x64, scale64 = wide(x).requires_grad_(), wide(scale).requires_grad_()
    y64 = F.rms_norm(x64, (d,), scale64, EPS)
    expected = gradients_of((y64 * wide(w)).sum(), [x64, scale64])
    reach = (wide(scale) * wide(w)).norm(dim=-1, keepdim=True) * d**0.5
    rms = wide(x).square().mean(-1, keepdim=True).sqrt()
    unit = (2 * d + 32) * rounding(context.dtype)
    bounds = (
        unit * reach / rms,
        unit * float((wide(w).abs() * wide(y64).abs()).sum(0).max() + wide(w).abs().max() * d),
    )
    names = (f"gradient of the input, of (3, {d})", f"gradient of the gain, of ({d},)")
    # A norm that copies the gain it is given has no gradient for it to be asked for.
    gaps = [compare(*asked) for asked in zip(names, observed, expected, bounds, strict=False)]
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="The gradients are those that torch's norm gives.",
        fires=f"The {gap.what} is {gap}.",
    )


def _gradients(subject: Subject, x: Tensor, gain: Tensor, w: Tensor) -> list[Tensor]:
    """Those of Σ w·y for x and, where one comes back to it, for the gain."""
    try:
        followed = gain.detach().clone().requires_grad_()
        return gradients_of((subject.rms_norm(x, followed, EPS) * w).sum(), [x, followed])
    except Skip:
        return gradients_of((subject.rms_norm(x, gain.detach(), EPS) * w).sum(), [x])


@probe("norm.low_precision", "Does the norm hold in bfloat16 and float16?")
def low_precision(subject: Subject, context: Context) -> Reading:
    """Rows of size 1 in half precision against ``F.rms_norm`` in float64 on the same numbers.
    Squares, their mean, its root and two products are each rounded: 8·eps relative, if sums keep
    float32.
    """
    d = context.config.d_model
    row = context.normal(4, d)
    gaps = []
    for dtype in (torch.bfloat16, torch.float16):
        x, ones = row.to(dtype), torch.ones(d, dtype=dtype)
        expected = _rms_norm(x, ones, EPS)
        tolerance = 8 * torch.finfo(dtype).eps * expected.abs()
        name = str(dtype).removeprefix("torch.")
        gaps.append(
            compare(f"output in {name}", subject.rms_norm(x, ones, EPS), expected, tolerance)
        )
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="In half precision the norm is as good as the numbers allow.",
        fires=f"The {gap.what} is {gap}.",
    )
