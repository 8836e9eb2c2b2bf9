"""How the mail of a reply stands: before it is written, on its way, with whom it is and who never got it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from msp.outbox import queries
from msp.outbox.models import Mail
from msp.tickets.facts import without_address
from msp.tickets.models import Event, Message, Ticket

FAILED = ("refused", "failed", "nobody")


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a reply's mail is, since `at`: `unsent` in its time to undo, `late` when that is over and none is made yet,
    `nobody` without an address, else as the mail itself says.

    `got` and `missed` are addresses, `why` the servers' words, `tries` how often it was tried in vain.
    """

    state: str
    at: datetime
    got: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    why: str = ""
    tries: int = 0

    @property
    def may_be_undone(self) -> bool:
        return self.state in ("unsent", "late")

    @property
    def may_go_again(self) -> bool:
        """It did not reach everybody, and nothing is on its way."""
        return self.state in FAILED or (self.state == "sent" and bool(self.missed))


class Deliveries:
    """The deliveries of one ticket's replies. `has` says whether there are `mails`, and replies still `unsent`."""

    def __init__(
        self,
        rows: Session,
        ticket: Ticket,
        events: Sequence[Event],
        has: Collection[str],
        now: datetime,
        undo: timedelta,
    ) -> None:
        mails = queries.mails_of_ticket(rows, ticket.tenant_id, ticket.id) if "mails" in has else []
        self._mails: Mapping[int | None, Mail] = {mail.message_id: mail for mail in mails}
        self._nobody = without_address(events)
        replies = {event.data["message_id"] for event in events if event.type == "replied"} - self._mails.keys()
        unsent = "unsent" in has
        self._waiting = queries.replies_to_mail(rows, ticket.tenant_id, ticket.id, replies) if unsent else set()
        self._now, self._undo = now, undo

    def of(self, message: Message) -> Delivery | None:
        """None for what is no reply of the desk, and for one that never was to leave by mail."""
        mail = self._mails.get(message.id)
        if mail is not None:
            return _of_mail(mail)
        if message.id in self._nobody:
            return Delivery("nobody", message.at)
        if message.id not in self._waiting:
            return None
        leaves = message.at + self._undo
        return Delivery("late" if leaves < self._now else "unsent", leaves)


def _of_mail(mail: Mail) -> Delivery:
    to = [one["address"] for one in (*mail.to, *mail.cc)]
    said = {one: mail.answers[one] for one in to if mail.answers.get(one)}
    why = "" if mail.state == "sent" and not said else mail.last_error or ""
    return Delivery(
        mail.state,
        mail.sent_at or mail.made_at,
        tuple(one for one in to if mail.answers.get(one) == ""),
        tuple(said),
        why,
        mail.tries,
    )
