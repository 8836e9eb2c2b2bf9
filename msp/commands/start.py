"""msp start: one process of the Procfile, for containers and service files."""

import sys
from pathlib import Path

import click

from msp.serve import child
from msp.serve.procfile import programs
from msp.settings import PROJECT, surroundings


@click.command()
@click.argument("name")
def command(name: str) -> None:
    """Become the process that the Procfile lists under NAME."""
    commands = {program.name: program.command for program in programs()}
    if name not in commands:
        raise click.UsageError(f"The Procfile lists {', '.join(commands)}, but not {name}.")
    path = f"{Path(sys.executable).parent}:{surroundings().get('PATH', child.PLAIN['PATH'])}"
    child.become(["/usr/bin/env", f"PATH={path}", "/bin/sh", "-c", f"exec {commands[name]}"], cwd=PROJECT)
