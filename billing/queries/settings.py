"""What the desk has decided about time and money."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from tenants.models import DeskSetting

APPROVAL = "time_approval"
WAYS = ("automatic", "on_close", "manual")


class Approval(NamedTuple):
    """Who says that time may be billed: `automatic`, `on_close` of its ticket, or `manual`; and whether by another."""

    how: str
    four_eyes: bool = False


def approval(session: Session) -> Approval:
    """The desk's way of approving time; by itself until somebody says otherwise. Four eyes make it manual."""
    row = session.get(DeskSetting, APPROVAL)
    if row is None:
        return Approval("automatic")
    four_eyes = bool(row.value.get("four_eyes"))
    return Approval("manual" if four_eyes else row.value.get("how", "automatic"), four_eyes)
