"""Entries that a form ticks, of several clients at once: each client's in a transaction and an audit row of its own."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from flask import abort, g, request
from sqlalchemy.orm import Session

from msp import reach
from tenants.db import transaction
from tenants.isolation import acting_as

T = TypeVar("T")
NAMED = re.compile(r"([A-Z0-9]{2,10}):([0-9]{1,18}):([0-9]{1,9})")
Seen = dict[int, int]
"""Entries with the versions that were seen."""


def chosen() -> Mapping[int, Seen]:
    """What the form ticked, by tenant; 404 for a client who is not the caller's."""
    found: defaultdict[int, Seen] = defaultdict(dict)
    for name in request.form.getlist("entry"):
        parts = NAMED.fullmatch(name) or abort(400)
        found[reach.tenant_named(parts[1])][int(parts[2])] = int(parts[3])
    return dict(sorted(found.items()))


def each_in_its_own(tenant_ids: Mapping[int, Seen], act: Callable[[int, Seen, Session], T]) -> list[T]:
    """Do it tenant by tenant; none writes two."""
    return [in_its_own(tenant_id, partial(act, tenant_id, seen)) for tenant_id, seen in tenant_ids.items()]


def in_its_own(tenant_id: int, act: Callable[[Session], T]) -> T:
    """Do it in one tenant's transaction, with its own row of audit."""
    who = reach.writer_in(tenant_id)
    g.written = False
    with acting_as(who), transaction() as rows:
        return act(rows)
