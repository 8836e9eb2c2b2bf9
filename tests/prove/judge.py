"""What no answer may hold, whoever asked: others' words, the desk's own words, a fault, a change elsewhere."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from msp.guard import UNSAFE
from tenants.rules import CLIENT_ROLES, DESK_ROLES, Role
from tests.prove.ground import REQUESTS_FROM, Answer, Ground
from tests.prove.marked import COMPANIES, SECRETS, UNSENT, canary
from tests.prove.world import ODA, ORA, World

OF_SIBLING = "clientadmin"
LEFT_WITH_THE_DESK = frozenset({"audit", "audit_detail", "work"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody at the door: whom the proof signs in and which companies he may see."""

    name: str
    email: str | None
    role: Role | None
    sees: frozenset[str] = frozenset()
    own_only: bool = False
    login_id: int | None = None

    @property
    def desk(self) -> bool:
        return self.role in DESK_ROLES


def callers(world: World) -> Iterator[Caller]:
    """Nobody, each role of the desk, the four whose list is short, and each role of both companies."""
    every = frozenset({*COMPANIES, "DESK"})
    yield Caller("nobody", None, None)
    cast = world.cast
    for role in DESK_ROLES:
        yield Caller(role, cast.emails[role], role, every, login_id=cast.staff[role])
    yield Caller("ben", cast.emails["ben"], Role.AGENT, frozenset({"GLOBEX", "DESK"}), login_id=cast.ben)
    yield Caller("ora", ORA, Role.OWNER, frozenset({"GLOBEX", "DESK"}), login_id=world.ora)
    yield Caller("oda", ODA, Role.OWNER, frozenset({"ACME", "DESK"}), login_id=world.oda)
    yield Caller("nemo", cast.emails["nemo"], Role.AGENT, frozenset({"DESK"}), login_id=cast.nemo)
    for company in (cast.acme, cast.globex):
        for role in CLIENT_ROLES:
            own_only = role in (Role.REQUESTER, Role.TEAM_LEAD)
            yield Caller(f"{company.key} {role}", company.emails[role], role, frozenset({company.key}), own_only)


def faults(ground: Ground, caller: Caller, method: str, answer: Answer) -> Iterator[str]:
    """Everything wrong with an answer that can be said without knowing what was asked."""
    if answer.status >= 500 and answer.status != 503:
        yield f"{answer.status}: a fault"
    yield from leaks(caller, answer)
    allowed = {ground.id_of(key) for key in caller.sees}
    desk = ground.id_of("DESK")
    for table, tenant_id in sorted(answer.touched):
        if (
            tenant_id not in allowed
            and tenant_id < REQUESTS_FROM
            and not (tenant_id == desk and table in LEFT_WITH_THE_DESK)
        ):
            yield f"changed {table} of tenant {tenant_id}"
    yield from misplaced(ground, answer)
    if method in UNSAFE and not any(table == "audit" for table, _ in answer.touched):
        yield "left no row of audit"


def leaks(caller: Caller, answer: Answer) -> Iterator[str]:
    """Words of a company the caller may not see, and words of the desk in a client's answer."""
    text = b"\n".join((answer.body, str(answer.headers).encode(), *_carried(answer))).lower()
    for key in COMPANIES:
        if key not in caller.sees:
            yield from (f"told {key}'s {word}" for word in marks(key) if word.encode() in text)
        elif not caller.desk:
            held = (*secrets(key), canary(key, UNSENT))
            yield from (f"told the desk's {word}" for word in held if word.encode() in text)
            if caller.own_only and canary(key, OF_SIBLING).encode() in text:
                yield f"told {key}'s {canary(key, OF_SIBLING)}, which is a colleague's"


def _carried(answer: Answer) -> Iterator[bytes]:
    """What the cookies say to whoever reads them; they are signed, not hidden."""
    for cookie in answer.headers.getlist("Set-Cookie"):
        value = cookie.partition(";")[0].partition("=")[2]
        packed, said = value.startswith("."), value.removeprefix(".").partition(".")[0]
        with suppress(ValueError, zlib.error):
            text = base64.urlsafe_b64decode(said + "=" * (-len(said) % 4))
            yield zlib.decompress(text) if packed else text


def misplaced(ground: Ground, answer: Answer) -> Iterator[str]:
    """Words of one company that were written into a row of the other."""
    companies = {ground.id_of(key): key for key in COMPANIES}
    for table, tenant_id, became in sorted(answer.rows):
        others = [key for key in COMPANIES if tenant_id in companies and key != companies[tenant_id]]
        yield from (
            f"wrote {key}'s {word} into {table} of {companies[tenant_id]}"
            for key in others
            for word in marks(key)
            if word in became.lower()
        )


def marks(key: str) -> tuple[str, ...]:
    """What only stands in rows of one company."""
    return canary(key), f"@{key.lower()}.example"


def secrets(key: str) -> tuple[str, ...]:
    """What only stands in the desk's own rows about a company. A reply not sent yet is held back by queries alone."""
    return tuple(canary(key, what) for what in SECRETS)
