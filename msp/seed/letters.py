"""Mails nobody could place yet: what waits in triage at the believable desk."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.intake import actions as intake
from msp.intake.models import RawMail, State
from msp.outbox.office import Office

LETTERS: Final = (
    (
        46,
        "岡 陽菜 <hina.oka@freemail.example>",
        "会社のPCが起動しません（私用のアドレスから失礼します）",
        "お世話になっております。青空製薬の岡です。\n会社のPCが起動せず、私用のアドレスからご連絡しています。"
        "\n電源を入れると黒い画面に白い文字が出て、その先に進みません。折り返しお電話をいただけますか。\n",
    ),
    (
        31,
        "Tom Becker <tom.becker@kopier-becker.example>",
        "Service visit at Spree Logistik on Tuesday",
        "Hello,\n\nour technician will replace the drum of the printer in Potsdam on Tuesday at 10:00."
        "\nCould you make sure that somebody can switch the print queue?\n\nBest regards\nTom Becker\n",
    ),
    (
        9,
        "松田 涼 <haisha@maruto.example>",
        "Re: [KITANO-3] 見積の件",
        "お世話になっております。丸藤物流の松田です。\nこちらの番号の件で、見積の金額をもう一度お送りいただけますか。\n",
    ),
)
"""Minutes ago, sender, subject and text: an unknown address, an unknown company, another client's number."""


def leave_in_triage(session: Session, desk_id: int, office: Office, at: datetime) -> int:
    """The mails as they came, kept and read. As job of the desk. Answers how many wait."""
    for minutes, sender, subject, text in LETTERS:
        when = at - timedelta(minutes=minutes)
        intake.keep(session, desk_id, _mail(sender, subject, text, office, when), "pipe", None, [office.mailbox], when)
    kept = session.scalars(select(RawMail).where(RawMail.tenant_id == desk_id, RawMail.state == State.KEPT)).all()
    for raw in kept:
        intake.sort(session, desk_id, raw.id, office, raw.received_at)
    session.flush()
    return sum(raw.state == State.TRIAGE for raw in kept)


def _mail(sender: str, subject: str, text: str, office: Office, when: datetime) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, office.mailbox, subject
    mail["Date"] = format_datetime(when)
    mail["Message-ID"] = f"<{int(when.timestamp())}.{len(text)}@{sender.rpartition('@')[2].rstrip('>')}>"
    mail.set_content(text)
    return mail.as_bytes()
