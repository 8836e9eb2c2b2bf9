"""Issued documents leave by mail, in the recipient's language, with their files."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from billing.actions import sending as billing
from billing.documents.figures import amount_text, date_text
from billing.models import BillingAccount, Dispatch, Document, Rendering
from billing.queries import documents
from billing.queries.sending import sending
from billing.rules.covering import filled
from billing.rules.money import Money
from msp import clock
from msp.hints import hint
from msp.outbox import actions as outbox
from msp.outbox.actions import Enclosure, Writing
from msp.outbox.office import office
from msp.outbox.rules import Mailbox
from tenants.db import db
from tenants.models import Tenant
from tenants.work import later

WAIT_FOR_FILES = timedelta(minutes=1)
_GAPS = re.compile(r"\n{3,}")
_NOT_IN_NAMES = re.compile(r"[^\w.-]+")


def send(tenant_id: int, dispatch_id: int, *_: int) -> None:
    """The time to undo is over: the document leaves, unless somebody stopped it or the client has no address now."""
    session, at = db.session(), clock.now()
    dispatch = billing.taken_to_send(session, tenant_id, dispatch_id, at)
    if dispatch is None:
        return
    document = session.get_one(Document, (tenant_id, dispatch.document_id))
    told: dict[str, Any] = json.loads(document.snapshot)
    account = session.get(BillingAccount, tenant_id)
    if account is None or not account.emails:
        billing.hold(dispatch, "no_address", at)
        return
    pdf = documents.rendering(session, tenant_id, document.id)
    xml = documents.rendering(session, tenant_id, document.id, "ubl")
    if pdf is None or (told.get("einvoice") and xml is None):
        key = f"{dispatch_id}:{at:%Y%m%d%H%M%S}"
        later(session, "documents.send", tenant_id, dispatch_id, at=at, key=key, available_at=at + WAIT_FOR_FILES)
        return
    outbox.write(session, tenant_id, office(), _writing(session, dispatch, document, account, told, pdf, xml), at)
    billing.written(dispatch, at)
    hint(session, tenant_id, f"document:{document.id}")


def _writing(
    session: Session,
    dispatch: Dispatch,
    document: Document,
    account: BillingAccount,
    told: dict[str, Any],
    pdf: Rendering,
    xml: Rendering | None,
) -> Writing:
    way, language = sending(session), told["language"]
    words = covering_words(document, told, session.get_one(Tenant, document.tenant_id).key, office().base_url)
    name = _NOT_IN_NAMES.sub("-", document.number)
    files = [Enclosure(f"{name}.pdf", "application/pdf", pdf.place)]
    if xml is not None:
        files.append(Enclosure(f"{name}.xml", "application/xml", xml.place))
    text = "\n".join(line.rstrip() for line in filled(way.text(document.kind, "text", language), words).splitlines())
    return Writing(
        key=dispatch.key,
        to=tuple(Mailbox(address, told["recipient"]["name"]) for address in account.emails),
        subject=" ".join(filled(way.text(document.kind, "subject", language), words).split()),
        text=_GAPS.sub("\n\n", text).strip(),
        language=language,
        enclosures=tuple(files),
    )


def covering_words(document: Document, told: dict[str, Any], key: str, base_url: str) -> dict[str, str]:
    """What the places of a covering text stand for (`billing.rules.covering.NAMES`)."""
    japanese, recipient = told["language"] == "ja", told["recipient"]
    honorific = {"company": " 御中", "person": " 様"}.get(recipient["honorific"], "") if japanese else ""
    attention = recipient.get("attention") or ""
    begun, ended = document.period_start, document.period_end
    period = ""
    if begun is not None and ended is not None:
        days = (begun.isoformat(), (ended - timedelta(days=1)).isoformat())
        period = ("～" if japanese else " – ").join(date_text(day, told["language"]) for day in days)
    return {
        "number": document.number,
        "recipient": f"{recipient['name']}{honorific}",
        "attention": f"{attention} 様" if attention and japanese else attention,
        "amount": amount_text(
            str(Money(document.payable, document.currency).amount), document.currency, told["language"]
        ),
        "due": date_text(document.due_on.isoformat(), told["language"]),
        "issued": date_text(document.issued_on.isoformat(), told["language"]),
        "period": period,
        "issuer": told["issuer"]["name"],
        "link": f"{base_url}/portal/{key}/invoices/{document.id}",
    }
