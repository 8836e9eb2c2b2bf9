"""Which part of a reply is new and which repeats older mail. Nothing is cut: the segments joined are the text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from mailparser_reply.constants import MAIL_LANGUAGES
from mailparser_reply.parser import EmailMessage

_MAX_LINE = 400
_MAX_LINES = 20_000
_LIBRARY_CHARACTERS = 20_000
_LIBRARY_LINE = 250
_LANGUAGES = ["ja", "en", *(name for name in MAIL_LANGUAGES if name not in ("ja", "en"))]

_QUOTED = re.compile(r"^\s{0,3}[>＞]")
_FORWARD_SUBJECT = re.compile(r"^\s*(?:fw|fwd|wg|tr|rv|転送)\s*[:：]", re.IGNORECASE)
_FORWARD = re.compile(
    r"^[\s>]*(?:[-=_―─—*]{2,}\s*(?:forwarded|転送)|begin forwarded message|転送されたメッセージ)", re.IGNORECASE
)
_FIELD = re.compile(
    r"^[\s*_>]*(From|Sent|To|Cc|Subject|Date|Reply-To|Importance|Attachments|"
    r"差出人|送信者|発信者|送信日時|送信済み|送信日|受信日時|日時|日付|宛先|送信先|件名|タイトル|返信先|重要度|添付ファイル|ＣＣ|写し)"
    r"[\s*_]*[:：]",
    re.IGNORECASE,
)
_FROM = re.compile(r"^(?:from|差出人|送信者|発信者)$", re.IGNORECASE)
_SEPARATOR = re.compile(
    r"^[\s>]*(?:[-=_―─—*]{2,}\s*(?:Original Message|Original Appointment|Forwarded (?:message|by)|"
    r"Begin forwarded message|"
    r"元のメッセージ|元のメール|元の予定|元メッセージ|オリジナルメッセージ|転送メッセージ|転送されたメッセージ|転送開始|引用|"
    r"Ursprüngliche Nachricht|Message d'origine|Mensaje original|原始邮件|原邮件).{0,120}?[-=_―─—*]{2,}"
    r"|Begin forwarded message:|転送されたメッセージ[:：]|Original Message\s*$|_{20,}\s*$)",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"^[\s>]*(?:"
    r"On\s.{4,300}\swrote:?"
    r"|(?:On\s)?\d{4}[-/.]\d{1,2}[-/.]\d{1,2}.{0,200}(?:wrote|さん(?:が|は)?(?:書き|かき)ました|書きました|のメール)?\s*[:：]"
    r"|\d{4}年\s?\d{1,2}月\s?\d{1,2}日.{0,250}(?:[:：]|のメール[:：]|(?:書き|記述し|送信し)ました[:：。]?)"
    r"|\d{4}/\d{1,2}/\d{1,2}.{0,250}(?:[:：]|のメール[:：]|(?:書き|記述し|送信し)ました[:：。]?)"
    r"|.{0,200}<[^<>\s]{3,200}@[^<>\s]{3,200}>\s*(?:さん|様|氏)?(?:が|は|の)?(?:メール|書きました|wrote|のメール)?\s*[:：]"
    r"|.{1,120}(?:さん|様|氏)は(?:書きました|こう書きました|かきました).{0,20}"
    r"|In message\s.{3,300}|At\s.{4,200},\s*$"
    r")\s*$",
    re.IGNORECASE,
)
_OPENS_WROTE = re.compile(
    r"^[\s>]*(?:On\s.{4,300}|\d{4}年\s?\d{1,2}月\s?\d{1,2}日.{0,250}|\d{4}/\d{1,2}/\d{1,2}.{0,250})$"
)
_NAMES_A_MAIL = re.compile(
    r"^[\s>]*(?:On\s.{0,100}\d|\d{4}\s?[年/.-]).*(?:<[^<>]+@[^<>]+>|のメール\s*[:：]$|(?:書き|記述し)ました[:：。]?$|wrote:$)",
    re.IGNORECASE,
)
_INTRODUCES = re.compile(r"^[\s>]*.{0,300}[\d@].{0,300}[:：]$")


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of whole lines, line ends included."""

    text: str
    quoted: bool


def fold(text: str, subject: str = "") -> tuple[Segment, ...]:
    """The text as new and quoted runs: Outlook, iPhone, Gmail, Thunderbird and the like, Japanese and English.

    Below a header block or a separator everything repeats; below "... wrote:" only lines marked with `>` do, so answers
    between the lines stay open. What is forwarded is what the sender wants read: it stays open too.
    """
    lines = text.splitlines(keepends=True)
    if _FORWARD_SUBJECT.match(subject):
        return (Segment(text, False),) if text else ()
    if len(lines) > _MAX_LINES:
        head = "".join(lines[:_MAX_LINES])
        return (*fold(head), Segment("".join(lines[_MAX_LINES:]), True))
    cut = [line[:_MAX_LINE].rstrip() for line in lines]
    marks = _marks(cut)
    if (
        not any(marks)
        and not any(_FORWARD.match(line) for line in cut)
        and (start := _seen_by_library(text)) is not None
    ):
        marks = [number >= start for number in range(len(lines))]
    if not any(not mark and line.strip() for mark, line in zip(marks, lines, strict=True)):
        return (Segment(text, False),) if text else ()
    numbered = groupby(range(len(lines)), key=lambda number: marks[number])
    return tuple(Segment("".join(lines[number] for number in run), mark) for mark, run in numbered)


def fresh(segments: tuple[Segment, ...]) -> str:
    """What is new, without empty lines around it."""
    return "".join(segment.text for segment in segments if not segment.quoted).strip()


def _marks(lines: list[str]) -> list[bool]:
    marks = [_QUOTED.match(line) is not None for line in lines]
    everything_from = min(next(_header_blocks(lines), len(lines)), next(_separators(lines), len(lines)))
    if any(_FORWARD.match(line) for line in lines[: everything_from + 1]):
        everything_from = len(lines)
    for first, last in _attributions(lines):
        if first >= everything_from:
            break
        following = next((number for number in range(last + 1, len(lines)) if lines[number]), None)
        if following is None or marks[following]:
            marks[first : last + 1] = [True] * (last + 1 - first)
        elif _NAMES_A_MAIL.search(" ".join(lines[first : last + 1])):
            everything_from = first
            break
    marks[everything_from:] = [True] * (len(lines) - everything_from)
    return _bridged(lines, marks)


def _bridged(lines: list[str], marks: list[bool]) -> list[bool]:
    """Empty lines between quoted ones belong to the quote, also those at the end."""
    quoted = [number for number, mark in enumerate(marks) if mark]
    for before, after in pairwise([*quoted, len(lines)] if quoted else []):
        if after > before + 1 and not any(lines[before + 1 : after]):
            marks[before + 1 : after] = [True] * (after - before - 1)
    return marks


def _header_blocks(lines: list[str]) -> Iterator[int]:
    """Where three lines like Outlook's 差出人 / 送信日時 / 宛先 / 件名 follow each other, the sender's first."""
    for number, line in enumerate(lines):
        found = _FIELD.match(line)
        if not found or not _FROM.match(found[1]):
            continue
        near = [one for one in lines[number : number + 12] if one][:6]
        if len({field[1].lower() for one in near if (field := _FIELD.match(one))}) >= 3:
            yield _above(lines, number)


def _above(lines: list[str], number: int) -> int:
    """The rule or the caption that mailers set above a header block is part of it."""
    previous = next((above for above in range(number - 1, max(-1, number - 4), -1) if lines[above]), None)
    if previous is not None and (
        _SEPARATOR.match(lines[previous]) or re.fullmatch(r"[\s>]*[-_=―─—]{5,}", lines[previous])
    ):
        return previous
    return number


def _separators(lines: list[str]) -> Iterator[int]:
    """Captions like `-----Original Message-----`; a bare rule counts only when a header line follows."""
    for number, line in enumerate(lines):
        if _SEPARATOR.match(line):
            following = next((one for one in lines[number + 1 : number + 4] if one), "")
            if line.strip(" >_") or _FIELD.match(following):
                yield number


def _attributions(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Lines like `2026年11月20日(金) 10:00 山田 <y@acme.jp>:`, whole or broken over up to three lines.

    Above a marked quote any line with a date or an address that ends in a colon is one, in every language.
    """
    for number, line in enumerate(lines):
        if not line or len(line) >= _MAX_LINE:
            continue
        above_quote = any(_QUOTED.match(one) for one in [one for one in lines[number + 1 : number + 3] if one][:1])
        if _WROTE.match(line) or (above_quote and _INTRODUCES.match(line)):
            yield number, number
        elif _OPENS_WROTE.match(line):
            for more in (1, 2):
                joined = " ".join(one.strip(" >") for one in lines[number : number + more + 1])
                if number + more < len(lines) and lines[number + more] and _WROTE.match(joined[:_MAX_LINE]):
                    yield number, number + more
                    break


def _seen_by_library(text: str) -> int | None:
    """The line where mail-parser-reply sees a quote begin, for the languages we have no rules for.

    Its patterns are not linear, so it gets short texts with short lines only.
    """
    if len(text) > _LIBRARY_CHARACTERS or any(len(line) > _LIBRARY_LINE for line in text.splitlines()):
        return None
    mail = EmailMessage(text=text, languages=list(_LANGUAGES))
    found = mail.HEADER_REGEX.search(mail.text)
    head = found.group().strip().split("\n")[0].strip() if found else ""
    if not head:
        return None
    lines = text.splitlines()
    return next((number for number, line in enumerate(lines) if line.strip() == head), None)
