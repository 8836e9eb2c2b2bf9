"""One mail, read: bytes in, a frozen account out, whatever the bytes are."""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from msp.intake.rules import attachments, automatic, body, mime, quoting, senders, threading, tnef
from msp.intake.rules.attachments import Attachment
from msp.intake.rules.automatic import Judgement, Kind
from msp.intake.rules.headers import Headers
from msp.intake.rules.mime import Part, Trouble
from msp.intake.rules.quoting import Segment
from msp.intake.rules.senders import Address

MAX_SUBJECT = 500
_READ_OF_TOO_LARGE = 512 * 1024
_UNREADABLE = frozenset((Trouble.EMPTY, Trouble.TOO_LARGE, Trouble.NO_HEADERS, Trouble.FAILED, Trouble.ENCRYPTED))
_NO_LOSS = frozenset((Trouble.WRONG_CHARSET, Trouble.NUL, Trouble.NO_FROM, Trouble.SEVERAL_FROM, Trouble.UNTERMINATED))
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says. Everything in it was chosen by a stranger, `claimed_date` too: no clock starts there."""

    digest: str
    size: int
    headers: Headers
    subject: str
    senders: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    message_id: str
    claimed_date: datetime | None
    text: str
    segments: tuple[Segment, ...]
    html: str
    attachments: tuple[Attachment, ...]
    judgement: Judgement
    troubles: frozenset[Trouble]

    @property
    def sender(self) -> Address | None:
        """The one who wrote; with several in From the first, whom nothing can prove."""
        return self.senders[0] if self.senders else None

    @property
    def fresh(self) -> str:
        """The text without what it quotes."""
        return quoting.fresh(self.segments)

    @property
    def readable(self) -> bool:
        """Whether subject and text can be shown as written; if not, the ticket says why and has the raw mail."""
        return not self.troubles & _UNREADABLE

    @property
    def whole(self) -> bool:
        """Whether nothing of it was left out or lost."""
        return not self.troubles - _NO_LOSS


def read(
    raw: bytes, envelope_from: str | None = None, own_addresses: Collection[str] = (), japanese: bool = True
) -> Mail:
    """What `raw` says. Never raises; what keeps it from being read stands in `troubles`.

    `envelope_from` is the return path our edge saw ('' for the null one), `own_addresses` are the desk's mailboxes
    (normalised), `japanese` chooses what unlabelled 8-bit text is taken for.
    """
    troubles: set[Trouble] = set()
    read_bytes = raw
    if len(raw) > mime.MAX_BYTES:
        troubles.add(Trouble.TOO_LARGE)
        read_bytes = raw[:_READ_OF_TOO_LARGE]
    if not raw.strip():
        troubles.add(Trouble.EMPTY)
    root, found = _tried(troubles, _nothing(), mime.parse, read_bytes)
    troubles |= found
    headers = root.headers
    if not headers.fields and raw.strip():
        troubles.add(Trouble.NO_HEADERS)
    text = _tried(troubles, body.Body("", "", (), frozenset()), body.read, root, japanese)
    troubles |= text.troubles
    subject = _tried(troubles, "", headers.text, "subject")[:MAX_SUBJECT]
    segments = _tried(troubles, _unfolded(text.text), quoting.fold, text.text, subject)
    files = () if Trouble.TOO_LARGE in troubles else _files(text.attached, troubles)
    who = {name: _addresses(headers, name, troubles) for name in ("from", "sender", "reply-to", "to", "cc")}
    if len(who["from"]) > 1 or len(headers.all("from")) > 1:
        troubles.add(Trouble.SEVERAL_FROM)
    if not who["from"]:
        troubles.add(Trouble.NO_FROM)
    written_by = who["from"] or who["sender"]
    sender = next(iter(written_by), None)
    unjudged = Judgement(Kind.NOTICE, False, "could not be judged")
    known = (quoting.fresh(segments), envelope_from, own_addresses)
    return Mail(
        digest=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        headers=headers,
        subject=subject,
        senders=written_by,
        reply_to=who["reply-to"],
        to=who["to"],
        cc=who["cc"],
        message_id=_tried(troubles, "", _message_id, headers),
        claimed_date=_tried(troubles, None, _date, headers),
        text=text.text,
        segments=segments,
        html=text.html,
        attachments=files,
        judgement=_tried(troubles, unjudged, automatic.judge, root, sender, *known),
        troubles=frozenset(troubles),
    )


def _tried(troubles: set[Trouble], otherwise: _T, ask: Callable[..., _T], *facts: object) -> _T:
    """A mail is evidence: one thing that cannot be read must not cost the others."""
    try:
        return ask(*facts)
    except Exception:
        troubles.add(Trouble.FAILED)
        return otherwise


def _nothing() -> tuple[Part, frozenset[Trouble]]:
    return Part(Headers(), "text/plain", {}, "", {}), frozenset()


def _unfolded(text: str) -> tuple[Segment, ...]:
    return (Segment(text, False),)


def _addresses(headers: Headers, name: str, troubles: set[Trouble]) -> tuple[Address, ...]:
    nobody: tuple[Address, ...] = ()
    values = headers.all(name)[: senders.MAX_ADDRESSES]
    found = [one for value in values for one in _tried(troubles, nobody, senders.addresses, value)]
    if len(found) >= senders.MAX_ADDRESSES:
        troubles.add(Trouble.TOO_MANY_ADDRESSES)
    return tuple(found[: senders.MAX_ADDRESSES])


def _files(parts: tuple[Part, ...], troubles: set[Trouble]) -> tuple[Attachment, ...]:
    nothing: tuple[Attachment, ...] = ()
    files = [file for number, part in enumerate(parts, 1) for file in _tried(troubles, nothing, _file, part, number)]
    if not all(file.sound for file in files):
        troubles.add(Trouble.BROKEN_ENCODING)
    return tuple(files[: mime.MAX_PARTS])


def _file(part: Part, number: int) -> tuple[Attachment, ...]:
    file = attachments.read(part, number)
    return tnef.unpacked(file) or (file,)


def _message_id(headers: Headers) -> str:
    return next(iter(threading.message_ids(headers.first("message-id"))), "")


def _date(headers: Headers) -> datetime | None:
    """The date a mail claims, in UTC. The standard parser raises on what is none."""
    try:
        claimed = parsedate_to_datetime(headers.first("date")[:200])
        return (claimed if claimed.tzinfo else claimed.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
