"""The msp command: one file in msp/commands for each thing it does."""

import pkgutil
import signal
import sys
from importlib import import_module
from types import FrameType

import click

from msp import commands
from msp.serve.postgres import ServerError
from msp.settings import SettingsError


class Commands(click.Group):
    """Finds each command in the module of its name, and loads only the one that is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Every module of msp/commands."""
        return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The `command` of a module, or None for a name that has none."""
        if cmd_name not in self.list_commands(ctx):
            return None
        found = import_module(f"{commands.__name__}.{cmd_name.replace('-', '_')}").command
        return found if isinstance(found, click.Command) else None


@click.group(cls=Commands)
def cli() -> None:
    """The helpdesk of managed service providers."""


def main() -> None:
    """What .venv/bin/msp runs; a refusal to start is a sentence, not a traceback."""
    signal.signal(signal.SIGTERM, _leave)
    try:
        cli(prog_name="msp")
    except (ServerError, SettingsError) as refusal:
        click.secho(str(refusal), fg="red", err=True)
        sys.exit(1)


def _leave(number: int, _frame: FrameType | None) -> None:
    """Unwind as for Ctrl-C, so that what was started is stopped."""
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
