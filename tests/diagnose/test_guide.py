"""``docs/diagnose.md``: every command in it is run, and every snippet is what it says it is."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as ET

import pexpect
import pytest

from tests.diagnose.asking import STYLES
from tests.diagnose.test_planted_bugs import CASES

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "diagnose.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
COMMANDS = [
    *(line.removeprefix("$ ") for kind, text in BLOCKS if kind == "console"
      for line in text.splitlines()),
    *(found for kind, text in BLOCKS if kind == "yaml" for found in re.findall("run: (.*)", text)),
]  # fmt: skip
SNIPPETS = {
    text.partition("\n")[0].removeprefix("# "): text.partition("\n")[2]
    for kind, text in BLOCKS
    if kind == "python"
}
EXPECTED = {
    "tui-debugger diagnose .": (1, "Look first at\nscaled_dot_product_attention."),
    "tui-debugger diagnose tests/adapters.py attention.score_scale heads.reference": (1, "2 fire"),
    "tui-debugger diagnose . --rope half rope.norms rope.pairing": (1, "rope.pairing"),
    "tui-debugger diagnose examples/nanogpt_like": (0, "✓ Silent"),
    "tui-debugger diagnose examples/torch_encoder": (0, "✓ Silent"),
    "tui-debugger diagnose . --python .venv/bin/python feed_forward.silu norm.eps": (
        0,
        "✓ Silent: 2 probes quiet",
    ),
    "pytest tests/test_probes.py": (1, "divide by √d_k"),
    "tui-debugger diagnose . --junit probes.xml": (1, "7 fire"),
    "tui-debugger diagnose . norm.eps attention.score_scale --html probes.html --json": (
        1,
        '"component": "scaled_dot_product_attention"',
    ),
}
"""What each command ends with, and says, where attention divides by d_k."""
OPENS = "tui-debugger diagnose . --open"


@pytest.fixture(scope="module")
def cs336(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of the course with a bug in it, an environment and this project's examples."""
    root = tmp_path_factory.mktemp("work") / "assignment1-basics"
    (root / "tests").mkdir(parents=True)
    source = STYLES["modules"].read_text("utf-8")
    assert source.count("/ math.sqrt(d_k)") == 1
    (root / "tests" / "adapters.py").write_text(source.replace("/ math.sqrt(d_k)", "/ d_k"))
    (root / "tests" / "test_probes.py").write_text(SNIPPETS["tests/test_probes.py"], "utf-8")
    shutil.copytree(ROOT / "examples", root / "examples")
    venv.create(root / ".venv", symlinks=True)
    torch = find_spec("torch")
    assert torch is not None
    assert torch.origin is not None
    (packages,) = (root / ".venv").glob("lib/python*/site-packages")
    (packages / "lent.pth").write_text(str(Path(torch.origin).parents[1]), "utf-8")
    return root


def environment(root: Path) -> dict[str, str]:
    """With the commands of this environment, and nothing of the developer's own."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "TUI_DEBUGGER_HOME": str(root.parent / "home"),
        "COLUMNS": "80",
        "TERM": "xterm-256color",
    }


def typed(command: str, root: Path) -> subprocess.CompletedProcess[str]:
    """``command`` in the repository's folder."""
    program, *arguments = shlex.split(command)
    module = {"tui-debugger": "tui_debugger"}.get(program, program)
    more = ["-p", "no:syrupy", "-p", "no:cacheprovider"] if program == "pytest" else []
    return subprocess.run(
        [sys.executable, "-m", module, *arguments, *more],
        cwd=root,
        env=environment(root),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_every_command_of_the_guide_is_run_here() -> None:
    assert sorted(COMMANDS) == sorted([*EXPECTED, OPENS])


@pytest.mark.parametrize("command", EXPECTED)
def test_a_command_of_the_guide_does_what_it_says(command: str, cs336: Path) -> None:
    code, says = EXPECTED[command]
    done = typed(command, cs336)
    assert says in done.stdout, done.stdout + done.stderr
    assert done.returncode == code
    if "probes.xml" in command:
        suites = {s.get("name"): s for s in ET.parse(cs336 / "probes.xml").getroot()}
        assert suites["scaled_dot_product_attention"].get("failures") == "5"
    if "--json" in command:
        (finding,) = json.loads(done.stdout)["findings"]
        assert finding.keys() >= {"component", "probe", "finding", "measurements", "because"}
        for taken in finding["measurements"]:
            assert taken.keys() == {"what", "observed", "expected", "tolerance", "unit"}
            assert taken["tolerance"] > 0
        assert "</html>" in (cs336 / "probes.html").read_text("utf-8")


def test_the_excerpt_of_the_guide_is_what_is_printed(cs336: Path) -> None:
    (excerpt,) = (text for kind, text in BLOCKS if kind == "text")
    command = next(c for c in EXPECTED if "heads.reference" in c)
    printed = typed(command, cs336).stdout
    for line in excerpt.splitlines():
        assert line.strip() in printed, printed


def test_the_binding_of_the_guide_is_the_examples_own() -> None:
    name = "examples/nanogpt_like/tui_debugger_model.py"
    _, _, own = (ROOT / name).read_text("utf-8").split('"""', 2)
    assert SNIPPETS[name].strip() == own.strip()
    assert SNIPPETS.keys() == {name, "tests/test_probes.py"}


def test_the_figures_of_the_guide_are_those_of_the_tests() -> None:
    assert f"of {len(CASES)} bugs planted" in GUIDE
    assert f"and {len(STYLES)} correct\ntransformers" in GUIDE


def test_the_panel_of_the_guide_opens(cs336: Path) -> None:
    _, *arguments = shlex.split(OPENS)
    panel = pexpect.spawn(
        sys.executable,
        ["-m", "tui_debugger", *arguments],
        cwd=str(cs336),
        env={name: text for name, text in environment(cs336).items() if name != "COLUMNS"},
        dimensions=(24, 80),
        timeout=150,
        encoding="utf-8",
    )
    try:
        panel.expect("Look first at scaled_dot_product_attention")
        panel.send("\x11")  # ctrl+q
        panel.expect(pexpect.EOF)
    finally:
        panel.close(force=True)
