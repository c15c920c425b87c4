"""A bound model is asked as a whole: the examples are sound, and what is broken in them shows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.evidence import Evidence, Status
from engine.lab.codebase import CodeFault
from engine.lab.probes import examine
from engine.lab.probes.context import Context, Size
from engine.lab.subjects import BoundSubject, Foreign
from tests.diagnose.asking import BY_NAME

pytestmark = pytest.mark.filterwarnings("ignore")

EXAMPLES = Path(__file__).parents[2] / "examples"
GPT, ENCODER = EXAMPLES / "nanogpt_like", EXAMPLES / "torch_encoder"
FILE = "tui_debugger_model.py"


def bound(example: Path, folder: Path, *edits: str) -> BoundSubject:
    """A copy of ``example`` with text replaced: old, new, old, new, …"""
    root = shutil.copytree(example, folder / "repository")
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        (file,) = (f for f in root.glob("*.py") if old in f.read_text("utf-8"))
        file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")
    return BoundSubject(Foreign(root, root / FILE))


def asked(subject: BoundSubject, name: str, seed: int = 0) -> Evidence:
    size = Size("bound", subject.config, 3)
    return examine(BY_NAME[name], subject, Context.seeded(name, seed, size=size))


@pytest.mark.parametrize("example", [GPT, ENCODER], ids=lambda path: path.name)
def test_an_example_is_silent(example: Path, tmp_path: Path) -> None:
    subject = bound(example, tmp_path)
    found = {name: asked(subject, name) for name in BY_NAME if subject.unasked(name) is None}
    loud = {n: e.finding for n, e in found.items() if e.status in (Status.FIRES, Status.FAILED)}
    assert loud == {}
    assert sum(e.status is Status.QUIET for e in found.values()) > 10


BROKEN = {
    "no mask": ("decoding.prefix", "is_causal=True", "is_causal=False"),
    "sequences that see each other": (
        "shapes.batch",
        "logits = self.lm_head(self.ln_f(x))",
        "logits = self.lm_head(self.ln_f(x + x.mean(0)))",
    ),
    "a block cut from the graph": ("gradients.reach", "x = block(x)", "x = block(x.detach())"),
    "a gradient that is half of what it should be": (
        "gradients.finite_differences",
        "x = x + self.attn(self.ln_1(x))",
        "x = x + (self.attn(self.ln_1(x)) / 2).detach() + self.attn(self.ln_1(x)) / 2",
    ),
    "a norm that divides by nothing": (
        "training.first_nonfinite",
        "self.wpe(positions))",
        "self.wpe(positions) * 0)\n        x = x / x.norm(dim=-1, keepdim=True)",
    ),
    "a loss with the wrong sign": (
        "loss.reference",
        "return F.cross_entropy(logits.flatten(0, 1), targets.flatten())\n",
        "return -F.cross_entropy(logits.flatten(0, 1), targets.flatten())\n",
    ),
    "a vocabulary that is not the model's": (
        "shapes.trace",
        "VOCAB_SIZE = CONFIG.vocab_size",
        "VOCAB_SIZE = 64",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_in_a_model_shows(name: str, tmp_path: Path) -> None:
    probe, old, new = BROKEN[name]
    if probe == "loss.reference":  # the model has such a line as well
        shutil.copytree(GPT, tmp_path / "copy")
        binding = tmp_path / "copy" / FILE
        binding.write_text(binding.read_text("utf-8").replace(old, new), "utf-8")
        subject = bound(tmp_path / "copy", tmp_path)
    else:
        subject = bound(GPT, tmp_path, old, new)
    assert asked(subject, probe).status is Status.FIRES


def test_a_model_learns_its_batch_and_one_whose_loss_is_reversed_does_not(tmp_path: Path) -> None:
    assert asked(bound(ENCODER, tmp_path / "a"), "training.overfit").status is Status.QUIET
    more = (
        "def build()",
        "def loss(logits: Tensor, targets: Tensor) -> Tensor:\n"
        "    return -nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())\n\n\n"
        "def build()",
    )
    assert asked(bound(ENCODER, tmp_path / "b", *more), "training.overfit").status is Status.FIRES


def test_the_start_loss_is_asked_only_where_it_is_known(tmp_path: Path) -> None:
    assert "shares its weight" in asked(bound(GPT, tmp_path / "a"), "training.start_loss").finding
    known = asked(bound(ENCODER, tmp_path / "b"), "training.start_loss")
    assert known.status is Status.QUIET
    louder = bound(
        ENCODER, tmp_path / "c", "self.head(self.encoder(", "4 * self.head(self.encoder("
    )
    assert asked(louder, "training.start_loss").status is Status.FIRES
    unnormed = bound(ENCODER, tmp_path / "d", "norm=nn.LayerNorm(WIDTH), ", "")
    assert "not normed" in asked(unnormed, "training.start_loss").finding


def test_a_model_that_may_look_ahead_is_not_asked_for_causality(tmp_path: Path) -> None:
    subject = bound(ENCODER, tmp_path, "WIDTH = 32", "WIDTH = 32\nCAUSAL = False")
    assert "may look ahead" in asked(subject, "decoding.prefix").finding


def test_frozen_parameters_are_not_asked_for_a_gradient(tmp_path: Path) -> None:
    frozen = (
        "return Encoder()",
        "model = Encoder()\n    model.embedding.requires_grad_(False)\n    return model",
    )
    assert asked(bound(ENCODER, tmp_path, *frozen), "gradients.reach").status is Status.QUIET


def test_a_binding_without_sizes_says_which(tmp_path: Path) -> None:
    subject = bound(
        ENCODER,
        tmp_path,
        "CONTEXT_LENGTH = 24",
        "LENGTH = 24",
        "CONTEXT_LENGTH, WIDTH",
        "24, WIDTH",
    )
    with pytest.raises(CodeFault, match="does not say CONTEXT_LENGTH"):
        _ = subject.config
