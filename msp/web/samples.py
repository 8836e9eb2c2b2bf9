"""What the style guide shows: a small invented day at a desk, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from msp.web import charts
from msp.web.format import Reader


@dataclass(frozen=True, slots=True)
class Client:
    """As much of a tenant as the macros ask for."""

    name: str
    short: str
    tile: int


TAKASAKI = Client("髙﨑商店㈱", "髙﨑", 1)
AOBA = Client("あおば歯科クリニック", "あお", 3)
ACME = Client("Acme Logistics K.K.", "AC", 7)

HOUR = timedelta(hours=1)


def samples(reader: Reader) -> dict[str, Any]:
    """Clients, tickets and drawings for `style_guide.html`."""
    japanese = reader.language == "ja"
    return {
        "now": reader.now,
        "earlier": lambda hours: reader.now - hours * HOUR,
        "takasaki": TAKASAKI,
        "aoba": AOBA,
        "acme": ACME,
        "tickets": _tickets(japanese),
        "states": (
            ("track", 10800),
            ("risk", 1080),
            ("breach", -720),
            ("pause", None),
            ("met", None),
            ("missed", None),
        ),
        "drawings": _drawings(reader.now, japanese),
    }


def _tickets(japanese: bool) -> tuple[tuple[str, str, Client, str, float, str, int | None], ...]:
    """Number, title, client, requester, hours ago, SLA state, seconds left."""
    long_ja = "本社 3 階の複合機で印刷すると文字化けする(Windows 更新後、経理部の全員)"
    long_en = "Printouts on the third floor come out garbled since the Windows update"
    if japanese:
        return (
            ("TAKA-1042", long_ja, TAKASAKI, "高橋 由美", 2, "risk", 1080),
            ("AOB-311", "レセコンにログインできない", AOBA, "青葉 院長", 0.4, "breach", -720),
            ("ACME-87", "VPN が 1 時間ごとに切れる", ACME, "森 久美子", 30, "track", 10800),
        )  # fmt: skip
    return (
        ("TAKA-1042", long_en, TAKASAKI, "Y. Takahashi", 2, "risk", 1080),
        ("AOB-311", "Cannot sign in to the billing computer", AOBA, "Dr Aoba", 0.4, "breach", -720),
        ("ACME-87", "VPN drops every hour", ACME, "K. Mori", 30, "track", 10800),
    )  # fmt: skip


def _drawings(now: datetime, japanese: bool) -> dict[str, charts.Drawing]:
    months = [f"{month}月" if japanese else f"{month}" for month in (12, *range(1, 12))]
    met = (61, 70, 58, 66, 72, 69, 75, 64, 71, 78, 70, 75)
    missed = (5, 4, 6, 2, 3, 1, 4, 2, 0, 3, 2, 3)
    apart = (3, 2, 4, 1, 2, 2, 3, 1, 2, 4, 1, 2)
    piles = [charts.Pile(*one) for one in zip(months, zip(met, missed, apart, strict=True), strict=True)]
    reasons = ("部品待ち", "引き継ぎ漏れ", "夜間の連絡", "誤った優先度") if japanese else (
        "Waiting for parts", "Lost in a hand-over", "Call at night", "Wrong priority"
    )  # fmt: skip
    parts = ("達成", "未達", "対象外") if japanese else ("Met", "Missed", "Excluded")
    shares = [Fraction(good * 100, good + bad) for good, bad in zip(met, missed, strict=True)]
    return {
        "bullet": charts.bullet(Fraction(75, 78), Fraction(95, 100)),
        "stacked": charts.stacked(piles, parts, target=Fraction(95, 100)),
        "bars": charts.bars(
            list(zip(reasons, (7, 5, 3, 1), ("#reason-1", "", "", ""), strict=True)), tone="2", width=460
        ),
        "line": charts.line(months, shares, target=95, highest=100, unit="%"),
        "heat": charts.heat(_week(japanese)),
        "ribbon": _ribbon(now.replace(minute=0, second=0), japanese),
    }


def _week(japanese: bool) -> list[charts.HeatRow]:
    names = tuple("月火水木金土日祝") if japanese else ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Holiday")
    office = ((9, 12), (13, 18))
    quiet = (0,) * 24
    busy = (0, 0, 0, 0, 0, 0, 0, 1, 4, 11, 9, 6, 2, 8, 7, 5, 6, 4, 2, 1, 0, 0, 0, 0)
    rows = [
        charts.HeatRow(name, tuple(count * (7 - day) // 6 for count in busy), office)
        for day, name in enumerate(names[:5])
    ]
    return [
        *rows,
        charts.HeatRow(names[5], quiet),
        charts.HeatRow(names[6], quiet),
        charts.HeatRow(names[7], quiet, (), True),
    ]


def _ribbon(now: datetime, japanese: bool) -> charts.Drawing:
    start = now - 26 * HOUR
    running, waiting, closed = (
        ("計測中", "お客様待ち", "営業時間外") if japanese else ("Running", "Waiting on client", "Closed")
    )
    segments = (
        charts.Segment(start, start + 2 * HOUR, "running", running, running),
        charts.Segment(start + 2 * HOUR, start + 4 * HOUR, "paused", waiting, waiting),
        charts.Segment(start + 4 * HOUR, start + 6 * HOUR, "running", running, running),
        charts.Segment(start + 6 * HOUR, start + 21 * HOUR, "closed", closed, closed),
        charts.Segment(start + 21 * HOUR, start + 26 * HOUR, "running", running, running),
    )
    opened, answered, due, solved = (
        ("受付", "初回応答", "期限", "解決") if japanese else ("Opened", "Answered", "Due", "Solved")
    )
    marks = (
        charts.Mark(start, opened),
        charts.Mark(start + HOUR, answered, "good"),
        charts.Mark(start + 25 * HOUR, due, "due"),
        charts.Mark(start + 26 * HOUR, solved, "danger"),
    )
    return charts.ribbon(segments, marks, breached_at=start + 25 * HOUR)
