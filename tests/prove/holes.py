"""Holes seeded one at a time with both walls off: a harness that never fails proves nothing."""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice, zip_longest
from types import CodeType, FrameType
from typing import Any

import psycopg

from msp.serve import roles
from tenants.rules import Permission
from tests.house.sources import PROJECT, short
from tests.prove import canaries, cases, catalogue, kept, matrix, mutants
from tests.prove.doors import DOORS
from tests.prove.ground import Ground
from tests.prove.judge import Caller, callers
from tests.prove.mutants import Place
from tests.prove.off import without_policies, without_scope
from tests.prove.seeds import IN_CODE, IN_SCHEMA, NO_HOLES

MANY, BAR = 100, 0.95
SEED = 7
FILTERS, OPENED = 45, 25
RANDOM_REQUESTS = 150
MOST_ROUTES = 20
TRACED = ("owner", "agent", "ben", "ACME client_admin", "ACME requester", "ACME team_lead")
FIRST = (
    "ben", "ora", "oda", "ACME requester", "ACME team_lead", "nobody",
    "ACME client_admin", "GLOBEX client_admin", "nemo",
)  # fmt: skip


class CaughtError(Exception):
    """The harness found something; whether it is right without the hole is asked then."""


@dataclass(slots=True)
class UntilCaught(matrix.Findings):
    """Stops at the first finding that is not known to be there without any hole."""

    known: set[str] = field(default_factory=set)

    def add(self, sentence: str) -> None:
        if sentence not in self.known:
            raise CaughtError(sentence)


@dataclass(frozen=True, slots=True)
class Hole:
    """Something taken away, and the routes that pass there."""

    name: str
    endpoints: frozenset[str]
    dig: Callable[[], AbstractContextManager[None]]
    place: Place


def run(ground: Ground, say: Callable[[str], None]) -> tuple[list[str], list[str]]:
    """Dig all the holes one by one. Answers (found, not found), each by name."""
    chance = random.Random(SEED)  # noqa: S311 - chance, no secret
    caught, missed = _in_schema(ground, IN_SCHEMA)
    with without_policies(*ground.databases), without_scope(), ground.open():
        holes = in_code(ground, chance)
        known: set[str] = set()
        for number, hole in enumerate(holes):
            say(f"{number} of {len(holes)}, {len(missed)} not found: {hole.name}")
            (caught if _found(ground, hole, known, chance) else missed).append(hole.name)
    return caught, missed


def run_sample(ground: Ground) -> tuple[list[str], list[str]]:
    """The same for those that are written down, each on the one route that is written beside it."""
    chance = random.Random(SEED)  # noqa: S311 - chance, no secret
    caught, missed = _in_schema(ground, IN_SCHEMA)
    with without_policies(*ground.databases), without_scope(), ground.open():
        for hole in _written():
            (caught if _found(ground, hole, set(), chance) else missed).append(hole.name)
    return caught, missed


def in_code(ground: Ground, chance: random.Random) -> list[Hole]:
    """Holes in what the matrix passes through: opened doors, dropped filters, dropped checks."""
    passed = _passed(ground)
    doors = [name for name, permissions in DOORS.items() if permissions and name in ground.app.view_functions]
    found = [
        Hole(
            f"{name} is open to {'all' if not to else 'everybody signed in'}",
            frozenset({name}),
            partial(_opened, ground, name, to),
            Place(PROJECT / "msp/guard.py", "_enter"),
        )
        for name in chance.sample(doors, OPENED)
        for to in [chance.choice(((), (Permission.OWN_PROFILE,)))]
        if DOORS[name] != to
    ]
    reached = [each for each in mutants.filters() if each[0] in passed and not _may_go(each[0], each[3])]
    for place, line, column, name in chance.sample(reached, min(FILTERS, len(reached))):
        said = f"{short(place.path)}:{line} {place.qualname} without {name}"
        found.append(Hole(said, passed[place], partial(mutants.unfiltered, place, line, column), place))
    return found + [
        replace(hole, endpoints=hole.endpoints | passed.get(hole.place, frozenset())) for hole in _written()
    ]


def _may_go(place: Place, filtered: str) -> bool:
    return (short(place.path), place.qualname, filtered) in NO_HOLES


def _written() -> list[Hole]:
    """The holes of the list, each with the route that is named beside it."""
    return [
        Hole(
            f"{path} {qualname}: {old.strip()[:60]}",
            frozenset({endpoint}),
            partial(mutants.rewritten, Place(PROJECT / path, qualname), old, new),
            Place(PROJECT / path, qualname),
        )
        for path, qualname, old, new, endpoint in IN_CODE
    ]


def _in_schema(ground: Ground, seeds: Sequence[str]) -> tuple[list[str], list[str]]:
    """Holes in the schema, which the catalogue's rules must name; the database undoes each."""
    caught: list[str] = []
    missed: list[str] = []
    with psycopg.connect(roles.libpq(ground.database.superuser_url)) as connection:
        for seed in seeds:
            with connection.transaction(force_rollback=True):
                connection.execute(seed.encode())
                (caught if list(catalogue.findings(connection)) else missed).append(seed)
    return caught, missed


def _found(ground: Ground, hole: Hole, known: set[str], chance: random.Random) -> bool:
    """Matrix, then random requests, on the routes the hole touches. What is wrong without it becomes known."""
    endpoints = _spread(hole.endpoints, chance)
    seed = chance.randrange(10**6)
    everybody = sorted(callers(ground.world), key=_turn)
    for caller in everybody:
        while (sentence := _first(ground, hole, caller, endpoints, known)) is not None:
            whole = matrix.Findings()
            matrix.run(ground, caller, whole, endpoints, brief=True)
            if sentence not in whole.wrong:
                return True
            known.update(whole.wrong)
    with hole.dig():
        findings = canaries.run(ground, RANDOM_REQUESTS, seed, lambda _said: None, endpoints)
    if not findings.wrong:
        return False
    whole = canaries.run(ground, RANDOM_REQUESTS, seed, lambda _said: None, endpoints)
    return bool(set(findings.wrong) - set(whole.wrong))


def _first(ground: Ground, hole: Hole, caller: Caller, endpoints: Sequence[str], known: set[str]) -> str | None:
    """What this caller finds first with the hole dug, the ids that mean something asked for."""
    try:
        with hole.dig():
            matrix.run(ground, caller, UntilCaught(known=known), endpoints, brief=True)
    except CaughtError as caught:
        return str(caught)
    return None


def _spread(endpoints: Collection[str], chance: random.Random) -> list[str]:
    """So many of the routes at most, taken in turn from those that open to the same people."""
    alike: dict[tuple[Permission, ...], list[str]] = defaultdict(list)
    for endpoint in sorted(endpoints):
        alike[DOORS.get(endpoint, ())].append(endpoint)
    groups = [chance.sample(group, len(group)) for _, group in sorted(alike.items())]
    in_turn = (endpoint for turn in zip_longest(*groups) for endpoint in turn if endpoint is not None)
    return list(islice(in_turn, MOST_ROUTES))


def _turn(caller: Caller) -> int:
    """Those first who are most often told too much."""
    return FIRST.index(caller.name) if caller.name in FIRST else len(FIRST)


def _passed(ground: Ground) -> dict[Place, frozenset[str]]:
    """What of ours runs or is asked for which routes, seen while some people ask for what is theirs."""
    codes: dict[CodeType, set[str]] = defaultdict(set)
    for caller in callers(ground.world):
        if caller.name not in TRACED:
            continue
        for case in cases.cases(ground.app, ground.world, cases.home_of(caller)):
            if case.kind in (cases.FINE, cases.FOREIGN):
                kept.forget()
                with _watching(codes, case.rule):
                    cases.ask(ground, caller, case)
    places: dict[Place, frozenset[str]] = {}
    for code, endpoints in codes.items():
        for place in mutants.of_code(code):
            places[place] = places.get(place, frozenset()) | frozenset(endpoints)
    return places


@contextmanager
def _watching(codes: dict[CodeType, set[str]], endpoint: str) -> Iterator[None]:
    def note(frame: FrameType, _event: str, _argument: Any) -> None:
        codes[frame.f_code].add(endpoint)  # that a call begins; what happens in it is not followed

    sys.settrace(note)
    try:
        yield
    finally:
        sys.settrace(None)


@contextmanager
def _opened(ground: Ground, endpoint: str, to: tuple[Permission, ...]) -> Iterator[None]:
    view: Any = ground.app.view_functions[endpoint]
    before = view.__permissions__
    view.__permissions__ = to
    try:
        yield
    finally:
        view.__permissions__ = before
