"""Verbs on the desk's list of work types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from billing.models import WorkType
from tenants.errors import Refused


def change_work_type(session: Session, code: str, facts: Mapping[str, Any]) -> WorkType:
    """What a kind of work is called and how it counts from now on; `facts` are what `WorkTypeFormSchema` loads.

    Its code stays: it stands on entries and rates. Open drafts are computed anew with the next night.
    Raises `Refused` for a code that is not there.
    """
    work_type = session.get(WorkType, code, with_for_update=True)
    if work_type is None:
        raise Refused("There is no such work type.")
    for name, value in facts.items():
        setattr(work_type, name, value)
    session.flush()
    return work_type
