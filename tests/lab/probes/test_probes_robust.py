"""Whatever the code under test does, a probe yields evidence that says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.evidence import Evidence, Status
from engine.lab.codebase import Codebase
from engine.lab.subjects import CodebaseSubject, Subject
from tests.lab.probes.bench import CATALOG, FAST, evidence, subject_of
from tests.lab.probes.edits import attention, core, loss, model
from tests.sources import write

NONSENSE = {
    "raises": "raise ValueError('nothing [/fits] here')",
    "cannot say why it raises": "raise Mute()",
    "exits": "import sys; sys.exit(3)",
    "is interrupted": "raise KeyboardInterrupt",
    "recurses for ever": "return nonsense(*given, **named)",
    "returns nothing": "return None",
    "returns words": "return 'words'",
    "returns a list": "return [1.0, 2.0]",
    "returns a scalar": "return torch.tensor(1.0)",
    "returns another shape": "return torch.zeros(3, 1, 4)",
    "returns no elements": "return torch.zeros(0)",
    "returns complex numbers": "return given[-1] * 1j",
    "returns integers": "return torch.zeros(2, 3, dtype=torch.long)",
    "returns NaN": "return given[-1] * float('nan')",
    "returns infinity": "return given[-1] * 0 + float('inf')",
    "returns its input": "return given[-1]",
    "returns itself": "return nonsense",
}

DECIDING = {
    "layers.linear",
    "norm.eps",
    "rope.complex",
    "attention.reference",
    "heads.reference",
    "feed_forward.formula",
    "loss.reference",
    "optimizer.trajectory",
    "schedule.cosine",
    "clipping.norm",
    "data.shifted",
    "decoding.temperature",
    "training.descent",
}
"""One of each area that nonsense cannot please; an invariant may hold of what does nothing."""

PREAMBLE = """

import torch


class Mute(Exception):
    def __str__(self):
        raise RuntimeError


def nonsense(*given, **named):
    {body}


for name, value in list(globals().items()):
    if getattr(value, "__module__", None) != __name__ or name in ("Mute", "nonsense"):
        continue
    if not isinstance(value, type):
        globals()[name] = nonsense
    elif issubclass(value, torch.nn.Module):
        value.forward = nonsense
    elif issubclass(value, torch.optim.Optimizer):
        value.step = nonsense
"""


def probed(subject: Subject) -> dict[str, Evidence]:
    return {name: evidence(subject, name) for name in FAST}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_becomes_evidence(body: str, tmp_path: Path) -> None:
    nonsense = PREAMBLE.format(body=body)
    source = {
        name: text if name.endswith("__init__.py") else text + nonsense
        for name, text in CATALOG.codebase.items()
    }
    found = probed(CodebaseSubject(Codebase(write(tmp_path, source))))
    for seen in found.values():
        assert seen.finding
        assert (seen.fault is not None) == (seen.status is Status.FAILED), seen
    assert not {name for name in DECIDING if found[name].status is Status.QUIET}


def test_a_file_that_does_not_parse_leaves_the_others_to_be_probed(tmp_path: Path) -> None:
    source = {**CATALOG.codebase, "training/loss.py": "def cross_entropy_loss(:\n"}
    subject = CodebaseSubject(Codebase(write(tmp_path, source)))
    broken = evidence(subject, "loss.uniform")
    assert broken.status is Status.FAILED
    assert broken.fault is not None
    assert (broken.fault.file, broken.fault.line) == ("training/loss.py", 1)
    assert evidence(subject, "norm.zero_row").status is Status.QUIET


def test_a_missing_name_is_named(tmp_path: Path) -> None:
    subject = subject_of(tmp_path, [loss("def cross_entropy_loss(", "def entropy_loss(")])
    seen = evidence(subject, "loss.uniform")
    assert seen.status is Status.FAILED
    assert seen.fault is not None
    assert "defines no cross_entropy_loss" in seen.fault.sentence
    assert seen.fault.file == "training/loss.py"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    source = dict(CATALOG.codebase)
    del source["training/loss.py"]
    seen = evidence(CodebaseSubject(Codebase(write(tmp_path, source))), "loss.uniform")
    assert seen.status is Status.FAILED
    assert "training.loss" in seen.finding


def test_a_renamed_parameter_is_named(tmp_path: Path) -> None:
    source = dict(CATALOG.codebase)
    source["transformer/attention.py"] = source["transformer/attention.py"].replace(
        "q_proj", "query"
    )
    seen = evidence(CodebaseSubject(Codebase(write(tmp_path, source))), "heads.single_token")
    assert seen.status is Status.FAILED
    assert "has no parameter q_proj.weight" in seen.finding


def test_an_exception_is_told_with_its_line(tmp_path: Path) -> None:
    edit = attention(
        "    d_k = Q.shape[-1]\n", "    d_k = Q.shape[-1]\n    raise ValueError('no')\n"
    )
    seen = evidence(subject_of(tmp_path, [edit]), "attention.row_sums")
    assert seen.status is Status.FAILED
    assert seen.fault is not None
    assert seen.fault.file == "transformer/attention.py"
    line = CATALOG.codebase["transformer/attention.py"].splitlines().index("    d_k = Q.shape[-1]")
    assert seen.fault.line == line + 2
    assert str(seen.fault) in seen.finding


def test_a_wrong_shape_is_told_with_both_shapes(tmp_path: Path) -> None:
    edit = core(
        "exponentials / exponentials.sum(dim=dimension, keepdim=True)", "exponentials.sum(0)"
    )
    seen = evidence(subject_of(tmp_path, [edit]), "layers.softmax_huge")
    assert seen.status is Status.FAILED
    assert "softmax returned shape (3,) where (3, 3) was expected" in seen.finding


def test_a_forward_pass_that_breaks_off_still_shows_its_trace(tmp_path: Path) -> None:
    edit = model("x = self.ln_final(x)", "x = self.ln_final(x[..., :-1])")
    seen = evidence(subject_of(tmp_path, [edit]), "shapes.trace")
    assert seen.status is Status.FAILED
    assert seen.fault is not None
    assert seen.figure is not None
    assert "token_embeddings" in str(seen.figure)


def test_code_that_changes_global_state_does_not_outlive_its_probe(tmp_path: Path) -> None:
    edit = core(
        "    shifted = x - x.amax", "    torch.set_grad_enabled(False)\n    shifted = x - x.amax"
    )
    subject = subject_of(tmp_path, [edit])
    evidence(subject, "layers.softmax")
    assert evidence(subject, "loss.gradient").status is Status.QUIET
