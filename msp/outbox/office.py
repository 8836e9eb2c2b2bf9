"""What of this installation stands in every mail: its mailbox, its keys, its edge."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from flask import current_app

from msp.outbox.rules import Mailbox
from msp.settings import Settings

LOCAL_PART = "help"


@dataclass(frozen=True, slots=True)
class Office:
    """`mailbox` takes all replies; `keys` make and open Message-IDs, the newest first; `edge` is our authserv-id."""

    domain: str
    mailbox: str
    keys: tuple[bytes, ...]
    edge: str
    base_url: str
    demo: bool

    @classmethod
    def of(cls, settings: Settings) -> Office:
        return cls(
            domain=settings.mail_domain,
            mailbox=f"{LOCAL_PART}@{settings.mail_domain}".lower(),
            keys=(hmac.digest(settings.secret_key.encode(), b"message ids of our mail", "sha256"),),
            edge=settings.mail_edge,
            base_url=settings.base_url.rstrip("/"),
            demo=settings.demo,
        )

    def sender(self, name: str, address: str | None) -> Mailbox:
        """Whom a mail comes from: the client's own address at the desk where it has one."""
        return Mailbox(address or self.mailbox, name)


def office() -> Office:
    """The mail of this installation."""
    return Office.of(current_app.extensions["settings"])
