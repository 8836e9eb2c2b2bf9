"""The month end's measurements run; how fast it is says `python -m tests.bench.month_ends`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.month_ends import measure
from tests.services import Servers


@pytest.mark.own_database
def test_a_small_month_end_is_measured(servers: Servers, tmp_path: Path) -> None:
    figures = measure(servers, tmp_path, tenants=3, entries=24)
    assert all(figure.value > 0 for figure in figures)
