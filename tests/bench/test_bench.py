"""The floor answers and every measurement runs; how fast it is says `msp bench` alone."""

from __future__ import annotations

from pathlib import Path

from tests.bench.ground import prepare, served
from tests.bench.measures import MEASUREMENTS, Bench
from tests.bench.run import table_of
from tests.services import Database, Servers, TestRun, settings

TICKETS = 200


def test_every_measurement_runs_on_a_small_desk(
    run: TestRun, servers: Servers, own_database: Database, tmp_path: Path
) -> None:
    made = settings(own_database, servers.redis(32 + run.number), tmp_path)
    prepare(made, TICKETS, lambda _: None)
    with served(made, workers=1) as (desk, floor):
        bench = Bench(desk, floor, made, rounds=2, seconds=0.2)
        found = {name: measure(bench) for name, measure in MEASUREMENTS.items()}
    assert all(figure.value > 0 for figures in found.values() for figure in figures)
    assert table_of((figure for figures in found.values() for figure in figures), "").row_count >= len(MEASUREMENTS)
