"""Routes x methods x roles x kinds of id: no wrong answer; and small samples of the other proofs of the walls."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from flask import Flask

from msp.serve import roles
from tenants.rules import CLIENT_ROLES
from tests.prove import audit, canaries, cases, catalogue, commands, doors, holes, matrix, statements, turns
from tests.prove.apart import with_twins
from tests.prove.ground import Ground, standing
from tests.prove.judge import callers
from tests.prove.marked import COMPANIES
from tests.prove.off import without_policies, without_scope
from tests.services import Servers, TestRun

CALLERS = (
    "nobody", "agent", "lead", "owner", "biller", "auditor", "ben", "ora", "oda", "nemo",
    *(f"{company} {role}" for company in COMPANIES for role in CLIENT_ROLES),
)  # fmt: skip
SEED = 1


@pytest.fixture(scope="module")
def ground(run: TestRun, servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The world on a database of its own, made once a worker."""
    with standing(servers, f"proof_{run.number}", 48 + run.number % 16, tmp_path_factory.mktemp("proof")) as made:
        yield made


def ask(ground: Ground, name: str, endpoints: frozenset[str]) -> None:
    """One caller asks these routes; all callers ask all of them at full size."""
    caller = next(each for each in callers(ground.world) if each.name == name)
    findings = matrix.Findings()
    with ground.open():
        matrix.run(ground, caller, findings, endpoints, brief=True)
    assert findings.wrong == []
    assert findings.asked >= len(endpoints) > 10


def hush(_said: str) -> None:
    """Samples need not say how far they are."""


def test_every_route_says_what_is_written_down_for_it(app: Flask) -> None:
    assert list(doors.unlike(app)) == []


def test_every_command_works_as_is_written_down_for_it() -> None:
    assert list(commands.unlike()) == []


def test_the_proof_can_ask_every_route(ground: Ground) -> None:
    assert list(cases.gaps(ground.app, ground.world)) == []


@pytest.mark.parametrize("name", CALLERS)
def test_every_answer_is_right(ground: Ground, name: str) -> None:
    everybody = list(callers(ground.world))
    caller = next(each for each in everybody if each.name == name)
    ask(ground, name, turns.turn_of(ground.app, everybody, caller))


def test_the_matrix_asks_as_everybody(ground: Ground) -> None:
    assert tuple(each.name for each in callers(ground.world)) == CALLERS


def test_no_random_request_tells_anothers_words(ground: Ground) -> None:
    with ground.open():
        assert canaries.run(ground, 300, SEED, hush).wrong == []


def test_no_statement_brings_or_changes_anothers_rows(ground: Ground) -> None:
    tried = statements.run(ground, 400, SEED, hush)
    assert tried.wrong == []
    assert tried.answered > 100
    assert tried.changed > 10


def test_the_catalogue_keeps_the_rules(ground: Ground) -> None:
    with psycopg.connect(roles.libpq(ground.database.superuser_url)) as connection:
        assert list(catalogue.findings(connection)) == []


@pytest.mark.parametrize(("name", "part"), [("ben", 0), ("ACME requester", 1)])
def test_row_security_is_enough_alone(ground: Ground, name: str, part: int) -> None:
    with without_scope():
        ask(ground, name, turns.part_of(ground.app, 3, part))


@pytest.mark.parametrize(("name", "part"), [("ben", 1), ("ACME requester", 2)])
def test_the_scope_is_enough_alone(ground: Ground, name: str, part: int) -> None:
    with without_policies(ground.database):
        ask(ground, name, turns.part_of(ground.app, 3, part))


def test_the_proof_finds_holes(ground: Ground) -> None:
    caught, missed = holes.run_sample(ground)
    assert missed == []
    assert len(caught) > 30


@pytest.mark.parametrize("name", ["ben", "ACME client_admin"])
def test_no_answer_hangs_on_another_company(ground: Ground, run: TestRun, servers: Servers, name: str) -> None:
    with with_twins(servers, ground, f"proof_{run.number}", 48 + run.number % 16):
        ask(ground, name, turns.part_of(ground.app, 6, 2))


def test_a_changed_act_is_named(ground: Ground) -> None:
    tried, unnamed = audit.changes(ground, acts=2)
    assert tried == 2 * len(audit.CHANGES)
    assert unnamed == []
