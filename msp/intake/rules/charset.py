"""From bytes and a label that may lie to text."""

import codecs
import re
from dataclasses import dataclass

CP932 = "cp932"
JIS = "cp50221"
EUC = "cp51932"

_FAMILIES = {
    CP932: "shift-jis sjis x-sjis ms-kanji csshiftjis windows-31j cswindows31j cp932 ms932 sjis-win x-ms-cp932 "
    "shift-jisx0213",
    JIS: "iso-2022-jp iso-2022-jp-1 iso-2022-jp-2 iso-2022-jp-3 iso-2022-jp-2004 iso-2022-jp-ms iso-2022-jp-ext "
    "iso2022-jp iso2022jp csiso2022jp cp50220 cp50221 cp50222 jis",
    EUC: "euc-jp x-euc-jp eucjp x-euc eucjp-ms eucjp-win cp51932 ujis cseucpkdfmtjapanese",
    "gb18030": "gb2312 gb-2312 gbk gb18030 cp936 ms936 x-gbk euc-cn csgb2312 gb-2312-80 x-gb",
    "big5hkscs": "big5 big5-hkscs cp950 x-big5 csbig5 big5-tw",
    "cp949": "ks-c-5601-1987 ks-c-5601-1989 ks-c-5601 ksc5601 ks-x-1001 euc-kr cseuckr cp949 ms949 uhc windows-949",
    "iso2022_kr": "iso-2022-kr csiso2022kr",
    "hz": "hz-gb-2312 hz",
    "utf-8": "utf-8 utf8 utf-8-sig unicode-1-1-utf-8 cp65001 utf-8mb4 utf8mb4 x-utf-8",
    "utf-7": "utf-7 unicode-1-1-utf-7",
    "utf-16": "utf-16 unicode ucs-2 iso-10646-ucs-2",
    "utf-16-le": "utf-16le",
    "utf-16-be": "utf-16be",
    "utf-32": "utf-32",
    "cp1252": "iso-8859-1 iso8859-1 latin1 latin-1 l1 cp1252 windows-1252 x-cp1252 ansi cp819",
    "cp1254": "iso-8859-9 latin5 windows-1254 cp1254",
    "cp874": "tis-620 iso-8859-11 windows-874 cp874",
    "koi8-r": "koi8-r cskoi8r",
    "koi8-u": "koi8-u",
    "mac-roman": "macintosh x-mac-roman mac",
    "cp866": "cp866 ibm866",
    "cp437": "cp437 ibm437",
    "cp850": "cp850 ibm850",
}
_CODECS = {label: codec for codec, labels in _FAMILIES.items() for label in labels.split()}
_CODECS |= {
    f"{form}{n}": f"iso8859-{n}"
    for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)
    for form in ("iso-8859-", "iso8859-")
}
_CODECS |= {
    f"{form}{n}": f"cp{n}" for n in (1250, 1251, 1253, 1255, 1256, 1257, 1258) for form in ("windows-", "cp", "x-cp")
}

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_ESCAPES = re.compile(rb"(\x1b(?:\$\(?[@BDOQ]|\([BJIH])|[\x0e\x0f])")
_ESCAPED = re.compile(rb"\x1b(?:\$\(?[@BDOQ]|\(I)")
_TO_HIGH = bytes(i | 0x80 if 0x21 <= i <= 0x7E else i for i in range(256))
_AS_MICROSOFT = str.maketrans({"〜": "～", "‖": "∥", "−": "－", "¢": "￠", "£": "￡", "¬": "￢", "¥": "\\", "‾": "~"})
_WIDE_UTF8 = re.compile(rb"[\xe0-\xf4][\x80-\xbf]{2}")
_WESTERN = re.compile(rb"(?<![\x80-\xff])[\xc0-\xff](?![\x80-\xff])")
_HIGH = re.compile(rb"[\x80-\xff]")
_KANA = re.compile("[ぁ-ヿ、。]")
_LIKELY = re.compile("[ぁ-ヿ、。一-鿿！-～]")
_UNLIKELY = re.compile("[｡-ﾟ\ue000-\uf8ff\x80-\x9f\ufffd]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_CONTROLS = {i: None for i in (*range(32), 127) if i not in (9, 10)}
_SAMPLE = 8192


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the codec that gave it, and whether that was the one the label promised."""

    text: str
    codec: str
    as_labelled: bool = True


def codec_of(label: str) -> str | None:
    """The codec a label means; None for us-ascii (no news), for unknown labels and for codecs that are not of text."""
    return _CODECS.get(label.strip().strip("\"'").split("*")[0].lower().replace("_", "-"))


def decode(data: bytes, label: str = "", japanese: bool = True) -> Decoded:
    """Text of `data`, without NUL and lone surrogates, lines ended by LF; the bytes may overrule the label.

    `japanese` says what an unreadable or missing label falls back to: cp932 and EUC-JP before Latin-1.
    """
    codec = codec_of(label)
    text, used = _decoded(data, codec, japanese)
    return Decoded(tidy(text), used, codec in (None, used))


def tidy(text: str) -> str:
    """Text a database takes: LF only, no NUL or other control characters, no lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS).removeprefix("\ufeff")
    return _SURROGATES.sub("\ufffd", text)


def _decoded(data: bytes, codec: str | None, japanese: bool) -> tuple[str, str]:
    for bom, name in _BOMS:
        if data.startswith(bom):
            promised = codec is not None and codec.startswith(name[:6])
            return data[len(bom) :].decode(name, "replace"), codec if codec and promised else name
    if codec in ("utf-7", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "hz", "iso2022_kr"):
        return data.decode(codec, "replace"), codec
    if _ESCAPED.search(data) and (data.isascii() or codec == JIS):
        return _jis(data), JIS
    if data.isascii():
        return data.decode("ascii"), codec or "ascii"
    if codec is None or codec == JIS:
        return _guess(data, None, japanese)
    if (
        codec != "utf-8"
        and len(_WIDE_UTF8.findall(data, 0, _SAMPLE)) > 1
        and (text := _strictly(data, "utf-8")) is not None
    ):
        return text, "utf-8"
    if codec in ("cp1252", "iso8859-15") and (japanese or _strictly(data, "utf-8") is not None):
        return _guess(data, codec, japanese)
    if (text := _strictly(data, codec)) is not None:
        return text, codec
    text = _loosely(data, codec)
    return (text, codec) if _slightly_damaged(text) else _guess(data, codec, japanese)


def _guess(data: bytes, labelled: str | None, japanese: bool) -> tuple[str, str]:
    if (text := _strictly(data, "utf-8")) is not None:
        return text, "utf-8"
    if japanese and len(_WESTERN.findall(data)) < len(_HIGH.findall(data)):
        readings = [(codec, _strictly(data, codec)) for codec in (CP932, EUC)]
        codec, likeliest = max(readings, key=lambda reading: _plausible(reading[1] or ""))
        if likeliest and _plausible(likeliest) > 0 and (labelled is None or _KANA.search(likeliest)):
            return likeliest, codec
        damaged = _loosely(data, CP932)
        if likeliest is None and _slightly_damaged(damaged) and _KANA.search(damaged):
            return damaged, CP932
    if labelled is not None:
        return _loosely(data, labelled), labelled
    if _slightly_damaged(text := _loosely(data, "utf-8")):
        return text, "utf-8"
    return _loosely(data, "cp1252"), "cp1252"


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        if codec == EUC:
            return data.decode("euc_jp", "msp.row13").translate(_AS_MICROSOFT)
        return data.decode(codec)
    except UnicodeDecodeError:
        return None


def _loosely(data: bytes, codec: str) -> str:
    if codec == EUC:
        return data.decode("euc_jp", "msp.row13.replace").translate(_AS_MICROSOFT)
    if codec == "cp1252":
        return data.decode("cp1252", "msp.latin1")
    return data.decode(codec, "replace")


def _slightly_damaged(text: str) -> bool:
    """At most one character in twenty of those beyond ASCII is lost."""
    bad = text.count("\ufffd")
    return bad * 20 <= len(text) - len(text.encode("ascii", "ignore")) - bad


def _plausible(text: str) -> float:
    sample = text[:_SAMPLE]
    return len(_LIKELY.findall(sample)) + len(_KANA.findall(sample)) - 3 * len(_UNLIKELY.findall(sample))


def _jis(data: bytes) -> str:
    """ISO-2022-JP as Microsoft writes it (CP50221): row 13, NEC's IBM rows, half-width kana by ESC ( I or by SO.

    A line end returns to ASCII, as RFC 1468 has it.
    """
    text = None if b"\x0e" in data else _strictly(data, "iso2022_jp")
    if text is not None:
        return text.translate(_AS_MICROSOFT)
    pieces, state = [], b"\x1b(B"
    before = state
    for piece in _ESCAPES.split(data):
        if piece == b"\x0e":
            before, state = state, b"\x1b(I"
        elif piece == b"\x0f":
            state = before
        elif piece.startswith(b"\x1b") and _ESCAPES.fullmatch(piece):
            state = piece
        elif piece:
            line, newline, rest = piece.partition(b"\n")
            pieces.append(_in_state(line, state))
            if newline:
                state = b"\x1b(B"
                pieces.append("\n" + rest.decode(CP932, "replace"))
    return "".join(pieces)


def _in_state(data: bytes, state: bytes) -> str:
    if state == b"\x1b(I":
        return data.translate(_TO_HIGH).decode(CP932, "replace")
    if not state.startswith(b"\x1b$"):
        return data.decode(CP932, "replace")
    high = data.translate(_TO_HIGH)
    if state == b"\x1b$(D":
        high = b"".join(b"\x8f" + high[i : i + 2] for i in range(0, len(high), 2))
    return _loosely(high, EUC)


def _row13(error: UnicodeError) -> tuple[str, int]:
    """What plain EUC-JP does not know and Microsoft does: row 13 (㈱ ①) and the IBM characters (髙 﨑)."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    row, cell = (*error.object[error.start : error.start + 2], 0, 0)[:2]
    if not (0xA1 <= row <= 0xFE and 0xA1 <= cell <= 0xFE):
        raise error
    row, cell = row - 0xA1, cell - 0xA1
    lead = row // 2 + (0x81 if row < 62 else 0xC1)
    trail = cell + 0x9F if row % 2 else cell + (0x40 if cell < 63 else 0x41)
    return bytes((lead, trail)).decode(CP932), error.start + 2


def _row13_or_replace(error: UnicodeError) -> tuple[str, int]:
    try:
        return _row13(error)
    except UnicodeDecodeError:
        return codecs.replace_errors(error)  # type: ignore[return-value]


def _latin1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("msp.row13", _row13)
codecs.register_error("msp.row13.replace", _row13_or_replace)
codecs.register_error("msp.latin1", _latin1)
