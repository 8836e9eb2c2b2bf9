"""How documents leave: the desk's texts and undo window, what is held and what is on its way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import Dispatch, Document, Opening, Reminded
from tenants.isolation import among
from tenants.models import DeskSetting

SENDING: Final = "sending"
UNDO_MINUTES: Final = 15
TEXTS: Final = {
    "invoice_subject_ja": "【{{issuer}}】請求書 {{number}} のご送付",
    "invoice_text_ja": (
        "{{recipient}}\n{{attention}}\n\nいつもお世話になっております。{{issuer}}です。\n\n"
        "請求書 {{number}} をお送りいたします。添付のPDFをご確認ください。\n\n"
        "ご請求金額：{{amount}}\nお支払期限：{{due}}\n対象期間：{{period}}\n\n"
        "明細はこちらでもご覧いただけます。ご不明な行はその場でお尋ねいただけます。\n{{link}}\n\n"
        "どうぞよろしくお願いいたします。"
    ),
    "credit_subject_ja": "【{{issuer}}】返還請求書 {{number}} のご送付",
    "credit_text_ja": (
        "{{recipient}}\n{{attention}}\n\nいつもお世話になっております。{{issuer}}です。\n\n"
        "適格返還請求書 {{number}} をお送りいたします。添付のPDFをご確認ください。\n\n"
        "ご返還金額：{{amount}}\n\n{{link}}\n\nどうぞよろしくお願いいたします。"
    ),
    "invoice_subject_en": "Invoice {{number}} from {{issuer}}",
    "invoice_text_en": (
        "{{recipient}}\n{{attention}}\n\nPlease find invoice {{number}} attached.\n\n"
        "Amount due: {{amount}}\nDue: {{due}}\nPeriod: {{period}}\n\n"
        "Each line opens down to the work behind it, and you may question it there:\n{{link}}\n\n"
        "Thank you.\n{{issuer}}"
    ),
    "credit_subject_en": "Credit note {{number}} from {{issuer}}",
    "credit_text_en": (
        "{{recipient}}\n{{attention}}\n\nPlease find credit note {{number}} attached.\n\n"
        "Amount credited: {{amount}}\n\n{{link}}\n\nThank you.\n{{issuer}}"
    ),
}
"""What goes along until somebody writes it otherwise, by kind, part and language."""


@dataclass(frozen=True, slots=True)
class Sending:
    """The desk's way of sending documents."""

    undo: timedelta
    texts: Mapping[str, str]

    def text(self, kind: str, part: str, language: str) -> str:
        """The `subject` or `text` for a kind of document in the recipient's language."""
        about = "credit" if kind == "credit_note" else "invoice"
        return self.texts[f"{about}_{part}_{language}"]


def sending(session: Session) -> Sending:
    """As the owner set it, else as it comes."""
    row = session.get(DeskSetting, SENDING)
    value: dict[str, Any] = row.value if row is not None else {}
    texts = {name: value.get("texts", {}).get(name) or text for name, text in TEXTS.items()}
    return Sending(timedelta(minutes=value.get("undo_minutes", UNDO_MINUTES)), texts)


def dispatches_of(session: Session, tenant_id: int, document_id: int) -> Sequence[Dispatch]:
    """Each sending of a document, oldest first."""
    return session.scalars(
        select(Dispatch)
        .where(Dispatch.tenant_id == tenant_id, Dispatch.document_id == document_id)
        .order_by(Dispatch.turn)
    ).all()


def openings_of(session: Session, tenant_id: int, document_id: int) -> Sequence[Opening]:
    """Who of the client opened it, the first time each."""
    return session.scalars(
        select(Opening)
        .where(Opening.tenant_id == tenant_id, Opening.document_id == document_id)
        .order_by(Opening.at, Opening.id)
    ).all()


def unsent(session: Session, tenants: Collection[int], limit: int = 500) -> Sequence[tuple[Dispatch, Document]]:
    """What is held or waits to leave, of these clients; oldest first."""
    rows = session.execute(
        select(Dispatch, Document)
        .join(Document, (Document.tenant_id == Dispatch.tenant_id) & (Document.id == Dispatch.document_id))
        .where(among(Dispatch.tenant_id, tenants), Dispatch.state.in_(("held", "waiting")))
        .order_by(Dispatch.made_at, Dispatch.id)
        .limit(limit)
    )
    return [(dispatch, document) for dispatch, document in rows]


def documents_in(session: Session, tenant_id: int, mail_key: str) -> Sequence[Document]:
    """The documents that a mail brought, or reminded of, by the occasion it was written for."""
    begin, _, rest = mail_key.partition(":")
    named = rest.partition(":")[0]
    asked = select(Document).where(Document.tenant_id == tenant_id)
    if begin == "document" and named.isdecimal():
        return session.scalars(asked.where(Document.id == int(named))).all()
    reminded = select(Reminded.document_id).where(Reminded.tenant_id == tenant_id, Reminded.mail_key == mail_key)
    return session.scalars(asked.where(Document.id.in_(reminded)).order_by(Document.id)).all()
