"""Header lines: found, unfolded, decoded, taken apart."""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from msp.intake.rules import charset, transfer

MAX_PARAMETERS = 50
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:[ \t]*")
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*){0,8})\?=")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PARAMETER = re.compile(r"""[\s;]*([^\s=;"]{1,200})\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)""", re.DOTALL)
_SECTION = re.compile(r"^(.+?)(?:\*(\d{1,3}))?(\*)?$")
_TYPE = re.compile(r"^([\w!#$&^.+-]{1,100}/[\w!#$&^.+-]{1,100})$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields of one entity in their order; values are unfolded bytes as they came."""

    fields: tuple[tuple[str, bytes], ...] = ()

    def all(self, name: str) -> list[str]:
        """Values of a field, raw 8-bit and raw ISO-2022-JP read, encoded words still encoded."""
        return [_readable(value) for field, value in self.fields if field == name]

    def first(self, name: str) -> str:
        """The topmost value, '' when absent."""
        return next((_readable(value) for field, value in self.fields if field == name), "")

    def text(self, name: str) -> str:
        """The topmost value as a person reads it, in one line."""
        return words(self.first(name))

    def __contains__(self, name: str) -> bool:
        return any(field == name for field, _ in self.fields)


def split(block: bytes) -> tuple[Headers, int | None]:
    """The fields of a header block, and where the body begins if the block ends too early (no empty line between).

    A line that is no field is passed over when a field follows it.
    """
    fields: list[tuple[str, list[bytes]]] = []
    position = 0
    lines = block.split(b"\n")
    for number, line in enumerate(lines):
        found = _FIELD.match(line)
        if found:
            fields.append((found[1].decode("ascii").lower(), [line[found.end() :]]))
        elif line[:1] in (b" ", b"\t") and fields:
            fields[-1][1].append(line)
        elif line.strip() and not (number == 0 and line.startswith((b"From ", b">From "))):
            following = lines[number + 1] if number + 1 < len(lines) else b""
            if not _FIELD.match(following):
                return _joined(fields), position
        position += len(line) + 1
    return _joined(fields), None


def _joined(fields: list[tuple[str, list[bytes]]]) -> Headers:
    return Headers(tuple((name, b"".join(line.rstrip(b"\r") for line in lines).strip()) for name, lines in fields))


def _readable(value: bytes) -> str:
    return charset.decode(value).text.replace("\n", " ")


def words(value: str) -> str:
    """A header value with its encoded words decoded (RFC 2047), as one line without control or turning characters.

    Neighbours in one charset are joined as bytes first: many mailers cut in the middle of a character.
    """
    return one_line(_decoded_words(value))


def one_line(text: str) -> str:
    """Text that cannot start a new header line nor turn the reading direction of what follows."""
    return _TURNING.sub("", _UNSEEN.sub(" ", text)).strip()


def _decoded_words(value: str) -> str:
    out: list[str] = []
    label, pending, end = "", b"", 0
    for found in _ENCODED_WORD.finditer(value):
        between = value[end : found.start()]
        data = _word(found[2], found[3])
        if pending and not between.strip() and found[1].lower() == label:
            pending += data
        else:
            out.append(charset.decode(pending, label).text)
            if between.strip() or end == 0:
                out.append(between)
            label, pending = found[1].lower(), data
        end = found.end()
    return "".join((*out, charset.decode(pending, label).text, value[end:]))


def _word(encoding: str, payload: str) -> bytes:
    data = payload.encode("utf-8", "replace")
    if encoding in "bB":
        return transfer.unbase64(data)[0]
    return transfer.unquote(data.replace(b"_", b" ").replace(b"=\n", b"=3D\n"))[0]


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """A structured value and its parameters: `text/plain; charset=x` -> ('text/plain', {'charset': 'x'}).

    RFC 2231 pieces are joined and decoded and win over plain ones; at most 50 are read.
    """
    main, _, _ = value.partition(";")
    position = len(main)
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for _ in range(MAX_PARAMETERS):
        found = _PARAMETER.match(value, position)
        if not found:
            break
        position = found.end()
        section = _SECTION.match(found[1].lower())
        if section is None:
            continue
        name, number, extended = section.groups()
        text = _unquoted(found[2])
        if number is not None or extended:
            pieces.setdefault(name, []).append((int(number or 0), bool(extended), text))
        else:
            plain.setdefault(name, text)
    return main.strip().lower(), plain | {name: _rfc2231(found) for name, found in pieces.items()}


def _unquoted(value: str) -> str:
    value = value.strip()
    if not value.startswith('"'):
        return value
    return value[1:].removesuffix('"').replace('\\"', '"').replace("\\\\", "\\")


def _rfc2231(pieces: list[tuple[int, bool, str]]) -> str:
    ordered = sorted(pieces, key=lambda piece: piece[0])
    _, extended, head = ordered[0]
    label = ""
    if extended and head.count("'") >= 2:
        label, _, head = head.split("'", 2)
    texts = [head, *(text for _, _, text in ordered[1:])]
    data = b"".join(
        unquote_to_bytes(text) if piece[1] else text.encode("utf-8") for piece, text in zip(ordered, texts, strict=True)
    )
    return charset.decode(data, label or "utf-8").text


def content_type(headers: Headers) -> tuple[str, dict[str, str]]:
    """The declared type and its parameters; what is no type is text/plain (RFC 2045 5.2)."""
    kind, found = parameters(headers.first("content-type"))
    return (kind if _TYPE.match(kind) else "text/plain"), found
