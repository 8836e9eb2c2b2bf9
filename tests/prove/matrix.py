"""Every route, method, role and kind of id: who gets in, and that a thing of another company looks absent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from msp.guard import UNSAFE
from msp.timetable import SCHEDULES
from msp.web.ticket_fields import EDITS
from tenants.rules import MAY, Permission, Role
from tests.prove import filled
from tests.prove.apart import ABOUT_OTHERS, OF_THE_MACHINE, unlike
from tests.prove.doors import opens
from tests.prove.filled import Form
from tests.prove.ground import Answer, Ground
from tests.prove.judge import Caller, callers, faults
from tests.prove.world import COMPANIES, FRESH, INSIDE, OWN, SIBLING, THIRD, Furniture, World, canary

ABSENT = 987_654_321
TOO_LARGE = 10**20
FINE, SIBLINGS, BESIDE, FOREIGN, MISFIT = "own", "sibling", "of the sibling", "other", "own, but misfit"
NOTHING = ("absent", "no such client")
SHAPELESS = ("wrong type", "too large", "malformed")
MEANT = frozenset({FINE, SIBLINGS, BESIDE, FOREIGN, MISFIT, *NOTHING})
UNDER_A_TICKET = frozenset({"message_id", "file_id"})
OF_ONE_SERIES = frozenset({"document"})
"""What one series numbers for all companies: each has others, so they go with the company in the address."""
VARYING = frozenset({"Date", "X-Request-Id", "Set-Cookie"})


@dataclass(frozen=True, slots=True)
class Case:
    """One request: the address for each kind of id, and which route it means; `home` is the company it is about."""

    method: str
    rule: str
    kind: str
    path: str
    in_company: bool
    home: str
    form: Form = field(default_factory=dict)


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
    """Every route with ids of the company `home`, of its sibling, of the other company, and of nothing.

    An unsafe route is asked with each of its forms, and with those that name another client than the address does.
    """
    away = _other(home)
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" or (endpoints and rule.endpoint not in endpoints):
            continue
        in_company = bool(rule.arguments & {"key", "tenant"})
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for kind, path, what in _addresses(rule, world, home, away):
                forms = known_forms(rule.endpoint, what) if method in UNSAFE else filled.queries_of(rule.endpoint)
                for form in forms if kind == FINE else forms[:1]:
                    named = in_company or filled.names_client(form)
                    about = away if kind == FOREIGN else home
                    yield Case(method, rule.endpoint, kind, path, named, about, form)
                    if kind == FINE and form is forms[0] and method in UNSAFE:
                        for misfit in filled.MISFITS.get(rule.endpoint, ()):
                            yield Case(method, rule.endpoint, MISFIT, path, named, home, misfit)
                    if named and not in_company and kind == FINE:
                        yield Case(method, rule.endpoint, FOREIGN, path, named, away, form)
                        if rule.endpoint not in filled.OF_ALL_CLIENTS:
                            yield Case(method, rule.endpoint, "no such client", path, named, "NOSUCH", form)


def gaps(app: Flask, world: World) -> Iterator[str]:
    """What the proof cannot ask yet, each with what must be added and where; the cases leave it out."""
    for rule in app.url_map.iter_rules():
        for name in sorted(rule.arguments - {"filename"}):
            try:
                value_of(world, rule, name, COMPANIES[0])
            except LookupError as gap:
                yield str(gap)
        whats = OTHERWISE.get(rule.endpoint, {}).get("what", ("",))
        for what in whats if (rule.methods or set()) & UNSAFE else ():
            try:
                filled.forms_of(rule.endpoint, what)
            except LookupError as gap:
                yield str(gap)


def known_forms(endpoint: str, what: str) -> tuple[Form, ...]:
    """The forms of a route, an empty one where nobody has written them down."""
    try:
        return filled.forms_of(endpoint, what)
    except LookupError:
        return ({},)


def _addresses(rule: Rule, world: World, home: str, away: str) -> Iterator[tuple[str, str, str]]:
    """(kind of id, address, which of its forms) of a route."""
    try:
        own = {name: str(value_of(world, rule, name, home)) for name in rule.arguments}
    except LookupError:
        return
    what = own.get("what", "")
    yield FINE, path_of(rule, own), what
    for name, others in OTHERWISE.get(rule.endpoint, {}).items():
        for other in others:
            yield FINE, path_of(rule, own | {name: other.format(home=home)}), other
    for name in sorted(rule.arguments):
        for kind, value in _kinds(rule, world, name, home, away):
            company = away if name == "tenant" and kind == FOREIGN else home
            with_it = {each: str(value_of(world, rule, each, company)) for each in rule.arguments & OF_ONE_SERIES}
            yield kind, path_of(rule, own | with_it | {name: value}), what


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
    elif name in OF_ONE_SERIES:
        yield BESIDE, str(value_of(world, rule, name, away))
        yield "absent", str(ABSENT)
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
    known = words_of(world, home) | SPECIAL.get(rule.endpoint, {})
    name = ALIASES.get((rule.endpoint, name), name)
    if name not in known:
        raise LookupError(
            f"The proof's world has no {name} for {rule.endpoint}: put one into the ids of tests/prove/world.py."
        )
    return known[name]


def words_of(world: World, home: str) -> dict[str, object]:
    """What addresses and forms are filled with, by name."""
    return {
        "home": home,
        "own": home,
        "away": _other(home),
        "away_domain": f"{_other(home).lower()}.example",
        "key": f"{home}-{OWN}",
        "tenant": home,
        "number": OWN,
        "third": THIRD,
        "token": "no-such-token",
        "login_id": world.cast.staff[Role.AGENT],
        **world.desk.ids,
        **_furniture(world, home).ids,
    }


def ask(ground: Ground, caller: Caller, case: Case, of: Ground | None = None) -> Answer:
    """Ask as the caller would, with the form filled in; `of` names a twin that is asked in the ground's place."""
    given = filled_in(ground.world, case.form, case.home, caller)
    return (of or ground).ask(caller.email, case.method, case.path, **given)


def filled_in(world: World, form: Form, home: str, caller: Caller) -> dict[str, Any]:
    """A form as this caller sends it, with the ids and words of the company `home`."""
    if not form:
        return {}
    words = words_of(world, home) | {"email": caller.email or "nobody@nowhere.example"}
    if "{send_token}" in form.values():
        words["send_token"] = filled.sealed(world, home, caller.login_id)
    return filled.given(form, words)


SPECIAL: dict[str, dict[str, object]] = {
    "api.show_month": {"month": "2026-05"},
    "api_page.nothing": {"rest": "nothing/at/all"},
    "ticket_fields.form": {"what": "priority"},
    "ticket_fields.keep": {"what": "priority"},
    "exports.download": {"layout": "csv"},
    "work.run": {"name": SCHEDULES[0].name},
    "work_types.edit": {"code": "remote"},
    "work_types.keep": {"code": "remote"},
}
OTHERWISE: dict[str, dict[str, tuple[str, ...]]] = {
    "api.show_month": {"month": ("2026-04",)},
    "api.show_ticket": {"key": (f"{{home}}-{FRESH}",)},
    "portal_tickets.show": {"number": (f"{FRESH}",)},
    "ticket_fields.form": {"what": tuple(sorted(EDITS.keys() - {"priority"}))},
    "ticket_fields.keep": {"what": tuple(sorted(EDITS.keys() - {"priority"}))},
    "work.run": {"name": tuple(schedule.name for schedule in SCHEDULES[1:])},
}
"""What else an argument may be that is no id, or a ticket of its own kind: each is asked for once."""

TELLS = {
    ("my_time.week", "ben"): canary("GLOBEX", "clientadmin"),
}
"""Words by (route, caller): Ben answered the second ticket and logged time on the first one only."""

ALIASES = {
    ("pack_charges.decide", "pack_id"): "billed_id",
    ("surge.end", "pack_id"): "bought_id",
    ("answers.undo", "message_id"): "fresh_id",
    ("attachments.formatted", "message_id"): "mail_id",
    ("client_sla.answer", "dispute_id"): "contest_id",
    ("contacts.keep", "contact_id"): "colleague_id",
    ("contacts.keep_led", "contact_id"): "lead_id",
    ("portal_sla.withdraw", "dispute_id"): "contest_id",
    ("sales.issue", "draft_id"): "sale_id",
}
"""Of two ids that an address calls alike, the one that this route is about."""


def _other(home: str) -> str:
    return "GLOBEX" if home == "ACME" else "ACME"


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
        if brief and case.kind not in (MEANT if may(caller, permissions) else (FINE,)):
            continue
        answer = ask(ground, caller, case)
        findings.asked += 1
        findings.unsafe += case.method in UNSAFE
        asked = f"{caller.name}: {case.method} {case.path} ({case.kind}{_with(case)})"
        for sentence in (
            *faults(ground, caller, case.method, answer),
            *_judge(caller, case, permissions, answer, home),
            *_apart(ground, caller, case, answer),
            *_astray(ground, case, answer),
            *_untold(caller, case, answer),
        ):
            findings.add(f"{asked}: {sentence}")
        body = _identity(answer)
        if case.kind in NOTHING:
            nothing.setdefault((case.method, case.rule), body)
        if case.kind == FOREIGN and answer.status == 404 and nothing.get((case.method, case.rule), body) != body:
            findings.add(f"{asked}: another company's thing does not answer as an absent one")


def everybody(ground: Ground, say: Callable[[str], None], endpoints: Collection[str] = ()) -> Findings:
    """The whole matrix, and what is missing of it."""
    findings = Findings(wrong=list(gaps(ground.app, ground.world)))
    for caller in callers(ground.world):
        say(f"{caller.name}: {findings.asked:,} answers looked at")
        run(ground, caller, findings, endpoints)
    return findings


def may(caller: Caller, wanted: tuple[Permission, ...]) -> bool:
    """Whether a role opens a door."""
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
    elif home not in caller.sees and "{own}" in case.form.values():
        return  # named beside the address, which alone is weighed
    elif _hidden(caller, case, home):
        if status != 404:
            yield f"{status}, but this must look absent"
    elif status in (401, 403, 404, 405):
        yield f"{status}, but this is his"
    elif case.kind == MISFIT:
        if status < 400:
            yield f"{status}, but what is another company's does not belong here"
    elif status >= 400 and case.kind == FINE and case.form:
        yield f"{status}: what tests/prove/filled.py writes into this form does not fit"


def _apart(ground: Ground, caller: Caller, case: Case, answer: Answer) -> Iterator[str]:
    """What a company's people are told, and anybody of one company, is the same when the other is not there."""
    inside = case.in_company and case.home in caller.sees
    away = _other(case.home if inside else home_of(caller))
    if (away in caller.sees and not inside) or away not in ground.twins or case.rule in OF_THE_MACHINE:
        return
    if case.kind == MISFIT or (away in caller.sees and case.rule in ABOUT_OTHERS):
        return
    both, twin = away in caller.sees, ground.twins[away]
    told = unlike(answer, ask(ground, caller, case, twin), both)
    if told and (told := unlike(ask(ground, caller, case), ask(ground, caller, case, twin), both)):
        yield f"hangs on what {away} has: {told}"


def _astray(ground: Ground, case: Case, answer: Answer) -> Iterator[str]:
    """What an act on one company changed of the other, and words of one ticket on another's page, whoever asks."""
    if case.in_company and case.home in COMPANIES:
        away = ground.id_of(_other(case.home))
        if f"-{OWN}/" in f"{case.path}/" and canary(case.home, INSIDE[Role.CLIENT_ADMIN]).encode() in answer.body:
            yield "told what was written on another ticket"
        yield from (f"changed {table} of {_other(case.home)}" for table, of in sorted(answer.touched) if of == away)


def _untold(caller: Caller, case: Case, answer: Answer) -> Iterator[str]:
    """What a page is there to tell this caller, and does not."""
    words = TELLS.get((case.rule, caller.name), "")
    if case.kind == FINE and words.encode() not in answer.body:
        yield f"does not tell {words}"


def _with(case: Case) -> str:
    return " with " + ", ".join(case.form) if case.form else ""


def _hidden(caller: Caller, case: Case, home: str) -> bool:
    away = _other(home)
    return (
        case.kind in NOTHING
        or case.kind == BESIDE
        or (case.kind == FOREIGN and away not in caller.sees and case.rule not in filled.OF_ALL_CLIENTS)
        or (case.kind != FOREIGN and case.in_company and home not in caller.sees)
        or (case.kind == SIBLINGS and caller.own_only)
    )


def _identity(answer: Answer) -> bytes:
    """What an answer is, byte for byte, but for its date, its own number and the cookie's stamp."""
    head = "\n".join(f"{name}: {value}" for name, value in sorted(answer.headers) if name not in VARYING)
    return f"{answer.status}\n{head}\n".encode() + answer.body
