"""winmail.dat opened: the files Outlook wrapped in its own format (MS-OXTNEF)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from msp.intake.rules import charset, sniffing
from msp.intake.rules.attachments import Attachment, safe_name

_SIGNATURE = b"\x78\x9f\x3e\x22"
_RENDERING = 0x9002
_TITLE = 0x8010
_DATA = 0x800F
_PROPERTIES = 0x9005
_CODEPAGE = 0x9007
_LONG_NAME = 0x3707
_CONTENT_ID = 0x3712
_MAX_ATTRIBUTES = 2000
_MAX_PROPERTIES = 500
_MAX_FILES = 100
_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_LENGTHY = frozenset((0x0D, 0x1E, 0x1F, 0x102))


@dataclass(slots=True)
class _File:
    name: bytes = b""
    long_name: str = ""
    content_id: str = ""
    data: bytes = b""
    codepage: str = "cp932"


def unpacked(file: Attachment) -> tuple[Attachment, ...]:
    """The files inside, () when it is no such package, is broken, or holds none."""
    if not file.data.startswith(_SIGNATURE):
        return ()
    return tuple(_attachment(one, number) for number, one in enumerate(_files(file.data), 1))


def _attachment(file: _File, number: int) -> Attachment:
    kind = sniffing.kind(file.data, "application/octet-stream")
    name = safe_name(file.long_name) or safe_name(charset.decode(file.name.rstrip(b"\0"), file.codepage).text)
    name = name or f"part-{number}{sniffing.extension(kind)}"
    inline = bool(file.content_id) and kind.startswith("image/")
    return Attachment(name, kind, kind, file.data, file.content_id, inline, True, sniffing.runs(file.data))


def _files(data: bytes) -> list[_File]:
    files: list[_File] = []
    codepage = "cp932"
    for attribute, value in _attributes(data):
        if attribute == _CODEPAGE and len(value) >= 4:
            codepage = f"cp{int.from_bytes(value[:4], 'little')}"
        elif attribute == _RENDERING and len(files) < _MAX_FILES:
            files.append(_File(codepage=codepage))
        elif files and attribute == _TITLE:
            files[-1].name = value[:1000]
        elif files and attribute == _DATA:
            files[-1].data = value
        elif files and attribute == _PROPERTIES:
            found = dict(_properties(value, codepage))
            files[-1].long_name = found.get(_LONG_NAME, "")
            files[-1].content_id = found.get(_CONTENT_ID, "").strip("<>")[:500]
    return [file for file in files if file.data]


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(id, value) of each attribute; stops at the first that does not fit."""
    position = 6
    for _ in range(_MAX_ATTRIBUTES):
        if position + 9 > len(data):
            return
        _, attribute, _, size = struct.unpack_from("<BHHI", data, position)
        position += 9
        if position + size > len(data):
            return
        yield attribute, data[position : position + size]
        position += size + 2


def _properties(data: bytes, codepage: str) -> Iterator[tuple[int, str]]:
    """(id, text) of the string properties of an attachment (MS-OXTNEF 2.1.3.4); stops at what it does not know."""
    position = 4
    for _ in range(min(int.from_bytes(data[:4], "little"), _MAX_PROPERTIES)):
        if position + 4 > len(data):
            return
        kind, name = struct.unpack_from("<HH", data, position)
        position += 4
        if name >= 0x8000:
            position = _after_name(data, position)
        if kind in _FIXED:
            position += _FIXED[kind]
        elif kind in _LENGTHY:
            if position + 8 > len(data):
                return
            size = int.from_bytes(data[position + 4 : position + 8], "little")
            value = data[position + 8 : position + 8 + size]
            position += 8 + size + (-size % 4)
            if kind == 0x1F:
                yield name, value.decode("utf-16-le", "replace").rstrip("\0")
            elif kind == 0x1E:
                yield name, charset.decode(value.rstrip(b"\0"), codepage).text
        else:
            return


def _after_name(data: bytes, position: int) -> int:
    """Named properties carry a GUID and a number or a name before their value."""
    by_number = int.from_bytes(data[position + 16 : position + 20], "little") == 0
    if by_number:
        return position + 24
    size = int.from_bytes(data[position + 20 : position + 24], "little")
    return position + 24 + size + (-size % 4)
