"""msp run: the whole desk on this machine, in one command."""

from contextlib import suppress
from pathlib import Path
from typing import Final

import click

from msp.serve.desk import open_desk
from msp.serve.procfile import programs
from msp.settings import PROJECT

COLOURS: Final = ("cyan", "green", "yellow", "blue", "magenta", "bright_cyan", "bright_green", "bright_blue")


@click.command()
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=PROJECT / "var",
    help="Where the desk keeps its rows and files.",
)
def command(data: Path) -> None:
    """Start everything the desk needs, and stop it all at Ctrl-C."""
    lines = programs()
    width = max(len(program.name) for program in lines)
    colours = {program.name: COLOURS[number % len(COLOURS)] for number, program in enumerate(lines)}

    def say(name: str, line: str) -> None:
        before = click.style(f"{name:<{width}} | ", fg=colours.get(name)) if name else ""
        with suppress(OSError):  # a terminal that was closed must not keep us from ending in order
            click.echo(before + line)

    with open_desk(data, say) as desk:
        desk.prepare()
        desk.run(lines)
        say("msp", "All processes have ended")
