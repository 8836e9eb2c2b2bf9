"""Reminders: the desk's levels and their texts, what was sent, and what could be sent today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import Reminded
from billing.queries.kenshu import disputed
from billing.queries.receivables import Owed, open_ones, owed
from billing.rules.dunning import Level, Proposal, Reminder, proposals
from tenants.models import DeskSetting

DUNNING: Final = "dunning"
LEVELS: Final[tuple[dict[str, Any], ...]] = (
    {
        "days": 3,
        "rest": 7,
        "subject_ja": "【{{issuer}}】お支払いのご確認のお願い",
        "text_ja": (
            "{{recipient}}\n\nいつもお世話になっております。{{issuer}}です。\n\n"
            "下記のご請求につきまして、お支払期限を過ぎておりますが、ご入金の確認が取れておりません。"
            "お手数ですが、ご確認をお願いいたします。\n\n{{list}}\n\n合計：{{amount}}\n\n"
            "行き違いでお支払い済みの場合は、何卒ご容赦ください。"
        ),
        "subject_en": "A friendly reminder from {{issuer}}",
        "text_en": (
            "{{recipient}}\n\nWe have not yet seen a payment for the following. Perhaps it was overlooked?\n\n"
            "{{list}}\n\nTotal: {{amount}}\n\nIf you have paid already, please disregard this mail.\n{{issuer}}"
        ),
    },
    {
        "days": 14,
        "rest": 7,
        "subject_ja": "【{{issuer}}】お支払いのお願い（再送）",
        "text_ja": (
            "{{recipient}}\n\n{{issuer}}です。\n\n先日ご案内いたしました下記のご請求につきまして、"
            "現在もご入金の確認が取れておりません。至急ご確認のうえ、お支払い予定日をお知らせください。\n\n"
            "{{list}}\n\n合計：{{amount}}"
        ),
        "subject_en": "Second reminder from {{issuer}}",
        "text_en": (
            "{{recipient}}\n\nThe following is still unpaid. Please pay it, or tell us when you will.\n\n"
            "{{list}}\n\nTotal: {{amount}}\n{{issuer}}"
        ),
    },
    {
        "days": 30,
        "rest": 14,
        "subject_ja": "【{{issuer}}】お支払いに関する重要なお願い",
        "text_ja": (
            "{{recipient}}\n\n{{issuer}}です。\n\n再三のお願いにもかかわらず、下記のご請求のお支払いを確認できておりません。"
            "1週間以内にお支払いいただくか、ご事情をお知らせください。\n\n{{list}}\n\n合計：{{amount}}"
        ),
        "subject_en": "Final reminder from {{issuer}}",
        "text_en": (
            "{{recipient}}\n\nDespite our reminders this is unpaid. Please pay within a week, or write to us.\n\n"
            "{{list}}\n\nTotal: {{amount}}\n{{issuer}}"
        ),
    },
)
"""What is sent until somebody writes it otherwise; `days` past due, `rest` days after the reminder before."""


@dataclass(frozen=True, slots=True)
class Due:
    """What one client could be reminded of today."""

    tenant_id: int
    lines: tuple[tuple[Owed, Proposal], ...]

    @property
    def level(self) -> int:
        """One mail has one tone: that of the highest level in it."""
        return max(proposal.level for _, proposal in self.lines)


def levels(session: Session) -> list[Mapping[str, Any]]:
    """The steps of the ladder, the first first; an empty text is the one that comes with the house."""
    row = session.get(DeskSetting, DUNNING)
    own: list[dict[str, Any]] = row.value if row is not None else []
    return [
        dict(level)
        | {name: value for name, value in (own[place] if place < len(own) else {}).items() if value not in ("", None)}
        for place, level in enumerate(LEVELS)
    ]


def due_reminders(session: Session, day: date, tenant_id: int | None = None) -> list[Due]:
    """Whom to remind of what on a day: by level, less what is in question, nobody twice on one day."""
    ladder = [Level(str(place), level["days"], level["rest"]) for place, level in enumerate(levels(session), 1)]
    in_question = disputed(session, tenant_id)
    found: defaultdict[int, list[Owed]] = defaultdict(list)
    for one in open_ones(owed(session, tenant_id)):
        found[one.tenant_id].append(one)
    sent = _sent(session, tenant_id)
    lines = []
    for tenant, ones in found.items():
        by_number = {one.claim.number: one for one in ones}
        claims = [replace(one.claim, disputed=in_question.get((tenant, one.document_id))) for one in ones]
        numbers = {one.document_id: one.claim.number for one in ones}
        before = [Reminder(numbers.get(row.document_id, ""), row.level, row.sent_on) for row in sent[tenant]]
        proposed = proposals(claims, ladder, before, day)
        if proposed:
            lines.append(Due(tenant, tuple((by_number[each.number], each) for each in proposed)))
    return lines


def reminders_of(session: Session, tenant_id: int, document_id: int) -> Sequence[Reminded]:
    """What was sent for a document, oldest first."""
    return session.scalars(
        select(Reminded)
        .where(Reminded.tenant_id == tenant_id, Reminded.document_id == document_id)
        .order_by(Reminded.id)
    ).all()


def _sent(session: Session, tenant_id: int | None) -> defaultdict[int, list[Reminded]]:
    asked = select(Reminded)
    if tenant_id is not None:
        asked = asked.where(Reminded.tenant_id == tenant_id)
    found: defaultdict[int, list[Reminded]] = defaultdict(list)
    for row in session.scalars(asked.order_by(Reminded.id)):
        found[row.tenant_id].append(row)
    return found
