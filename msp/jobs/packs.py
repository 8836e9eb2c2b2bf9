"""Who hears of a surge pack: the client's admins of an offer, the desk of what they answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import force_locale, gettext

from billing.documents.figures import amount_text
from msp import clock
from msp.jobs.hearers import Hearers, Person, client_admins
from msp.outbox import actions as outbox
from msp.outbox.actions import Writing
from msp.outbox.office import Office, office
from msp.outbox.rules import Automatic, Mailbox
from sla.models import SurgePack
from tenants.db import db
from tenants.models import Contact, Tenant
from tenants.rules import Role


def offered(tenant_id: int, pack_id: int) -> None:
    """The client's admins get the offer in their own language, one step away from deciding."""
    session, at = db.session(), clock.now()
    pack, tenant = session.get_one(SurgePack, (tenant_id, pack_id)), session.get_one(Tenant, tenant_id)
    if pack.status == "proposed" and pack.ends_at > at:
        for contact in client_admins(session, tenant_id):
            outbox.write(session, tenant_id, office(), _offer(pack, tenant, contact, office()), at)


def answered(tenant_id: int, pack_id: int) -> None:
    """The owner and whoever is responsible for the client hear what became of the offer."""
    session, at = db.session(), clock.now()
    pack, tenant = session.get_one(SurgePack, (tenant_id, pack_id)), session.get_one(Tenant, tenant_id)
    hearers = Hearers(session, tenant_id, at)
    concerned = {
        login: person
        for login, person in hearers.people.items()
        if person.role == Role.OWNER or login == tenant.owner_login_id
    }
    said = {"title": pack.name, "status": pack.status}
    outbox.notify(session, concerned, tenant_id, f"pack:{tenant_id}:{pack.id}", "pack_answered", tenant.key, said, at)
    for person in concerned.values():
        outbox.write(session, tenant_id, office(), _answer(pack, tenant, person, office()), at)


def _offer(pack: SurgePack, tenant: Tenant, contact: Contact, office: Office) -> Writing:
    zone = contact.zone or tenant.zone
    with force_locale(contact.language):
        lines = [
            gettext("%(name)s, %(by)s offers you a surge pack.", name=contact.name, by=pack.proposed_by),
            *_terms(pack, zone, contact.language),
            pack.message,
            gettext("Nothing changes until you approve. What it changes, and the two buttons:"),
            f"{office.base_url}/portal/{tenant.key}/contract#packs",
        ]
        subject = gettext("Surge pack “%(name)s”: please decide", name=pack.name)
    to = Mailbox(contact.normal_email or "", contact.name)
    return _notice(f"pack:{pack.id}:offered:{contact.id}", to, subject, lines, contact.language)


def _answer(pack: SurgePack, tenant: Tenant, person: Person, office: Office) -> Writing:
    approved = pack.status == "approved"
    with force_locale(person.language):
        subject = gettext("%(client)s approved “%(name)s”") if approved else gettext("%(client)s declined “%(name)s”")
        decided = gettext("Decided by %(name)s.", name=pack.decided_by)
        lines = [tenant.name, decided, *_terms(pack, person.zone, person.language)]
        if approved and pack.price:
            lines.append(gettext("Its fee waits on the draft of the month in which it begins."))
        lines.append(f"{office.base_url}/clients/{tenant.key}/contract#packs")
    subject %= {"client": tenant.short or tenant.name, "name": pack.name}
    to = Mailbox(person.email, person.name)
    return _notice(f"pack:{pack.id}:{pack.status}:desk:{person.id}", to, subject, lines, person.language)


def _terms(pack: SurgePack, zone: str, language: str) -> list[str]:
    """What, when and for how much."""
    until = pack.ends - timedelta(minutes=1)
    span = gettext(
        "%(name)s: %(begins)s – %(ends)s", name=pack.name, begins=_at(pack.begins, zone), ends=_at(until, zone)
    )
    if not pack.price:
        return [span]
    fee = gettext("Fee: %(amount)s", amount=amount_text(str(pack.price), pack.currency, language))
    return [f"{span}\n{fee}"]


def _at(instant: datetime, zone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def _notice(key: str, to: Mailbox, subject: str, lines: list[str], language: str) -> Writing:
    text = "\n\n".join(line for line in lines if line) + "\n"
    return Writing(key=key, to=(to,), subject=subject, text=text, language=language, automatic=Automatic.NOTICE)
