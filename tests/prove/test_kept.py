"""What is taken away from a statement, or from what builds one, is taken away wherever a process keeps it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import date
from functools import _lru_cache_wrapper
from pathlib import Path
from types import FunctionType

import pytest
from sqlalchemy import ClauseElement
from sqlalchemy.sql.visitors import iterate

import msp.app  # noqa: F401 - all that answers requests runs
from msp.reports import year
from msp.tickets import desk, opened, queries, shelves
from sla import holidays
from sla.queries import compliance
from sla.queries.book import EMPTY, _books
from tests.house.sources import PROJECT, modules, short, tree
from tests.prove import kept
from tests.prove.mutants import Place, column_of, filtered, of_code, unfiltered

DESK, OPENED, SHELVES, MONTHS = (
    PROJECT / path
    for path in ("msp/tickets/desk.py", "msp/tickets/opened.py", "msp/tickets/shelves.py", "sla/queries/compliance.py")
)

ASKED = "ANY (:tenants)"


def hole(path: Path, name: str, model: str = "", nth: int = 0) -> tuple[Place, int, int]:
    """A filter of a function or a statement, as `unfiltered` takes it away."""
    of = [
        node
        for node in tree(path).body
        if (isinstance(node, ast.FunctionDef) and node.name == name)
        or (isinstance(node, ast.Assign | ast.AnnAssign) and f"{name} = " in ast.unparse(node).replace(":", " = "))
    ]
    found = [node for node in ast.walk(of[0]) if isinstance(node, ast.expr) and filtered(node).startswith(model)]
    found = [node for node in found if column_of(node) is not None]
    return Place(path, name), found[nth].lineno, found[nth].col_offset


def test_a_statement_is_without_its_filter_and_then_the_former_one_again() -> None:
    before = desk._CLIENTS
    with unfiltered(*hole(DESK, "_CLIENTS")):
        assert ASKED not in str(desk._CLIENTS)
    assert desk._CLIENTS is before
    assert ASKED in str(before)


def test_so_is_what_was_built_from_it() -> None:
    before = opened._OPENED
    assert "note.tenant_id = :tenant" in str(before)
    with unfiltered(*hole(OPENED, "RARE", "Note")):
        assert "note.tenant_id = :tenant" not in str(opened._OPENED)
    assert opened._OPENED is before


def test_so_is_what_a_function_built_at_import() -> None:
    asked = "WHERE tenant.tenant_id = :tenant"
    assert asked in str(opened._OPENED)
    with unfiltered(*hole(OPENED, "_statement", "Tenant")):
        assert asked not in str(opened._OPENED)
    assert asked in str(opened._OPENED)


def test_so_is_what_others_imported() -> None:
    before = compliance.STANDS
    with unfiltered(*hole(MONTHS, "STANDS")):
        assert vars(year)["STANDS"] is compliance.STANDS is not before
    assert vars(year)["STANDS"] is compliance.STANDS is before


@pytest.mark.parametrize(("of_one", "nth", "asked"), [(True, 0, "ticket.tenant_id = :tenant"), (False, 1, ASKED)])
def test_what_a_function_remembered_is_forgotten_before_and_after(of_one: bool, nth: int, asked: str) -> None:
    assert asked in str(shelves._shelved("due", of_one, None))
    with unfiltered(*hole(SHELVES, "_clients", nth=nth)):
        assert asked not in str(shelves._shelved("due", of_one, None))
    assert asked in str(shelves._shelved("due", of_one, None))


def test_so_are_the_books_but_not_what_costs_much_and_asks_nothing() -> None:
    holidays.named("JP", date(2026, 1, 1).year)
    kept_before = holidays.named.cache_info().currsize
    _books[1, "1:a"] = EMPTY
    with unfiltered(*hole(DESK, "_CLIENTS")):
        assert not _books
        _books[1, "1:a"] = EMPTY
    assert not _books
    assert holidays.named.cache_info().currsize == kept_before > 0


def test_nothing_of_the_former_statements_is_left_anywhere() -> None:
    former = {id(value): value for value in statements()}
    with kept.built_anew(DESK, tree(DESK)):
        anew = list(statements())
        pieces = {id(piece) for each in anew for piece in iterate(each)}
        assert len(anew) == len(former) > 30
        assert not pieces & former.keys()
    assert {id(value) for value in statements()} == former.keys()


def statements() -> Iterator[ClauseElement]:
    """Every statement that stands in a module by name, once for all who have it."""
    found = {
        id(value): value
        for _, module in kept._running()
        for value in vars(module).values()
        if isinstance(value, ClauseElement)
    }
    yield from found.values()


def test_whoever_names_a_statement_asks_all_it_was_built_from() -> None:
    asked = {(short(place.path), place.qualname) for place in of_code(opened.opened.__code__)}
    facts = {("msp/tickets/facts.py", name) for name in ("TENANT", "TICKET")}
    assert asked == {("tenants/isolation.py", "scoped")} | facts | {
        ("msp/tickets/opened.py", name)
        for name in ("opened", "_OPENED", "_statement", "RARE", "LOGIN", "KEY", "FIRST", "LAST")
    }
    assert Place(DESK, "_HELD") not in of_code(queries.ticket.__code__)
    assert Place(MONTHS, "STANDS") in of_code(year._counted.__code__)


def test_every_filter_of_the_house_stands_where_it_can_be_taken_away() -> None:
    for path in modules(*kept.PACKAGES):
        within = {node for each in ast.walk(tree(path)) if isinstance(each, ast.FunctionDef) for node in ast.walk(each)}
        for assignment, names in kept.assignments(tree(path)):
            if any(column_of(node) for node in ast.walk(assignment)):
                within |= set(ast.walk(assignment))
                assert Place(path, names[0]).function is None
        assert not [short(path) for node in ast.walk(tree(path)) if column_of(node) is not None and node not in within]


def test_nothing_else_holds_a_statement_or_remembers() -> None:
    for _, module in kept._running():
        for name, value in vars(module).items():
            if isinstance(value, FunctionType):
                assert not kept.holds([value.__defaults__ or (), value.__kwdefaults__ or {}]), name
            elif isinstance(value, type) and value.__module__ == module.__name__:
                own = {key: each for key, each in vars(value).items() if key[:2] != "__"}
                assert not kept.holds(own), name
                assert not [key for key, each in own.items() if isinstance(each, _lru_cache_wrapper)], name
