"""Changes of an expression: each function takes a node and gives what may stand in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import libcst as cst

Change = tuple[str, cst.CSTNode]
"""The kind of change, and the new node."""

_ARITHMETIC: dict[type[cst.BaseBinaryOp], type[cst.BaseBinaryOp]] = {
    cst.Add: cst.Subtract,
    cst.Subtract: cst.Add,
    cst.Multiply: cst.Divide,
    cst.Divide: cst.Multiply,
    cst.Power: cst.Multiply,
    cst.FloorDivide: cst.Divide,
    cst.Modulo: cst.FloorDivide,
}
_COMPARISONS: dict[type[cst.BaseCompOp], tuple[type[cst.BaseCompOp], ...]] = {
    cst.LessThan: (cst.LessThanEqual, cst.GreaterThan),
    cst.LessThanEqual: (cst.LessThan, cst.GreaterThanEqual),
    cst.GreaterThan: (cst.GreaterThanEqual, cst.LessThan),
    cst.GreaterThanEqual: (cst.GreaterThan, cst.LessThanEqual),
    cst.Equal: (cst.NotEqual,),
    cst.NotEqual: (cst.Equal,),
    cst.Is: (cst.IsNot,),
    cst.IsNot: (cst.Is,),
}
_FUNCTIONS = {
    "add_": ("sub_",),
    "addcdiv_": ("addcmul_",),
    "addcmul_": ("addcdiv_",),
    "all": ("any",),
    "amax": ("amin",),
    "argmax": ("argmin",),
    "cat": ("stack",),
    "cos": ("sin",),
    "cumsum": ("cumprod",),
    "empty": ("zeros",),
    "exp": ("log", "expm1"),
    "gather": ("scatter",),
    "log": ("exp", "log1p"),
    "max": ("min",),
    "mean": ("sum", "median"),
    "min": ("max",),
    "mul_": ("div_", "add_"),
    "ones": ("zeros",),
    "rsqrt": ("sqrt", "reciprocal"),
    "sigmoid": ("tanh", "relu"),
    "sin": ("cos",),
    "sqrt": ("square", "exp"),
    "stack": ("cat",),
    "sum": ("mean", "amax"),
    "tril": ("triu",),
    "trunc_normal_": ("normal_",),
    "zeros": ("ones",),
    "zeros_like": ("ones_like", "empty_like"),
}
_WORDS = {"mean": ("sum", "max"), "cpu": ("meta",), "r": ("r+",)}
_DIMENSIONS = {"dim", "dimension", "dims"}
_MODULES = {"torch", "math", "np", "nn", "self"}
"""``x.f(y)`` without f is x; ``torch.f(y)`` without f is y."""


def changes(node: cst.CSTNode, parent: cst.CSTNode) -> Iterator[Change]:
    """Every change of ``node`` by itself, whatever surrounds it."""
    match node:
        case cst.BinaryOperation(operator=operator) if type(operator) in _ARITHMETIC:
            yield "operator", node.with_changes(operator=_ARITHMETIC[type(operator)]())
        case cst.UnaryOperation(operator=operator):
            yield "operator", node.expression
        case cst.Integer() | cst.Float():
            yield from _numbers(node, parent)
        case cst.Name(value="True" | "False"):
            yield "constant", cst.Name("False" if node.value == "True" else "True")
        case cst.SimpleString():
            yield from _strings(node)
        case cst.Comparison():
            yield from _comparisons(node)
        case cst.BooleanOperation(operator=boolean):
            other = cst.Or if isinstance(boolean, cst.And) else cst.And
            yield "boolean operator", node.with_changes(operator=other())
            yield "boolean operator", node.left
            yield "boolean operator", node.right
        case cst.Call():
            yield from _calls(node, parent)
        case cst.Slice():
            yield from _slices(node)
        case cst.Tuple(elements=(first, second)) if isinstance(parent, cst.Return):
            swapped = [
                first.with_changes(value=second.value),
                second.with_changes(value=first.value),
            ]
            yield "return value", node.with_changes(elements=swapped)


def conditions(test: cst.BaseExpression) -> Iterator[Change]:
    """What may stand in the place of the test of an if."""
    yield "condition", cst.Name("True")
    yield "condition", cst.Name("False")
    bracketed = test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    yield "condition", cst.UnaryOperation(cst.Not(), bracketed)


def _numbers(node: cst.Integer | cst.Float, parent: cst.CSTNode) -> Iterator[Change]:
    kind = "number"
    if isinstance(parent, cst.Param):
        kind = "default"
    elif isinstance(parent, cst.Arg) and parent.keyword and parent.keyword.value in _DIMENSIONS:
        kind = "dimension"
    value = node.evaluated_value
    if isinstance(value, int):
        yield kind, cst.Integer(str(value + 1))
        if value > 0:
            yield kind, cst.Integer(str(value - 1))
    else:
        yield kind, cst.Float(repr(2 * value if value else 1.0))
        if value:
            yield kind, cst.Float("0.0")


def _strings(node: cst.SimpleString) -> Iterator[Change]:
    text = node.raw_value
    if "->" in text:
        for pattern in _patterns(text):
            yield "dimension", cst.SimpleString(f'"{pattern}"')
        return
    for word in _WORDS.get(text, (f"{text}_",)):
        yield "constant", cst.SimpleString(f'"{word}"')


def _patterns(text: str) -> Iterator[str]:
    """An einops pattern with two neighbouring axes of one tensor in each other's place."""
    tokens = re.findall(r"\.\.\.|->|\w+|\S", text)
    axes = [i for i, token in enumerate(tokens) if token[0].isalpha()]
    for i, j in pairwise(axes):
        if not {",", "->"} & set(tokens[i:j]):
            other = list(tokens)
            other[i], other[j] = other[j], other[i]
            yield " ".join(other)


def _comparisons(node: cst.Comparison) -> Iterator[Change]:
    for number, target in enumerate(node.comparisons):
        for operator in _COMPARISONS.get(type(target.operator), ()):
            others = list(node.comparisons)
            others[number] = target.with_changes(operator=operator())
            yield "comparison", node.with_changes(comparisons=others)


def _calls(node: cst.Call, parent: cst.CSTNode) -> Iterator[Change]:
    arguments = list(node.args)
    for number in range(len(arguments)):
        rest = arguments[:number] + arguments[number + 1 :]
        if not (isinstance(node.func, cst.Name) and node.func.value == "super"):
            yield "argument dropped", node.with_changes(args=_apart(rest))
    for number, (one, next_) in enumerate(pairwise(arguments)):
        if not (one.star or next_.star):
            swapped = list(arguments)
            swapped[number] = one.with_changes(value=next_.value)
            swapped[number + 1] = next_.with_changes(value=one.value)
            yield "arguments swapped", node.with_changes(args=swapped)
    name = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
    if isinstance(name, cst.Name):
        for other in _FUNCTIONS.get(name.value, ()):
            called = cst.Name(other)
            func = (
                node.func.with_changes(attr=called)
                if isinstance(node.func, cst.Attribute)
                else called
            )
            yield "function", node.with_changes(func=func)
    if not isinstance(parent, cst.Expr):  # a call for its effect: removed as a statement
        yield from _unwrapped(node)


def _unwrapped(node: cst.Call) -> Iterator[Change]:
    """The call left out: what it was called on, or called with, as it is."""
    if isinstance(node.func, cst.Attribute):
        root = node.func.value
        if not (isinstance(root, cst.Name) and root.value in _MODULES):
            yield "call", root
            return
    if node.args and node.args[0].keyword is None:
        inner = node.args[0].value
        if not isinstance(inner, cst.GeneratorExp):
            yield "call", inner.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _apart(arguments: list[cst.Arg]) -> list[cst.Arg]:
    """``arguments`` with a comma between them and none behind."""
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    return [
        argument.with_changes(
            comma=cst.MaybeSentinel.DEFAULT if argument is arguments[-1] else comma,
            whitespace_after_arg=cst.SimpleWhitespace(""),
        )
        for argument in arguments
    ]


def _slices(node: cst.Slice) -> Iterator[Change]:
    for part in ("lower", "upper", "step"):
        if getattr(node, part) is not None:
            yield "slice", node.with_changes(**{part: None})
