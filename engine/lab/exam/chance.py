"""How far a count may stray by chance, where a question can only be answered by drawing."""

from __future__ import annotations

import math

RISK = 1e-10
"""The most that a correct implementation risks at each such question."""


def stray(draws: int, share: float) -> float:
    """The largest distance of a binomial count from its mean, but for a chance of ``RISK``.

    By Chernoff's bound, P(count / draws beyond q) <= exp(-draws * KL(q || share)) on either side.
    """
    log_risk = math.log(2 / RISK) / draws
    mean = draws * share
    return max(
        abs(count - mean) for count in range(draws + 1) if _kl(count / draws, share) < log_risk
    )


def _kl(q: float, p: float) -> float:
    """The Kullback-Leibler divergence of a coin with ``p`` from a coin with ``q``, in nats."""
    heads = q * math.log(q / p) if q > 0 else 0.0
    tails = (1 - q) * math.log((1 - q) / (1 - p)) if q < 1 else 0.0
    return heads + tails
