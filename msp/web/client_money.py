"""What the pages about one client's prices have in common: his name, the ways between them, who may change."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from billing.queries.facts import Subject, subject_of
from msp import guard
from msp.reach import tenant_here
from msp.tickets import desk
from tenants.rules import Permission


def frame(rows: Session, tenant: str, here: str) -> dict[str, Any]:
    """What `money/_client.html` prints; `here` is the endpoint of the page."""
    tenant_id = tenant_here()
    return {
        "tenant": tenant,
        "client": desk.clients(rows, [tenant_id])[tenant_id],
        "ways": [(url_for(page, tenant=tenant), words, page == here) for page, words in _ways()],
        "subject": subject_of(rows, tenant_id),
        "may_change": guard.principal().may(Permission.RUN_BILLING),
    }


def currency_of(subject: Subject | None) -> str:
    """The currency a client is billed in; yen until somebody says otherwise."""
    return subject.account.currency if subject else "JPY"


def _ways() -> list[tuple[str, str]]:
    return [
        ("items.index", str(_("Contract items"))),
        ("prepaid.show", str(_("Prepaid"))),
        ("counts.show", str(_("Counted units"))),
        ("milestones.show", str(_("Milestones"))),
        ("rates.of_client", str(_("Rates"))),
        ("decisions.show", str(_("Decisions"))),
        ("money_what_if.show", str(_("What if"))),
    ]
