"""A small sample of the proof that a month end survives its workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.prove import run_kills
from tests.services import Servers


@pytest.mark.own_database
def test_a_month_end_survives_workers_killed_at_any_statement(servers: Servers, tmp_path: Path) -> None:
    found = run_kills.prove(servers, tmp_path, tenants=2, kills=10, say=lambda _: None)
    assert found.wrong == []
