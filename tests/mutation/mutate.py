"""Every mutant of a file: statement by statement, and in each statement node by node."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import libcst as cst

from tests.mutation.expressions import Change, changes, conditions
from tests.mutation.mutant import Key, Mutant
from tests.mutation.scope import Scope

Compound = cst.FunctionDef | cst.ClassDef | cst.If | cst.For


def all_mutants(codebase: Mapping[str, str]) -> tuple[Mutant, ...]:
    """Every mutant of every file, in the order of the text."""
    return tuple(mutant for file, text in codebase.items() for mutant in mutants(file, text))


def mutants(file: str, text: str) -> Iterator[Mutant]:
    """The mutants of one file. No two read the same, and all are Python."""
    yield from _File(file, cst.parse_module(text)).mutants()


class _File:
    """A walk through one file."""

    def __init__(self, file: str, module: cst.Module) -> None:
        self.file = file
        self.module = module
        self._seen: set[Key] = set()
        self._occurrences: Counter[tuple[str, str]] = Counter()

    def mutants(self) -> Iterator[Mutant]:
        yield from self._body(self.module.body, (), Scope(None, self.module), None)

    def _body(
        self,
        body: Sequence[cst.CSTNode],
        names: tuple[str, ...],
        scope: Scope,
        function: cst.FunctionDef | None,
    ) -> Iterator[Mutant]:
        for statement in body:
            if not isinstance(statement, cst.SimpleStatementLine | Compound) or _idle(statement):
                continue
            yield from self._statement(statement, names, scope, function)
            match statement:
                case cst.FunctionDef():
                    around = scope_of(self.module, statement)
                    inner = (*names, statement.name.value)
                    yield from self._body(
                        statement.body.body, inner, Scope(statement, around), statement
                    )
                case cst.ClassDef():
                    inner = (*names, statement.name.value)
                    yield from self._body(statement.body.body, inner, scope, None)
                case cst.If() | cst.For():
                    yield from self._body(statement.body.body, names, scope, function)

    def _statement(
        self,
        statement: cst.SimpleStatementLine | Compound,
        names: tuple[str, ...],
        scope: Scope,
        function: cst.FunctionDef | None,
    ) -> Iterator[Mutant]:
        where = ".".join(names)
        original = text_of(statement)
        self._occurrences[where, original] += 1
        for operator, old, new in _alterations(statement, scope, function):
            try:
                changed = statement.deep_replace(old, new)
                mutated = text_of(changed)
            except (SyntaxError, cst.CSTValidationError):
                continue  # a parameter without a default behind one that has it
            key = Key(self.file, where, original, mutated, self._occurrences[where, original])
            if key in self._seen or mutated == original:
                continue
            self._seen.add(key)
            yield Mutant(key, operator, self.module, old, new)


def text_of(statement: cst.CSTNode) -> str:
    """A statement on one line, without comments; of a compound one, the head."""
    if isinstance(statement, Compound):
        statement = statement.with_changes(
            body=cst.SimpleStatementSuite([cst.Expr(cst.Ellipsis())]), leading_lines=[]
        )
        if isinstance(statement, cst.FunctionDef | cst.ClassDef):
            statement = statement.with_changes(lines_after_decorators=[])
    text = ast.unparse(ast.parse(cst.Module([]).code_for_node(statement).strip()))
    if text == "pass":
        return ""
    return " ".join(text.removesuffix("...").split())


def scope_of(module: cst.Module, function: cst.FunctionDef) -> cst.CSTNode:
    """The class of ``function``, or the function."""
    for statement in module.body:
        if isinstance(statement, cst.ClassDef) and function in statement.body.body:
            return statement
    return function


def _idle(statement: cst.SimpleStatementLine | Compound) -> bool:
    """Docstrings and imports."""
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    match statement.body[0]:
        case cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString()):
            return True
        case cst.Import() | cst.ImportFrom():
            return True
    return False


def _alterations(
    statement: cst.SimpleStatementLine | Compound, scope: Scope, function: cst.FunctionDef | None
) -> Iterator[tuple[str, cst.CSTNode, cst.CSTNode]]:
    """Kind of change, what goes, and what comes in its place."""
    if isinstance(statement, cst.SimpleStatementLine):
        yield "statement removed", statement, cst.SimpleStatementLine([cst.Pass()])
        for node, (kind, new) in _of_small(statement.body[0], function):
            yield kind, node, new
        if isinstance(statement.body[0], cst.Raise):  # its sentence is no behaviour
            return
    elif isinstance(statement, cst.For):
        yield "statement removed", statement, cst.SimpleStatementLine([cst.Pass()])
    elif isinstance(statement, cst.FunctionDef | cst.ClassDef):
        for decorator in statement.decorators:
            rest = [other for other in statement.decorators if other is not decorator]
            yield "statement removed", statement, statement.with_changes(decorators=rest)
    collector = _Nodes(statement)
    statement.visit(collector)
    for node, parent in collector.found:
        for kind, new in _of_node(node, parent, scope):
            yield kind, node, new


def _of_small(
    small: cst.BaseSmallStatement, function: cst.FunctionDef | None
) -> Iterator[tuple[cst.CSTNode, Change]]:
    match small:
        case cst.Return(value=value) if value is not None:
            yield value, ("return value", cst.Name("None"))
            if function is not None and _gives_tensors(function):
                yield value, ("gradient cut", _detached(value))
        case cst.Assign(targets=(cst.AssignTarget(target=cst.Name()),), value=value):
            if function is not None and _gives_tensors(function):
                yield value, ("gradient cut", _detached(value))
        case cst.AugAssign(operator=cst.AddAssign()):
            yield small.operator, ("operator", cst.SubtractAssign())


def _of_node(node: cst.CSTNode, parent: cst.CSTNode, scope: Scope) -> Iterator[Change]:
    yield from changes(node, parent)
    match node:
        case cst.If(test=test) | cst.IfExp(test=test) | cst.CompIf(test=test):
            for kind, new in conditions(test):
                yield kind, node.with_changes(test=new)
        case cst.Name() if _is_read(node, parent):
            for other in scope.other_names(node):
                yield "name", cst.Name(other)
        case cst.Attribute():
            for other in scope.other_attributes(node):
                yield "attribute", node.with_changes(attr=cst.Name(other))
        case cst.SimpleString() if isinstance(parent, cst.Index):
            for other in scope.other_keys(node):
                yield "attribute", cst.SimpleString(f'"{other}"')
        case cst.Param(default=default) if default is not None:
            yield "default", node.with_changes(default=None, equal=cst.MaybeSentinel.DEFAULT)


def _is_read(node: cst.Name, parent: cst.CSTNode) -> bool:
    match parent:
        case cst.Attribute(attr=attr) if attr is node:
            return False
        case cst.Arg(keyword=keyword) if keyword is node:
            return False
        case cst.AssignTarget() | cst.Param() | cst.FunctionDef() | cst.ClassDef():
            return False
        case cst.For(target=target) | cst.CompFor(target=target) if target is node:
            return False
        case cst.AnnAssign(target=target) if target is node:
            return False
    return True


def _gives_tensors(function: cst.FunctionDef) -> bool:
    returns = function.returns
    if returns is None:
        return False
    return "Tensor" in cst.Module([]).code_for_node(returns.annotation)


def _detached(value: cst.BaseExpression) -> cst.BaseExpression:
    inside = value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.Call(cst.Attribute(inside, cst.Name("detach")))


class _Nodes(cst.CSTVisitor):
    """Nodes with their parents, signs apart, of one statement; not of its body nor annotations."""

    def __init__(self, statement: cst.CSTNode) -> None:
        self.found: list[tuple[cst.CSTNode, cst.CSTNode]] = []
        self._statement = statement
        self._stack: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Annotation | cst.IndentedBlock):
            return False
        signed = (n for n in reversed(self._stack) if not isinstance(n, cst.UnaryOperation))
        self.found.append((node, next(signed, node)))
        self._stack.append(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if self._stack and self._stack[-1] is original_node:
            self._stack.pop()
