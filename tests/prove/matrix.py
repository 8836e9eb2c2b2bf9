"""Every route, method, role and kind of id: who gets in, and that a thing of another company looks absent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from msp.guard import permissions_of
from tenants.rules import CLIENT_ROLES, DESK_ROLES, MAY, Permission, Role
from tests.prove.world import OWN, SIBLING, World

ABSENT = 987_654_321
FINE = "own"
FOREIGN = "other"
NOTHING = ("absent", "no such client", "malformed")
Aside = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody at the door: whom the matrix signs in and which companies he may see."""

    name: str
    email: str | None
    role: Role | None
    sees: frozenset[str] = frozenset()
    own_only: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One request: the address for each kind of id, and what it is called."""

    method: str
    rule: str
    kind: str
    path: str


@dataclass(slots=True)
class Findings:
    """How many answers were looked at and which were wrong."""

    asked: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, caller: Caller, case: Case, sentence: str) -> None:
        self.wrong.append(f"{caller.name}: {case.method} {case.path} ({case.kind}): {sentence}")


def callers(world: World) -> Iterator[Caller]:
    """Nobody, each role of the desk, the two whose list is short, and each role of both companies."""
    both = frozenset({"ACME", "GLOBEX", "DESK"})
    yield Caller("nobody", None, None)
    for role in DESK_ROLES:
        yield Caller(role, world.cast.emails[role], role, both)
    yield Caller("ben", world.cast.emails["ben"], Role.AGENT, frozenset({"GLOBEX", "DESK"}))
    yield Caller("nemo", world.cast.emails["nemo"], Role.AGENT, frozenset({"DESK"}))
    for company in (world.cast.acme, world.cast.globex):
        for role in CLIENT_ROLES:
            own_only = role in (Role.REQUESTER, Role.TEAM_LEAD)
            yield Caller(f"{company.key} {role}", company.emails[role], role, frozenset({company.key}), own_only)


def cases(app: Flask, world: World, home: str) -> Iterator[Case]:
    """Every route with ids of the company `home`, of its sibling, of the other company, and of nothing."""
    away = "GLOBEX" if home == "ACME" else "ACME"
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for kind, path in _addresses(app, rule, world, home, away):
                yield Case(method, rule.endpoint, kind, path)


def _addresses(app: Flask, rule: Rule, world: World, home: str, away: str) -> Iterator[tuple[str, str]]:
    own = {name: str(_value(world, rule, name, home)) for name in rule.arguments}
    yield FINE, _path(rule, own)
    for name in sorted(rule.arguments):
        if name == "key":
            yield "sibling", _path(rule, own | {name: f"{home}-{SIBLING}"})
            yield FOREIGN, _path(rule, own | {name: f"{away}-{OWN}"})
            yield "absent", _path(rule, own | {name: f"{home}-{ABSENT}"})
            yield "no such client", _path(rule, own | {name: f"NOSUCH-{OWN}"})
            yield "malformed", _path(rule, own | {name: "acme-x"})
        elif name == "tenant":
            yield FOREIGN, _path(rule, own | {name: away})
            yield "no such client", _path(rule, own | {name: "NOSUCH"})
            yield "malformed", _path(rule, own | {name: "a"})
        elif name.endswith("_id") or name == "number":
            yield "absent", _path(rule, own | {name: str(ABSENT)})
            yield "malformed", _path(rule, own | {name: "x"})


def _path(rule: Rule, values: dict[str, str]) -> str:
    """The address with these values as they are, also those that no converter would let through."""
    path = ""
    for dynamic, part in rule._trace:
        path += values[part] if dynamic else part
    return path.lstrip("|")


def _value(world: World, rule: Rule, name: str, home: str) -> object:
    """What stands in the world under an argument's name. A name it does not know is a gap in the proof."""
    furniture = world.acme if home == "ACME" else world.globex
    known: dict[str, object] = {
        "key": f"{home}-{OWN}",
        "tenant": home,
        "number": OWN,
        "token": "no-such-token",
        **world.desk.ids,
        **furniture.ids,
        **SPECIAL.get(rule.endpoint, {}),
    }
    if name not in known:
        raise LookupError(f"The proof's world has no {name} for {rule.endpoint}.")
    return known[name]


SPECIAL: dict[str, dict[str, object]] = {
    "ticket_fields.form": {"what": "priority"},
    "ticket_fields.keep": {"what": "priority"},
}


def run(app: Flask, world: World, caller: Caller, client: FlaskClient, aside: Aside, findings: Findings) -> None:
    """Ask everything as one caller. `aside` undoes what a request did."""
    home = "GLOBEX" if "GLOBEX" in caller.sees and "ACME" not in caller.sees else "ACME"
    nothing: dict[tuple[str, str], bytes] = {}
    carried = client.get_cookie("msp")
    for case in sorted(cases(app, world, home), key=lambda case: case.kind not in NOTHING):
        if carried is not None:
            client.set_cookie("msp", carried.value)
        with aside():
            answer = client.open(case.path, method=case.method)
        findings.asked += 1
        wrong = _judge(app, caller, case, answer, home)
        if wrong:
            findings.add(caller, case, wrong)
        body = _identity(answer)
        if case.kind in NOTHING:
            nothing.setdefault((case.method, case.rule), body)
        if case.kind == FOREIGN and answer.status_code == 404 and nothing.get((case.method, case.rule), body) != body:
            findings.add(caller, case, "another company's thing does not answer as an absent one")


def _judge(app: Flask, caller: Caller, case: Case, answer: TestResponse, home: str) -> str | None:
    """What is wrong with an answer, or None."""
    wanted = permissions_of(app.view_functions[case.rule]) or ()
    status = answer.status_code
    if status >= 500 and status != 503:
        return f"{status}: a fault"
    if not wanted or (case.kind == "malformed" and status == 404):
        return None
    if caller.role is None:
        right = status in (302, 401) and (status == 401 or "/sign-in" in answer.headers["Location"])
        return None if right else f"{status}, but nobody is signed in"
    if not any(permission in MAY[caller.role] for permission in wanted):
        return None if status == 403 else f"{status}, but the role does not include {_said(wanted)}"
    away = "GLOBEX" if home == "ACME" else "ACME"
    hidden = (
        case.kind in NOTHING
        or (case.kind == FOREIGN and away not in caller.sees)
        or (case.kind != FOREIGN and home not in caller.sees and ("key" in _names(case) or "tenant" in _names(case)))
        or (case.kind == "sibling" and caller.own_only)
    )
    if hidden:
        return None if status == 404 else f"{status}, but this must look absent"
    return f"{status}, but this is his" if status in (401, 403, 404, 405) else None


def _names(case: Case) -> frozenset[str]:
    found = set()
    if "-" in case.path and any(key in case.path for key in ("ACME-", "GLOBEX-")):
        found.add("key")
    if any(f"/{key}" in case.path for key in ("ACME", "GLOBEX")):
        found.add("tenant")
    return frozenset(found)


def _identity(answer: TestResponse) -> bytes:
    """What an answer is, byte for byte, but for its date, its own number and the cookie's stamp."""
    if answer.mimetype == "text/event-stream":
        answer.close()
        return b"a stream"
    own = {"Date", "X-Request-Id", "Set-Cookie"}
    head = "\n".join(f"{name}: {value}" for name, value in sorted(answer.headers) if name not in own)
    return f"{answer.status_code}\n{head}\n".encode() + answer.get_data()


def _said(wanted: tuple[Permission, ...]) -> str:
    return " or ".join(wanted)
