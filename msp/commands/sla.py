"""msp sla: promises evaluated from files; no database, no settings."""

from __future__ import annotations

from typing import BinaryIO

import click

from sla.evaluate import evaluate as answers


@click.group()
def command() -> None:
    """Promises about time."""


@command.command()
@click.argument("file", type=click.File("rb"))
def evaluate(file: BinaryIO) -> None:
    """Answer the cases of FILE (or - for standard input), one JSON object a line."""
    for line in answers(file.read().decode(errors="replace")):
        click.echo(line)
