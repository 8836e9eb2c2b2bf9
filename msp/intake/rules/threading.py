"""What ties a mail to a ticket: our reply address, our Message-ID, the ids it answers, a key in the subject."""

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msp.intake.rules.headers import Headers, words
from msp.intake.rules.senders import normalised

TOKEN_BYTES = 16
_MAC_BYTES = 12
_MARK = "r."
_TOKEN = re.compile(r"[a-z2-7]{26}")
_MESSAGE_ID = re.compile(r"<\s*([^<>\s]{1,900})\s*>")
_BARE_ID = re.compile(r"^([^<>\s@]{1,400}@[^<>\s@]{1,400})$")
_MAX_IDS = 100
_OURS = re.compile(r"^([a-z2-7]{24,80})@")
_HYPHENS = str.maketrans(dict.fromkeys("‐‑‒–—―−－﹣ー─", "-"))
_KEY = re.compile(r"(?<![A-Z0-9-])([A-Z][A-Z0-9]{1,15})\s?-\s?([1-9][0-9]{0,8})(?![A-Z0-9]|-[A-Z0-9])")
_BRACKETED = re.compile(r"[\[【(#]\s*$")


@dataclass(frozen=True, slots=True)
class Ours:
    """What a Message-ID of ours says, its MAC checked: the tenant, the ticket, the outgoing mail."""

    tenant_id: int
    ticket_id: int
    mail_id: int


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


def reply_address(mailbox: str, token: bytes) -> str:
    """Where replies go: `help@desk.jp` and 16 random bytes -> `help+r.<26 letters>@desk.jp` (base32, any case)."""
    if len(token) != TOKEN_BYTES:
        raise ValueError(f"A reply token has {TOKEN_BYTES} bytes.")
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{_MARK}{_base32(token)}@{domain}"


def token_of(address: str, mailbox: str) -> bytes | None:
    """The token in an address if it is one of `mailbox`'s reply addresses."""
    local, _, domain = mailbox.lower().rpartition("@")
    theirs, _, their_domain = (normalised(address) or "").rpartition("@")
    text = theirs.removeprefix(f"{local}+{_MARK}")
    if their_domain != domain or text == theirs or not _TOKEN.fullmatch(text):
        return None
    return _from_base32(text)


def token_hash(token: bytes) -> bytes:
    """What is stored instead of the token (SHA-256, 32 bytes)."""
    return hashlib.sha256(b"reply token\0" + token).digest()


def message_id(key: bytes, ours: Ours, domain: str) -> str:
    """A Message-ID that says whose mail it is to us only: the same facts give the same id.

    The payload is masked by a stream drawn from its own MAC (as in SIV, RFC 5297): ids and their growth stay private.
    """
    payload = b"".join(_varint(number) for number in (ours.tenant_id, ours.ticket_id, ours.mail_id))
    mac = _mac(key, payload)
    return f"<{_base32(mac + _masked(key, mac, payload))}@{domain}>"


def opened(keys: Iterable[bytes], text: str) -> Ours | None:
    """What a Message-ID says if one of our keys made it (the newest first, older ones while they turn), else None."""
    found = _OURS.match(text.strip().strip("<>").lower())
    sealed = _from_base32(found[1]) if found else None
    if sealed is None or len(sealed) <= _MAC_BYTES:
        return None
    mac, hidden = sealed[:_MAC_BYTES], sealed[_MAC_BYTES:]
    for key in keys:
        payload = _masked(key, mac, hidden)
        if hmac.compare_digest(_mac(key, payload), mac):
            numbers = _varints(payload)
            return Ours(*numbers) if len(numbers) == 3 else None
    return None


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
    tokens = dict.fromkeys(token for one in recipients if (token := token_of(one, mailbox)) is not None)
    ours = dict.fromkeys(one for text in ids if (one := opened(keys, text)) is not None)
    return Clues(tuple(tokens), tuple(ours), ids, ticket_keys(headers.text("subject")))


def _mac(key: bytes, payload: bytes) -> bytes:
    return hmac.digest(key, b"message id\0" + payload, "sha256")[:_MAC_BYTES]


def _masked(key: bytes, mac: bytes, payload: bytes) -> bytes:
    stream = hmac.digest(key, b"message id mask\0" + mac, "sha512")
    return bytes(a ^ b for a, b in zip(payload, stream, strict=False))


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _varints(data: bytes) -> list[int]:
    out, number, shift = [], 0, 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            out.append(number)
            number, shift = 0, 0
    return out


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()


def _from_base32(text: str) -> bytes | None:
    try:
        data = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except ValueError:
        return None
    return data if _base32(data) == text else None
