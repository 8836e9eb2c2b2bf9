"""What a process keeps of its statements: those built at import and what was remembered; built anew, then put back."""

from __future__ import annotations

import ast
import sys
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import _lru_cache_wrapper, cache
from importlib import import_module
from inspect import unwrap
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from sqlalchemy import ClauseElement

from tenants.kept import Kept
from tests.house.sources import short, tree

PACKAGES = ("tenants", "sla", "billing", "msp")

Assignment = ast.Assign | ast.AnnAssign
Name = tuple[Path, str]
"""A function or a statement of the house, by its file."""


@contextmanager
def built_anew(path: Path, source: ast.Module) -> Iterator[None]:
    """Every statement that was built at import is built once more, those of one file as its changed source says.

    All of them, in the order in which their modules ran, so that none is left that was built from what is changed.
    """
    module_of(path)
    before: list[tuple[dict[str, Any], dict[str, Any]]] = []
    forget()
    try:
        _build(path, source, before)
        yield
    finally:
        for space, former in before:
            space.update(former)
        forget()


def forget() -> None:
    """What was remembered is asked anew: by cached functions, and in an `OrderedDict`, which holds what was used last.

    Only where a module names SQLAlchemy: its types say that no other remembers a statement, or what one brought. So
    fonts, holidays and the hash of nobody's password stay.
    """
    for path, module in _running():
        for value in vars(module).values() if _names_sqlalchemy(path) else ():
            if isinstance(value, _lru_cache_wrapper):
                value.cache_clear()
            elif isinstance(value, OrderedDict):
                value.clear()


def holds(value: object) -> bool:
    """Whether a value is a statement, a piece of one, or holds some."""
    if isinstance(value, Mapping):
        return any(holds(each) for each in value.values())
    if isinstance(value, tuple | list | set | frozenset):
        return any(holds(each) for each in value)
    return isinstance(value, ClauseElement | Kept)


def assignments(source: ast.Module) -> Iterator[tuple[Assignment, tuple[str, ...]]]:
    """What a module gives names to, with these names."""
    for node in source.body:
        if isinstance(node, Assignment) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield node, tuple(each.id for of in targets for each in ast.walk(of) if isinstance(each, ast.Name))


def module_of(path: Path) -> ModuleType:
    return import_module(short(path).removesuffix(".py").removesuffix("/__init__").replace("/", "."))


def named_in(code: CodeType) -> Iterator[Name]:
    """The statements built at import that a function names, and whatever they were built from."""
    for value in _named(code):
        if id(value) in _statements():
            yield from _behind(_statements()[id(value)])


def codes_of(code: CodeType) -> Iterator[CodeType]:
    """A piece of code and those that stand inside it."""
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from codes_of(each)


def _running() -> Iterator[tuple[Path, ModuleType]]:
    """The modules of the house that run; Python puts each behind those that it made run first."""
    for name, module in list(sys.modules.items()):
        if _of_the_house(name) and module.__file__ is not None:
            yield Path(module.__file__), module


def _of_the_house(module: str) -> bool:
    return module.partition(".")[0] in PACKAGES


def _build(path: Path, source: ast.Module, before: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    """Build them all, and put them wherever a module has them by name. `before` takes what stood there."""
    fresh: dict[int, object] = {}
    for file, module in _running():
        space = vars(module)
        built = list(_built(space, source if file == path else tree(file)))
        names = [name for _, each in built for name in each]
        former = {name: value for name, value in space.items() if name in names or id(value) in fresh}
        before.append((space, former))
        space.update({name: fresh[id(value)] for name, value in former.items() if id(value) in fresh})
        _run([assignment for assignment, _ in built], file, space)
        fresh |= {id(former[name]): space[name] for name in names}


def _built(space: Mapping[str, Any], source: ast.Module) -> Iterator[tuple[Assignment, tuple[str, ...]]]:
    """The assignments of a module whose names hold statements."""
    for assignment, names in assignments(source):
        if any(holds(space[name]) for name in names):
            yield assignment, names


def _run(body: list[Assignment], path: Path, space: dict[str, Any]) -> None:
    exec(_compiled(body, path), space)  # noqa: S102 - the house's own source, as at import


def _compiled(body: list[Assignment], path: Path) -> CodeType:
    return compile(ast.Module([*body], []), str(path), "exec")


@cache
def _names_sqlalchemy(path: Path) -> bool:
    return any(isinstance(node, ast.ImportFrom) and "sqlalchemy" in (node.module or "") for node in tree(path).body)


@cache
def _statements() -> dict[int, Name]:
    """Every statement built at import, by its identity."""
    return {
        id(vars(module)[name]): (path, name)
        for path, module in _running()
        for _, names in _built(vars(module), tree(path))
        for name in names
    }


@cache
def _behind(statement: Name) -> frozenset[Name]:
    """A statement built at import, and all statements and functions that had a part in building it."""
    found: set[Name] = set()
    waiting = [statement]
    while waiting:
        path, name = each = waiting.pop()
        if each not in found:
            found.add(each)
            body = [assignment for assignment, names in assignments(tree(path)) if name in names]
            code = _compiled(body, path) if body else unwrap(vars(module_of(path))[name]).__code__
            for value in _named(code):
                if id(value) in _statements():
                    waiting.append(_statements()[id(value)])
                elif isinstance(value, FunctionType | _lru_cache_wrapper) and _of_the_house(value.__module__):
                    waiting.append((Path(str(sys.modules[value.__module__].__file__)), value.__name__))
    return frozenset(found)


def _named(code: CodeType) -> Iterator[object]:
    """What a piece of code names of its module, and of the modules that it names there."""
    names = {name for each in codes_of(code) for name in each.co_names}
    space = vars(module_of(Path(code.co_filename)))
    of = [each for name in names if isinstance(each := space.get(name), ModuleType)]
    return (each[name] for each in (space, *map(vars, of)) for name in names if name in each)
