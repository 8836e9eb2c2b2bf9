"""What one side says of an invoice line, the other hears: the desk's billers in their list, the client by mail."""

from __future__ import annotations

from flask_babel import force_locale, gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import Document, DocumentLine, LineWord
from msp import clock
from msp.outbox import actions as outbox
from msp.outbox.actions import Writing
from msp.outbox.office import office
from msp.outbox.queries import who_bills
from msp.outbox.rules import Automatic, Mailbox
from tenants.db import db
from tenants.models import Contact, Tenant


def tell(tenant_id: int, word_id: int) -> None:
    """Tell the other side of one word."""
    session, at = db.session(), clock.now()
    word = session.get_one(LineWord, (tenant_id, word_id))
    document = session.get_one(Document, (tenant_id, word.document_id))
    line = session.get_one(DocumentLine, (tenant_id, word.line_id))
    key = session.get_one(Tenant, tenant_id).key
    if word.by_desk:
        for contact in _asked(session, word):
            outbox.write(session, tenant_id, office(), _mail(word, document, line, key, contact), at)
        return
    told = {
        "said": word.kind,
        "number": document.number,
        "line": line.text,
        "title": word.text,
        "document": document.id,
        "key": line.key,
    }
    outbox.notify(
        session, who_bills(session), tenant_id, f"line_word:{tenant_id}:{word_id}", "line_word", key, told, at
    )


def _asked(session: Session, word: LineWord) -> list[Contact]:
    """Whoever of the client spoke of this line and is still there."""
    spoke = select(LineWord.by_id).where(
        LineWord.tenant_id == word.tenant_id, LineWord.line_id == word.line_id, LineWord.by_desk.is_(False)
    )
    rows = session.scalars(
        select(Contact)
        .where(Contact.tenant_id == word.tenant_id, Contact.id.in_(spoke), Contact.left_at.is_(None))
        .order_by(Contact.id)
    )
    return [row for row in rows.all() if row.email]


def _mail(word: LineWord, document: Document, line: DocumentLine, key: str, contact: Contact) -> Writing:
    with force_locale(contact.language):
        settled = word.kind == "settle"
        subject = gettext("Your question about %(number)s was answered", number=document.number)
        text = gettext(
            "Invoice %(number)s, “%(line)s”:\n\n%(text)s\n\n%(link)s",
            number=document.number,
            line=line.text,
            text=word.text or (gettext("The question is settled.") if settled else ""),
            link=f"{office().base_url}/portal/{key}/invoices/{document.id}?line={line.place}",
        )
    return Writing(
        key=f"line_word:{word.id}:{contact.id}",
        to=(Mailbox(contact.email or "", contact.name),),
        subject=subject,
        text=text,
        language=contact.language,
        contact_id=contact.id,
        automatic=Automatic.NOTICE,
    )
