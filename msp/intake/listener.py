"""SMTP or LMTP for our own edge: a mail is acknowledged only after it is kept and committed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from prometheus_client import Counter

from msp.settings import Settings

LARGEST = 35 * 1024 * 1024
LONGEST_LINE = 1024 * 1024
KEPT = "250 2.0.0 Kept"
LATER = "451 4.3.0 It could not be kept just now; please try again"

log = structlog.get_logger()
TAKEN = Counter("msp_mail_taken", "Mails acknowledged by the listener")
PUT_OFF = Counter("msp_mail_put_off", "Mails the listener could not keep and asked for again")

Keep = Callable[[bytes, str, str | None, Sequence[str]], None]


class OverSmtp(SMTP):
    """Takes lines as long as they come; refusing them would lose a mail that can be read."""

    line_length_limit = LONGEST_LINE


class OverLmtp(LMTP):
    """The same for an edge that wants an answer for each recipient."""

    line_length_limit = LONGEST_LINE


class Listener:
    """Hands each mail to `keep`, which returns when it is safe. All recipients of a mail are kept or none."""

    def __init__(self, settings: Settings, keep: Keep) -> None:
        self.door = settings.listen_protocol
        self.domain = settings.mail_domain
        self.address = (settings.listen_host, settings.listen_port)
        self.keep = keep

    async def open(self) -> asyncio.Server:
        """Begin to listen; the caller closes."""
        return await asyncio.get_running_loop().create_server(self._protocol, *self.address)

    def _protocol(self) -> SMTP:
        kind = OverLmtp if self.door == "lmtp" else OverSmtp
        return kind(
            self, data_size_limit=LARGEST, enable_SMTPUTF8=True, hostname=self.domain, loop=asyncio.get_running_loop()
        )

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """The edge waits while a thread keeps the mail; whatever goes wrong, it tries again later."""
        content: Any = envelope.content
        try:
            await asyncio.to_thread(self.keep, content, self.door, envelope.mail_from, tuple(envelope.rcpt_tos))
        except Exception:
            PUT_OFF.inc()
            log.exception("mail_put_off", recipients=len(envelope.rcpt_tos))
            return self._for_each(envelope, LATER)
        TAKEN.inc()
        return self._for_each(envelope, KEPT)

    def _for_each(self, envelope: Envelope, answer: str) -> str:
        """LMTP wants one line a recipient (RFC 2033 4.2)."""
        return "\r\n".join([answer] * (len(envelope.rcpt_tos) if self.door == "lmtp" else 1))
