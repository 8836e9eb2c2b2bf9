"""What a page may be asked for beside its address."""

from __future__ import annotations

from tests.prove.filled import Form

APRIL = {"?of": "2026-04"}
ASKED: dict[str, tuple[Form, ...]] = {
    "client_sla.show": (APRIL,),
    "client_sla.tickets": (APRIL,),
    "portal_sla.show": (APRIL,),
    "portal_sla.tickets": (APRIL,),
    "search.show": ({"?q": "印刷"}, {"?q": "髙﨑"}),
    "search.palette": ({"?q": "印刷"}, {"?q": "髙﨑"}),
    "contract_editor.next_form": ({"?like": "{replay_id}"},),
    "money_what_if.show": ({"?month": "2026-01-21"},),
    "tickets.queue": ({"?client": "{own}"},),
    "tickets.views": ({"?client": "{own}"},),
    "month.board": ({"?of": "2026-06"},),
    "margin.index": ({"?client": "{own}"}, {"?client": "{own}", "?of": "2026-06"}),
    "invoices.draft": ({"?line": "{line_key}"}, {"?line": "{changed_key}"}),
    "invoices.issued": ({"?line": "{document_line_key}"},),
    "portal_invoice.show": ({"?line": "1"},),
}
"""By endpoint; the names begin as those of a form do that stand in the address."""


def queries_of(endpoint: str) -> tuple[Form, ...]:
    """With what a page is asked for: with nothing, and with each of what is written down."""
    return {}, *ASKED.get(endpoint, ())
