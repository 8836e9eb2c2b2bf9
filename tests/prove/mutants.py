"""One thing taken away from a function or a statement at a time, in the running process, and put back."""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from tests.house.sources import PROJECT, modules, short, tree
from tests.prove import kept
from tests.prove.idle import asked_in, looked_up, only_locks

FILTERED_BY = ("tenant_id", "ticket_id")
ONE_OF_MANY = {"among": 0, "within": 0, "these": 1}
"""Functions of the house that filter by a column, and which of their arguments it is."""


@dataclass(frozen=True, slots=True)
class Place:
    """A function, or a statement built at import, as the running process knows it."""

    path: Path
    qualname: str

    @property
    def function(self) -> FunctionType | None:
        """None where it is a statement. Raises LookupError where it is neither."""
        found: Any = kept.module_of(self.path)
        for name in self.qualname.split("."):
            found = getattr(inspect.unwrap(found), name)
        if kept.holds(found):
            return None
        found = inspect.unwrap(found)
        if not isinstance(found, FunctionType):
            raise LookupError(f"{self.qualname} of {short(self.path)} is neither function nor statement")
        return found


@contextmanager
def swapped(place: Place, source: ast.Module) -> Iterator[None]:
    """The function, or the statement, is what the changed source says, for everybody who holds it."""
    function: Any = place.function
    if function is None:
        with kept.built_anew(place.path, source):
            yield
        return
    before = function.__code__
    whole = compile(source, str(place.path), "exec", dont_inherit=True)
    function.__code__ = next(code for code in kept.codes_of(whole) if code.co_qualname == place.qualname)
    try:
        with kept.built_anew(place.path, source):
            yield
    finally:
        function.__code__ = before


@contextmanager
def rewritten(place: Place, old: str, new: str) -> Iterator[None]:
    """A piece of a module's text replaced; raises LookupError when the piece is not there any more."""
    text = place.path.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise LookupError(f"{short(place.path)} holds {text.count(old)} times: {old}")
    with swapped(place, ast.parse(text.replace(old, new))):
        yield


@contextmanager
def unfiltered(place: Place, line: int, column: int) -> Iterator[None]:
    """A filter by a column asks nothing any more: it compares the column with itself."""
    source = copy.deepcopy(tree(place.path))
    for node in ast.walk(source):
        asked = column_of(node)
        if asked is not None and (getattr(node, "lineno", 0), getattr(node, "col_offset", -1)) == (line, column):
            if isinstance(node, ast.Compare):
                node.comparators = [asked]
            elif isinstance(node, ast.Call):
                node.func, node.args = ast.Attribute(asked, "is_not_distinct_from", ast.Load()), [asked]
            break
    else:
        raise LookupError(f"no filter at {short(place.path)}:{line}")
    with swapped(place, ast.fix_missing_locations(source)):
        yield


@cache
def filters() -> tuple[tuple[Place, int, int, str], ...]:
    """Every filter by tenant or ticket that is not idle: (place, line, column, the filtered `Model.column`)."""
    return tuple(
        (Place(path, qualname), node.lineno, node.col_offset, filtered(node))
        for path in modules(*kept.PACKAGES)
        for qualname, nodes in (*_in_functions(path), *_in_statements(path))
        for node in nodes
    )


def filtered(node: ast.AST) -> str:
    """`Model.tenant_id` where a node filters by it, with `==`, `in_` or one of `ONE_OF_MANY`; else nothing."""
    column = column_of(node)
    return f"{column.value.id}.{column.attr}" if column is not None and isinstance(column.value, ast.Name) else ""


def column_of(node: ast.AST) -> ast.Attribute | None:
    """The column of a model that a node filters by."""
    column: ast.expr | None = None
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
        column = node.left
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "in_":
        column = node.func.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ONE_OF_MANY:
        column = node.args[ONE_OF_MANY[node.func.id]]
    if isinstance(column, ast.Attribute) and column.attr in FILTERED_BY and isinstance(column.value, ast.Name):
        return column if column.value.id[:1].isupper() else None
    return None


def of_code(code: CodeType) -> Iterator[Place]:
    """The function of ours that a code object belongs to, and the statements built at import that it names."""
    path = Path(code.co_filename)
    of_ours = path.is_relative_to(PROJECT) and short(path).partition("/")[0] in kept.PACKAGES
    if of_ours and path.suffix == ".py":
        yield from (Place(*name) for name in kept.named_in(code))
        if "<" not in code.co_qualname:
            yield Place(path, code.co_qualname)


def _in_functions(path: Path) -> Iterator[tuple[str, list[ast.expr]]]:
    for qualname, function in _functions(tree(path)):
        yield qualname, list(_working(function, path))


def _in_statements(path: Path) -> Iterator[tuple[str, list[ast.expr]]]:
    """Those built at import are judged where a function of their module asks them, as if they stood there."""
    for assignment, names in kept.assignments(tree(path)):
        nodes = list(_filters(assignment))
        asked = list(asked_in(names[0], assignment, tree(path))) if nodes else []
        working = {(node.lineno, node.col_offset) for each in asked for node in _working(each, path)}
        yield names[0], [node for node in nodes if not asked or (node.lineno, node.col_offset) in working]


def _working(function: ast.FunctionDef, path: Path) -> Iterator[ast.expr]:
    """The filters of a function that are not idle."""
    passive = {node for each in ast.walk(function) if only_locks(each) for node in ast.walk(each)}
    near = [tree(path)] if function.name[0] == "_" else [tree(each) for each in modules(*kept.PACKAGES)]
    for node in _filters(function):
        column = column_of(node)
        if column is not None and node not in passive and not looked_up(node, column, function, near):
            yield node


def _filters(of: ast.AST) -> Iterator[ast.expr]:
    return (node for node in ast.walk(of) if isinstance(node, ast.expr) and column_of(node) is not None)


def _functions(of: ast.AST, within: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in ast.iter_child_nodes(of):
        if isinstance(node, ast.FunctionDef):
            yield within + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{within}{node.name}.")
