"""Which shapes a place in the source is told to have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.catalog import Catalog
from engine.evidence import Call, Site, Traced
from tui_debugger.reading import Spot
from tui_debugger.shapes import Flow, Way, flow
from tui_debugger.widgets.shape_line import told

CORE = "transformer/core.py"
TEXT = '''\
from transformer.core import silu


class Linear(nn.Module):
    def __init__(self, width):
        self.weight = torch.ones(width)

    def forward(self, x):
        return x @ self.weight


class SwiGLU(nn.Module):
    """w1 and w2."""

    def __init__(self):
        self.w1 = Linear(3)

    def forward(self, x):
        ω = "ωω"; gate = silu(self.w1(x))
        return gate.clone()


def outer(x):
    def inner(y):
        return y

    return inner(x)
'''


def seen(name: str, *shape: int, dtype: str = "float32") -> Traced:
    return Traced(name, shape, dtype)


W1, SILU = (Site(CORE, "SwiGLU.forward", what) for what in ("self.w1", "silu"))
INNER = Site(CORE, "outer", "inner")
UP = Call(
    CORE,
    "Linear.forward",
    (seen("x", 2, 8),),
    (seen("", 2, 16),),
    (seen("self.weight", 8, 16),),
    (W1,),
    times=2,
)
HEAD = Call(
    CORE, "Linear.forward", (seen("x", 2, 8),), (seen("", 2, 99),), (seen("self.weight", 8, 99),)
)
GATE = Call(CORE, "SwiGLU.forward", (seen("x", 2, 8),), (seen("", 2, 16),), (seen("gate", 2, 16),))
OTHER = Call("transformer/silu.py", "silu", (seen("z", 2, 16),), (seen("", 2, 16),), (), (SILU,))
NESTED = Call(CORE, "outer.<locals>.inner", (seen("y", 1),), (), (), (INNER,))
CALLS = (HEAD, UP, GATE, OTHER, NESTED)


def spot(text: str, on: str) -> Spot:
    at = TEXT.index(text) + text.index(on)
    return Spot(CORE, TEXT.count("\n", 0, at), at - (TEXT.rfind("\n", 0, at) + 1))


def way(call: Call) -> Way:
    return Way(call.inputs, call.outputs)


@pytest.mark.parametrize(
    ("text", "on", "found"),
    [
        ("silu(self", "silu", Flow("silu", (way(OTHER),))),
        ("self.w1(x)", "w1", Flow("self.w1", (way(UP),))),
        ("self.w1(x)", "(x)", Flow("self.w1", (way(UP),))),
        ("self.w1(x)", "x", Flow("x", (Way((seen("x", 2, 8),)),))),
        ("gate = silu", "gate", Flow("gate", (Way((seen("gate", 2, 16),)),))),
        ("gate.clone", "clone", Flow("gate", (Way((seen("gate", 2, 16),)),))),
        ("return gate", "return", Flow("SwiGLU.forward", (way(GATE),))),
        ("self.w1 = Linear", "w1", Flow("self.w1", (way(UP),))),
        ("self.w1 = Linear", "Linear", Flow("Linear.forward", (way(UP), way(HEAD)))),
        ("class SwiGLU", "class", Flow("SwiGLU.forward", (way(GATE),))),
        ("class SwiGLU", "SwiGLU", Flow("SwiGLU.forward", (way(GATE),))),
        ("import silu", "silu", Flow("silu", (way(OTHER),))),
        (
            "@ self.weight",
            "weight",
            Flow(
                "self.weight",
                (Way((seen("self.weight", 8, 16),)), Way((seen("self.weight", 8, 99),))),
            ),
        ),
        ("self.weight = torch", "torch", Flow("Linear.forward", (way(UP), way(HEAD)))),
        ("return y", "return", Flow("outer.<locals>.inner", (way(NESTED),))),
        ("inner(x)", "inner", Flow("inner", (way(NESTED),))),
        ("def outer", "outer", None),
        ("from transformer", "from", None),
    ],
)
def test_a_place_is_told_the_shapes_of_what_stands_there(
    text: str, on: str, found: Flow | None
) -> None:
    assert flow(CALLS, TEXT, spot(text, on)) == found


def test_lines_may_have_moved_since_the_trace() -> None:
    moved = f"# new\n\n{TEXT}"
    at = spot("gate = silu", "gate")
    assert flow(CALLS, moved, Spot(CORE, at.line + 2, at.column)) == flow(CALLS, TEXT, at)


def test_what_is_renamed_since_has_no_shapes_of_its_own() -> None:
    found = flow(CALLS, TEXT.replace("gate", "door"), spot("gate = silu", "gate"))
    assert found == Flow("SwiGLU.forward", (way(GATE),))


def test_a_text_that_does_not_parse_and_a_place_that_is_not_there_have_none() -> None:
    assert flow(CALLS, "def (:\n", Spot(CORE, 0)) is None
    assert flow(CALLS, TEXT, Spot(CORE, 999)) is None
    assert flow(CALLS, "", Spot(CORE, 0)) is None


def test_a_variable_of_another_file_is_another_variable() -> None:
    assert flow(CALLS, TEXT, spot("gate = silu", "gate")) is not None
    at = spot("gate = silu", "gate")
    assert flow(CALLS, TEXT, Spot("training/loss.py", at.line, at.column)) is None


@given(st.data())
def test_no_place_in_the_real_source_is_too_much(data: st.DataObject) -> None:
    sources = Catalog().codebase
    file = data.draw(st.sampled_from(sorted(sources)))
    lines = sources[file].splitlines() or [""]
    line = data.draw(st.integers(0, len(lines) - 1))
    at = Spot(file, line, data.draw(st.integers(0, len(lines[line]))))
    flow(CALLS, sources[file], at)


Q, MASK = Traced("Q", (2, 4, 8), "float32"), Traced("mask", (8, 8), "bool")
ATTENTION = Flow(
    "scaled_dot_product_attention",
    (Way((Q, Traced("K", (2, 4, 8), "float32"), MASK), (Traced("", (2, 4, 8), "float32"),)),),
)
LOSS = Flow(
    "loss",
    tuple(Way((Traced("x", (n,), "float16"),), (Traced("", (), "float32"),)) for n in (1, 2, 3)),
)


@pytest.mark.parametrize(
    ("found", "width", "line"),
    [
        (
            ATTENTION,
            90,
            "scaled_dot_product_attention  Q K (2,4,8), mask (8,8) bool → (2,4,8) float32",
        ),
        (ATTENTION, 58, "scaled_do…  Q K (2,4,8), mask (8,8) bool → (2,4,8) float32"),
        (LOSS, 78, "loss  x (1,) float16 → () float32 or x (2,) float16 → () float32 +1 more"),
        (LOSS, 50, "loss  x (1,) float16 → () float32 +2 more"),
        (Flow("x", (Way((Q,)),)), 50, "x  (2,4,8) float32"),
        (Flow("f", (Way((MASK,), ()),)), 50, "f  mask (8,8) bool → no tensor"),
    ],
)
def test_the_shapes_are_told_in_one_line(found: Flow, width: int, line: str) -> None:
    assert str(told(found, width)) == line
    assert str(told(found, width + 2, stale=True)) == f"~ {line}"
