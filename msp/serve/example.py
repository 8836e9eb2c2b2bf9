"""The example desk: how the commands that open a desk reach the rows that msp.commands.seed writes."""

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Final, Protocol, cast

from msp.settings import Settings

SEED: Final = "msp.commands.seed"


class Seed(Protocol):
    """What msp.commands.seed offers us."""

    def seed_once(self, settings: Settings) -> bool:
        """Fill an empty database with a believable desk; False when it was not empty."""
        ...

    def sign_ins(self) -> Sequence[tuple[str, str, str]]:
        """Who may sign in to the seeded desk: what they are, address, password."""
        ...


def fill_once(settings: Settings) -> bool:
    """Fill an empty demo desk; False when it is none, or not empty."""
    return settings.demo and (seed := _seed()) is not None and seed.seed_once(settings)


def sign_ins(settings: Settings) -> Sequence[tuple[str, str, str]]:
    """Who may sign in to a demo desk; nobody is told of a real one."""
    return seed.sign_ins() if settings.demo and (seed := _seed()) is not None else ()


def _seed() -> Seed | None:
    return cast("Seed", import_module(SEED)) if find_spec(SEED) else None
