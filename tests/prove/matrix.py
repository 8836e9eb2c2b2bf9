"""Every route, method, role and kind of id: who gets in, and that a thing of another company looks absent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from msp.guard import UNSAFE
from tenants.rules import MAY, Permission, Role
from tests.prove import filled
from tests.prove.apart import ABOUT_OTHERS, OF_THE_MACHINE, unlike
from tests.prove.cases import (
    BESIDE,
    FINE,
    FOREIGN,
    MEANT,
    MISFIT,
    NOTHING,
    SHAPELESS,
    SIBLINGS,
    Case,
    ask,
    cases,
    gaps,
    home_of,
    other,
)
from tests.prove.doors import opens
from tests.prove.ground import Answer, Ground
from tests.prove.judge import Caller, callers, faults
from tests.prove.marked import COMPANIES, INSIDE, OWN, canary

VARYING = frozenset({"Date", "X-Request-Id", "Set-Cookie"})


@dataclass(slots=True)
class Findings:
    """How many answers were looked at, how many of them to unsafe requests, and which were wrong."""

    asked: int = 0
    unsafe: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, sentence: str) -> None:
        self.wrong.append(sentence)


TELLS: dict[tuple[str, str], str] = {
    ("client_sla.show", "ora"): '<td class="number">2</td><td class="number">1</td></tr>',
    ("my_time.week", "ben"): canary("GLOBEX", "clientadmin"),
    ("ticket_time.show", "agent"): 'value="remote" selected',
}
"""Words by (route, caller): of one month's broken promises one was left out; Ben answered the second ticket and logged
time on the first one only; what the agent last did there was done remotely, on the second ticket it was not."""

OF_ANOTHER = {"tickets.show": ("auditor 相沢", "目標30分に対し")}
"""Words by route that only another ticket's page tells: who was called in there, how soon the third is answered."""


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
            *_astray(ground, caller, case, answer),
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
    away = other(case.home if inside else home_of(caller))
    if (away in caller.sees and not inside) or away not in ground.twins or case.rule in OF_THE_MACHINE:
        return
    if case.kind == MISFIT or (away in caller.sees and case.rule in ABOUT_OTHERS):
        return
    both, twin = away in caller.sees, ground.twins[away]
    told = unlike(answer, ask(ground, caller, case, twin), both)
    if told and (told := unlike(ask(ground, caller, case), ask(ground, caller, case, twin), both)):
        yield f"hangs on what {away} has: {told}"


def _astray(ground: Ground, caller: Caller, case: Case, answer: Answer) -> Iterator[str]:
    """What an act on one company changed of the other, and words of one ticket on another's page, whoever asks."""
    if case.in_company and case.home in COMPANIES:
        away = ground.id_of(other(case.home))
        if f"-{OWN}/" in f"{case.path}/" and canary(case.home, INSIDE[Role.CLIENT_ADMIN]).encode() in answer.body:
            yield "told what was written on another ticket"
        for words in OF_ANOTHER.get(case.rule, ()) if case.kind == FINE else ():
            if caller.name not in words and words.encode() in answer.body:
                yield f"told {words} on another ticket"
        yield from (f"changed {table} of {other(case.home)}" for table, of in sorted(answer.touched) if of == away)


def _untold(caller: Caller, case: Case, answer: Answer) -> Iterator[str]:
    """What a page is there to tell this caller, and does not."""
    words = TELLS.get((case.rule, caller.name), "")
    if case.kind == FINE and not case.form and words.encode() not in answer.body:
        yield f"does not tell {words}"


def _with(case: Case) -> str:
    return " with " + ", ".join(case.form) if case.form else ""


def _hidden(caller: Caller, case: Case, home: str) -> bool:
    away = other(home)
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
