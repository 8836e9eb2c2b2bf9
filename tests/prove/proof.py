"""What a proof is: a number and bar of the list of figures, and how it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.services import Servers


@dataclass(frozen=True, slots=True)
class Place:
    """Where a proof is given: the servers, a folder for files, and somebody to tell how far it is."""

    servers: Servers
    folder: Path
    say: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, in a sentence, and everything that breaks the bar."""

    sentence: str
    wrong: list[str] = field(default_factory=list)
    kept: bool = True

    @property
    def holds(self) -> bool:
        """Nothing is wrong, and what is counted reaches its bar."""
        return self.kept and not self.wrong


@dataclass(frozen=True, slots=True)
class Proof:
    """One line of the list of figures; `give` does it at full size."""

    number: int
    name: str
    bar: str
    give: Callable[[Place], Found]
