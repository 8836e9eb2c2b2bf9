"""What hangs on a mail: its name as the sender meant it, and its kind as the bytes say."""

import re
import unicodedata
from dataclasses import dataclass

from msp.intake.rules import headers as header_lines
from msp.intake.rules import sniffing
from msp.intake.rules.headers import words
from msp.intake.rules.mime import Part

MAX_NAME_BYTES = 200
_PATH = re.compile(r"[/\\]")
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}$")
_RUNS_THINGS = frozenset(
    [
        *(
            "exe",
            "scr",
            "com",
            "pif",
            "bat",
            "cmd",
            "ps1",
            "psm1",
            "vbs",
            "vbe",
            "js",
            "jse",
            "wsf",
            "wsh",
            "hta",
            "msi",
        ),
        *(
            "msp",
            "cpl",
            "jar",
            "lnk",
            "url",
            "reg",
            "scf",
            "dll",
            "chm",
            "iso",
            "img",
            "vhd",
            "vhdx",
            "one",
            "xll",
            "appx",
        ),
        *("docm", "dotm", "xlsm", "xltm", "xlam", "pptm", "ppam", "apk", "dmg", "pkg", "sh", "command", "application"),
    ]
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it came. `type` is what the bytes are, `declared` what the mail says; both are for reading only."""

    name: str
    type: str
    declared: str
    data: bytes
    content_id: str
    inline: bool
    sound: bool
    runs: bool


def read(part: Part, number: int) -> Attachment:
    """The file in a leaf; `number` names it where the mail does not."""
    data, sound = part.content()
    found = sniffing.kind(data, part.type)
    name = file_name(part) or _given_name(part, data, found, number)
    content_id = part.headers.first("content-id").strip().strip("<>").strip()[:500]
    inline = bool(content_id) and found.startswith("image/") and part.disposition != "attachment"
    runs = sniffing.runs(data) or name.rpartition(".")[2].lower() in _RUNS_THINGS
    return Attachment(name, found, part.type, data, content_id, inline, sound, runs)


def file_name(part: Part) -> str:
    """The name a part was sent under, '' for none: filename before name, RFC 2231 before RFC 2047 before raw bytes."""
    for parameters in (part.disposition_parameters, part.parameters):
        for key in ("filename", "name"):
            if tidy := safe_name(words(parameters.get(key, ""))):
                return tidy
    return ""


def safe_name(name: str) -> str:
    """A name to show and to offer for saving: no path, no control or turning characters, NFC, at most 200 bytes."""
    last = [piece for piece in _PATH.split(header_lines.one_line(name)) if piece.strip(" .")]
    if not last:
        return ""
    tidy = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", last[-1])).strip().lstrip(".").rstrip(". ")
    extension = found[0] if (found := _EXTENSION.search(tidy)) else ""
    stem = tidy.removesuffix(extension)
    room = MAX_NAME_BYTES - len(extension)
    return stem.encode("utf-8", "replace")[:room].decode("utf-8", "ignore") + extension


def _given_name(part: Part, data: bytes, kind: str, number: int) -> str:
    if part.type in ("message/rfc822", "message/global"):
        inner, _ = header_lines.split(data[:65536].partition(b"\r\n\r\n")[0].partition(b"\n\n")[0])
        if subject := safe_name(inner.text("subject")):
            return safe_name(f"{subject}.eml")
    return f"part-{number}{sniffing.extension(kind)}"
