"""The tree of parts in a mail, found in one pass per level and under caps."""

import re
from dataclasses import dataclass
from enum import StrEnum

from msp.intake.rules import headers as header_lines
from msp.intake.rules import transfer
from msp.intake.rules.headers import Headers

MAX_BYTES = 25 * 1024 * 1024
MAX_HEADER_BYTES = 256 * 1024
MAX_PARTS = 100
MAX_DEPTH = 20
_PATIENCE = 100_000  # lines that begin like a delimiter and are none
_BLANK_LINE = re.compile(rb"(?:\A|\n)\r?\n")
_FIRST_DELIMITER = re.compile(rb"(?:\A|\n)--([^\r\n]{1,200}?)[ \t]*\r?\n")


class Trouble(StrEnum):
    """What kept a mail from being read whole."""

    EMPTY = "empty"
    TOO_LARGE = "too large"
    NO_HEADERS = "no headers"
    FAILED = "reading failed"
    ENCRYPTED = "encrypted"
    HUGE_HEADERS = "headers too long"
    BROKEN_HEADERS = "broken headers"
    TOO_MANY_PARTS = "too many parts"
    TOO_DEEP = "parts too deep"
    NO_BOUNDARY = "no boundary"
    UNTERMINATED = "boundary not closed"
    BROKEN_ENCODING = "broken transfer encoding"
    WRONG_CHARSET = "charset not as labelled"
    LOST_CHARACTERS = "characters lost"
    TEXT_CUT = "text too long"
    TOO_MANY_ADDRESSES = "too many addresses"
    SEVERAL_FROM = "several senders"
    NO_FROM = "no sender"
    NUL = "NUL bytes"


@dataclass(frozen=True, slots=True)
class Part:
    """One entity: a leaf with its still encoded bytes, or a multipart with its children."""

    headers: Headers
    type: str
    parameters: dict[str, str]
    disposition: str
    disposition_parameters: dict[str, str]
    encoded: bytes = b""
    children: tuple["Part", ...] = ()

    @property
    def is_multipart(self) -> bool:
        """Whether the parts below say what it is."""
        return bool(self.children)

    def content(self) -> tuple[bytes, bool]:
        """The decoded bytes, and whether their encoding was sound."""
        return transfer.undo(self.encoded, self.headers.first("content-transfer-encoding"))


def parse(raw: bytes) -> tuple[Part, frozenset[Trouble]]:
    """The tree of a mail of any shape; headers past 256 kB, parts past 100, levels past 20 stay unread and are told."""
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    reader = _Reader(raw)
    start = len(raw) - len(raw.lstrip(b"\r\n"))
    root = reader.part(start, len(raw), 0)
    return root, frozenset(reader.troubles)


class _Reader:
    """The bytes, the parts still allowed, and the troubles so far."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.left = MAX_PARTS
        self.patience = _PATIENCE
        self.troubles: set[Trouble] = set()

    def part(self, start: int, end: int, depth: int, default_type: str = "text/plain") -> Part:
        self.left -= 1
        headers, body = self._head(start, end)
        kind, parameters = header_lines.content_type(headers)
        if "content-type" not in headers:
            kind = default_type
        disposition, disposition_parameters = header_lines.parameters(headers.first("content-disposition"))
        children: tuple[Part, ...] = ()
        if kind.startswith("multipart/") and depth >= MAX_DEPTH:
            self.troubles.add(Trouble.TOO_DEEP)
            kind = "application/octet-stream"
        elif kind.startswith("multipart/"):
            children = self._children(kind, parameters, body, end, depth)
            kind = kind if children else "text/plain"
        encoded = b"" if children else self.raw[body:end]
        return Part(headers, kind, parameters, disposition, disposition_parameters, encoded, children)

    def _head(self, start: int, end: int) -> tuple[Headers, int]:
        if self.raw.startswith((b"\n", b"\r\n"), start, end):
            return Headers(), self.raw.index(b"\n", start, end) + 1
        blank = _BLANK_LINE.search(self.raw, start, end)
        head_end, body = (blank.start() + 1, blank.end()) if blank else (end, end)
        if head_end - start > MAX_HEADER_BYTES:
            self.troubles.add(Trouble.HUGE_HEADERS)
            head_end = start + MAX_HEADER_BYTES
        headers, early = header_lines.split(self.raw[start:head_end])
        if early is not None:
            self.troubles.add(Trouble.BROKEN_HEADERS)
            body = start + early
        return headers, body

    def _children(self, kind: str, parameters: dict[str, str], start: int, end: int, depth: int) -> tuple[Part, ...]:
        boundary = parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
        spans = self._spans(boundary, start, end) if boundary else []
        if not spans:
            self.troubles.add(Trouble.NO_BOUNDARY)
            guessed = _FIRST_DELIMITER.search(self.raw, start, end)
            spans = self._spans(guessed[1], start, end) if guessed else []
        default = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        children = []
        for part_start, part_end in spans:
            if self.left <= 0:
                self.troubles.add(Trouble.TOO_MANY_PARTS)
                break
            children.append(self.part(part_start, part_end, depth + 1, default))
        return tuple(children)

    def _spans(self, boundary: bytes, start: int, end: int) -> list[tuple[int, int]]:
        """Where the parts between the delimiter lines begin and end, at most one more than may be read."""
        delimiter = b"--" + boundary
        spans: list[tuple[int, int]] = []
        opened: int | None = None
        position = start
        while len(spans) <= self.left and self.patience > 0:
            if position == start and self.raw.startswith(delimiter, start, end):
                found = start
            elif (found := self.raw.find(b"\n" + delimiter, position, end) + 1) == 0:
                break
            position = found + len(delimiter)
            line_end = self.raw.find(b"\n", position, min(position + 200, end))
            tail = self.raw[position : line_end if line_end >= 0 else min(position + 200, end)].strip()
            if tail not in (b"", b"--"):
                self.patience -= 1
                continue
            if opened is not None:
                spans.append((opened, self._before_line_end(opened, found)))
            if tail == b"--":
                return spans
            opened = line_end + 1 if line_end >= 0 else end
            position = max(opened - 1, position)
        if opened is not None and len(spans) <= self.left:
            self.troubles.add(Trouble.UNTERMINATED)
            spans.append((opened, end))
        return spans

    def _before_line_end(self, start: int, delimiter: int) -> int:
        """The line end before a delimiter belongs to the delimiter (RFC 2046 5.1.1)."""
        cut = delimiter - (2 if self.raw[delimiter - 2 : delimiter] == b"\r\n" else 1)
        return max(start, cut)
