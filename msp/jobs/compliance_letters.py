"""What our mails say of promises: a month that closed, a dispute that was opened, answered or met by silence."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from flask_babel import force_locale, gettext

from msp.jobs.hearers import Person
from msp.outbox.actions import Writing
from msp.outbox.office import Office
from msp.outbox.rules import Automatic, Mailbox
from msp.reports.figures import ALL, Figure
from msp.tickets.models import Ticket
from sla.models import Dispute, FrozenMonth
from sla.rules.contract import METRICS
from sla.rules.disputes import CLIENT
from tenants.models import Contact, Tenant


def of_month(frozen: FrozenMonth, tenant: Tenant, contact: Contact, office: Office) -> Writing:
    """Was the promise kept last month, and which tickets missed it: the answer, and the page behind it."""
    figures = {name: Figure(**counts) for name, counts in frozen.figures.items()}
    with force_locale(contact.language):
        month = _month(frozen.month, contact.language)
        lines = [
            gettext("%(name)s, the service levels of %(month)s are final.", name=contact.name, month=month),
            "\n".join(_of_metric(metric, figures[metric]) for metric in METRICS if figures[metric].decided),
            gettext("Every figure opens the list behind it, every ticket its minutes:"),
            f"{office.base_url}/portal/{tenant.key}/sla?of={frozen.month:%Y-%m}",
            gettext("Fingerprint of the closed month: %(digest)s", digest=frozen.sha256),
        ]
        subject = gettext("Service levels of %(month)s: %(share)s kept", month=month, share=_share(figures[ALL].agreed))
        return _notice(f"month:{frozen.id}:{contact.id}", _box(contact), subject, lines, contact.language)


def to_client(dispute: Dispute, ticket: Ticket, contact: Contact, office: Office) -> Writing:
    """A proposal of the desk that waits for the client's admin, or what became of a dispute."""
    tenant_key = ticket.key.rpartition("-")[0]
    where = f"{office.base_url}/portal/{tenant_key}/sla/tickets/{ticket.number}"
    with force_locale(contact.language):
        subject, lines = _told(dispute, ticket, contact.zone or "Asia/Tokyo")
        return _notice(
            f"dispute:{dispute.id}:{dispute.status}:{contact.id}",
            _box(contact),
            subject,
            [*lines, where],
            contact.language,
        )


def to_desk(dispute: Dispute, ticket: Ticket, tenant: Tenant, person: Person, office: Office) -> Writing:
    """A contest that waits for the desk, or what became of one."""
    with force_locale(person.language):
        subject, lines = _told(dispute, ticket, person.zone)
        return _notice(
            f"dispute:{dispute.id}:{dispute.status}:desk:{person.id}",
            Mailbox(person.email, person.name),
            subject,
            [tenant.name, *lines, f"{office.base_url}/tickets/{ticket.key}/clock"],
            person.language,
        )


def metric_name(metric: str) -> str:
    """What a promise is called."""
    names = {
        "first_response": gettext("First response"),
        "next_response": gettext("Next response"),
        "resolution": gettext("Resolution"),
    }
    return str(names[metric])


def _told(dispute: Dispute, ticket: Ticket, zone: str) -> tuple[str, list[str]]:
    promise = metric_name(dispute.metric)
    about = gettext("%(key)s “%(title)s”, %(promise)s", key=ticket.key, title=ticket.title, promise=promise)
    if dispute.status == "open":
        contested = dispute.side == CLIENT
        subject = gettext("%(key)s is contested") if contested else gettext("%(key)s: proposal to leave a promise out")
        said = gettext("%(name)s writes: %(reason)s", name=dispute.opened_by, reason=dispute.reason)
        until = dispute.deadline.astimezone(ZoneInfo(zone))
        last = gettext("Please answer until %(day)s %(time)s; silence rejects it.")
        return subject % {"key": ticket.key}, [
            about,
            said,
            last % {"day": f"{until:%Y-%m-%d}", "time": f"{until:%H:%M}"},
        ]
    accepted = dispute.status == "accepted"
    subject = gettext("%(key)s: left out of the agreed figure") if accepted else gettext("%(key)s: stays in the figure")
    if dispute.answered_by:
        said = gettext("%(name)s answered: %(answer)s", name=dispute.answered_by, answer=dispute.answer or "–")
    else:
        said = gettext("Nobody answered in time, so it is rejected.")
    return subject % {"key": ticket.key}, [about, said]


def _of_metric(metric: str, figure: Figure) -> str:
    said = gettext(
        "%(promise)s: %(agreed)s agreed, %(strict)s strict, %(missed)s of %(decided)s missed",
        promise=metric_name(metric),
        agreed=_share(figure.agreed),
        strict=_share(figure.strict),
        missed=figure.missed,
        decided=figure.decided,
    )
    return str(said)


def _share(share: Fraction | None) -> str:
    """A share of one as percent, rounded down: it never reads better than it was."""
    if share is None:
        return "–"
    exact = Decimal(100 * share.numerator) / share.denominator
    return f"{exact.quantize(Decimal('0.1'), rounding=ROUND_DOWN)} %"


def _month(month: date, language: str) -> str:
    return f"{month.year}年{month.month}月" if language == "ja" else f"{month:%B %Y}"


def _box(contact: Contact) -> Mailbox:
    return Mailbox(contact.normal_email or "", contact.name)


def _notice(key: str, to: Mailbox, subject: str, lines: list[str], language: str) -> Writing:
    return Writing(
        key=key,
        to=(to,),
        subject=subject,
        text="\n\n".join(line for line in lines if line) + "\n",
        language=language,
        automatic=Automatic.NOTICE,
    )
