"""Content-Transfer-Encodings, undone as far as broken ones allow."""

import binascii
import re

_MAX_PIECES = 10_000
_NOT_BASE64 = bytes(i for i in range(256) if not (chr(i).isascii() and (chr(i).isalnum() or chr(i) in "+/=")))
_SPACES = b" \t\r\n"
_LINE_OF_PROSE = re.compile(rb"(?m)^[ \t]*[^\s]+[ \t]+[^\s][^\n]*$")
_SOUND_QUOTED = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*\r?\n|\Z)")


def undo(data: bytes, encoding: str) -> tuple[bytes, bool]:
    """The bytes behind an encoding, and whether the encoding was kept without a fault."""
    match encoding.strip().lower().strip("\"';"):
        case "base64":
            return unbase64(data)
        case "quoted-printable" | "quoted-printible" | "qp":
            return unquote(data)
        case "x-uuencode" | "uuencode" | "x-uue" | "uue":
            return _unuuencode(data)
    return data, True


def unbase64(data: bytes) -> tuple[bytes, bool]:
    """Base64 with foreign characters passed over (RFC 2045 6.8), pieces that were padded one by one joined.

    Lines of prose, as mailing lists put below, are left out.
    """
    sound = True
    packed = data.translate(None, _SPACES)
    if stray := packed.translate(None, _NOT_BASE64) != packed:
        sound = False
        data = _LINE_OF_PROSE.sub(b"", data)
    packed = data.translate(None, _NOT_BASE64) if stray else packed
    if packed.count(b"=") > _MAX_PIECES:
        packed, sound = packed.replace(b"=", b""), False
    pieces = [packed] if b"=" not in packed.rstrip(b"=") else [piece for piece in packed.split(b"=") if piece]
    whole = []
    for piece in pieces:
        kept = piece.rstrip(b"=")
        if len(kept) % 4 == 1:
            kept, sound = kept[:-1], False
        sound = sound and (len(piece) % 4 == 0 or len(pieces) > 1)
        whole.append(binascii.a2b_base64(kept + b"=" * (-len(kept) % 4)))
    return b"".join(whole), sound


def unquote(data: bytes) -> tuple[bytes, bool]:
    """Quoted-printable; an equals sign that encodes nothing stays what it is."""
    return binascii.a2b_qp(data), _SOUND_QUOTED.search(data) is None


def _unuuencode(data: bytes) -> tuple[bytes, bool]:
    lines = data.split(b"\n")
    start = next((i for i, line in enumerate(lines) if line.startswith(b"begin ")), None)
    if start is None:
        return data, False
    whole, sound = [], True
    for line in lines[start + 1 :]:
        if line.strip() in (b"end", b"`", b""):
            break
        try:
            whole.append(binascii.a2b_uu(line.rstrip(b"\r")))
        except binascii.Error:
            sound = False
    return b"".join(whole), sound
