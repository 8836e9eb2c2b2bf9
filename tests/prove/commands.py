"""As whom each command works, written down a second time: one that differs, or is new, is a finding."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import click

from msp import cli
from tests.house.sources import PROJECT, tree

NOBODY: frozenset[str] = frozenset()
FIRST_STEPS = frozenset({"GATE", "job"})
"""Who the desk is must be found out as the gate; the work itself is a job's, in one tenant."""


@dataclass(frozen=True, slots=True)
class Policy:
    """As whom a command works, and in which modules besides its own it does so."""

    acts: frozenset[str] = NOBODY
    through: tuple[str, ...] = ()


COMMANDS: dict[str, Policy] = {
    **dict.fromkeys(("catalogues", "map", "migrate", "prepare", "run", "services", "sla evaluate", "start"), Policy()),
    **dict.fromkeys(("bench", "pictures", "prove", "test"), Policy()),
    "clock": Policy(FIRST_STEPS | {"sweep"}, ("msp/jobs/sweeps.py", "msp/timetable.py")),
    "found": Policy(FIRST_STEPS),
    "mail deliver": Policy(FIRST_STEPS),
    "mail listen": Policy(FIRST_STEPS),
    "month-end": Policy(FIRST_STEPS | {"sweep", "who"}, ("msp/month_end.py",)),
    "seed": Policy(FIRST_STEPS, ("msp/seed/desk.py", "msp/seed/bulk.py", "msp/seed/people.py")),
    "verify": Policy(FIRST_STEPS | {"sweep"}),
    "worker": Policy(frozenset({"job"}), ("msp/jobs/__init__.py",)),
}
"""The first rows open no door of the desk's: they make files, start processes, or are for those who develop it."""


def unlike() -> Iterator[str]:
    """Commands whose code acts otherwise than the table says, that it does not know, or that are gone."""
    have = dict(_commands())
    for name in sorted(have.keys() | COMMANDS.keys()):
        if name not in COMMANDS:
            yield f"the command {name} is not in the table of tests/prove/commands.py: say there as whom it works"
        elif name not in have:
            yield f"{name} is in the table of commands, but there is no such command"
        else:
            policy = COMMANDS[name]
            acts = frozenset().union(*(_acts_in(path) for path in (have[name], *policy.through)))
            if acts != policy.acts:
                yield f"{name} works as {sorted(acts) or 'nobody'}, but should as {sorted(policy.acts) or 'nobody'}"


def _commands() -> Iterator[tuple[str, str]]:
    """Each command by its words, with the file it stands in."""
    context = click.Context(cli.cli)
    for name in cli.cli.list_commands(context):
        found = cli.cli.get_command(context, name)
        path = f"msp/commands/{name.replace('-', '_')}.py"
        if isinstance(found, click.Group):
            yield from ((f"{name} {below}", path) for below in found.list_commands(context))
        else:
            yield name, path


def _acts_in(path: str) -> frozenset[str]:
    """As whom a file's code acts: the constant or the function that makes each principal."""
    found = set()
    for node in ast.walk(tree(PROJECT / path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"acting_as", "become"}:
            who = node.args[0]
            found.add(ast.unparse(who.func if isinstance(who, ast.Call) else who))
    return frozenset(found)
