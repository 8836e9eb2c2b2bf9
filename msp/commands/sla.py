"""msp sla: promises evaluated from files; no database, no settings."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sla.evaluate import evaluate as answers


@click.group()
def command() -> None:
    """Promises about time."""


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
def evaluate(file: Path) -> None:
    """Answer the cases of FILE (or - for standard input), one JSON object a line."""
    text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    for line in answers(text):
        click.echo(line)
