"""Which parts of a mail are its text, and which are attached."""

import re
from dataclasses import dataclass, field

from msp.intake.rules import charset, markup
from msp.intake.rules.mime import Part, Trouble

MAX_CHARACTERS = 500_000
MAX_TEXT_BYTES = 3_000_000
_PICTURE_INSIDE = re.compile(r"data:[\w/+.;=-]{1,100};base64,[A-Za-z0-9+/=\s]{200,}")
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Body:
    """The text as a person reads it, the HTML as it came ('' without), and the parts that hang on."""

    text: str
    html: str
    attached: tuple[Part, ...]
    troubles: frozenset[Trouble]


@dataclass(slots=True)
class _Found:
    """Pieces of the body in their order, each as (plain, HTML) with '' for what is absent."""

    pieces: list[tuple[str, str]] = field(default_factory=list)
    attached: list[Part] = field(default_factory=list)
    named: list[Part] = field(default_factory=list)
    troubles: set[Trouble] = field(default_factory=set)
    bytes_left: int = MAX_TEXT_BYTES


def read(root: Part, japanese: bool = True) -> Body:
    """The body of a mail. Plain text is preferred for reading; a piece that has HTML only is turned into text."""
    found = _Found()
    _walk(root, found, japanese)
    if not any(plain.strip() or rich.strip() for plain, rich in found.pieces):
        for part in found.named:
            found.pieces.append(_text(part, found, japanese))
    text = "\n\n".join(said for piece in found.pieces if (said := _said(*piece).strip("\n")))
    rich = ""
    if any(piece[1].strip() for piece in found.pieces):
        rich = "<hr>".join(piece[1] or f"<pre>{_escaped(piece[0])}</pre>" for piece in found.pieces)
    if len(text) > MAX_CHARACTERS or len(rich) > markup.MAX_CHARACTERS:
        found.troubles.add(Trouble.TEXT_CUT)
    return Body(text[:MAX_CHARACTERS], rich[: markup.MAX_CHARACTERS], tuple(found.attached), frozenset(found.troubles))


def _walk(part: Part, found: _Found, japanese: bool) -> None:
    match part.type:
        case "multipart/alternative":
            _alternative(part, found, japanese)
        case "multipart/related":
            root = _root_of(part)
            _walk(root, found, japanese)
            found.attached.extend(leaf for child in part.children if child is not root for leaf in leaves(child))
        case "multipart/signed" | "multipart/report":
            _walk(part.children[0], found, japanese)
            found.attached.extend(leaf for child in part.children[1:] for leaf in leaves(child))
        case "multipart/encrypted" | "application/pkcs7-mime" | "application/x-pkcs7-mime":
            found.troubles.add(Trouble.ENCRYPTED)
            found.attached.extend(leaves(part))
        case _ if part.children:
            for child in part.children:
                _walk(child, found, japanese)
        case _ if is_text(part):
            found.pieces.append(_text(part, found, japanese))
        case _:
            found.attached.append(part)
            if part.type in ("text/plain", "text/html") and part.disposition != "attachment":
                found.named.append(part)


def _alternative(part: Part, found: _Found, japanese: bool) -> None:
    """One thing said several times: the last plain and the last rich one, whatever else is there hangs on."""
    plain = rich = ""
    for child in part.children:
        inner = _Found(bytes_left=found.bytes_left)
        _walk(child, inner, japanese)
        plain = "\n\n".join(one for one, _ in inner.pieces if one.strip()) or plain
        rich = "<hr>".join(one for _, one in inner.pieces if one.strip()) or rich
        found.attached.extend(inner.attached)
        found.named.extend(inner.named)
        found.troubles |= inner.troubles
        found.bytes_left = inner.bytes_left
    found.pieces.append((plain, rich))


def _root_of(part: Part) -> Part:
    start = part.parameters.get("start", "").strip("<> ")
    by_id = (child for child in part.children if start and child.headers.first("content-id").strip("<> ") == start)
    return next(by_id, part.children[0])


def leaves(part: Part) -> list[Part]:
    """The parts below that hold something."""
    return [leaf for child in part.children for leaf in leaves(child)] if part.children else [part]


def is_text(part: Part) -> bool:
    """Whether a leaf is something said rather than something sent along."""
    named = "filename" in part.disposition_parameters or "name" in part.parameters
    return part.type in ("text/plain", "text/html") and part.disposition != "attachment" and not named


def _said(plain: str, rich: str) -> str:
    return plain if plain.strip() or not rich else markup.to_text(rich)


def _text(part: Part, found: _Found, japanese: bool) -> tuple[str, str]:
    data, sound = part.content()
    if len(data) > found.bytes_left:
        found.troubles.add(Trouble.TEXT_CUT)
    data = data[: found.bytes_left]
    found.bytes_left -= len(data)
    label = part.parameters.get("charset", "")
    if part.type == "text/html" and charset.codec_of(label) is None and (meta := _META_CHARSET.search(data[:4096])):
        label = meta[1].decode("ascii")
    read_as = charset.decode(data, label, japanese)
    if not sound:
        found.troubles.add(Trouble.BROKEN_ENCODING)
    if not read_as.as_labelled:
        found.troubles.add(Trouble.WRONG_CHARSET)
    if "\ufffd" in read_as.text:
        found.troubles.add(Trouble.LOST_CHARACTERS)
    if b"\0" in data and not read_as.codec.startswith("utf-16"):
        found.troubles.add(Trouble.NUL)
    if part.type == "text/html":
        return "", _PICTURE_INSIDE.sub("", read_as.text)
    flowed = part.parameters.get("format", "").lower() == "flowed"
    return (unflowed(read_as.text, part.parameters.get("delsp", "").lower() == "yes") if flowed else read_as.text), ""


def unflowed(text: str, delete_space: bool) -> str:
    """Lines of format=flowed joined to paragraphs, quote depth by quote depth (RFC 3676 4)."""
    out: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        flows = content.endswith(" ") and content != "-- "
        kept = content[:-1] if flows and delete_space else content
        if open_depth == depth and content != "-- ":
            out.append(kept)
        else:
            out.append(("\n" if out else "") + ">" * depth + (" " if depth else "") + kept)
        open_depth = depth if flows else -1
    return "".join(out)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
