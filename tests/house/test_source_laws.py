"""What every file of the house keeps to."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from msp.jobs import JOBS
from msp.queue import QUEUES, queue_of
from msp.timetable import SCHEDULES
from tests.house.sources import PROJECT, calls, modules, short, tree

BEHIND_THE_SCOPE = {"tenants/rows.py", "tenants/kept.py", "tenants/work.py", "tenants/isolation.py"}
LONGEST = 300


def test_commit_stands_in_one_file() -> None:
    assert {short(path) for path in modules() for name, _ in calls(path) if name == "commit"} == {"tenants/db.py"}


def test_what_the_scope_cannot_see_stands_in_the_named_modules() -> None:
    """text(), __table__, from_statement and Core inserts pass the first wall.

    Tables may say the condition of a partial index as text: it is part of the schema and reads nothing.
    """
    found = []
    for path in modules("msp", "tenants", "billing", "sla"):
        if short(path) in BEHIND_THE_SCOPE:
            continue
        banned = {"insert", "exec_driver_sql"} | (set() if _holds_tables(path) else {"text"})
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and node.attr in {"__table__", "from_statement", "exec_driver_sql"}:
                found.append(f"{short(path)}:{node.lineno} {node.attr}")
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
                found += [f"{short(path)}: {alias.name}" for alias in node.names if alias.name in banned]
    assert found == []


def _holds_tables(path: Path) -> bool:
    return "models" in path.parts[-2:] or path.name in {"models.py", "audit.py"} or path.parent.name == "models"


def test_money_and_promises_know_no_float() -> None:
    found = []
    for path in modules("billing", "sla"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                found.append(f"{short(path)}:{node.lineno}")
        found += [f"{short(path)}:{call.lineno} {name}" for name, call in calls(path) if name in {"float", "round"}]
    assert found == []


@pytest.mark.parametrize("package", ["msp", "tenants", "billing", "sla", "migrations"])
def test_no_module_is_too_long(package: str) -> None:
    long = {short(path): n for path in modules(package) if (n := len(path.read_text().splitlines())) > LONGEST}
    assert long == {}


def test_every_kind_of_work_is_done_by_exactly_one_job() -> None:
    """A kind is written where it is left: as the second argument of later(), or on a schedule."""
    left = {schedule.kind for schedule in SCHEDULES}
    for path in modules("msp", "tenants", "billing", "sla"):
        for name, call in calls(path):
            if name in {"later", "later_many"}:
                kind = call.args[1]
                if isinstance(kind, ast.Constant):
                    left.add(str(kind.value))
    assert left == set(JOBS)
    assert {queue_of(kind) for kind in JOBS} <= set(QUEUES)


def test_nobody_takes_the_gates_part_outside_the_house_of_people_and_the_doors() -> None:
    """Acting as the gate reads hashes and addresses; only who lets people in may."""
    allowed = {
        "tenants",
        "msp/guard.py",
        "msp/api",
        "msp/web",
        "msp/jobs",
        "msp/intake",
        "msp/outbox",
        "msp/commands",
        "msp/seed",
    }
    found = {
        short(path)
        for path in modules("msp", "tenants", "billing", "sla")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Name) and node.id == "GATE"
    }
    assert {name for name in found if not any(name.startswith(place) for place in allowed)} == set()


def test_no_word_of_unfinished_work() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "X" + "XX", "raise NotImplemented" + "Error")
    files = [*modules(), *(PROJECT / "tests").rglob("*.py"), *(PROJECT / "msp/web/templates").rglob("*.html")]
    assert [short(path) for path in files for mark in marks if mark in path.read_text(encoding="utf-8")] == []
