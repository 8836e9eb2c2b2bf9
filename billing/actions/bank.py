"""The bank's lines: taken in once however often their file comes, matched, passed over."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.bank import read_bank
from billing.models import BankImport, BankLine
from tenants.errors import Refused
from tenants.rows import set_shared_many


def take_in(
    session: Session, content: bytes, name: str, layout: str, currency: str, by_id: int | None, at: datetime
) -> BankImport:
    """Keep the lines of a file that are not kept yet; `fresh` says how many. As `staff` or `system`.

    Raises `billing.bank.UnreadableError`.
    """
    found = read_bank(content, layout, currency)
    if not found:
        raise Refused("No money came in by this file.")
    known = set(session.scalars(select(BankLine.hash).where(BankLine.hash.in_([one.hash for one in found]))))
    fresh = [one for one in found if one.hash not in known]
    head = BankImport(
        name=name[:200],
        layout=layout,
        sha256=hashlib.sha256(content).hexdigest(),
        lines=len(found),
        fresh=len(fresh),
        at=at,
        by_id=by_id,
    )
    session.add(head)
    session.flush()
    rows = [
        {
            "import_id": head.id,
            "hash": one.hash,
            "on_date": one.on,
            "amount": one.amount,
            "currency": currency,
            "payer": one.payer,
            "note": one.note,
        }
        for one in fresh
    ]
    set_shared_many(session, BankLine, rows)
    return head


def pass_line_over(session: Session, line_id: int, at: datetime) -> None:
    """It is no client's money; said again it is open once more. Raises Refused for one that is taken."""
    line = session.get(BankLine, line_id, with_for_update=True)
    if line is None:
        raise Refused("There is nothing here.")
    if line.taken_at is not None:
        raise Refused("This line of the bank’s is taken already.")
    line.passed_at = None if line.passed_at is not None else at
