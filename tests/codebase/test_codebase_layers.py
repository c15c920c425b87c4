"""Layers with weights, and softmax, against PyTorch's own."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from tests.codebase.rounding import (
    PRECISIONS,
    assert_same_real_number,
    assert_within,
    few,
    normal,
)
from transformer.core import Embedding, Linear, RMSNorm, SwiGLU, silu, softmax

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 33)
leading = st.lists(st.integers(1, 4), max_size=3)
precisions = st.sampled_from(PRECISIONS)


def gradients(output: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
    """Of a fixed random weighted sum of ``output``."""
    return torch.autograd.grad((output * normal(*output.shape, seed=99)).sum(), inputs)


@few
@given(leading, sizes, sizes, precisions, seeds)
def test_linear_is_the_matrix_product_of_torch(
    shape: list[int], d_in: int, d_out: int, dtype: torch.dtype, seed: int
) -> None:
    layer = Linear(d_in, d_out, dtype=dtype)
    x = normal(*shape, d_in, seed=seed, dtype=dtype)
    weight = layer.weight.detach().double()
    # A dot product of n terms is off by at most n + 1 roundings of the sum of their magnitudes.
    magnitude = F.linear(x.double().abs(), weight.abs())
    bound = (d_in + 1) * torch.finfo(dtype).eps * magnitude
    assert layer(x).dtype == dtype
    assert_within(layer(x), F.linear(x.double(), weight), bound)


def test_linear_passes_the_gradients_of_torch() -> None:
    layer = Linear(7, 5, dtype=torch.float64)
    x = normal(2, 3, 7, seed=0).requires_grad_()
    ours = gradients(layer(x), x, layer.weight)
    theirs = gradients(F.linear(x, layer.weight), x, layer.weight)
    for our, their in zip(ours, theirs, strict=True):
        assert_same_real_number(our, their, operations=2 * 7 * 6)


@pytest.mark.parametrize("make", ["linear", "embedding"])
def test_fresh_weights_are_normal_within_three_standard_deviations(make: str) -> None:
    torch.manual_seed(0)
    if make == "linear":
        weight, std = Linear(500, 300).weight.detach(), math.sqrt(2 / 800)
    else:
        weight, std = Embedding(500, 300).weight.detach(), 1.0
    assert weight.shape == ((300, 500) if make == "linear" else (500, 300))
    assert weight.abs().max() <= 3 * std * (1 + torch.finfo(torch.float32).eps)

    # Cutting a normal at 3 sigma leaves the variance 1 - 6 phi(3) / (2 Phi(3) - 1).
    density = math.exp(-4.5) / math.sqrt(2 * math.pi)
    cut = std * math.sqrt(1 - 6 * density / math.erf(3 / math.sqrt(2)))
    n = weight.numel()
    six_errors_of_the_mean = 6 * cut / math.sqrt(n)
    six_errors_of_the_spread = 6 * cut / math.sqrt(2 * n)  # smaller still for a cut normal
    assert weight.mean().item() == pytest.approx(0, abs=six_errors_of_the_mean)
    assert weight.std().item() == pytest.approx(cut, abs=six_errors_of_the_spread)


@few
@given(leading, st.integers(2, 20), sizes, seeds)
def test_embedding_looks_rows_up_as_torch_does(
    shape: list[int], vocab: int, d_model: int, seed: int
) -> None:
    layer = Embedding(vocab, d_model)
    token_ids = torch.randint(vocab, (*shape, 3), generator=torch.Generator().manual_seed(seed))
    assert torch.equal(layer(token_ids), F.embedding(token_ids, layer.weight))


def test_embedding_adds_up_the_gradients_of_a_token_that_occurs_twice() -> None:
    layer = Embedding(4, 3, dtype=torch.float64)
    token_ids = torch.tensor([[1, 3, 1], [1, 0, 3]])
    [ours] = gradients(layer(token_ids), layer.weight)
    [theirs] = gradients(F.embedding(token_ids, layer.weight), layer.weight)
    assert_same_real_number(ours, theirs, operations=3)
    assert torch.equal(ours[2], torch.zeros(3, dtype=torch.float64))


@few
@given(
    shape=leading,
    d_model=sizes,
    eps=st.sampled_from([1e-8, 1e-5, 1e-2, 1.0]),
    exponent=st.integers(-15, 15),
    dtype=precisions,
    seed=seeds,
)
def test_rms_norm_is_that_of_torch_at_every_scale(
    shape: list[int], d_model: int, eps: float, exponent: int, dtype: torch.dtype, seed: int
) -> None:
    layer = RMSNorm(d_model, eps=eps, dtype=dtype)
    torch.nn.init.normal_(layer.weight, generator=torch.Generator().manual_seed(seed))
    x = (normal(*shape, d_model, seed=seed) * 10.0**exponent).to(dtype)
    exact = F.rms_norm(x.double(), (d_model,), layer.weight.detach().double(), eps)
    # Squares, their mean, eps, the root and two products: each rounds once, the mean d_model times.
    bound = (d_model + 8) * torch.finfo(dtype).eps * exact.abs()
    assert layer(x).dtype == dtype
    assert_within(layer(x), exact, bound)


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_rms_norm_leaves_a_zero_vector_zero(dtype: torch.dtype) -> None:
    layer = RMSNorm(8, dtype=dtype)
    x = torch.zeros(2, 8, dtype=dtype, requires_grad=True)
    y = layer(x)
    y.sum().backward()
    assert torch.equal(y.detach(), torch.zeros(2, 8, dtype=dtype))
    assert x.grad is not None
    assert bool(x.grad.isfinite().all())


def test_rms_norm_passes_the_gradients_of_torch() -> None:
    layer = RMSNorm(6, eps=1e-3, dtype=torch.float64)
    torch.nn.init.normal_(layer.weight, generator=torch.Generator().manual_seed(0))
    x = normal(2, 3, 6, seed=1).requires_grad_()
    ours = gradients(layer(x), x, layer.weight)
    theirs = gradients(F.rms_norm(x, (6,), layer.weight, 1e-3), x, layer.weight)
    for our, their in zip(ours, theirs, strict=True):
        assert_same_real_number(our, their, operations=6 * 6 * 8)


@few
@given(leading, st.integers(-3, 3), precisions, seeds)
def test_silu_is_that_of_torch(
    shape: list[int], exponent: int, dtype: torch.dtype, seed: int
) -> None:
    x = (normal(*shape, 5, seed=seed) * 10.0**exponent).to(dtype)
    exact = F.silu(x.double())
    # Sigmoid takes an exponential, a sum and a quotient; the product is one more.
    limits = torch.finfo(dtype)
    bound = 6 * limits.eps * exact.abs() + x.double().abs() * limits.tiny
    assert_within(silu(x), exact, bound)


def test_silu_passes_the_gradient_of_torch() -> None:
    x = (10 * normal(50, seed=0)).requires_grad_()
    [ours], [theirs] = gradients(silu(x), x), gradients(F.silu(x), x)
    assert_same_real_number(ours, theirs, operations=100)


@few
@given(leading, sizes, sizes, seeds)
def test_swiglu_gates_its_third_projection_by_its_first(
    shape: list[int], d_model: int, d_ff: int, seed: int
) -> None:
    layer = SwiGLU(d_model, d_ff, dtype=torch.float64)
    w1, w2, w3 = layer.w1.weight, layer.w2.weight, layer.w3.weight
    assert w1.shape == w3.shape == (d_ff, d_model)
    assert w2.shape == (d_model, d_ff)
    x = normal(*shape, d_model, seed=seed).requires_grad_()
    ours = layer(x)
    theirs = F.linear(F.silu(F.linear(x, w1)) * F.linear(x, w3), w2)
    operations = 4 * (2 * d_model + d_ff + 8) * d_ff
    assert_same_real_number(ours, theirs, operations)
    for our, their in zip(
        gradients(ours, x, w1, w2, w3), gradients(theirs, x, w1, w2, w3), strict=True
    ):
        assert_same_real_number(our, their, operations * math.prod([*shape, d_model]))


@few
@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    which=st.integers(0, 3),
    from_the_end=st.booleans(),
    scale=st.sampled_from([0.0, 1.0, 100.0, 1e4]),
    dtype=precisions,
    seed=seeds,
)
def test_softmax_is_that_of_torch_along_any_dimension(
    shape: list[int],
    which: int,
    from_the_end: bool,
    scale: float,
    dtype: torch.dtype,
    seed: int,
) -> None:
    dimension = which % len(shape) - (len(shape) if from_the_end else 0)
    x = (scale * normal(*shape, seed=seed)).to(dtype)
    exact = torch.softmax(x.double(), dim=dimension)
    # The shift rounds relative to its size, and the exponential turns that into a relative error.
    limits = torch.finfo(dtype)
    widest = (x.double().amax(dimension, keepdim=True) - x.double()).clamp(
        max=-math.log(limits.tiny)
    )
    relative = limits.eps * (2 * widest + shape[dimension] + 4)
    assert_within(softmax(x, dimension), exact, torch.expm1(relative) * exact + limits.tiny)


def test_softmax_gives_an_input_of_minus_infinity_exactly_nothing() -> None:
    x = torch.tensor([0.0, -math.inf, 0.0])
    assert torch.equal(softmax(x, dimension=0), torch.tensor([0.5, 0.0, 0.5]))


def test_softmax_passes_the_gradient_of_torch() -> None:
    x = normal(3, 4, 5, seed=0).requires_grad_()
    for dimension in (0, 1, -1):
        [ours] = gradients(softmax(x, dimension), x)
        [theirs] = gradients(torch.softmax(x, dimension), x)
        assert_same_real_number(ours, theirs, operations=4 * 5 + 10)
