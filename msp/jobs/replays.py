"""A replay of many tickets goes on chunk by chunk."""

from __future__ import annotations

from msp import clock
from msp.reports import replays
from tenants.db import db


def go_on(tenant_id: int, replay_id: int) -> None:
    """Fold the next tickets; what is left is the next row of work."""
    replays.go_on(db.session(), tenant_id, replay_id, clock.now())
