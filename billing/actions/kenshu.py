"""Accepting and questioning invoice lines, and answering: each word is kept, and the other side hears of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import Document, DocumentLine, LineWord
from billing.queries.credits import CREDITABLE
from billing.queries.kenshu import standings_of, words_of
from billing.rules.kenshu import fits
from tenants.errors import Refused
from tenants.models import Tenant
from tenants.work import later


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks: a login of the desk, or a contact of the client."""

    id: int
    name: str
    by_desk: bool


def say(
    session: Session, tenant_id: int, document_id: int, place: int, kind: str, text: str, who: Speaker, at: datetime
) -> LineWord:
    """One word about a line. Raises Refused for a word that does not fit how the line stands, or is empty."""
    if kind in {"question", "say"} and not text.strip():
        raise Refused("Write what you want to say.", {"text": ["Write what you want to say."]})
    line = _line(session, tenant_id, document_id, place)
    now = standings_of(words_of(session, tenant_id, document_id)).get(line.id, "")
    if not fits(now, kind, who.by_desk):
        raise Refused("This was answered meanwhile. Look again.")
    word = LineWord(
        tenant_id=tenant_id,
        document_id=document_id,
        line_id=line.id,
        kind=kind,
        text=text.strip(),
        by_desk=who.by_desk,
        by_id=who.id,
        name=who.name,
        at=at,
    )
    session.add(word)
    session.flush()
    if kind != "accept":
        later(session, "mail.line_word", tenant_id, word.id, at=at)
    return word


def accept_all_lines(session: Session, tenant_id: int, document_id: int, who: Speaker, at: datetime) -> int:
    """Accept every line that nobody said anything of. Answers how many."""
    places = session.execute(
        select(DocumentLine.id, DocumentLine.place).where(
            DocumentLine.tenant_id == tenant_id, DocumentLine.document_id == document_id
        )
    ).all()
    now = standings_of(words_of(session, tenant_id, document_id))
    fresh = [place for line_id, place in places if not now.get(line_id)]
    for place in fresh:
        say(session, tenant_id, document_id, place, "accept", "", who, at)
    return len(fresh)


def _line(session: Session, tenant_id: int, document_id: int, place: int) -> DocumentLine:
    """The line, while nobody else speaks of this client's lines."""
    session.execute(select(Tenant.tenant_id).where(Tenant.tenant_id == tenant_id).with_for_update())
    line = session.scalar(
        select(DocumentLine)
        .join(Document, (Document.tenant_id == DocumentLine.tenant_id) & (Document.id == DocumentLine.document_id))
        .where(
            DocumentLine.tenant_id == tenant_id,
            DocumentLine.document_id == document_id,
            DocumentLine.place == place,
            Document.kind.in_(CREDITABLE),
        )
    )
    if line is None:
        raise Refused("There is no such line.")
    return line
