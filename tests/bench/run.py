"""Runs the measurements side by side with their floors and prints them with their bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from msp.settings import PROJECT
from tests.bench import ground
from tests.bench.figures import Figure
from tests.bench.measures import MEASUREMENTS, Bench


def run(tickets: int, only: Sequence[str], rounds: int, data_dir: Path = PROJECT / "var" / "bench") -> bool:
    """Measure what is named, or all. True when every bar is kept."""
    console = Console()
    figures: list[Figure] = []
    with (
        console.status("starting the servers") as status,
        ground.standing(tickets, data_dir, status.update) as settings,
        ground.served(settings) as (desk, floor),
    ):
        bench = Bench(desk, floor, settings, rounds)
        for name in only or MEASUREMENTS:
            status.update(f"measuring: {name}")
            figures += MEASUREMENTS[name](bench)
    console.print(table_of(figures, f"{tickets:,} tickets; desk / floor"))
    return all(figure.holds for figure in figures)


def table_of(figures: Iterable[Figure], title: str) -> Table:
    """Figures as people read them."""
    table = Table(title=title, title_justify="left", box=SIMPLE)
    for name, justify in (("what", "left"), ("measured", "right"), ("bar", "right"), ("", "left"), ("cost", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for each in figures:
        bar = "" if each.bar is None else f"{'≥' if each.least else '≤'} {_number(float(each.bar))}"
        verdict = "" if each.bar is None else "[green]kept" if each.holds else "[red]missed"
        table.add_row(each.name, f"{_number(each.value)} {each.unit}", bar, verdict, each.more)
    return table


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value.is_integer() else f"{value:.2f}"
