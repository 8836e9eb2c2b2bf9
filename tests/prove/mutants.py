"""One thing taken away from a function at a time, in the running process, and put back."""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from tests.house.sources import PROJECT, modules, short, tree
from tests.prove.idle import looked_up, only_locks

FILTERED_BY = ("tenant_id", "ticket_id")
ONE_OF_MANY = ("among", "within")


@dataclass(frozen=True, slots=True)
class Place:
    """A function as the running process knows it."""

    path: Path
    qualname: str

    @property
    def function(self) -> FunctionType:
        found = inspect.unwrap(self._named)
        if not isinstance(found, FunctionType):
            raise LookupError(f"{self.qualname} of {short(self.path)} is no function")
        return found

    @property
    def keeps(self) -> bool:
        """Whether it keeps its answers."""
        return hasattr(self._named, "cache_clear")

    def forget(self) -> None:
        """What it answered once it is asked anew."""
        if self.keeps:
            self._named.cache_clear()

    @property
    def _named(self) -> Any:
        found: Any = import_module(short(self.path).removesuffix(".py").replace("/", "."))
        for name in self.qualname.split("."):
            found = getattr(inspect.unwrap(found), name)
        return found


@contextmanager
def swapped(place: Place, source: ast.Module) -> Iterator[None]:
    """The function does what the changed source says, for everybody who holds it."""
    function: Any = place.function
    before = function.__code__
    whole = compile(source, str(place.path), "exec", dont_inherit=True)
    function.__code__ = next(code for code in _codes(whole) if code.co_qualname == place.qualname)
    place.forget()
    try:
        yield
    finally:
        function.__code__ = before
        place.forget()


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
        if (getattr(node, "lineno", 0), getattr(node, "col_offset", -1)) == (line, column):
            if isinstance(node, ast.Compare) and filtered(node):
                node.comparators = [node.left]
                break
            if isinstance(node, ast.Call) and filtered(node):
                asked = node.func.value if isinstance(node.func, ast.Attribute) else node.args[0]
                node.func, node.args = ast.Attribute(asked, "is_not_distinct_from", ast.Load()), [asked]
                break
    else:
        raise LookupError(f"no filter at {short(place.path)}:{line}")
    with swapped(place, ast.fix_missing_locations(source)):
        yield


@cache
def filters() -> tuple[tuple[Place, int, int, str], ...]:
    """Every filter by tenant or ticket that is not idle: (function, line, column, the filtered `Model.column`)."""
    found = []
    house = [tree(path) for path in modules("msp", "tenants", "billing", "sla")]
    for path in modules("msp", "tenants", "billing", "sla"):
        for qualname, function in _functions(tree(path)):
            passive = {node for each in ast.walk(function) if only_locks(each) for node in ast.walk(each)}
            for node in ast.walk(function):
                column = column_of(node)
                if column is None or not isinstance(node, ast.expr) or node in passive:
                    continue
                if not looked_up(node, column, function, [tree(path)] if function.name[0] == "_" else house):
                    found.append((Place(path, qualname), node.lineno, node.col_offset, filtered(node)))
    return tuple(found)


def filtered(node: ast.AST) -> str:
    """`Model.tenant_id` where a node filters by it, with `==`, `in_`, `among` or `within`; else nothing."""
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
        column = node.args[0]
    if isinstance(column, ast.Attribute) and column.attr in FILTERED_BY and isinstance(column.value, ast.Name):
        return column if column.value.id[:1].isupper() else None
    return None


def of_code(code: CodeType) -> Place | None:
    """The function of ours that a code object belongs to."""
    path = Path(code.co_filename)
    if not path.is_relative_to(PROJECT) or path.is_relative_to(PROJECT / "tests") or "/.venv/" in code.co_filename:
        return None
    return None if "<" in code.co_qualname else Place(path, code.co_qualname)


def _functions(of: ast.AST, within: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in ast.iter_child_nodes(of):
        if isinstance(node, ast.FunctionDef):
            yield within + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{within}{node.name}.")


def _codes(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _codes(each)
