"""Every request of the matrix: each route with its forms, and with ids of one's own, of others and of nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from msp.guard import UNSAFE
from msp.timetable import SCHEDULES
from msp.web.ticket_fields import EDITS
from tenants.rules import Role
from tests.prove import asked, filled
from tests.prove.filled import Form
from tests.prove.ground import Answer, Ground
from tests.prove.judge import Caller
from tests.prove.marked import COMPANIES, FRESH, OWN, SIBLING, THIRD
from tests.prove.world import Furniture, World

ABSENT = 987_654_321
TOO_LARGE = 10**20
FINE, SIBLINGS, BESIDE, FOREIGN, MISFIT = "own", "sibling", "of the sibling", "other", "own, but misfit"
NOTHING = ("absent", "no such client")
SHAPELESS = ("wrong type", "too large", "malformed")
MEANT = frozenset({FINE, SIBLINGS, BESIDE, FOREIGN, MISFIT, *NOTHING})
UNDER_A_TICKET = frozenset({"message_id", "file_id"})
OF_ONE_SERIES = frozenset({"document"})
"""What one series numbers for all companies: each has others, so they go with the company in the address."""


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


def home_of(caller: Caller) -> str:
    """The company whose rooms are this caller's own."""
    return "GLOBEX" if "GLOBEX" in caller.sees and "ACME" not in caller.sees else "ACME"


def cases(app: Flask, world: World, home: str, endpoints: Collection[str] = ()) -> Iterator[Case]:
    """Every route with ids of the company `home`, of its sibling, of the other company, and of nothing.

    An unsafe route is asked with each of its forms, and with those that name another client than the address does.
    """
    away = other(home)
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" or (endpoints and rule.endpoint not in endpoints):
            continue
        in_company = bool(rule.arguments & {"key", "tenant"})
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for kind, path, what in _addresses(rule, world, home, away):
                forms = known_forms(rule.endpoint, what) if method in UNSAFE else asked.queries_of(rule.endpoint)
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
        for name in sorted(rule.arguments) if rule.endpoint != "static" else ():
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
    what, words = own.get("what", ""), words_of(world, home)
    yield FINE, path_of(rule, own), what
    for name, others in OTHERWISE.get(rule.endpoint, {}).items():
        for one in others:
            yield FINE, path_of(rule, own | {name: one.format_map(words)}), one
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
        "away": other(home),
        "away_domain": f"{other(home).lower()}.example",
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
    "invoices.issued": {"document_id": ("{credited_id}",)},
    "portal_invoice.show": {"document_id": ("{credited_id}",)},
    "portal_tickets.show": {"number": (f"{FRESH}",)},
    "ticket_fields.form": {"what": tuple(sorted(EDITS.keys() - {"priority"}))},
    "ticket_fields.keep": {"what": tuple(sorted(EDITS.keys() - {"priority"}))},
    "work.run": {"name": tuple(schedule.name for schedule in SCHEDULES[1:])},
}
"""What else an argument may be that is no id, or a ticket of its own kind: each is asked for once."""

ALIASES = {
    ("pack_charges.decide", "pack_id"): "billed_id",
    ("surge.end", "pack_id"): "bought_id",
    ("answers.undo", "message_id"): "fresh_id",
    ("attachments.formatted", "message_id"): "mail_id",
    ("client_sla.answer", "dispute_id"): "contest_id",
    ("credit_notes.credit", "document_id"): "credited_id",
    ("credit_notes.form", "document_id"): "credited_id",
    ("contacts.keep", "contact_id"): "colleague_id",
    ("contacts.keep_led", "contact_id"): "lead_id",
    ("portal_sla.withdraw", "dispute_id"): "contest_id",
    ("sales.issue", "draft_id"): "sale_id",
}
"""Of two ids that an address calls alike, the one that this route is about."""


def other(home: str) -> str:
    """The company that this one is not."""
    return "GLOBEX" if home == "ACME" else "ACME"


def _furniture(world: World, key: str) -> Furniture:
    return world.acme if key == "ACME" else world.globex
