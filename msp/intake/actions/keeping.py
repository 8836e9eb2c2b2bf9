"""Keep first, read later: the raw mail and the work of reading it, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from msp.files import files
from msp.intake.models import RawMail, State
from tenants.rows import insert_once
from tenants.work import later


def keep(
    session: Session,
    desk_id: int,
    content: bytes,
    door: str,
    envelope_from: str | None,
    envelope_to: Sequence[str],
    at: datetime,
) -> int:
    """Keep a mail for each address it came to; once this commits it may be acknowledged. As job of the desk.

    `envelope_from` is '' for the null return path and None where the door was not told. The same bytes for the same
    address are one mail, however often they are delivered. Answers how many are new.
    """
    place, digest = files().keep(desk_id, content)
    new = 0
    for address in dict.fromkeys(envelope_to or ("",)):
        raw_id = insert_once(
            session,
            RawMail,
            {
                "tenant_id": desk_id,
                "received_at": at,
                "door": door,
                "envelope_from": _path(envelope_from),
                "envelope_to": address[:320],
                "digest": digest,
                "size": len(content),
                "place": place,
                **BLANK,
            },
        )
        if raw_id is not None:
            later(session, "mail.read", desk_id, raw_id, at=at)
            new += 1
    if not new:
        files().drop(place)
    return new


def receive(session: Session, raw: RawMail, at: datetime) -> None:
    """Copy a mail of the desk to the client it was found to be of. As job of that client, once however often called."""
    tenant_id = raw.moved_to
    if tenant_id is None:
        raise ValueError("This mail was not handed on.")
    place, _ = files().keep(tenant_id, files().read(raw.place))
    copied = {
        name: getattr(raw, name)
        for name in ("received_at", "door", "envelope_from", "envelope_to", "digest", "size", "proof", "placing")
    }
    values = BLANK | copied | {"tenant_id": tenant_id, "place": place, "came_from": raw.id}
    raw_id = insert_once(session, RawMail, values)
    if raw_id is None:
        files().drop(place)
    else:
        later(session, "mail.place", tenant_id, raw_id, at=at)


def _path(envelope_from: str | None) -> str | None:
    """The return path without brackets; the null one as delivery agents write it (Postfix's pipe names a robot)."""
    path = envelope_from.strip().removeprefix("<").removesuffix(">") if envelope_from is not None else None
    return "" if path == NULL_SENDER else path


NULL_SENDER = "MAILER-DAEMON"
BLANK = {
    "state": State.KEPT,
    "message_id": "",
    "body_digest": "",
    "why": "",
    "sender": "",
    "sender_name": "",
    "proof": "unknown",
    "subject": "",
    "preview": "",
    "hints": {},
    "placing": {},
}
