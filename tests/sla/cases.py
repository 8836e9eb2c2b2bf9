"""Random cases of the file format, thick with coincidences and clock changes."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.sla.oracle import NAMES, instant, iso

AROUND = {
    "Asia/Tokyo": ("2026-04-25", "2019-04-26"),
    "Europe/Berlin": ("2026-03-26", "2026-10-22", "2025-12-29"),
    "Europe/Dublin": ("2026-03-26", "2026-10-22"),
    "America/New_York": ("2026-03-05", "2026-10-29"),
    "America/St_Johns": ("2010-11-04",),
    "America/Sao_Paulo": ("2018-02-15", "2018-11-01"),
    "Australia/Lord_Howe": ("2026-04-02", "2026-10-01"),
    "Asia/Kathmandu": ("1985-12-28",),
    "Africa/Casablanca": ("2026-02-12", "2026-03-19"),
    "Africa/Cairo": ("2026-04-21", "2026-10-27"),
    "Pacific/Apia": ("2011-12-26",),
}
DAYS = 9

MOMENTS = (
    ("Asia/Tokyo", "2026-06-05T08:50:00Z"),
    ("Asia/Tokyo", "2026-06-05T14:55:00Z"),
    ("Europe/Berlin", "2026-03-29T00:55:00Z"),
    ("Europe/Berlin", "2026-10-25T00:55:00Z"),
    ("America/New_York", "2026-11-01T05:55:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T14:55:00Z"),
    ("Pacific/Apia", "2011-12-30T09:55:00Z"),
)
WALK = 6 * 86_400
PRIORITIES = ("P1", "P2", "P3")
METRICS = ("first_response", "next_response", "resolution")
MODES = ("carry", "restart", "improve", "pinned", "recount")
STEPS = ("0%", "33%", "50%", "75%", "100%", "150%", "-1m", "+2m", "-15m")
STATUSES = ("open", "pending_client", "pending_client", "pending_vendor", "scheduled", "resolved", "resolved", "closed")


def first_of(day: str) -> int:
    """Midnight UTC of a date, in epoch seconds."""
    return instant(f"{day}T00:00:00Z")


def random_calendar(random: Random) -> tuple[dict[str, Any], int]:
    """A calendar near a clock change, and the instant from which its days are worth asking about."""
    zone = random.choice(list(AROUND))
    first = date.fromisoformat(random.choice(AROUND[zone]))
    days = [(first + timedelta(days=i)).isoformat() for i in range(DAYS)]
    calendar: dict[str, Any] = {
        "tz": zone,
        "weekly": {name: _spans(random) for name in NAMES if random.random() < 0.8},
        "holidays": random.sample(days, random.choice([0, 1, 3])),
        "special": {day: _spans(random) for day in random.sample(days, random.choice([0, 0, 1, 2]))},
    }
    if random.random() < 0.5:
        calendar["holiday_set"] = random.choice(["JP", "DE", "US"])
    return calendar, first_of(first.isoformat())


def _spans(random: Random) -> list[list[str]]:
    spans = []
    for _ in range(random.choice([0, 1, 1, 2, 3])):
        if random.random() < 0.3:
            begin, end = _time(random, 5), _time(random, 5)
        else:
            begin, end = _time(random, 24), random.choice([_time(random, 48), _time(random, 24), "24:00", "00:00"])
        if begin != end:
            spans.append([begin, end])
    return spans


def _time(random: Random, hours: int) -> str:
    return f"{random.randrange(hours):02d}:{random.choice([0, 0, 0, 1, 15, 30, 59]):02d}"


def random_ticket(random: Random) -> dict[str, Any]:
    """A ticket's case whose whole life is some ten minutes around a moment at which its calendars change."""
    zone, moment = random.choice(MOMENTS)
    start = instant(moment) + random.choice([0, 0, 60 * random.randrange(5), random.randrange(300)])
    calendars = {
        "office": near(zone, moment, random),
        "other": near(random.choice([zone, "UTC"]), moment, random),
        "always": {"tz": zone, "weekly": {name: [["00:00", "24:00"]] for name in NAMES}},
        "never": {"tz": zone},
    }
    names = random.choice([["office"], ["always"], ["office", "always", "other"], ["office", "office", "never"]])
    created: dict[str, Any] = {"at": iso(start), "type": "created", "priority": random.choice(PRIORITIES)}
    created["by"] = random.choice(["client", "client", "client", "system", "agent"])
    if random.random() < 0.15:
        created["status"] = random.choice(["pending_client", "pending_vendor", "scheduled", "resolved"])
    events = [created, *_story(random, start)]
    now = random.choice([start + 60 * random.randrange(13), start + random.randrange(700), instant(events[-1]["at"])])
    if random.random() < 0.2:
        random.shuffle(events)
    return {
        "op": "sla",
        "calendars": calendars,
        "terms": {name: _terms(random, names) for name in ("old", "new", "surge")},
        "start_terms": random.choice(["old", "new"]),
        "events": events,
        "now": iso(max(start, now)),
    }


def near(zone: str, moment: str, random: Random) -> dict[str, Any]:
    """A calendar with some spans of minutes around a moment's wall reading, every day."""
    midnight = instant(moment) // 86_400 * 86_400
    reading = int(_wall(zone, instant(moment)).timestamp()) - midnight
    minutes = sorted(random.sample(range(-3, 16), 4))
    spans = []
    for begin, end in (minutes[:2], minutes[2:]):
        first, last = ((reading // 60 + minute) % 1_440 for minute in (begin, end))
        spans.append([f"{first // 60:02d}:{first % 60:02d}", f"{last // 60:02d}:{last % 60:02d}"])
    return {"tz": zone, "weekly": dict.fromkeys(NAMES, spans)}


def _wall(zone: str, at: int) -> datetime:
    return datetime.fromtimestamp(at, ZoneInfo(zone)).replace(tzinfo=UTC)


def _terms(random: Random, calendars: list[str]) -> dict[str, Any]:
    promised = {
        priority: {metric: random.randrange(1, 7) for metric in METRICS if random.random() < 0.85}
        for priority in PRIORITIES
        if random.random() < 0.85
    }
    terms: dict[str, Any] = {"calendar": random.choice(calendars), "targets": promised}
    terms["calendar_by_priority"] = {name: random.choice(calendars) for name in PRIORITIES if random.random() < 0.2}
    terms["pause_on"] = {
        metric: random.sample(["pending_client", "pending_vendor", "scheduled"], random.randrange(3))
        for metric in METRICS
        if random.random() < 0.6
    }
    terms["on_reopen"] = random.choice(["resume", "resume", "restart"])
    terms["on_priority_change"] = random.choice(MODES)
    terms["escalations"] = [
        {"metric": metric, "step": step} for metric in METRICS for step in STEPS if random.random() < 0.4
    ]
    return terms


def _story(random: Random, start: int) -> list[dict[str, Any]]:
    """Events as desks live them, resolved and reopened, but at instants that coincide."""
    spread = random.choice([4, 8, 11])
    instants = [
        start
        + random.choice([60 * random.randrange(spread), 60 * random.randrange(spread), random.randrange(60 * spread)])
        for _ in range(random.randrange(12))
    ]
    events, done = [], False
    for at in sorted(instants):
        skew = random.choice([0] * 15 + [-random.randrange(90)])
        event: dict[str, Any] = {"at": iso(at + skew)}
        kind = random.choice(["agent_reply", "client_reply", "client_reply", "status", "status", "priority", "terms"])
        event["type"] = kind
        if kind == "status":
            after_done = ["open", "open", "open", "closed", "pending_client", "resolved"]
            event["to"] = random.choice(after_done if done else STATUSES)
            if random.random() < 0.03:
                event["to"] = random.choice(["cancelled", "merged"])
            done = event["to"] in ("resolved", "closed")
        elif kind == "priority":
            event["to"] = random.choice(PRIORITIES)
            if random.random() < 0.7:
                event["mode"] = random.choice(MODES)
        elif kind == "terms":
            event |= {"to": random.choice(["old", "new", "surge"]), "mode": random.choice(MODES)}
        elif random.random() < 0.1:
            event |= random.choice([{"auto": True}, {"type": "note"}, {"type": "vendor_reply"}])
        events.append(event)
    return events
