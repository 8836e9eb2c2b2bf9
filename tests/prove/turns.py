"""Who asks which routes where not everybody asks all of them; the routes' names decide, so that it stays the same."""

from __future__ import annotations

import zlib
from collections.abc import Collection

from flask import Flask

from tenants.rules import Permission
from tests.prove.doors import opens
from tests.prove.judge import Caller
from tests.prove.matrix import may


def turn_of(app: Flask, everybody: Collection[Caller], caller: Caller) -> frozenset[str]:
    """The routes that are this caller's to try where not everybody tries each: one asks to whom a route opens, and one
    to whom it does not; a route for everybody is asked by two."""
    return frozenset(
        endpoint
        for endpoint in app.view_functions.keys() - {"static"}
        if caller.name in _chosen(endpoint, everybody, opens(app, endpoint))
    )


def part_of(app: Flask, parts: int, number: int) -> frozenset[str]:
    """One of so many parts of the routes; their names decide."""
    return frozenset(name for name in app.view_functions.keys() - {"static"} if _mark(name) % parts == number)


def _chosen(endpoint: str, everybody: Collection[Caller], wanted: tuple[Permission, ...]) -> frozenset[str]:
    ordered = sorted(everybody, key=lambda caller: _mark(f"{endpoint} {caller.name}"))
    inside = [caller.name for caller in ordered if may(caller, wanted)]
    outside = [caller.name for caller in ordered if not may(caller, wanted)]
    return frozenset((*inside[: 1 if outside else 2], *outside[:1]))


def _mark(name: str) -> int:
    return zlib.crc32(name.encode())
