"""Every single change of a module that `scripts/mutants.py` tries."""

from __future__ import annotations

import ast
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
_PAIRS: list[tuple[type[ast.AST], type[ast.AST]]] = [
    (ast.Lt, ast.LtE),
    (ast.Gt, ast.GtE),
    (ast.Eq, ast.NotEq),
    (ast.In, ast.NotIn),
    (ast.Is, ast.IsNot),
    (ast.And, ast.Or),
    (ast.Add, ast.Sub),
    (ast.Mult, ast.FloorDiv),
]
_OTHER = {ast.Div: ast.Mult} | dict(_PAIRS) | {other: one for one, other in _PAIRS}
_OTHER_NAME = {"min": "max", "max": "min", "any": "all", "all": "any"}
_EMPTY = {"None", "''", "[]", "{}", "()", "False", "0"}
"""Of what is returned, None in its place differs by its type alone: mypy's business."""
_FEW = 20
"""From here on a number is doubled: a limit that is higher by a hair is as good a limit, and no test's business."""


class Mutant(NamedTuple):
    """A file with one place changed."""

    path: Path  # below the root
    line: int
    lines: range  # of the statement it is in
    old: str
    new: str
    text: str


def mutants(path: Path) -> Iterator[Mutant]:
    """Every single change that is tried of a module."""
    data = (ROOT / path).read_bytes()
    starts = [0, *accumulate(len(line) for line in data.splitlines(keepends=True))]
    for node, new, statement in _changes(ast.parse(data)):
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        text = (data[:begin] + new.encode() + data[end:]).decode()
        lines = range(statement.lineno, _end(statement) + 1)
        yield Mutant(path, node.lineno, lines, data[begin:end].decode(), new, text)


def _end(statement: ast.stmt) -> int:
    """The last line of what runs when a statement is reached: not of what stands below it."""
    body = getattr(statement, "body", None)
    return max(statement.lineno, body[0].lineno - 1) if body else statement.end_lineno or statement.lineno


def _changes(node: ast.AST, within: ast.stmt | None = None) -> Iterator[tuple[ast.expr | ast.stmt, str, ast.stmt]]:
    """Nodes of a tree, what to write in their place, and the statement that they are in."""
    within = node if isinstance(node, ast.stmt) else within
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
        return
    if within and isinstance(node, ast.expr | ast.stmt) and (new := _changed(node)):
        yield node, new, within
    if within and isinstance(node, ast.If | ast.IfExp | ast.While):
        yield node.test, f"(not ({ast.unparse(node.test)}))", within
    for name, value in ast.iter_fields(node):
        if name not in {"annotation", "returns", "decorator_list"}:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _changes(child, within)


def _changed(node: ast.expr | ast.stmt) -> str:  # noqa: PLR0911 - one for each kind of node
    """The other of a node; "" if it has none."""
    match node:
        case ast.Compare(left, [op], right) if other := _OTHER.get(type(op)):
            return _text(ast.Compare(left, [other()], right))  # type: ignore[list-item]
        case ast.BoolOp(op, values):
            return _text(ast.BoolOp(_OTHER[type(op)](), values))  # type: ignore[arg-type]
        case ast.BinOp(left, op, right) if other := _OTHER.get(type(op)):
            return _text(ast.BinOp(left, other(), right))  # type: ignore[arg-type]
        case ast.UnaryOp(ast.Not(), operand):
            return _text(operand)
        case ast.Name(name) if name in _OTHER_NAME:
            return _OTHER_NAME[name]
        case ast.Constant(bool(value)):
            return str(not value)
        case ast.Constant(int(value) | float(value)):
            return str(value + 1 if value < _FEW else value * 2)
        case ast.Expr(ast.Call() | ast.Await()):
            return "..."
        case ast.Return(ast.expr() as value) if ast.unparse(value) not in _EMPTY:
            return "return None"
    return ""


def _text(node: ast.expr) -> str:
    return f"({ast.unparse(node)})"
