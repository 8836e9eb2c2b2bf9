"""Both sides hear before what was paid ahead is gone, and tickets are told where they are charged."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions
from billing.models import CountedTicket, PrepaidStanding
from msp import clock
from msp.jobs import prepaid
from msp.outbox import queries as outbox
from msp.outbox.models import Mail
from msp.tickets.models import Ticket
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tenants.work import Work
from tests.billing.agreed import agree, day
from tests.billing.books import Books, open_books
from tests.cast import Cast

BLOCK: tuple[str, str, dict[str, str], dict[str, str]] = ("block", "block", {"overage_rate": "12000"}, {})


def used_up_to(session: Session, cast: Cast, hours: str) -> Books:
    """Ten hours given on 1 June, so many of them worked on the 10th."""
    with acting_as(cast.agent(cast.acme.id, Role.BILLER)):
        books = open_books(session, cast.acme.id, cast.staff[Role.AGENT])
        agree(books, BLOCK)
        actions.sell_lot(session, cast.acme.id, "block", Decimal(600), None, None, day(6))
        books.log(hours, at=day(6, 10))
        actions.count_prepaid(session, cast.acme.id, day(6, 11))
        session.flush()
    return books


def warn(session: Session, cast: Cast) -> None:
    with acting_as(job(cast.acme.id)):
        for work in session.scalars(select(Work).where(Work.kind == "escalations.prepaid")).all():
            prepaid.warn(cast.acme.id, *work.ids)
        session.flush()


def test_owner_agent_and_the_clients_people_hear_once(session: Session, cast: Cast) -> None:
    used_up_to(session, cast, "8")
    for _ in range(2):
        warn(session, cast)
    for role in (Role.OWNER, Role.AGENT):
        with acting_as(cast.agent()):
            (notice,) = outbox.notices_of(session, cast.staff[role], cast.every)
        assert (notice.kind, notice.subject, notice.data["share"]) == ("prepaid", "ACME", 75)
    with acting_as(job(cast.acme.id)):
        mails = session.scalars(select(Mail).where(Mail.key.startswith("prepaid:"))).all()
        to = sorted(one["address"] for mail in mails for one in mail.to)
        assert to == ["billing_contact@acme.example", "client_admin@acme.example"]
        assert "8時間" in mails[0].text
        assert "10時間" in mails[0].text


def test_tickets_are_told_where_they_are_charged(session: Session, cast: Cast) -> None:
    with acting_as(cast.agent(cast.acme.id, Role.BILLER)):
        books = open_books(session, cast.acme.id, cast.staff[Role.AGENT])
        prepaid.tally(cast.acme.id)
        assert session.scalars(select(CountedTicket)).all() == []
        agree(books, ("calls", "per_ticket", {"price": "4000"}, {}))
        ticket = session.get_one(Ticket, (cast.acme.id, books.ticket_id))
        ticket.opened_at = clock.now()
        prepaid.tally(cast.acme.id)
        (told,) = session.scalars(select(CountedTicket)).all()
        assert (told.ticket_id, told.opened_at, told.closed_at) == (ticket.id, ticket.opened_at, None)


def test_the_living_invoice_and_the_balance_follow_together(session: Session, cast: Cast) -> None:
    books = used_up_to(session, cast, "1")
    with acting_as(job(cast.acme.id)):
        prepaid.draft(books.tenant_id, day(6, 10).toordinal())
        assert session.scalars(select(PrepaidStanding)).one().item == "block"
