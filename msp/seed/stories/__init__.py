"""The little stories of the believable desk, read from their text files: what is written, by whom, and how it ends.

A story begins with `# title | kind | category | channels | impact urgency | work type | labels`. Each line after it is
one beat: `<` the client writes, `>` the desk answers (`>?` and waits for the client, `>v` for a vendor, `>s` for a
visit), `!` a note for the desk, `^` who takes over (a tier, or `lead`), `+` a file with the words before it, `=` how it
was resolved. `[20]` or `[150|on_site]` are the minutes it took. `\\n` breaks a line; names in braces are filled in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final, Literal

from msp.tickets.rules import Channel, Level, TicketKind

Act = Literal["client", "reply", "note", "hand", "resolve"]
Wait = Literal["", "client", "vendor", "visit"]

FOLDER: Final = Path(__file__).parent
ACTS: Final[dict[str, Act]] = {"<": "client", ">": "reply", "!": "note", "^": "hand", "=": "resolve"}
WAITS: Final[dict[str, Wait]] = {"?": "client", "v": "vendor", "s": "visit"}
_BEAT: Final = re.compile(r"([<>!^=])([?vs]?) (?:\[(\d+)(?:\|(\w+))?\] )?(.+)")


@dataclass(frozen=True, slots=True)
class Beat:
    """One thing that happens in a story; `minutes` of work went into it, of the story's type unless it names one."""

    act: Act
    text: str
    wait: Wait = ""
    minutes: int = 0
    work_type: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """A matter as it usually goes. The first beat is the client's."""

    title: str
    kind: TicketKind
    category: str
    channels: tuple[Channel, ...]
    impact: Level
    urgency: Level
    work_type: str
    labels: frozenset[str]
    beats: tuple[Beat, ...]


@cache
def stories(language: str) -> tuple[Story, ...]:
    """All stories told in a language. Raises ValueError for a line that cannot be read."""
    found: list[Story] = []
    for line in (FOLDER / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            found.append(_head(line[2:]))
        elif line:
            found[-1] = replace(found[-1], beats=_with(found[-1].beats, line))
    return tuple(found)


def categories() -> frozenset[str]:
    """Every category the stories name."""
    return frozenset(story.category for language in ("ja", "en") for story in stories(language))


def _head(line: str) -> Story:
    title, kind, category, channels, weight, work_type, labels = (part.strip() for part in line.split("|"))
    impact, urgency = weight.split()
    return Story(
        title,
        TicketKind(kind),
        category,
        tuple(Channel(each) for each in channels.split()),
        Level(impact),
        Level(urgency),
        work_type,
        frozenset(labels.split()),
        (),
    )


def _with(beats: tuple[Beat, ...], line: str) -> tuple[Beat, ...]:
    if line.startswith("+ "):
        return (*beats[:-1], replace(beats[-1], file=line[2:]))
    found = _BEAT.fullmatch(line)
    if found is None:
        raise ValueError(f"not a beat of a story: {line!r}")
    sign, wait, minutes, work_type, text = found.groups()
    words = text.replace("\\n", "\n")
    beat = Beat(ACTS[sign], words, WAITS.get(wait, ""), int(minutes or 0), work_type or "")
    return (*beats, beat)
