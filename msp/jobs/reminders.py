"""A reminder leaves: one mail to a client for all that it was reminded of on a day."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.documents.figures import amount_text, date_text
from billing.models import BillingAccount, Document, Reminded, Rendering
from billing.queries.dunning import levels
from billing.rules.covering import filled
from billing.rules.money import Money, total
from msp import clock
from msp.outbox import actions as outbox
from msp.outbox.actions import Enclosure, Writing
from msp.outbox.office import office
from msp.outbox.rules import Mailbox
from tenants.db import db


def remind(tenant_id: int, day: int) -> None:
    """Write the mail of that day (as `date.toordinal`); without an address nothing leaves, and the history says so."""
    session, at, on = db.session(), clock.now(), date.fromordinal(day)
    rows = session.execute(
        select(Reminded, Document)
        .join(Document, (Document.tenant_id == Reminded.tenant_id) & (Document.id == Reminded.document_id))
        .where(Reminded.tenant_id == tenant_id, Reminded.sent_on == on)
        .order_by(Document.due_on, Document.id)
    ).all()
    account = session.get(BillingAccount, tenant_id)
    if not rows or account is None or not account.emails:
        return
    outbox.write(session, tenant_id, office(), _writing(session, account, [(row, of) for row, of in rows]), at)


def _writing(session: Session, account: BillingAccount, rows: list[tuple[Reminded, Document]]) -> Writing:
    language = account.language
    told: dict[str, Any] = json.loads(rows[-1][1].snapshot)
    text = levels(session)[max(row.level for row, _ in rows) - 1]
    sums = {row.currency: Money.zero(row.currency) for row, _ in rows}
    for row, _ in rows:
        sums[row.currency] = total([sums[row.currency], Money(row.amount, row.currency)], row.currency)
    honorific = {"company": " 御中", "person": " 様"}.get(account.honorific, "") if language == "ja" else ""
    words = {
        "issuer": told["issuer"]["name"],
        "recipient": f"{account.recipient}{honorific}",
        "amount": ", ".join(amount_text(str(one.amount), code, language) for code, one in sorted(sums.items())),
        "list": "\n".join(_line(row, document, language) for row, document in rows),
    }
    ids = [document.id for _, document in rows]
    kept = session.scalars(
        select(Rendering).where(
            Rendering.tenant_id == account.tenant_id, Rendering.document_id.in_(ids), Rendering.format == "pdf"
        )
    ).all()
    numbers = {document.id: document.number for _, document in rows}
    return Writing(
        key=rows[0][0].mail_key,
        to=tuple(Mailbox(address, account.recipient) for address in account.emails),
        subject=" ".join(filled(text[f"subject_{language}"], words).split()),
        text=filled(text[f"text_{language}"], words),
        language=language,
        enclosures=tuple(Enclosure(f"{numbers[one.document_id]}.pdf", "application/pdf", one.place) for one in kept),
    )


def _line(row: Reminded, document: Document, language: str) -> str:
    amount = amount_text(str(Money(row.amount, row.currency).amount), row.currency, language)
    due = date_text(document.due_on.isoformat(), language)
    if language == "ja":
        return f"・{document.number}　{amount}（お支払期限 {due}）"
    return f"- {document.number}: {amount} (due {due})"
