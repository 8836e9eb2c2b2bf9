"""Random requests by everybody, in search of words that are somebody else's."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema
from werkzeug.routing import Rule

from msp.guard import UNSAFE
from tests.house.sources import modules, tree
from tests.prove.cases import ABSENT, OTHERWISE, TOO_LARGE, filled_in, home_of, known_forms, path_of, value_of
from tests.prove.ground import Ground
from tests.prove.judge import Caller, callers, faults
from tests.prove.marked import COMPANIES, OWN, SIBLING, canary
from tests.prove.matrix import Findings

METHODS = ("GET", "GET", "GET", "POST", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
WILD_IDS = (1, 2, 3, 101, 102, 103, 104, 0, ABSENT, TOO_LARGE, 2**31, 2**63 - 1, "x", "%00", "-1", "1.5", "%2e%2e")
KEYS = tuple(f"{key}-{number}" for key in (*COMPANIES, "DESK", "NOSUCH") for number in (OWN, SIBLING, 3))
TENANTS = (*COMPANIES, "DESK", "NOSUCH", "acme", "%00")
ODD = (
    "",
    " ",
    "'",
    "\"'--",
    "%",
    "_",
    "\0",
    "\\",
    "{{7*7}}",
    "<b>",
    "null",
    "[]",
    "2026-05",
    "2026-05-01",
    "9" * 30,
    "-1",
)
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {},
    {"HX-Request": "true"},
    {"HX-Request": "true", "HX-Target": "main", "HX-Boosted": "true"},
    {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "globex.invalid", "X-Forwarded-Proto": "https"},
    {"X-Forwarded-Prefix": "/portal/GLOBEX", "X-Original-URL": "/tickets/GLOBEX-1", "X-Rewrite-URL": "/tickets/ACME-1"},
    {"X-HTTP-Method-Override": "DELETE"},
    {"Accept": "application/json"},
    {"Accept-Language": "ja"},
    {"Range": "bytes=0-10000"},
    {"If-None-Match": "*", "If-Modified-Since": "Mon, 01 Jun 2026 00:00:00 GMT"},
)


@dataclass(slots=True)
class Words:
    """What is put into queries and forms: the names the doors read, and values of all kinds."""

    names: tuple[str, ...]
    values: tuple[str, ...]


def words() -> Words:
    """The searched words are canaries without their last letter, so that an echo is no find."""
    short = tuple(canary(key)[:-1] for key in COMPANIES)
    mails = tuple(f"requester@{key.lower()}.exampl" for key in COMPANIES)
    keys = (*KEYS, *TENANTS[:4])
    ids = tuple(str(value) for value in WILD_IDS)
    common = ("印刷", "複合機", "髙﨑", "タカサキ", "due", "mine", "all", "done", "open", "reply", "note", "priority")
    return Words(tuple(sorted(_read_names())), (*short, *short, *mails, *keys, *ids, *common, *ODD))


def _read_names() -> set[str]:
    """Every name that a page reads from a query or a form, and every field of a schema."""
    names = {name for schema in _schemas(Schema) for name in schema._declared_fields}
    for path in modules("msp"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                first, owner = node.args[0], node.func.value
                of_request = isinstance(owner, ast.Attribute) and owner.attr in {"args", "form", "files", "values"}
                if of_request and isinstance(first, ast.Constant) and isinstance(first.value, str):
                    names.add(first.value)
    return names


def _schemas(of: type[Schema]) -> set[type[Schema]]:
    direct = set(of.__subclasses__())
    return direct.union(*(_schemas(each) for each in direct))


def run(
    ground: Ground,
    requests: int,
    seed: int,
    say: Callable[[str], None],
    endpoints: Collection[str] = (),
    into: Findings | None = None,
) -> Findings:
    """So many random requests, spread over all callers; the seed makes them the same again."""
    chance = random.Random(seed)  # noqa: S311 - chance, no secret
    known, everybody, findings = words(), list(callers(ground.world)), into or Findings()
    rules = [rule for rule in ground.app.url_map.iter_rules() if not endpoints or rule.endpoint in endpoints]
    for number in range(requests):
        if number % 500 == 0:
            say(f"{number:,} of {requests:,} random requests")
        caller, rule = chance.choice(everybody), chance.choice(rules)
        method = chance.choice(METHODS if chance.random() < 0.3 else sorted(rule.methods or {"GET"}))
        path = _address(chance, ground, rule, caller)
        given = (
            _given(chance, known, method) if chance.random() < 0.7 else _filled(chance, ground, rule, caller, method)
        )
        answer = ground.ask(caller.email, method, path, **given)
        findings.asked += 1
        for sentence in faults(ground, caller, method, answer):
            findings.add(f"{caller.name}: {method} {path} {given} (seed {seed}, {number}): {sentence}")
    return findings


def _address(chance: random.Random, ground: Ground, rule: Rule, caller: Caller) -> str:
    """An address of this route: mostly with ids that stand somewhere, sometimes with anything."""
    home = home_of(caller) if chance.random() < 0.5 else chance.choice(COMPANIES)
    values: dict[str, str] = {}
    for name in rule.arguments:
        wild: tuple[Any, ...] = KEYS if name == "key" else TENANTS if name == "tenant" else WILD_IDS
        if chance.random() < 0.4:
            values[name] = str(chance.choice(wild))
        else:
            values[name] = str(_known(ground, rule, name, home) or chance.choice(wild))
    return path_of(rule, values)


def _known(ground: Ground, rule: Rule, name: str, home: str) -> object:
    """What stands in the world under this name, if anything does."""
    try:
        return value_of(ground.world, rule, name, home)
    except LookupError:
        return None


def _filled(chance: random.Random, ground: Ground, rule: Rule, caller: Caller, method: str) -> Mapping[str, Any]:
    """A form as somebody would fill it in, perhaps for another client than the address names."""
    if method not in UNSAFE or method not in (rule.methods or ()):
        return {}
    home = chance.choice(COMPANIES)
    whats = ["", *OTHERWISE.get(rule.endpoint, {}).get("what", ())]
    form = chance.choice(known_forms(rule.endpoint, chance.choice(whats[1:] or whats)))
    return filled_in(ground.world, form, home, caller)


def _given(chance: random.Random, known: Words, method: str) -> Mapping[str, Any]:
    def fields(most: int) -> dict[str, str]:
        return {chance.choice(known.names): chance.choice(known.values) for _ in range(chance.randrange(most))}

    given: dict[str, Any] = {"query_string": fields(5), "headers": chance.choice(HEADERS)}
    if method in {"POST", "PUT", "PATCH", "DELETE"}:
        given["json" if chance.random() < 0.05 else "data"] = fields(12)
    return given
