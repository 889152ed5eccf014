"""Metric math, as much of it as the dashboards use: over values that stand for CloudWatch's."""

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from local.dashboards.samples import FOUND, Values, sample

_SCHEMA = re.compile(r'{(?P<namespace>[^,}]+),(?P<dimensions>[^}]+)} MetricName="(?P<name>\w+)"')
_OPERATORS: Mapping[type[ast.operator], Callable[[Values, Values], Values]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}

Drawn = Sequence[tuple[str, Values]]
"""Lines by their labels."""


class UnknownFormula(Exception):
    """An expression that this does not read; the message is it."""


def evaluate(expression: str, known: Mapping[str, Values], *, points: int, seconds: int) -> Drawn:
    """Return the lines of an expression: one without a label of its own, or a search's with theirs."""
    # Its grammar, where we use it, is within Python's own.
    tree = ast.parse(expression, mode="eval").body
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in {"SEARCH", "SLICE"}:
        return _searched(tree, points, seconds)
    with np.errstate(divide="ignore", invalid="ignore"):
        return [("", np.broadcast_to(_value(tree, known), (points,)))]


def _searched(tree: ast.Call, points: int, seconds: int) -> Drawn:
    if isinstance(tree.func, ast.Name) and tree.func.id == "SLICE":
        inner, first, end = tree.args
        if isinstance(inner, ast.Call) and isinstance(inner.args[0], ast.Call):  # SORT(SEARCH(…), MAX, DESC)
            found = sorted(_searched(inner.args[0], points, seconds), key=lambda line: -float(line[1].max()))
            return found[ast.literal_eval(first) : ast.literal_eval(end)]
        raise UnknownFormula(ast.unparse(tree))
    text, statistic, _ = (ast.literal_eval(argument) for argument in tree.args)
    schema = _SCHEMA.fullmatch(text)
    if schema is None:
        raise UnknownFormula(text)
    names = tuple(schema["dimensions"].split(","))
    return [
        (
            " ".join(values),
            sample(
                schema["name"],
                [part for pair in zip(names, values, strict=True) for part in pair],
                statistic,
                points,
                seconds,
            ),
        )
        for values in FOUND[names]
    ]


def _value(tree: ast.expr, known: Mapping[str, Values]) -> Values:
    match tree:
        case ast.Constant(value=int() | float() as number):
            return np.asarray(number, dtype=np.float64)
        case ast.Name(id=name) if name in known:
            return known[name]
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _OPERATORS:
            return _OPERATORS[type(operation)](_value(left, known), _value(right, known))
        case ast.Call(func=ast.Name(id="FILL"), args=[term, _]):
            return _value(term, known)  # samples have no gaps
    raise UnknownFormula(ast.unparse(tree))
