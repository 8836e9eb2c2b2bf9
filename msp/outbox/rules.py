"""What a mail of ours is made of: plain facts in, bytes out, and marks by which answers find their ticket again."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum

TOKEN_BYTES = 16
_MAC_BYTES = 12
_MARK = "r."
_TOKEN = re.compile(r"[a-z2-7]{26}")
_OURS = re.compile(r"^([a-z2-7]{24,80})@")
_ID = re.compile(r"^<[!-;=?-~]{1,900}>$")
_ADDRESS = re.compile(r"^[!#-'*+\-/-9=?A-Z^-~][!#-'*+\-./-9=?A-Z^-~]{0,63}@[A-Za-z0-9.-]{1,253}$")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_NUL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_PLAIN = re.compile(r"^[ -~]*$")
_ATOMS = re.compile(r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*$")
_ANSWER = re.compile(r"^(?:\s*(?:re|aw|sv|fw|fwd|wg|返信|転送)\s*(?:\[\d+\])?\s*[:：])+\s*", re.IGNORECASE)
_LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$")
_TYPE = re.compile(r"^[a-z]{1,40}/[a-z0-9.+-]{1,100}$")
_POLICY = SMTP.clone(cte_type="7bit")
_WORD_BYTES = 42
_LINE = 76
_REFERENCES = 20


class Automatic(StrEnum):
    """How a mail no person wrote came about, as Auto-Submitted says it (RFC 3834 5)."""

    ANSWER = "auto-replied"
    NOTICE = "auto-generated"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Whom a mail comes from or goes to; the domain in IDNA form."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """Something sent along; with a Content-ID (without brackets) it is a picture inside the HTML."""

    name: str
    type: str
    data: bytes
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """All that one outgoing mail says. `date` is aware; ids stand in angle brackets; `references` is oldest first."""

    sender: Mailbox
    to: tuple[Mailbox, ...]
    subject: str
    text: str
    message_id: str
    date: datetime
    cc: tuple[Mailbox, ...] = ()
    reply_to: Mailbox | None = None
    html: str = ""
    files: tuple[File, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    automatic: Automatic | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Ours:
    """What a Message-ID of ours says, its MAC checked: the tenant, the ticket, the outgoing mail."""

    tenant_id: int
    ticket_id: int
    mail_id: int


def answered(references: Sequence[str], message_id: str) -> tuple[str, ...]:
    """References of an answer to `message_id` (RFC 5322 3.6.4): the first and the newest of a long thread."""
    chain = [one for one in dict.fromkeys((*references, message_id)) if _ID.match(one)]
    return tuple(chain if len(chain) <= _REFERENCES else [chain[0], *chain[1 - _REFERENCES :]])


def answer_subject(key: str, subject: str) -> str:
    """`Re: [ACME-1042] subject`, with one Re and the key once."""
    bare = _ANSWER.sub("", _one_line(subject))
    return f"Re: {bare}" if f"[{key}]" in bare else f"Re: [{key}] {bare}".rstrip()


def envelope_sender(letter: Letter) -> str:
    """The return path: none for what a machine wrote, so that nothing answers it (RFC 3834 3.3)."""
    return "" if letter.automatic else letter.sender.address


def compose(letter: Letter) -> bytes:
    """The mail as it goes over the wire: CRLF, 7-bit, the same letter gives the same bytes.

    No value can start a header of its own. Raises ValueError for an address or Message-ID that cannot be sent.
    """
    if not _ID.match(letter.message_id) or not letter.date.tzinfo:
        raise ValueError("A letter needs a Message-ID and an aware date.")
    fields = [
        ("From", _mailboxes([letter.sender])),
        ("To", _mailboxes(letter.to)),
        ("Cc", _mailboxes(letter.cc)),
        ("Reply-To", _mailboxes([letter.reply_to] if letter.reply_to else [])),
        ("Subject", _text(letter.subject)),
        ("Date", format_datetime(letter.date)),
        ("Message-ID", letter.message_id),
        ("In-Reply-To", letter.in_reply_to if _ID.match(letter.in_reply_to) else ""),
        ("References", "\r\n ".join(one for one in letter.references if _ID.match(one))),
        ("Auto-Submitted", letter.automatic or ""),
        ("X-Auto-Response-Suppress", "All" if letter.automatic else ""),
        ("Content-Language", letter.language if _LANGUAGE.match(letter.language) else ""),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields if value)
    return head.encode("ascii") + _content(letter).as_bytes()


def reply_address(mailbox: str, token: bytes) -> str:
    """Where replies go: `help@desk.jp` and 16 random bytes -> `help+r.<26 letters>@desk.jp` (base32, any case)."""
    if len(token) != TOKEN_BYTES:
        raise ValueError(f"A reply token has {TOKEN_BYTES} bytes.")
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{_MARK}{_base32(token)}@{domain}"


def reply_token(address: str, mailbox: str) -> bytes | None:
    """The token in an address (normalised) if it is one of `mailbox`'s reply addresses."""
    local, _, domain = mailbox.lower().rpartition("@")
    theirs, _, their_domain = address.rpartition("@")
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


def _content(letter: Letter) -> EmailMessage:
    content = EmailMessage(policy=_POLICY)
    content.set_content(_NUL.sub("", letter.text))
    if letter.html:
        content.add_alternative(_NUL.sub("", letter.html), subtype="html")
    rich = content.get_body(("html",))
    for file in letter.files:
        main, _, sub = (file.type if _TYPE.match(file.type) else "application/octet-stream").partition("/")
        name = _one_line(file.name) or "file"
        if file.content_id and rich is not None:
            cid = f"<{_one_line(file.content_id)}>"
            rich.add_related(file.data, maintype=main, subtype=sub, filename=name, cid=cid, disposition="inline")
        else:
            content.add_attachment(file.data, maintype=main, subtype=sub, filename=name)
    for number, part in enumerate(part for part in content.walk() if part.is_multipart()):
        part.set_boundary(f"=_{hashlib.sha256(letter.message_id.encode()).hexdigest()[:32]}_{number}")
    return content


def _mailboxes(boxes: Iterable[Mailbox]) -> str:
    return ",\r\n ".join(_mailbox(box) for box in boxes)


def _mailbox(box: Mailbox) -> str:
    if not _ADDRESS.match(box.address):
        raise ValueError(f"{box.address!r} is no address a mail can go to.")
    name = _one_line(box.name)
    if not name:
        return box.address
    if _ATOMS.match(name) and "=?" not in name and len(name) < _LINE:
        return f"{name}\r\n <{box.address}>"
    if _PLAIN.match(name) and "=?" not in name and len(name) < _LINE:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}"\r\n <{box.address}>'
    return f"{_encoded(name)}\r\n <{box.address}>"


def _text(value: str) -> str:
    """An unstructured value: ASCII as it is where its words fit on lines, everything else as encoded words."""
    value = _one_line(value)
    if _PLAIN.match(value) and "=?" not in value and len(value) < _LINE - 10:
        return value
    return _encoded(value)


def _encoded(value: str) -> str:
    """Encoded words in UTF-8, each whole characters only (RFC 2047 5)."""
    chunks, chunk = [], b""
    for char in value:
        data = char.encode("utf-8", "replace")
        if len(chunk) + len(data) > _WORD_BYTES:
            chunks.append(chunk)
            chunk = b""
        chunk += data
    return "\r\n ".join(f"=?utf-8?B?{base64.b64encode(one).decode('ascii')}?=" for one in (*chunks, chunk))


def _one_line(text: str) -> str:
    return _UNSEEN.sub(" ", text).strip()


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
