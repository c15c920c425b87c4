"""Where a question is answered: inputs drawn from its seed, and the answers put down case by case.

A question runs twice: on the player's code, and in the referee on the clean code. Both desks draw
the same numbers. The player's rounds them to the dtype of the case; the referee's rounds them too,
then works in float64, so that the only error between the two is the player's own rounding.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from engine.evidence import Fault
from engine.lab.codebase import CodeFault
from engine.lab.exam.architecture import Shapes
from engine.lab.exam.rounding import ELEMENTWISE

MOST_NUMBERS = 1 << 18
"""No case of the exam has an answer as large as this."""

Scale = Literal["tensor", "row"] | float


@dataclass(frozen=True)
class Case:
    """One answer, with all that is needed to judge another against it."""

    value: Tensor
    given: str
    """The input in words: shapes, dtype, what is special about it."""
    dtype: torch.dtype | None
    """What the answer's dtype must be; None where any floating dtype will do."""
    roundings: float
    unit: torch.dtype
    """The dtype whose roundoff is granted."""
    within: float | None
    """An absolute tolerance in place of the roundings, where chance and not rounding decides."""
    scale: Scale
    """What an error is measured against: the largest expected number of the tensor or of the row,
    or a magnitude."""
    wanted: str = ""
    """Of a fact, which holds or does not: what is expected, in words."""
    otherwise: str = ""
    """And what is observed where it does not hold."""


def seed_of(seed: int, question: str) -> int:
    """The seed of one question: the same on every machine and in every process."""
    digest = hashlib.blake2b(f"{seed}/{question}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1  # torch's seeds are signed


def words(dtype: torch.dtype, **tensors: Tensor) -> str:
    """Inputs in words: ``x of shape (2, 3, 8) in float32``."""
    shapes = ", ".join(f"{name} of shape {tuple(t.shape)}" for name, t in tensors.items())
    return f"{shapes} in {name_of(dtype)}"


def name_of(dtype: torch.dtype) -> str:
    """``float32``, without torch's name before it."""
    return str(dtype).removeprefix("torch.")


class Desk:
    """Inputs and answers of one question."""

    def __init__(self, question: str, seed: int, scratch: Path, *, exact: bool) -> None:
        """``scratch`` is a folder for files; ``exact`` is the referee's side."""
        self.exact = exact
        self.scratch = scratch
        self.cases: dict[str, Case] = {}
        self.seed = seed_of(seed, question)
        self._generator = torch.Generator().manual_seed(self.seed)

    # Inputs

    def working(self, dtype: torch.dtype) -> torch.dtype:
        """The dtype to compute in where the case asks for ``dtype``."""
        return torch.float64 if self.exact else dtype

    def normal(
        self,
        *shape: int,
        dtype: torch.dtype = torch.float32,
        scale: float | Tensor = 1.0,
        leaf: bool = False,
    ) -> Tensor:
        """Standard normal draws times ``scale``; a ``leaf`` collects gradients."""
        drawn = torch.randn(shape, dtype=torch.float64, generator=self._generator)
        return self.exactly(drawn * scale, dtype, leaf=leaf)

    def exactly(
        self, values: object, dtype: torch.dtype = torch.float32, *, leaf: bool = False
    ) -> Tensor:
        """``values``, numbers or a tensor, rounded to ``dtype``."""
        rounded = torch.as_tensor(values, dtype=torch.float64).to(dtype)
        return rounded.to(self.working(dtype), copy=True).requires_grad_(leaf)

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """Integers from ``low`` to ``high`` - 1."""
        return torch.randint(low, high, shape, generator=self._generator)

    def shuffled(self, count: int) -> Tensor:
        """0 to ``count`` - 1 in random order."""
        return torch.randperm(count, generator=self._generator)

    def mask(self, *shape: int) -> Tensor:
        """Booleans, about half of them True, and at least one in each row."""
        allowed = torch.rand(shape, generator=self._generator) < 0.5
        chosen = torch.randint(shape[-1], (*shape[:-1], 1), generator=self._generator)
        return allowed.scatter(-1, chosen, value=True)

    def weights(self, shapes: Shapes, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
        """Parameters that keep activations near their scale: gains near one, the rest normal."""
        drawn = {}
        for name, shape in shapes.items():
            if len(shape) == 1:
                drawn[name] = self.exactly(
                    1 + 0.3 * self.normal(*shape, dtype=torch.float64), dtype
                )
            else:
                drawn[name] = self.normal(*shape, dtype=dtype, scale=shape[-1] ** -0.5)
        return drawn

    def module(
        self,
        build: Callable[..., nn.Module],
        *arguments: object,
        shapes: Shapes,
        dtype: torch.dtype = torch.float32,
        **named: object,
    ) -> nn.Module:
        """The module that ``build`` makes, with weights drawn here and loaded by name."""
        weights = self.weights(shapes, dtype)
        made = build(*arguments, dtype=self.working(dtype), **named)
        load(made, weights)
        return made

    # Answers

    def answer(
        self,
        case: str,
        got: object,
        *,
        given: str,
        dtype: torch.dtype | None = torch.float32,
        roundings: float = ELEMENTWISE,
        unit: torch.dtype | None = None,
        within: float | None = None,
        scale: Scale = "tensor",
        expected: object = None,
    ) -> None:
        """Put down what the code gave. ``expected`` is for what is known without the clean code."""
        if case in self.cases:
            raise ValueError(f"the case {case!r} has an answer already")
        value = _plain(got)
        if self.exact and expected is not None:
            value = torch.as_tensor(expected)
        unit = unit or (dtype if dtype is not None and dtype.is_floating_point else torch.float32)
        self.cases[case] = Case(value, given, dtype, roundings, unit, within, scale)

    def number(
        self,
        case: str,
        got: object,
        *,
        given: str,
        roundings: float = ELEMENTWISE,
        within: float | None = None,
        scale: Scale = "tensor",
        expected: float | None = None,
    ) -> None:
        """Put down one number: a Python number, or a tensor with one element."""
        try:
            value = torch.tensor(float(got), dtype=torch.float64)  # type: ignore[arg-type]
        except (TypeError, ValueError) as error:
            raise CodeFault(Fault(f"gave {_kind(got)} where a number belongs")) from error
        self.answer(
            case,
            value,
            given=given,
            dtype=torch.float64,
            roundings=roundings,
            within=within,
            scale=scale,
            expected=None if expected is None else torch.tensor(expected, dtype=torch.float64),
        )

    def holds(self, case: str, truth: object, *, given: str, wanted: str, otherwise: str) -> None:
        """Put down whether something that must be so is so.

        The two phrases complete "observed …, expected …".
        """
        value = torch.tensor(bool(truth))
        self.answer(case, value, given=given, dtype=torch.bool, expected=torch.tensor(data=True))
        self.cases[case] = replace(self.cases[case], wanted=wanted, otherwise=otherwise)

    def unchanged(self, case: str, before: Tensor, after: Tensor, *, given: str) -> None:
        """Put down whether a tensor that was handed over is as it was."""
        self.holds(
            case,
            torch.equal(before, after),
            given=given,
            wanted="none",
            otherwise="a change of the tensor that was handed over",
        )

    def refuses(
        self,
        case: str,
        attempt: Callable[[], object],
        *,
        given: str,
        error: type[Exception] = ValueError,
    ) -> None:
        """Put down whether ``attempt`` raises what its documentation says it does."""
        refused = False
        try:
            attempt()
        except error:
            refused = True
        self.holds(
            case,
            refused,
            given=given,
            wanted=f"a {error.__name__}",
            otherwise="no error",
        )

    def gradients(
        self,
        case: str,
        output: object,
        inputs: Mapping[str, Tensor],
        *,
        shape: tuple[int, ...],
        given: str,
        dtype: torch.dtype = torch.float32,
        roundings: float,
        scale: Scale = "tensor",
    ) -> None:
        """Put down the gradients of a random projection of ``output`` for each of ``inputs``.

        ``shape`` is what the output's must be.
        """
        along = self.normal(*shape, dtype=dtype)
        output = expect(output, shape)
        if not output.requires_grad:
            raise CodeFault(Fault("no gradient flows through the result"))
        found = torch.autograd.grad(
            output, tuple(inputs.values()), along.to(output.dtype), allow_unused=True
        )
        for name, gradient in zip(inputs, found, strict=True):
            if gradient is None:
                raise CodeFault(Fault(f"no gradient reaches {name}"))
            self.answer(
                f"{case}/{name}",
                gradient,
                given=f"the gradient of {name} with {given}",
                dtype=dtype,
                roundings=roundings,
                scale=scale,
            )


def expect(got: object, shape: tuple[int, ...]) -> Tensor:
    """``got``, a tensor of that shape, to compute with. Raises CodeFault when it is not."""
    if not isinstance(got, Tensor):
        raise CodeFault(Fault(f"gave {_kind(got)} where a tensor belongs"))
    if tuple(got.shape) != shape:
        raise CodeFault(Fault(f"gave the shape {tuple(got.shape)} where {shape} belongs"))
    return got


def load(module: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Copy ``weights`` into ``module`` by name. Raises CodeFault when a name is not there."""
    missing = module.load_state_dict(dict(weights), strict=False).unexpected_keys
    if missing:
        raise CodeFault(Fault(f"{type(module).__name__} has no parameter {missing[0]}"))


def parameters(module: nn.Module, shapes: Shapes) -> dict[str, Tensor]:
    """The parameters of ``module`` that ``shapes`` names."""
    found = dict(module.named_parameters())
    for name in shapes:
        if name not in found:
            raise CodeFault(Fault(f"{type(module).__name__} has no parameter {name}"))
    return {name: found[name] for name in shapes}


def _plain(got: object) -> Tensor:
    """``got`` as a plain tensor of its own memory. Raises CodeFault when it cannot be one."""
    if not isinstance(got, Tensor):
        raise CodeFault(Fault(f"gave {_kind(got)} where a tensor belongs"))
    if got.layout is not torch.strided or got.device.type != "cpu":
        raise CodeFault(Fault("gave a tensor that is not an ordinary one on the CPU"))
    if got.numel() > MOST_NUMBERS:
        raise CodeFault(Fault(f"gave the shape {tuple(got.shape)}, far too large"))
    return got.detach().as_subclass(Tensor).clone(memory_format=torch.contiguous_format)


def _kind(got: object) -> str:
    return "None" if got is None else f"a {type(got).__name__}"
