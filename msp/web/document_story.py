"""What happened to an issued document, as one list: made, sent, arrived or refused, opened, credited."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from billing.models import Dispatch, Document
from billing.queries import documents
from billing.queries.credits import referring
from billing.queries.dunning import reminders_of
from billing.queries.payments import allocations_of
from billing.queries.sending import dispatches_of, openings_of
from msp.outbox.models import Mail
from msp.outbox.queries import mails_of
from msp.tickets import desk
from msp.web.format import Reader, day, file_size, moment_text, money


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened; `tone` colours it."""

    at: datetime
    text: str
    detail: str = ""
    tone: str = ""


def held_text(why: str) -> str:
    """Why a document does not leave, as a sentence."""
    texts: dict[str, str] = {
        "no_address": _("Not sent: the client has no address for invoices"),
        "do_not_send": _("Not sent: this client’s documents are not sent from here"),
        "later": _("Not sent yet: somebody sends it later"),
    }
    return texts.get(why, "")


def moments_of(rows: Session, document: Document, here: Reader) -> list[Moment]:
    """In the order in which they happened."""
    tenant_id, sendings = document.tenant_id, dispatches_of(rows, document.tenant_id, document.id)
    mails = mails_of(rows, tenant_id, [one.key for one in sendings])
    names = desk.agent_names(rows, [document.issued_by_id, *(one.by_id for one in sendings)])
    found = [Moment(document.issued_at, _("Issued"), names.get(document.issued_by_id or 0, ""), "good")]
    for form, name in (("pdf", "PDF"), ("ubl", "XML")):
        kept = documents.rendering(rows, tenant_id, document.id, form)
        if kept is not None:
            detail = f"{kept.made_with}, {file_size(kept.size)}"
            found.append(Moment(kept.made_at, _("%(form)s made and kept", form=name), detail))
    for one in sendings:
        found += _of_sending(one, mails.get(one.key), names.get(one.by_id or 0, ""), here)
    found += [
        Moment(one.at, _("Opened in the portal"), one.name, "good")
        for one in openings_of(rows, tenant_id, document.id)
    ]  # fmt: skip
    for other in referring(rows, tenant_id, document.id):
        credited = other.kind == "credit_note"
        text = _("Credited by %(number)s", number=other.number)
        found.append(
            Moment(other.issued_at, text if credited else _("Replaced by %(number)s", number=other.number))
        )  # fmt: skip
    for share, payment in allocations_of(rows, tenant_id, document.id):
        came = share.amount + share.fee
        sum_text = money(abs(came), share.currency, here.language)
        paid = _("%(sum)s taken back", sum=sum_text) if came < 0 else _("%(sum)s paid", sum=sum_text)
        detail = f"{day(payment.paid_on, here)} {share.reason}".strip()
        found.append(Moment(share.made_at, paid, detail, "" if came < 0 else "good"))
    for reminded in reminders_of(rows, tenant_id, document.id):
        found.append(
            Moment(
                reminded.at,
                _("Reminded, level %(level)s", level=reminded.level),
                money(reminded.amount, reminded.currency, here.language),
                "warn",
            )
        )
    return sorted(found, key=lambda moment: moment.at)


def standing_of(rows: Session, document: Document) -> str:
    """Where its last sending is: waiting, held, stopped or written; empty where there was none."""
    sendings = dispatches_of(rows, document.tenant_id, document.id)
    return sendings[-1].state if sendings else ""


def failure_of(rows: Session, document: Document) -> Mail | None:
    """The mail of its last sending, where that came back, was refused, or did not reach everybody."""
    sendings = dispatches_of(rows, document.tenant_id, document.id)
    if not sendings:
        return None
    mail = mails_of(rows, document.tenant_id, [sendings[-1].key]).get(sendings[-1].key)
    return mail if mail is not None and mail.last_error and mail.state != "waiting" else None


def _of_sending(one: Dispatch, mail: Mail | None, by: str, here: Reader) -> Iterator[Moment]:
    if one.state == "held":
        yield Moment(one.settled_at or one.made_at, held_text(one.held), tone="warn")
    elif one.state == "stopped":
        yield Moment(one.settled_at or one.made_at, _("Sending stopped"), by)
    elif one.state == "waiting" and one.leaves_at is not None:
        yield Moment(one.made_at, _("Leaves by mail at %(time)s", time=moment_text(one.leaves_at, here)), by)
    elif mail is None:
        yield Moment(one.settled_at or one.made_at, _("Mail written"), by)
    else:
        to = ", ".join(box["address"] for box in mail.to)
        if mail.state == "sent":
            refused = [address for address, said in mail.answers.items() if said]
            yield Moment(mail.sent_at or mail.made_at, _("Sent, taken by the recipient’s server"), to, "good")
            if refused:
                yield Moment(mail.sent_at or mail.made_at, _("Refused"), mail.last_error or "", "danger")
        elif mail.state == "waiting":
            yield Moment(mail.made_at, _("On its way"), to)
        else:
            text = _("It came back") if mail.state == "failed" else _("Refused")
            yield Moment(mail.made_at, text, mail.last_error or to, "danger")
