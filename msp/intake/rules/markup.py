"""HTML of strangers: as plain text for reading and searching, as clean HTML for showing."""

import html
import re
from collections.abc import Mapping

import nh3

MAX_CHARACTERS = 500_000
MAX_NESTING = 400
MAX_ENTITIES = 50_000
_OPENING = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_NEVER_NESTING = "br img hr meta link input col wbr p li td tr th o v"
_PARAGRAPHS = "p h1 h2 h3 h4 h5 h6 ul ol dl table pre blockquote"
_BLOCKS = f"{_PARAGRAPHS} div br li tr td th hr dt dd address section article header footer center a img"
_SHOWN = f"""{_BLOCKS} b strong i em u s strike del ins sub sup small big span font code kbd samp tt q cite abbr mark
thead tbody tfoot caption colgroup col figure figcaption ruby rt rp"""
_TAG = re.compile(r'<(/?)([a-z0-9]+)((?:\s+[a-z-]+="[^"]*")*)\s*/?>')
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
_ANY_TAG = re.compile(r"<[^<>]*>?")
_SPACES = re.compile(r"[ \t\n\f\u00a0]+")
_MANY_LINES = re.compile(r"\n{3,}")
_SHOWN_ATTRIBUTES = {
    "*": {"dir", "lang"},
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "align", "valign"},
    "th": {"colspan", "rowspan", "align", "valign"},
    "table": {"border", "cellpadding", "cellspacing", "width"},
    "font": {"color"},
    "ol": {"start"},
}
_DROPPED_WHOLE = {"script", "style", "title", "head", "template", "noscript", "iframe", "object", "svg", "math"}
_SCHEMES = {"http", "https", "mailto", "tel"}


def to_text(source: str) -> str:
    """What a person reads of an HTML mail: paragraphs as lines, quotes behind `> `, a link's target after its words."""
    source = source[:MAX_CHARACTERS]
    if _slow_to_clean(source):
        return _lines(html.unescape(_ANY_TAG.sub("", source)))
    cleaned = nh3.clean(
        source,
        tags=set(_BLOCKS.split()),
        clean_content_tags=_DROPPED_WHOLE,
        attributes={"a": {"href"}, "img": {"alt"}},
        url_schemes=_SCHEMES,
        link_rel=None,
    )
    return _Page().read(cleaned)


def clean(source: str, pictures: Mapping[str, str]) -> str:
    """HTML fit for a sandboxed frame: our short list of tags, no styles, links that leave without a trace.

    `pictures` maps Content-IDs to addresses of our own; every other picture keeps its words only.
    """
    source = source[:MAX_CHARACTERS]
    if _slow_to_clean(source):
        return f"<pre>{html.escape(to_text(source))}</pre>"

    def kept(tag: str, attribute: str, value: str) -> str | None:
        if (tag, attribute) == ("img", "src"):
            return pictures.get(value.strip().removeprefix("cid:").removeprefix("CID:"))
        return value

    return nh3.clean(
        source,
        tags=set(_SHOWN.split()),
        clean_content_tags=_DROPPED_WHOLE,
        attributes={tag: set(names) for tag, names in _SHOWN_ATTRIBUTES.items()},
        attribute_filter=kept,
        url_schemes={*_SCHEMES, "cid"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="noopener noreferrer nofollow",
    )


def _slow_to_clean(source: str) -> bool:
    """Whether elements stand so deep in each other, or entities so dense, that cleaning would take quadratic time."""
    if source.count("&") > MAX_ENTITIES:
        return True
    opened: dict[str, int] = {}
    depth, alone = 0, frozenset(_NEVER_NESTING.split())
    for closing, name in _OPENING.findall(source):
        name = name.lower()
        if name in alone:
            continue
        if not closing:
            opened[name] = opened.get(name, 0) + 1
            depth += 1
            if depth > MAX_NESTING:
                return True
        elif opened.get(name):
            opened[name] -= 1
            depth -= 1
    return False


def _lines(text: str) -> str:
    return _MANY_LINES.sub("\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip("\n")


class _Page:
    """Lines being written while the tags go by."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quotes = 0
        self.preformatted = 0
        self.links: list[tuple[str, int]] = []

    def read(self, cleaned: str) -> str:
        position = 0
        for found in _TAG.finditer(cleaned):
            self._words(cleaned[position : found.start()])
            self._tag(found[1] == "/", found[2], found[3])
            position = found.end()
        self._words(cleaned[position:])
        self._break()
        return _lines("\n".join(self.lines))

    def _words(self, source: str) -> None:
        text = html.unescape(source)
        if self.preformatted:
            first, *others = text.split("\n")
            self.line.append(first)
            for other in others:
                self._break(always=True)
                self.line.append(other)
            return
        text = _SPACES.sub(" ", text)
        if not self.line or self.line[-1].endswith((" ", "\t")):
            text = text.removeprefix(" ")
        if text:
            self.line.append(text)

    def _tag(self, closing: bool, name: str, attributes: str) -> None:
        if name == "br":
            self._break(always=True)
        elif name == "a":
            self._link(closing, attributes)
        elif name == "img":
            self.line.append(html.unescape(dict(_ATTRIBUTE.findall(attributes)).get("alt", "")).replace("\n", " "))
        elif name in ("td", "th"):
            if closing:
                self.line.append("\t")
        elif name == "hr":
            self._break()
            self.lines.append("-" * 40)
        else:
            self._block(closing, name)

    def _block(self, closing: bool, name: str) -> None:
        self._break()
        if name == "blockquote" and closing:
            self.quotes = max(0, self.quotes - 1)
        if name in _PARAGRAPHS.split() and self.lines and self.lines[-1].strip("> "):
            self.lines.append(self._margin().rstrip())
        if name == "blockquote" and not closing:
            self.quotes += 1
        elif name == "pre":
            self.preformatted = max(0, self.preformatted + (-1 if closing else 1))
        elif name == "li" and not closing:
            self.line.append("- ")

    def _link(self, closing: bool, attributes: str) -> None:
        if not closing:
            self.links.append((html.unescape(dict(_ATTRIBUTE.findall(attributes)).get("href", "")), len(self.line)))
        elif self.links:
            target, start = self.links.pop()
            said = "".join(self.line[start:]).strip()
            if target.startswith(("http://", "https://")) and target.rstrip("/") != said.rstrip("/"):
                self.line.append(f" <{target}>")

    def _break(self, always: bool = False) -> None:
        text = "".join(self.line).rstrip()
        if text or always:
            self.lines.append((self._margin() + text).rstrip() if self.quotes else text)
        self.line = []

    def _margin(self) -> str:
        return ">" * min(self.quotes, 20) + " " if self.quotes else ""
