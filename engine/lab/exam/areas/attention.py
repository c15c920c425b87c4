"""Questions about scaled dot-product attention."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.lab.exam import rounding
from engine.lab.exam.code import Code
from engine.lab.exam.desk import Desk, expect, words
from engine.lab.exam.question import Area

ATTENTION = Area("attention", "Attention")

_SHAPES = (
    # leading dimensions, queries, keys, d_k, d_v, dtype
    ((), 4, 4, 4, 4, torch.float32),
    ((), 3, 6, 2, 5, torch.float64),
    ((3,), 5, 3, 6, 2, torch.float32),
    ((2, 3), 4, 7, 5, 9, torch.float64),
    ((2, 2), 6, 6, 16, 3, torch.float32),
    ((2, 1, 2), 3, 4, 3, 4, torch.float32),
)


@ATTENTION.question
def attention_values(code: Code, desk: Desk) -> None:
    """Attention without a mask, for several ranks, widths, and numbers of queries and keys."""
    for number, (lead, queries, keys, d_k, d_v, dtype) in enumerate(_SHAPES):
        Q, K, V = _inputs(desk, lead, queries, keys, d_k, d_v, dtype)
        desk.answer(
            f"{number}",
            code.scaled_dot_product_attention(Q, K, V),
            given=words(dtype, Q=Q, K=K, V=V),
            dtype=dtype,
            roundings=rounding.attention(d_k, keys),
        )


@ATTENTION.question
def attention_mask(code: Code, desk: Desk) -> None:
    """Attention under a mask, whose True lets a query attend to a key."""
    for number, (lead, queries, keys, d_k, d_v, dtype) in enumerate(_SHAPES):
        Q, K, V = _inputs(desk, lead, queries, keys, d_k, d_v, dtype)
        for said, mask in (
            ("its own mask for each leading index", desk.mask(*lead, queries, keys)),
            ("one mask for all", desk.mask(queries, keys)),
            ("one mask row for all queries", desk.mask(1, keys)),
            ("a mask that allows all", torch.ones(queries, keys, dtype=torch.bool)),
        ):
            desk.answer(
                f"{number} {said}",
                code.scaled_dot_product_attention(Q, K, V, mask),
                given=f"{words(dtype, Q=Q, K=K, V=V)}, {said}",
                dtype=dtype,
                roundings=rounding.attention(d_k, keys),
            )
    Q, K, V = _inputs(desk, (2, 3), 4, 5, 6, 3, torch.float32)
    desk.answer(
        "heads",
        code.scaled_dot_product_attention(Q, K, V, mask=desk.mask(2, 1, 4, 5)),
        given="a mask of shape (2, 1, 4, 5) that the heads share",
        roundings=rounding.attention(6, 5),
    )


@ATTENTION.question
def attention_masked_keys(code: Code, desk: Desk) -> None:
    """Keys that the mask closes, with huge keys and values: nothing of them comes through."""
    Q, K, V = _inputs(desk, (2,), 4, 6, 4, 3, torch.float32)
    open_keys = torch.tensor([True, False, True, True, False, True])
    K = K.where(open_keys[:, None], 30 * K)
    V = V.where(open_keys[:, None], 1e4 * V)
    desk.answer(
        "values",
        code.scaled_dot_product_attention(Q, K, V, open_keys.expand(4, 6)),
        given="keys 1 and 4 of 6 closed, their values in the ten thousands",
        roundings=rounding.attention(4, 6),
    )


@ATTENTION.question
def attention_row_sums(code: Code, desk: Desk) -> None:
    """The attention weights of each query, summed: with the identity for V they are the result."""
    for lead, queries, keys, d_k in (((), 5, 3, 4), ((2,), 3, 7, 2), ((2, 3), 6, 4, 8)):
        Q, K, _ = _inputs(desk, lead, queries, keys, d_k, keys, torch.float64)
        V = _identity(desk, lead, keys)
        for said, mask in (("no mask", None), ("a mask", desk.mask(queries, keys))):
            weights = code.scaled_dot_product_attention(Q, K, V, mask)
            desk.answer(
                f"{lead} {said}",
                expect(weights, (*lead, queries, keys)).sum(dim=-1),
                given=f"{words(torch.float64, Q=Q, K=K)}, {said}",
                dtype=torch.float64,
                roundings=rounding.attention(d_k, keys),
            )


@ATTENTION.question
def attention_temperature(code: Code, desk: Desk) -> None:
    """Weights from each position to another and back, added, where queries and keys are equal."""
    # The scores are symmetric, so W + W^T is the same whichever of its axes sums to one.
    for lead, seq, d_k in (((), 4, 2), ((3,), 5, 4), ((2, 2), 3, 9), ((2,), 4, 16)):
        X = desk.normal(*lead, seq, d_k, dtype=torch.float64, leaf=True)
        V = _identity(desk, lead, seq)
        blocks = torch.arange(seq) // 2
        for said, mask in (("no mask", None), ("pairs only", blocks[:, None] == blocks)):
            weights = code.scaled_dot_product_attention(X, X, V, mask)
            both = expect(weights, (*lead, seq, seq))
            both = both + both.mT
            given = f"{words(torch.float64, Q=X)}, K the same, {said}"
            roundings = rounding.attention(d_k, seq)
            desk.answer(
                f"{lead} {said}", both, given=given, dtype=torch.float64, roundings=roundings
            )
            desk.gradients(
                f"{lead} {said} gradient",
                both,
                {"Q": X},
                shape=(*lead, seq, seq),
                given=given,
                dtype=torch.float64,
                roundings=rounding.backward(roundings),
            )


@ATTENTION.question
def attention_one_wide(code: Code, desk: Desk) -> None:
    """Attention with d_k of 1, values and gradients."""
    # Where the square root of d_k is one, no scale can be told from another.
    for lead, queries, keys, d_v in (((), 5, 3, 2), ((2,), 3, 4, 4), ((2, 2), 4, 6, 3)):
        Q, K, V = _inputs(desk, lead, queries, keys, 1, d_v, torch.float64, leaf=True)
        for said, mask in (("no mask", None), ("a mask", desk.mask(*lead, queries, keys))):
            given = f"{words(torch.float64, Q=Q, K=K, V=V)}, {said}"
            got = code.scaled_dot_product_attention(Q, K, V, mask)
            roundings = rounding.attention(1, keys)
            desk.answer(
                f"{lead} {said}", got, given=given, dtype=torch.float64, roundings=roundings
            )
            desk.gradients(
                f"{lead} {said} gradient",
                got,
                {"Q": Q, "K": K, "V": V},
                shape=(*lead, queries, d_v),
                given=given,
                dtype=torch.float64,
                roundings=rounding.backward(roundings),
                scale=1.0,
            )


@ATTENTION.question
def attention_large_scores(code: Code, desk: Desk) -> None:
    """Attention whose scores are in the hundreds and thousands."""
    for dtype in (torch.float32, torch.float64):
        # Whole numbers, and a d_k whose root is a power of two: scores without any rounding.
        Q = desk.exactly(desk.integers(-9, 10, 3, 4, 16), dtype) * 8
        K = desk.exactly(desk.integers(-9, 10, 3, 6, 16), dtype)
        V = desk.normal(3, 6, 5, dtype=dtype)
        desk.answer(
            f"{dtype}",
            code.scaled_dot_product_attention(Q, K, V),
            given=f"{words(dtype, Q=Q, K=K, V=V)}, scores in the thousands",
            dtype=dtype,
            # A fused kernel may work with exp2: then scores of 4000 are rounded, to 4000 u.
            roundings=8000 + rounding.dot(6),
        )


@ATTENTION.question
def attention_gradients(code: Code, desk: Desk) -> None:
    """The gradients of attention for queries, keys and values, with a mask and without."""
    for number, (lead, queries, keys, d_k, d_v, dtype) in enumerate(_SHAPES[1:5]):
        for said, mask in (("no mask", None), ("a mask", desk.mask(*lead, queries, keys))):
            Q, K, V = _inputs(desk, lead, queries, keys, d_k, d_v, dtype, leaf=True)
            desk.gradients(
                f"{number} {said}",
                code.scaled_dot_product_attention(Q, K, V, mask),
                {"Q": Q, "K": K, "V": V},
                shape=(*lead, queries, d_v),
                given=f"{words(dtype, Q=Q, K=K, V=V)}, {said}",
                dtype=dtype,
                roundings=rounding.backward(rounding.attention(d_k, keys)),
                scale=1.0,  # under a mask of one key, a query's gradient is zero
            )


@ATTENTION.question
def attention_bfloat16(code: Code, desk: Desk) -> None:
    """Attention in bfloat16."""
    Q, K, V = _inputs(desk, (2,), 4, 5, 4, 3, torch.bfloat16)
    desk.answer(
        "values",
        code.scaled_dot_product_attention(Q, K, V, desk.mask(4, 5)),
        given=words(torch.bfloat16, Q=Q, K=K, V=V),
        dtype=torch.bfloat16,
        # Scores up to 4, rounded three times, are exponentiated; then four roundings more.
        roundings=16,
    )


@ATTENTION.question
def attention_broadcast(code: Code, desk: Desk) -> None:
    """Keys and values that several heads share by broadcasting."""
    Q = desk.normal(2, 3, 4, 6)
    K, V = desk.normal(2, 1, 5, 6), desk.normal(2, 1, 5, 3)
    desk.answer(
        "values",
        code.scaled_dot_product_attention(Q, K, V),
        given=words(torch.float32, Q=Q, K=K, V=V),
        roundings=rounding.attention(6, 5),
    )


def _inputs(
    desk: Desk,
    lead: tuple[int, ...],
    queries: int,
    keys: int,
    d_k: int,
    d_v: int,
    dtype: torch.dtype,
    *,
    leaf: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    return (
        desk.normal(*lead, queries, d_k, dtype=dtype, leaf=leaf),
        desk.normal(*lead, keys, d_k, dtype=dtype, leaf=leaf),
        desk.normal(*lead, keys, d_v, dtype=dtype, leaf=leaf),
    )


def _identity(desk: Desk, lead: tuple[int, ...], keys: int) -> Tensor:
    return desk.exactly(torch.eye(keys), torch.float64).expand(*lead, keys, keys).contiguous()
