"""msp map: writes the map of the modules into ARCHITECTURE.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import click

from msp.settings import PROJECT

BEGIN, END = "<!-- map: written by `make map` -->", "<!-- map ends -->"
PACKAGES = ("tenants", "sla", "billing", "msp", "migrations", "tests")


@click.command()
@click.option("--check", is_flag=True, help="Only say whether the map is true; exit 1 when it is not.")
def command(check: bool) -> None:
    """Write each module and what it is for, from its own first line."""
    path = PROJECT / "ARCHITECTURE.md"
    text = path.read_text(encoding="utf-8")
    drawn = with_map(text)
    if check and drawn != text:
        raise click.ClickException("The map in ARCHITECTURE.md is not true; `make map` draws it.")
    path.write_text(drawn, encoding="utf-8")


def with_map(text: str) -> str:
    """The document with its map drawn anew between the two marks. Raises ValueError without them."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError("ARCHITECTURE.md has no place for the map.")
    return f"{head}{BEGIN}\n\n```\n{chr(10).join(lines())}\n```\n\n{END}{tail}"


def lines() -> Iterator[str]:
    """One line for each folder and module, indented as they lie."""
    for package in PACKAGES:
        yield from _folder(PROJECT / package, 0)


def _folder(folder: Path, depth: int) -> Iterator[str]:
    yield _line(f"{folder.name}/", depth, folder / "__init__.py")
    for path in sorted(folder.glob("*.py")):
        if path.name != "__init__.py":
            yield _line(path.name, depth + 1, path)
    for inner in sorted(folder.iterdir()):
        if (inner / "__init__.py").exists():
            yield from _folder(inner, depth + 1)


def _line(name: str, depth: int, path: Path) -> str:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return f"{'  ' * depth + name:<34} {said.splitlines()[0] if said else ''}".rstrip()
