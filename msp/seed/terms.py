"""What the clients of the believable desk have bought: hours, promises, prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from billing.schemas.counting_form import rule_name
from msp.tickets.rules import PRIORITIES
from sla.actions import copy_holidays
from sla.holidays import dates
from sla.rules import reading
from sla.rules.contract import METRICS
from sla.rules.hours import Hours
from tenants.rules import Role

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri")
EVERY_DAY: Final = (*WEEKDAYS, "sat", "sun")
WITH_LUNCH: Final = [["09:00", "12:00"], ["13:00", "18:00"]]
DAYTIME, ALL_DAY, TO_FIVE = [["08:00", "20:00"]], [["00:00", "24:00"]], [["08:00", "17:00"]]
WORK_TYPES: Final[tuple[tuple[str, str, str, dict[str, Any]], ...]] = (
    ("remote", "リモート作業", "Remote work", {}),
    ("on_site", "訪問作業", "On-site work", {"mode": "on_site"}),
    ("maintenance", "保守作業", "Maintenance", {}),
    ("security", "セキュリティ対応", "Security response", {}),
    ("admin", "事務", "Administration", {"billable": False}),
)
DESK_RATES: Final = (
    ("JPY", None, "9000"),
    ("JPY", "on_site", "12000"),
    ("JPY", "security", "15000"),
    ("EUR", None, "85"),
    ("EUR", "on_site", "110"),
    ("EUR", "security", "130"),
)
COST_RATES: Final = ((Role.AGENT, "3400"), (Role.LEAD, "4600"), (Role.OWNER, "6000"))
"""What an hour costs the desk, in yen, by role."""
CATEGORIES: Final = (
    ("accounts", "アカウント", "Accounts"),
    ("mail", "メール", "Mail"),
    ("network", "ネットワーク", "Network"),
    ("pc", "PC・周辺機器", "Computers"),
    ("printer", "複合機・FAX", "Printers"),
    ("software", "業務ソフト", "Software"),
    ("files", "共有フォルダー", "Shared files"),
    ("server", "サーバー", "Servers"),
    ("backup", "バックアップ", "Backup"),
    ("security", "セキュリティ", "Security"),
    ("licence", "ライセンス", "Licences"),
    ("av", "会議室", "Meeting rooms"),
    ("howto", "使い方", "How to"),
    ("billing", "請求", "Billing"),
    ("service", "サービス", "Service"),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A kind of contract: when it is open, and in how many minutes (by priority) what is promised."""

    name: Mapping[str, str]
    calendar: Mapping[str, str]
    hours: Mapping[str, Any]
    first: tuple[int, int, int, int]
    following: tuple[int, int, int, int]
    resolution: tuple[int, int, int, int]
    ladder: tuple[tuple[str, str], ...]

    def targets(self, share: int = 100) -> dict[str, dict[str, int]]:
        """Minutes by priority and metric; a later version may promise only a share of them, in percent."""
        rows = zip(self.first, self.following, self.resolution, strict=True)
        return {
            priority: {metric: minutes * share // 100 for metric, minutes in zip(METRICS, row, strict=True)}
            for priority, row in zip(PRIORITIES, rows, strict=True)
        }

    def terms(self, calendar_id: int, share: int = 100) -> dict[str, Any]:
        """The terms of a version in the form of sla.md, under a calendar of the tenant."""
        return {
            "calendar": str(calendar_id),
            "targets": self.targets(share),
            "pause_on": {
                "next_response": ["pending_client"],
                "resolution": ["pending_client", "pending_vendor", "scheduled"],
            },
            "escalations": [{"metric": metric, "step": step} for metric, step in self.ladder],
            "goals": GOALS,
            "credits": CREDITS,
            "credit_cap": 15,
        }


GOALS: Final = {"first_response": 95, "next_response": 90, "resolution": 90}
CREDITS: Final = [{"below": 90, "percent": 5}, {"below": 80, "percent": 10}]
LADDER: Final = (
    ("first_response", "75%"),
    ("first_response", "100%"),
    ("next_response", "100%"),
    ("resolution", "75%"),
    ("resolution", "100%"),
)
PLANS: Final = {
    "office": Plan(
        {"ja": "標準サポート", "en": "Standard support"},
        {"ja": "営業時間", "en": "Office hours"},
        {"tz": "Asia/Tokyo", "weekly": dict.fromkeys(WEEKDAYS, WITH_LUNCH), "holiday_set": "JP"},
        (30, 60, 120, 240),
        (60, 120, 240, 480),
        (240, 480, 960, 2400),
        LADDER,
    ),
    "extended": Plan(
        {"ja": "拡張サポート", "en": "Extended support"},
        {"ja": "拡張時間", "en": "Extended hours"},
        {
            "tz": "Asia/Tokyo",
            "weekly": dict.fromkeys(WEEKDAYS, DAYTIME) | {"sat": [["09:00", "17:00"]]},
            "holiday_set": "JP",
        },
        (20, 45, 90, 180),
        (45, 90, 180, 360),
        (240, 480, 960, 2160),
        LADDER,
    ),
    "always": Plan(
        {"ja": "24時間365日サポート", "en": "Support around the clock"},
        {"ja": "24時間365日", "en": "24 x 7"},
        {"tz": "Asia/Tokyo", "weekly": dict.fromkeys(EVERY_DAY, ALL_DAY)},
        (15, 30, 120, 240),
        (30, 60, 240, 480),
        (240, 480, 1440, 4320),
        (("first_response", "50%"), *LADDER, ("resolution", "+1h")),
    ),
    "berlin": Plan(
        {"ja": "標準サポート（ベルリン）", "en": "Standard support, Berlin"},
        {"ja": "ベルリンの営業時間", "en": "Office hours in Berlin"},
        {"tz": "Europe/Berlin", "weekly": dict.fromkeys(WEEKDAYS, TO_FIVE), "holiday_set": "DE-BE"},
        (30, 60, 120, 240),
        (60, 120, 240, 480),
        (240, 480, 960, 2400),
        LADDER,
    ),
}


def counting() -> dict[str, Any]:
    """How time is counted: remote work by the quarter of an hour, visits from an hour on; evenings cost more."""
    return {
        "rules": {
            "remote": {"name": rule_name(15), "step": 15},
            "on_site": {"name": rule_name(30, 60), "minimum": 60, "step": 30},
        },
        "multipliers": {"after": "1.25", "holiday": "1.35"},
    }


@cache
def open_hours(plan: str) -> Hours:
    """When a plan is open, compiled; its holidays are those its calendar will have."""
    return Hours(reading.calendar(copy_holidays(PLANS[plan].hours), dates))
