"""Every route, method, role and kind of id: who gets in, and that a thing of another company looks absent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from flask import Flask
from werkzeug.routing import Rule

from msp.guard import UNSAFE
from msp.timetable import SCHEDULES
from tenants.rules import MAY, Permission, Role
from tests.prove.doors import opens
from tests.prove.ground import Answer, Ground
from tests.prove.judge import Caller, callers, faults
from tests.prove.world import OWN, SIBLING, Furniture, World

ABSENT = 987_654_321
TOO_LARGE = 10**20
FINE, SIBLINGS, BESIDE, FOREIGN = "own", "sibling", "of the sibling", "other"
NOTHING = ("absent", "no such client")
SHAPELESS = ("wrong type", "too large", "malformed")
MEANT = frozenset({FINE, SIBLINGS, BESIDE, FOREIGN, "absent"})
UNDER_A_TICKET = frozenset({"message_id", "file_id"})
VARYING = frozenset({"Date", "X-Request-Id", "Set-Cookie"})


@dataclass(frozen=True, slots=True)
class Case:
    """One request: the address for each kind of id, and which route it means."""

    method: str
    rule: str
    kind: str
    path: str
    in_company: bool


@dataclass(slots=True)
class Findings:
    """How many answers were looked at, how many of them to unsafe requests, and which were wrong."""

    asked: int = 0
    unsafe: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, sentence: str) -> None:
        self.wrong.append(sentence)


def home_of(caller: Caller) -> str:
    """The company whose rooms are this caller's own."""
    return "GLOBEX" if "GLOBEX" in caller.sees and "ACME" not in caller.sees else "ACME"


def cases(app: Flask, world: World, home: str, endpoints: Collection[str] = ()) -> Iterator[Case]:
    """Every route with ids of the company `home`, of its sibling, of the other company, and of nothing."""
    away = "GLOBEX" if home == "ACME" else "ACME"
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" or (endpoints and rule.endpoint not in endpoints):
            continue
        in_company = bool(rule.arguments & {"key", "tenant"})
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for kind, path in _addresses(rule, world, home, away):
                yield Case(method, rule.endpoint, kind, path, in_company)


def _addresses(rule: Rule, world: World, home: str, away: str) -> Iterator[tuple[str, str]]:
    own = {name: str(value_of(world, rule, name, home)) for name in rule.arguments}
    yield FINE, path_of(rule, own)
    for name in sorted(rule.arguments):
        for kind, value in _kinds(rule, world, name, home, away):
            yield kind, path_of(rule, own | {name: value})


def _kinds(rule: Rule, world: World, name: str, home: str, away: str) -> Iterator[tuple[str, str]]:
    if name == "key":
        yield BESIDE if rule.arguments & UNDER_A_TICKET else SIBLINGS, f"{home}-{SIBLING}"
        yield FOREIGN, f"{away}-{OWN}"
        yield "absent", f"{home}-{ABSENT}"
        yield "no such client", f"NOSUCH-{OWN}"
        yield "wrong type", "12"
        yield "malformed", "acme-x"
    elif name == "tenant":
        yield FOREIGN, away
        yield "no such client", "NOSUCH"
        yield "wrong type", "12"
        yield "malformed", "a"
    elif name.endswith("_id") or name == "number":
        if name == "number":
            yield SIBLINGS, str(SIBLING)
        if name in UNDER_A_TICKET:
            yield BESIDE, str(_furniture(world, home).beside[ALIASES.get((rule.endpoint, name), name)])
        yield "absent", str(ABSENT)
        yield "too large", str(TOO_LARGE)
        yield "wrong type", "x"
        yield "malformed", "%00"


def path_of(rule: Rule, values: dict[str, str]) -> str:
    """The address with these values as they are, also those that no converter would let through."""
    path = ""
    for dynamic, part in rule._trace:
        path += values[part] if dynamic else part
    return path.lstrip("|")


def value_of(world: World, rule: Rule, name: str, home: str) -> object:
    """What stands in the world under an argument's name. A name it does not know is a gap in the proof."""
    known: dict[str, object] = {
        "key": f"{home}-{OWN}",
        "tenant": home,
        "number": OWN,
        "token": "no-such-token",
        "login_id": world.cast.staff[Role.AGENT],
        **world.desk.ids,
        **_furniture(world, home).ids,
        **SPECIAL.get(rule.endpoint, {}),
    }
    name = ALIASES.get((rule.endpoint, name), name)
    if name not in known:
        raise LookupError(f"The proof's world has no {name} for {rule.endpoint}.")
    return known[name]


SPECIAL: dict[str, dict[str, object]] = {
    "ticket_fields.form": {"what": "priority"},
    "ticket_fields.keep": {"what": "priority"},
    "work_types.edit": {"code": "remote"},
    "work_types.keep": {"code": "remote"},
    "work.run": {"name": SCHEDULES[0].name},
}
ALIASES = {("attachments.formatted", "message_id"): "mail_id"}
"""Of two ids that an address calls alike, the one that this route is about."""


def _furniture(world: World, key: str) -> Furniture:
    return world.acme if key == "ACME" else world.globex


def run(
    ground: Ground, caller: Caller, findings: Findings, endpoints: Collection[str] = (), brief: bool = False
) -> None:
    """Ask everything as one caller, or what is behind some endpoints only.

    `brief` leaves out ids without a shape, and asks once only where the role shuts a route whatever is asked of it.
    """
    app, home = ground.app, home_of(caller)
    nothing: dict[tuple[str, str], bytes] = {}
    wanted = sorted(cases(app, ground.world, home, endpoints), key=lambda case: case.kind not in NOTHING)
    for case in wanted:
        permissions = opens(app, case.rule)
        if brief and case.kind not in (MEANT if _may(caller, permissions) else (FINE,)):
            continue
        answer = ground.ask(caller.email, case.method, case.path)
        findings.asked += 1
        findings.unsafe += case.method in UNSAFE
        asked = f"{caller.name}: {case.method} {case.path} ({case.kind})"
        for sentence in (
            *faults(ground, caller, case.method, answer),
            *_judge(caller, case, permissions, answer, home),
        ):
            findings.add(f"{asked}: {sentence}")
        body = _identity(answer)
        if case.kind in NOTHING:
            nothing.setdefault((case.method, case.rule), body)
        if case.kind == FOREIGN and answer.status == 404 and nothing.get((case.method, case.rule), body) != body:
            findings.add(f"{asked}: another company's thing does not answer as an absent one")


def everybody(ground: Ground, say: Callable[[str], None], endpoints: Collection[str] = ()) -> Findings:
    """The whole matrix."""
    findings = Findings()
    for caller in callers(ground.world):
        say(f"{caller.name}: {findings.asked:,} answers looked at")
        run(ground, caller, findings, endpoints)
    return findings


def _may(caller: Caller, wanted: tuple[Permission, ...]) -> bool:
    return not wanted or (caller.role is not None and any(permission in MAY[caller.role] for permission in wanted))


def _judge(caller: Caller, case: Case, wanted: tuple[Permission, ...], answer: Answer, home: str) -> Iterator[str]:
    """What is wrong with who was let in. The written table decides, not what the routes say of themselves."""
    status = answer.status
    if not wanted or (case.kind in SHAPELESS and status in (404, 405)):
        return
    if caller.role is None:
        if not (status == 401 or (status == 302 and "/sign-in" in answer.headers["Location"])):
            yield f"{status}, but nobody is signed in"
    elif not any(permission in MAY[caller.role] for permission in wanted):
        if status != 403:
            yield f"{status}, but the role does not include {' or '.join(wanted)}"
    elif _hidden(caller, case, home):
        if status != 404:
            yield f"{status}, but this must look absent"
    elif status in (401, 403, 404, 405):
        yield f"{status}, but this is his"


def _hidden(caller: Caller, case: Case, home: str) -> bool:
    away = "GLOBEX" if home == "ACME" else "ACME"
    return (
        case.kind in NOTHING
        or case.kind == BESIDE
        or (case.kind == FOREIGN and away not in caller.sees)
        or (case.kind != FOREIGN and case.in_company and home not in caller.sees)
        or (case.kind == SIBLINGS and caller.own_only)
    )


def _identity(answer: Answer) -> bytes:
    """What an answer is, byte for byte, but for its date, its own number and the cookie's stamp."""
    head = "\n".join(f"{name}: {value}" for name, value in sorted(answer.headers) if name not in VARYING)
    return f"{answer.status}\n{head}\n".encode() + answer.body
