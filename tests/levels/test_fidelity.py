"""The levels hold the answer key's own code, where the key says it stands."""

from __future__ import annotations

import io
import tokenize
from typing import NamedTuple

import pytest

from engine.catalog import Catalog
from engine.level import Source

NEAR = 5
"""Lines that a snippet may stand away from the line the key gives."""


class Entry(NamedTuple):
    """One bug, as the answer key has it."""

    number: int
    file: str
    line: int
    severity: str
    category: str
    buggy: str
    fixed: str


KEY = (
    Entry(
        1,
        "transformer/attention.py",
        47,
        "critical",
        "numerical",
        "scaled_qk_dot_product = qk_dot_product * (d_k**0.5)",
        "scaled_qk_dot_product = qk_dot_product / (d_k**0.5)",
    ),
    Entry(
        2,
        "transformer/attention.py",
        50,
        "critical",
        "shape/dimension",
        "attention_weights = softmax(scaled_qk_dot_product, dimension=-2)",
        "attention_weights = softmax(scaled_qk_dot_product, dimension=-1)",
    ),
    Entry(
        3,
        "transformer/attention.py",
        138,
        "high",
        "architecture",
        """\
if token_positions is not None:
    Q = self.rope(Q, token_positions=token_positions)
    K = self.rope(K, token_positions=token_positions)
    V = self.rope(V, token_positions=token_positions)
""",
        """\
if token_positions is not None:
    Q = self.rope(Q, token_positions=token_positions)
    K = self.rope(K, token_positions=token_positions)
""",
    ),
    Entry(
        4,
        "transformer/core.py",
        109,
        "medium",
        "numerical",
        'rms_inv = torch.rsqrt(reduce(x**2, "... d_model -> ... 1", "mean"))',
        'rms_inv = torch.rsqrt(reduce(x**2, "... d_model -> ... 1", "mean") + self.eps)',
    ),
    Entry(
        5,
        "transformer/core.py",
        232,
        "high",
        "math/formula",
        "row1 = x1 * cos + x2 * sin\nrow2 = x1 * sin - x2 * cos",
        "row1 = x1 * cos - x2 * sin\nrow2 = x1 * sin + x2 * cos",
    ),
    Entry(
        6,
        "transformer/transformer.py",
        61,
        "critical",
        "architecture",
        "# Feed-forward sublayer\nx = self.ln2(x)\nx = self.ffn(x)\n",
        "# Feed-forward sublayer\nx_orig = x.clone()\nx = self.ln2(x)\nx = self.ffn(x) + x_orig\n",
    ),
    Entry(
        7,
        "training/loss.py",
        34,
        "critical",
        "math/formula",
        "loss = target_log_probs.mean()",
        "loss = -target_log_probs.mean()",
    ),
    Entry(
        8,
        "training/optimizer.py",
        83,
        "medium",
        "algorithm",
        "p.data.addcdiv_(m, v.sqrt() + eps, value=-alpha_t)\n"
        "m.add_(p.data, alpha=-lr * weight_decay)",
        "p.data.addcdiv_(m, v.sqrt() + eps, value=-alpha_t)\n"
        "p.data.add_(p.data, alpha=-lr * weight_decay)",
    ),
)

SPACE = {
    tokenize.ENCODING,
    tokenize.NEWLINE,
    tokenize.NL,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def tokens(text: str) -> list[tuple[str, int]]:
    """The tokens of ``text`` with their lines, white space left out."""
    found = tokenize.generate_tokens(io.StringIO(text).readline)
    return [(token.string, token.start[0]) for token in found if token.type not in SPACE]


def lines_of(snippet: str, source: Source, file: str) -> list[int]:
    """Where ``snippet`` stands in ``file``, token for token: the first line of each place."""
    wanted = [string for string, _ in tokens(snippet)]
    there = tokens(source[file])
    return [
        there[start][1]
        for start in range(len(there) - len(wanted) + 1)
        if [string for string, _ in there[start : start + len(wanted)]] == wanted
    ]


@pytest.mark.parametrize("entry", KEY, ids=lambda entry: str(entry.number))
def test_the_level_holds_the_keys_buggy_code_near_the_keys_line(entry: Entry) -> None:
    level = Catalog().find(entry.number)
    (line,) = lines_of(entry.buggy, level.start, entry.file)
    assert abs(line - entry.line) <= NEAR
    assert not lines_of(entry.fixed, level.start, entry.file) or entry.number == 3


@pytest.mark.parametrize("entry", KEY, ids=lambda entry: str(entry.number))
def test_the_clean_codebase_holds_the_keys_fixed_code_near_the_keys_line(entry: Entry) -> None:
    clean = Catalog().codebase
    (line,) = lines_of(entry.fixed, clean, entry.file)
    assert abs(line - entry.line) <= NEAR
    assert not lines_of(entry.buggy, clean, entry.file)


@pytest.mark.parametrize("entry", KEY, ids=lambda entry: str(entry.number))
def test_severity_and_category_are_the_keys(entry: Entry) -> None:
    file = Catalog().find(entry.number).file
    assert (file.severity, file.category) == (entry.severity, entry.category)


@pytest.mark.parametrize("entry", KEY, ids=lambda entry: str(entry.number))
def test_the_rest_of_a_workspace_is_the_clean_codebase_byte_for_byte(entry: Entry) -> None:
    catalog = Catalog()
    level = catalog.find(entry.number)
    assert {f for f in level.start if level.start[f] != catalog.codebase[f]} == {entry.file}
    (edit,) = level.edits
    restored = level.start[entry.file].replace(edit.replace, edit.find)
    assert restored == catalog.codebase[entry.file]


def test_the_ninth_level_holds_all_eight_bugs() -> None:
    level = Catalog().find(9)
    for entry in KEY:
        assert lines_of(entry.buggy, level.start, entry.file), entry


def test_values_rise_with_difficulty_and_not_with_severity() -> None:
    levels = Catalog().levels
    easiest = min(levels, key=lambda level: level.value)
    assert easiest.file.severity == "critical"
    assert levels[-1].value == max(level.value for level in levels)
