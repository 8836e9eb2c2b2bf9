"""The believable desk keeps its promises in public: reasons for what broke, an agreed exclusion, closed months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from msp.reports.closing import close_month, due_months
from msp.reports.compliance import result_of
from msp.reports.figures import Line
from msp.seed.cast import COLLEAGUES, Client
from sla.actions.disputes import answer_dispute, give_reason, open_dispute
from sla.models import Dispute
from sla.queries import book
from sla.queries.months import month_of
from sla.rules.disputes import CLIENT, DESK, Pace
from tenants.models import Tenant
from tenants.rules import Role

PACE: Final = Pace()
AGREED: Final = frozenset({"AOZORA", "MARUTO", "SPREE"})
CONTESTED: Final = frozenset({"AOZORA", "SPREE"})
REASONS: Final = {
    "first_response": ("volume", "staffing", "volume", "overlooked", "wrong_priority"),
    "next_response": ("handover", "staffing", "handover", "overlooked"),
    "resolution": ("vendor", "complex", "parts", "vendor", "access"),
}
WORDS: Final = {
    "ja": {
        "vendor": "メーカーの回答待ちに時間がかかりました。",
        "handover": "担当の引き継ぎが遅れました。",
        "volume": "同じ時間帯に問い合わせが集中しました。",
        "propose": "貴社の全館停電のため、作業できない時間がありました。合意の数字から外すことをご提案します。",
        "accept": "停電は当社の都合ですので、承知しました。",
        "contest": "お待ちしていた間は当社の確認が遅れていただけです。数字から外してください。",
    },
    "en": {
        "vendor": "We waited for the maker's answer.",
        "handover": "The hand-over between two of us took too long.",
        "volume": "Many requests came in within the same hour.",
        "propose": "The power was off in your whole building, so nobody could work on it. We propose to leave it out.",
        "accept": "The outage was on our side, agreed.",
        "contest": "We were the ones who were slow to confirm. Please leave this one out.",
    },
}


def settle_months(session: Session, tenant: Tenant, client: Client, at: datetime) -> None:
    """Close every month that is over long enough as of an instant; the one that runs may have an open contest."""
    terms = book(session, tenant.tenant_id)
    desk = _Desk(session, tenant.tenant_id, client)
    due = due_months(session, tenant, PACE, at)
    for month in due:
        result = result_of(session, tenant, terms, month, at)
        closing = result.span.end + timedelta(days=PACE.close_after, hours=4, minutes=30)
        desk.explain(result.missed, closing - timedelta(days=5))
        if client.key in AGREED and month == due[-1] and result.missed:
            desk.agree(result.missed[0], closing - timedelta(days=4))
        session.flush()
        close_month(session, tenant, month, desk.lead, closing)
    now = result_of(session, tenant, terms, month_of(terms, at, tenant.zone), at)
    settled = [line for line in now.missed if line.stopped is not None and line.stopped < at - timedelta(days=1)]
    desk.explain(settled, at - timedelta(hours=20))
    if client.key in CONTESTED and settled:
        desk.open(settled[-1], CLIENT, "contest", at - timedelta(hours=18))
    session.flush()


@dataclass(frozen=True, slots=True)
class _Desk:
    """Who speaks for either side of one client."""

    session: Session
    tenant_id: int
    client: Client

    @property
    def lead(self) -> str:
        return next(one.name for one in COLLEAGUES if one.role == Role.LEAD)

    @property
    def admin(self) -> str:
        return next(one.name for one in self.client.people if one.role == Role.CLIENT_ADMIN)

    def explain(self, missed: Sequence[Line], at: datetime) -> None:
        """A reason for everything that broke."""
        for place, line in enumerate(missed):
            codes = REASONS[line.metric]
            code = codes[(line.number + place) % len(codes)]
            said = WORDS[self.client.language].get(code, "")
            give_reason(self.session, self.tenant_id, line.id, code, said, self.lead, at)

    def open(self, line: Line, side: str, words: str, at: datetime) -> Dispute:
        said = WORDS[self.client.language][words]
        by = self.admin if side == CLIENT else self.lead
        return open_dispute(self.session, self.tenant_id, line.id, side, said, by, PACE, at)

    def agree(self, line: Line, at: datetime) -> None:
        """The desk proposes, the client accepts a day later."""
        proposed = self.open(line, DESK, "propose", at)
        answer = WORDS[self.client.language]["accept"]
        answer_dispute(self.session, proposed, CLIENT, True, answer, self.admin, at + timedelta(hours=26))
