"""Any subset of the course's functions: what is missing or unwritten is skipped, and said so."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.evidence import Status
from engine.lab.codebase import CodeFault
from tests.diagnose.asking import STYLES, evidence, functions, told

pytestmark = pytest.mark.filterwarnings("ignore")

MODULES = STYLES["modules"].read_text("utf-8")


def test_a_function_that_is_missing_is_skipped_and_named(tmp_path: Path) -> None:
    only = "from torch.nn import functional\n\nrun_silu = functional.silu\n"
    found = told(functions(only, tmp_path))
    assert found.findings == ()
    assert "feed_forward.silu" in found.quiet
    reasons = {s.probe: s.reason for s in found.skipped}
    assert reasons["rope.norms"] == "adapters.py has no run_rope."
    assert reasons["optimizer.decay"] == "adapters.py has no get_adamw_cls."


def test_a_function_that_is_not_written_yet_is_skipped_and_named(tmp_path: Path) -> None:
    source = MODULES.replace("class RoPE(nn.Module):", "class Rotation(nn.Module):").replace(
        "# The course's functions",
        "def RoPE(*sizes):\n    raise NotImplementedError\n",
    )
    found = told(functions(source, tmp_path))
    assert found.findings == ()
    reasons = {s.probe: s.reason for s in found.skipped}
    assert reasons["rope.norms"] == "run_rope is not implemented yet."
    assert reasons["residual.identity"] == "run_transformer_block is not implemented yet."
    assert "norm.eps" in found.quiet


def test_what_torch_does_not_implement_is_no_excuse(tmp_path: Path) -> None:
    source = MODULES + (
        "\n\ndef run_silu(in_features):\n    return torch._C._nn.silu(in_features.to_sparse())\n"
    )
    (seen,) = evidence(functions(source, tmp_path), ["feed_forward.silu"])
    assert seen.status is Status.FAILED
    assert seen.fault is not None
    assert seen.fault.file == "adapters.py"


def test_an_adapter_without_a_graph_is_not_asked_for_gradients(tmp_path: Path) -> None:
    source = MODULES + (
        "\n\ndef run_rmsnorm(d_model, eps, weights, in_features):\n"
        "    with torch.no_grad():\n"
        "        return RMSNorm(d_model, eps)(in_features)\n"
    )
    (seen,) = evidence(functions(source, tmp_path), ["norm.zero_row_gradient"])
    assert seen.status is Status.SKIPPED
    assert "without a graph" in seen.finding


def test_a_batch_without_a_generator_is_drawn_from_whatever_is_global(tmp_path: Path) -> None:
    names = ["data.shifted", "data.starts", "data.tokens"]
    for style in ("modules", "functional", "half_split"):  # numpy, torch, random
        subject = functions(STYLES[style].read_text("utf-8"), tmp_path)
        once, again = ([e.measurements for e in evidence(subject, names)] for _ in range(2))
        assert once == again, style


def test_a_file_that_cannot_be_loaded_says_where(tmp_path: Path) -> None:
    with pytest.raises(CodeFault) as told_:
        functions("import torch\nimport jaxtyping_that_is_not_there\n", tmp_path)
    assert "jaxtyping_that_is_not_there" in str(told_.value)
    assert (told_.value.fault.file, told_.value.fault.line) == ("adapters.py", 2)


def test_a_layout_that_there_is_not_is_named(tmp_path: Path) -> None:
    with pytest.raises(CodeFault, match=r"ROPE is 'quarter', .*'half'"):
        functions("ROPE = 'quarter'\n", tmp_path)


def test_a_package_of_tests_is_loaded_as_pytest_would(tmp_path: Path) -> None:
    from engine.lab.diagnosis import adapters

    (tmp_path / "adapters_of_mine").mkdir()
    for name, text in {
        "mine/__init__.py": "",
        "mine/parts.py": "import torch\nsilu = torch.nn.functional.silu\n",
        "adapters_of_mine/__init__.py": "",
        "adapters_of_mine/common.py": "NOTHING = None\n",
        "adapters_of_mine/adapters.py": "from mine.parts import silu\nfrom .common import NOTHING\n"
        "def run_silu(in_features):\n    return silu(in_features)\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    subject = adapters(tmp_path, tmp_path / "adapters_of_mine" / "adapters.py")
    (seen,) = evidence(subject, ["feed_forward.silu"])
    assert seen.status is Status.QUIET, seen.finding
