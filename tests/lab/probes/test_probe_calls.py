"""What the trace of a forward pass writes down of the calls on its way."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from engine.evidence import Call, Site, Status, Traced
from engine.lab.probes import calls
from engine.lab.probes.calls import Calls
from engine.lab.subjects import Subject
from tests.lab.probes.bench import evidence, subject_of
from tests.lab.probes.edits import attention

FLOAT = "float32"


def of(found: tuple[Call, ...], function: str) -> list[Call]:
    return [call for call in found if call.function == function]


def test_a_trace_tells_each_function_of_the_pass_with_its_file(clean: Subject) -> None:
    seen = evidence(clean, "shapes.trace").calls
    assert {call.file for call in seen} == {
        "transformer/attention.py",
        "transformer/core.py",
        "transformer/transformer.py",
    }
    [attended] = of(seen, "scaled_dot_product_attention")
    assert attended.inputs == (
        Traced("Q", (5, 3, 12, 8), FLOAT),
        Traced("K", (5, 3, 12, 8), FLOAT),
        Traced("V", (5, 3, 12, 8), FLOAT),
        Traced("mask", (12, 12), "bool"),
    )
    assert attended.outputs == (Traced("", (5, 3, 12, 8), FLOAT),)
    assert Traced("attention_weights", (5, 3, 12, 12), FLOAT) in attended.known
    assert attended.times == 2  # once in each block


def test_a_function_is_told_apart_by_its_shapes_and_by_who_calls_it(clean: Subject) -> None:
    ways = of(evidence(clean, "shapes.trace").calls, "Linear.forward")
    by_site = {site.what: call for call in ways for site in call.sites}
    assert by_site["self.w1"].known[-1] == Traced("self.weight", (64, 24), FLOAT)
    assert by_site["self.w1"] is by_site["self.w3"]
    assert by_site["self.lm_head"].outputs == (Traced("", (5, 12, 37), FLOAT),)
    assert Site("transformer/core.py", "SwiGLU.forward", "self.w2") in by_site["self.w2"].sites


def test_a_pass_that_breaks_off_tells_how_far_it_got(tmp_path: Path) -> None:
    edit = attention("K = self.split_heads(self.k_proj(x))", "K = self.k_proj(x)")
    seen = evidence(subject_of(tmp_path, [edit]), "shapes.trace")
    assert seen.status is Status.FAILED
    [broken] = of(seen.calls, "CausalMultiHeadAttention.forward")
    assert broken.outputs == ()
    assert Traced("K", (5, 12, 24), FLOAT) in broken.known


def test_an_argument_that_is_given_another_value_is_told_as_both() -> None:
    record = Calls(here)
    with record.watching():
        wider(torch.zeros(2))
    [call] = record.taken()
    assert call.inputs == (Traced("x", (2,), FLOAT),)
    assert call.known == (Traced("x", (1, 2), FLOAT),)


def wider(x: Tensor) -> Tensor:
    x = x[None]
    x += 1
    return x


class Strange(Tensor):
    @property
    def shape(self) -> torch.Size:  # type: ignore[override]
        raise ValueError("nobody knows")


class Half(nn.Module):
    """One that never called the base class's ``__init__``."""

    def __init__(self) -> None:
        pass

    def look(self, x: Tensor) -> tuple[Tensor, int, Tensor]:
        y = [n + 1 for n in range(3)]
        return x, len(y), x[0]


def here(file: str) -> str | None:
    return "me.py" if file == __file__ else None


def test_strange_tensors_and_modules_stop_nobody() -> None:
    strange, half = torch.zeros(2).as_subclass(Strange), Half()
    record = Calls(here)
    with record.watching():
        half.look(torch.zeros(2, 3))
        inner(strange)
    looked, given = record.taken()
    assert looked.function == "Half.look"
    assert [item.shape for item in looked.outputs] == [(2, 3), (3,)]
    assert given.inputs == (Traced("x", (), "Strange"),)


def test_a_call_on_several_lines_is_known_by_what_is_called() -> None:
    record = Calls(here)
    with record.watching():
        outer(torch.zeros(1))
    assert [site.what for call in of(record.taken(), "inner") for site in call.sites] == ["inner"]


def inner(x: Tensor) -> Tensor:
    return x


def outer(x: Tensor) -> Tensor:
    return (
        inner(
            x,
        )
        + 1
    )


def test_who_computes_with_ever_other_shapes_is_not_followed_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calls, "MOST", 3)
    record = Calls(here)
    with record.watching():
        for n in range(9):
            inner(torch.zeros(n))
        inner(torch.zeros(1))
    assert [call.times for call in record.taken()] == [1, 2, 1]


def test_whoever_watched_before_watches_again(clean: Subject) -> None:
    def mine(*_: object) -> None:
        pass

    sys.setprofile(mine)
    try:
        evidence(clean, "shapes.trace")
        assert sys.getprofile() is mine
    finally:
        sys.setprofile(None)
