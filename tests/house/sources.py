"""The house's own sources, read as trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("msp", "tenants", "billing", "sla", "migrations")


@cache
def modules(*packages: str) -> tuple[Path, ...]:
    """Every Python file of the packages (all of them without a name)."""
    return tuple(path for name in packages or PACKAGES for path in sorted((PROJECT / name).rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """(name, call) for each call; `a.b.c()` is named `c`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield _name(node.func), node


def short(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
