"""The processes of a desk, as the Procfile lists them for us and for hosts alike."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from msp.settings import PROJECT

LINE: Final = re.compile(r"(?P<name>[a-z][a-z0-9-]*): *(?P<command>\S.*)")


@dataclass(frozen=True, slots=True)
class Program:
    """A line of the Procfile: a name and what a shell starts for it."""

    name: str
    command: str


def programs(path: Path = PROJECT / "Procfile") -> list[Program]:
    """The lines in their order. Raises ValueError for a line that is none, or a name that comes twice."""
    found: dict[str, Program] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = LINE.fullmatch(line.rstrip())
        if match is None or match["name"] in found:
            raise ValueError(f"{path}:{number} is not `name: command` with a new name: {line}")
        found[match["name"]] = Program(match["name"], match["command"])
    return list(found.values())
