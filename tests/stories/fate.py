"""A fate that may end the process at any commit and any mail."""

from __future__ import annotations

from dataclasses import dataclass


class Crash(BaseException):
    """The process is gone. No Exception, so that nothing which mends failures can mend it."""


@dataclass
class Fate:
    """Ends the process at its `at`-th chance; there is one before and one after every commit and every mail."""

    at: int | None = None
    seen: int = 0
    deaths: int = 0

    def chance(self) -> None:
        self.seen += 1
        if self.seen == self.at:
            self.deaths += 1
            raise Crash
