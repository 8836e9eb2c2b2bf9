"""Which filters may go by how their statement stands, and which look alike and may not."""

from __future__ import annotations

import ast

import pytest

from tests.house.sources import short
from tests.prove.idle import asked_in, looked_up, only_locks
from tests.prove.mutants import column_of, filters
from tests.prove.seeds import NO_HOLES

LOCK = "session.execute(select(Tenant.tenant_id).where(Tenant.tenant_id == tenant_id).with_for_update())"
ROWS = "session.execute(select(Item.tenant_id, Item.key, Item.name).where(among(Item.tenant_id, tenants)))"
BY_TENANT = "{(tenant, key): name for tenant, key, name in rows}"
BY_KEY = "{key: name for tenant, key, name in rows}"


def is_looked_up(answer: str, used: str, rows: str = ROWS) -> bool:
    """Of a function that answers so, where its caller uses `found` so."""
    module = ast.parse(
        f"def _names(): \n rows = {rows}\n return {answer}\ndef page():\n found = _names()\n return {used}"
    )
    function = next(each for each in module.body if isinstance(each, ast.FunctionDef))
    filtered = next(each for each in ast.walk(function) if isinstance(each, ast.Call) and column_of(each) is not None)
    column = column_of(filtered)
    assert column is not None
    return looked_up(filtered, column, function, [module])


def test_a_lock_is_known_by_nobody_looking_at_what_it_brings() -> None:
    assert only_locks(ast.parse(LOCK).body[0])
    assert not only_locks(ast.parse(f"found = {LOCK}").body[0])
    assert not only_locks(ast.parse(f"{LOCK}.one()").body[0])
    assert not only_locks(ast.parse(LOCK.replace(".with_for_update()", "")).body[0])


@pytest.mark.parametrize("used", ["found.get((tenant, key))", "found[tenant, key]", "(tenant, key) in found"])
def test_what_is_only_looked_up_by_tenant_needs_no_filter(used: str) -> None:
    assert is_looked_up(BY_TENANT, used)


@pytest.mark.parametrize("used", ["found.values()", "list(found)", "page(found)", "{name: 1 for name in found}"])
def test_what_is_walked_through_or_handed_on_does(used: str) -> None:
    assert not is_looked_up(BY_TENANT, used)


def test_so_does_what_is_kept_by_another_key() -> None:
    assert not is_looked_up(BY_KEY, "found[key]")


def test_so_does_a_filter_of_what_is_joined() -> None:
    joined = "session.execute(select(Item.tenant_id, Item.key).join(Site, among(Item.tenant_id, tenants)))"
    assert not is_looked_up(BY_TENANT, "found[tenant, key]", joined)


STATEMENT = "scoped(select(Item.tenant_id, Item.key, Item.name).where(these('tenants', Item.tenant_id)))"
ASKS = "def _names(): \n rows = session.execute(_ROWS, {'tenants': tenants})\n return " + BY_TENANT


def is_looked_up_where_asked(used: str, more: str = "", name: str = "_ROWS") -> list[bool]:
    """Of a statement that is built at import, for each function that asks it."""
    module = ast.parse(
        f"{name} = {STATEMENT}\n{ASKS.replace('_ROWS', name)}\ndef page():\n found = _names()\n return {used}\n{more}"
    )
    built = module.body[0]
    assert isinstance(built, ast.Assign)
    asked = list(asked_in(name, built, module))
    found = [node for each in asked for node in ast.walk(each) if isinstance(node, ast.Call) and column_of(node)]
    assert len(found) == len(asked)
    return [
        looked_up(node, column, function, [module])
        for node, function in zip(found, asked, strict=True)
        if (column := column_of(node)) is not None
    ]


def test_a_statement_built_at_import_is_judged_where_it_is_asked() -> None:
    assert is_looked_up_where_asked("found[tenant, key]") == [True]
    assert is_looked_up_where_asked("list(found)") == [False]


def test_by_every_function_that_asks_it() -> None:
    assert is_looked_up_where_asked("found[tenant, key]", "def all(): return session.execute(_ROWS).all()") == [
        True,
        False,
    ]


@pytest.mark.parametrize(("more", "name"), [("_MORE = _ROWS.limit(1)", "_ROWS"), ("", "ROWS")])
def test_one_that_others_may_ask_is_not_known(more: str, name: str) -> None:
    assert is_looked_up_where_asked("found[tenant, key]", more, name) == []


def test_what_is_named_as_no_hole_still_stands() -> None:
    assert NO_HOLES.keys() <= {(short(place.path), place.qualname, column) for place, _, _, column in filters()}
