"""The month end's measurements run; how fast it is says `python -m tests.bench.month_ends`."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.bench.month_ends import measure
from tests.services import Servers


@pytest.mark.own_database
def test_a_small_month_end_is_measured(servers: Servers, tmp_path: Path) -> None:
    with ProcessPoolExecutor(1, get_context("spawn")) as fresh:  # one in which no page was set: it forks
        figures = fresh.submit(measure, servers, tmp_path, tenants=3, entries=24).result()
    assert all(figure.value > 0 for figure in figures)
