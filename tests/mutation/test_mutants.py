"""Which mutants are made of a piece of code."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from engine.catalog import Catalog
from tests.mutation.mutate import all_mutants, mutants

CODEBASE = Catalog().codebase
OPERATORS = {
    "argument dropped",
    "arguments swapped",
    "attribute",
    "boolean operator",
    "call",
    "comparison",
    "condition",
    "constant",
    "default",
    "dimension",
    "function",
    "gradient cut",
    "name",
    "number",
    "operator",
    "return value",
    "slice",
    "statement removed",
}


@pytest.fixture(scope="module", params=sorted(CODEBASE))
def file(request: pytest.FixtureRequest) -> str:
    """A file of the codebase."""
    name: str = request.param
    return name


def of(code: str) -> set[tuple[str, str]]:
    """Kind of change and changed statement, of every mutant of ``code``."""
    return {(mutant.operator, mutant.key.mutated) for mutant in mutants("file.py", code)}


@pytest.mark.parametrize(
    ("code", "operator", "mutated"),
    [
        ("y = a + b", "operator", "y = a - b"),
        ("y = -a", "operator", "y = a"),
        ("y = 2", "number", "y = 3"),
        ("y = f(a, dim=-1)", "dimension", "y = f(a, dim=-2)"),
        ("y = einsum(a, 'i j -> j i')", "dimension", "y = einsum(a, 'j i -> j i')"),
        ("y = True", "constant", "y = False"),
        ("if a < b:\n    f()", "comparison", "if a <= b:"),
        ("if a < b:\n    f()", "condition", "if True:"),
        ("y = a and b", "boolean operator", "y = a or b"),
        ("y = f(a, b)", "argument dropped", "y = f(a)"),
        ("y = f(a, b)", "arguments swapped", "y = f(b, a)"),
        ("y = torch.exp(a)", "call", "y = a"),
        ("y = a.exp()", "call", "y = a"),
        ("y = a.sum()", "function", "y = a.mean()"),
        ("y = a[1:]", "slice", "y = a[:]"),
        ("y = a\nz = b", "statement removed", ""),
        ("def f(a, b=1):\n    return a", "default", "def f(a, b):"),
        ("def f(a, b=1):\n    return a", "default", "def f(a, b=2):"),
        ("def f(a, b):\n    return a", "return value", "return None"),
        ("def f(a, b):\n    return (a, b)", "return value", "return (b, a)"),
        ("def f(a, b):\n    return a", "name", "return b"),
        ("def f(a) -> Tensor:\n    return a", "gradient cut", "return a.detach()"),
        ("def f(self):\n    g(self.q, self.k)", "attribute", "g(self.k, self.k)"),
        ("def f(d):\n    g(d['q'], d['k'])", "attribute", "g(d['k'], d['k'])"),
    ],
)
def test_a_change_of_each_kind(code: str, operator: str, mutated: str) -> None:
    assert (operator, mutated) in of(code)


def test_docstrings_imports_annotations_and_error_messages_are_left_alone() -> None:
    code = '"""Doc 1."""\nimport os\n\n\ndef f(a: X[1]) -> Y[2]:\n    """Doc 2."""\n'
    assert of(code) == set()
    assert of("raise ValueError(f'{a + 1} is {2}')") == {("statement removed", "")}


def test_no_two_mutants_of_a_file_read_the_same_and_all_are_python(file: str) -> None:
    found = list(mutants(file, CODEBASE[file]))
    assert len({mutant.key for mutant in found}) == len(found)
    for mutant in found[::17]:
        assert mutant.source != CODEBASE[file]
        assert ast.dump(ast.parse(mutant.source)) != ast.dump(ast.parse(CODEBASE[file]))


def test_every_kind_of_change_is_made_somewhere_and_every_file_is_changed() -> None:
    found = all_mutants(CODEBASE)
    assert Counter(mutant.operator for mutant in found).keys() == OPERATORS
    changed = {mutant.key.file for mutant in found}
    assert changed == {file for file in CODEBASE if not file.endswith("__init__.py")}


def test_a_statement_that_stands_twice_in_a_function_is_told_apart() -> None:
    found = list(mutants("file.py", "def f(a):\n    g(1)\n    g(1)\n"))
    removed = [m.key.occurrence for m in found if m.operator == "statement removed"]
    assert removed == [1, 2]
