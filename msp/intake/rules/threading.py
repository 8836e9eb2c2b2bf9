"""What ties a mail to a ticket: our reply address, our Message-ID, the ids it answers, a key in the subject."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from msp.intake.rules.headers import Headers, words
from msp.intake.rules.senders import normalised
from msp.outbox.rules import Ours, opened, reply_token

_MESSAGE_ID = re.compile(r"<\s*([^<>\s]{1,900})\s*>")
_BARE_ID = re.compile(r"^([^<>\s@]{1,400}@[^<>\s@]{1,400})$")
_MAX_IDS = 100
_HYPHENS = str.maketrans(dict.fromkeys("‐‑‒–—―−－﹣ー─", "-"))
_KEY = re.compile(r"(?<![A-Z0-9-])([A-Z][A-Z0-9]{1,15})\s?-\s?([1-9][0-9]{0,8})(?![A-Z0-9]|-[A-Z0-9])")
_BRACKETED = re.compile(r"[\[【(#]\s*$")


@dataclass(frozen=True, slots=True)
class TicketKey:
    """A key as people write it: ACME-1042."""

    tenant: str
    number: int


@dataclass(frozen=True, slots=True)
class Clues:
    """All that ties a mail to a ticket, strongest first; who may join is for the room to ask."""

    tokens: tuple[bytes, ...]
    ours: tuple[Ours, ...]
    ids: tuple[str, ...]
    keys: tuple[TicketKey, ...]


def message_ids(value: str) -> tuple[str, ...]:
    """The ids of In-Reply-To or References in their order, brackets kept; the first and the last 50 of a long list."""
    text = words(value) if "=?" in value else value
    found = [f"<{one}>" for one in _MESSAGE_ID.findall(text)]
    if not found and (bare := _BARE_ID.match(text.strip())):
        found = [f"<{bare[1]}>"]
    kept = found if len(found) <= _MAX_IDS else found[: _MAX_IDS // 2] + found[-_MAX_IDS // 2 :]
    return tuple(dict.fromkeys(kept))


def ticket_keys(subject: str) -> tuple[TicketKey, ...]:
    """Ticket keys in a subject, full-width ones too, bracketed ones first. Some are none (ISO-9001): the room knows."""
    text = unicodedata.normalize("NFKC", subject[:1000].translate(_HYPHENS)).upper()
    found = [
        (_BRACKETED.search(text[max(0, one.start() - 3) : one.start()]) is None, TicketKey(one[1], int(one[2])))
        for one in _KEY.finditer(text)
    ]
    return tuple(dict.fromkeys(key for _, key in sorted(found, key=lambda one: one[0])))


def clues(headers: Headers, recipients: Sequence[str], mailbox: str, keys: Sequence[bytes]) -> Clues:
    """What `headers` and the addresses a mail came to say about its ticket.

    `recipients` are normalised addresses (envelope, To, Cc); `keys` are our Message-ID keys. Ids come newest first:
    In-Reply-To, then References from the end.
    """
    answered = [one for value in headers.all("in-reply-to") for one in message_ids(value)]
    referred = [one for value in headers.all("references") for one in message_ids(value)]
    ids = tuple(dict.fromkeys((*answered, *reversed(referred))))[:_MAX_IDS]
    tokens = dict.fromkeys(
        token for one in recipients if (token := reply_token(normalised(one) or "", mailbox)) is not None
    )
    ours = dict.fromkeys(one for text in ids if (one := opened(keys, text)) is not None)
    return Clues(tuple(tokens), tuple(ours), ids, ticket_keys(headers.text("subject")))
