"""The source that players read: where the answer key says its code is, and free of spoilers."""

import ast
import io
import re
import tokenize
from pathlib import Path
from typing import NamedTuple

import pytest

CODEBASE = Path(__file__).parents[2] / "levels" / "codebase"
FILES = sorted(CODEBASE.rglob("*.py"))
NEAR = 5
"""Lines that code may stand away from the line the answer key gives."""


class KeyEntry(NamedTuple):
    """One entry of the answer key: the same place, right and broken."""

    file: str
    lines: tuple[int, int]
    right: str
    broken: str


KEY = {
    1: KeyEntry(
        "transformer/attention.py",
        (47, 47),
        "scaled_qk_dot_product = qk_dot_product / (d_k**0.5)",
        "scaled_qk_dot_product = qk_dot_product * (d_k**0.5)",
    ),
    2: KeyEntry(
        "transformer/attention.py",
        (50, 50),
        "attention_weights = softmax(scaled_qk_dot_product, dimension=-1)",
        "attention_weights = softmax(scaled_qk_dot_product, dimension=-2)",
    ),
    3: KeyEntry(
        "transformer/attention.py",
        (138, 138),
        "if token_positions is not None:\n"
        "    Q = self.rope(Q, token_positions=token_positions)\n"
        "    K = self.rope(K, token_positions=token_positions)",
        "if token_positions is not None:\n"
        "    Q = self.rope(Q, token_positions=token_positions)\n"
        "    K = self.rope(K, token_positions=token_positions)\n"
        "    V = self.rope(V, token_positions=token_positions)",
    ),
    4: KeyEntry(
        "transformer/core.py",
        (109, 109),
        'rms_inv = torch.rsqrt(reduce(x**2, "... d_model -> ... 1", "mean") + self.eps)',
        'rms_inv = torch.rsqrt(reduce(x**2, "... d_model -> ... 1", "mean"))',
    ),
    5: KeyEntry(
        "transformer/core.py",
        (232, 233),
        "row1 = x1 * cos - x2 * sin\nrow2 = x1 * sin + x2 * cos",
        "row1 = x1 * cos + x2 * sin\nrow2 = x1 * sin - x2 * cos",
    ),
    6: KeyEntry(
        "transformer/transformer.py",
        (61, 63),
        "# Feed-forward sublayer\nx_orig = x.clone()\nx = self.ln2(x)\nx = self.ffn(x) + x_orig",
        "# Feed-forward sublayer\nx = self.ln2(x)\nx = self.ffn(x)",
    ),
    7: KeyEntry(
        "training/loss.py",
        (34, 34),
        "loss = -target_log_probs.mean()",
        "loss = target_log_probs.mean()",
    ),
    8: KeyEntry(
        "training/optimizer.py",
        (83, 83),
        "p.data.addcdiv_(m, v.sqrt() + eps, value=-alpha_t)\n"
        "p.data.add_(p.data, alpha=-lr * weight_decay)",
        "p.data.addcdiv_(m, v.sqrt() + eps, value=-alpha_t)\n"
        "m.add_(p.data, alpha=-lr * weight_decay)",
    ),
}

LAYOUT = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def tokens(source: str) -> list[tuple[str, int]]:
    """The tokens of ``source``, comments among them, with the line each is on; no white space."""
    stream = tokenize.generate_tokens(io.StringIO(source).readline)
    return [(token.string, token.start[0]) for token in stream if token.type not in LAYOUT]


def lines_of(code: str, source: str) -> list[tuple[int, int]]:
    """First and last line of each place in ``source`` that reads like ``code``, token by token."""
    wanted = [text for text, _ in tokens(code)]
    found = tokens(source)
    texts = [text for text, _ in found]
    width = len(wanted)
    return [
        (found[start][1], found[start + width - 1][1])
        for start in range(len(found) - width + 1)
        if texts[start : start + width] == wanted
    ]


def edited(source: str, entry: KeyEntry) -> str:
    """``source`` with the entry's code broken, at its own indentation."""
    [(first, last)] = lines_of(entry.right, source)
    lines = source.splitlines()
    indent = re.match(" *", lines[first - 1])
    assert indent is not None
    broken = [indent.group() + line for line in entry.broken.splitlines()]
    return "\n".join([*lines[: first - 1], *broken, *lines[last:]]) + "\n"


def assert_near(code: str, source: str, lines: tuple[int, int]) -> None:
    [(first, last)] = lines_of(code, source)
    assert abs(first - lines[0]) <= NEAR, f"starts at line {first}, the key says {lines[0]}"
    assert abs(last - lines[1]) <= NEAR, f"ends at line {last}, the key says {lines[1]}"


@pytest.mark.parametrize("number", KEY)
def test_the_keys_right_code_stands_once_near_its_line(number: int) -> None:
    entry = KEY[number]
    assert_near(entry.right, (CODEBASE / entry.file).read_text(), entry.lines)


@pytest.mark.parametrize("number", KEY)
def test_the_keys_broken_code_lands_near_its_line(number: int) -> None:
    entry = KEY[number]
    source = (CODEBASE / entry.file).read_text()
    assert not lines_of(entry.broken, source)
    assert_near(entry.broken, edited(source, entry), entry.lines)


def test_all_broken_at_once_every_piece_is_still_near_its_line() -> None:
    sources = {entry.file: (CODEBASE / entry.file).read_text() for entry in KEY.values()}
    for entry in KEY.values():
        sources[entry.file] = edited(sources[entry.file], entry)
    for entry in KEY.values():
        assert_near(entry.broken, sources[entry.file], entry.lines)
        ast.parse(sources[entry.file])


@pytest.mark.parametrize("number", KEY)
def test_no_comment_shares_a_line_with_code_of_the_key(number: int) -> None:
    entry = KEY[number]
    source = (CODEBASE / entry.file).read_text()
    [(first, last)] = lines_of(entry.right, source)
    here = [text for text, line in tokens(source) if first <= line <= last]
    assert here == [text for text, _ in tokens(entry.right)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(CODEBASE).as_posix())
def test_a_source_file_speaks_of_the_model_and_not_of_the_game(path: Path) -> None:
    spoilers = r"\b(bug\w*|wrong\w*|broken|mistake\w*|incorrect\w*|fix(ed|me)?|todo|level|player)\b"
    assert re.findall(spoilers, path.read_text(), re.IGNORECASE) == []


@pytest.mark.parametrize("package", ["transformer", "training"])
def test_a_package_holds_one_docstring_and_nothing_else(package: str) -> None:
    tree = ast.parse((CODEBASE / package / "__init__.py").read_text())
    assert len(tree.body) == 1
    assert ast.get_docstring(tree)
