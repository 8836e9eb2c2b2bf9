"""What happens at the believable desk, worked out beforehand: the same history for the same instant, no row touched."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Final

from msp.seed.cast import CLIENTS, COLLEAGUES, DESK_SHORT, GREETINGS, WORDS, Client, Colleague
from msp.seed.months import begins, months_of
from msp.seed.stories import Beat, Story, stories
from msp.seed.terms import EVERY_DAY, PLANS, open_hours
from msp.tickets.rules import PRIORITIES, Channel, TicketKind, priority_of
from sla import holidays
from sla.rules import reading
from sla.rules.hours import Hours
from tenants.rules import Role

HOUR, DAY = 3600, 86400
SLOW, STALLED, RECENT, AGAIN = 0.07, 0.3, 0.08, 0.05
URGENT: Final = (-95, -20, 14, 27, 41, 54)
"""Minutes to the deadline of tickets that wait for their first answer: some are over, some fall due within the hour."""
COMES_BACK: Final = {
    "ja": (
        Beat("client", "申し訳ありません、今朝からまた同じ症状が出ています。もう一度見ていただけますか。"),
        Beat("reply", "再発とのこと、失礼いたしました。もう一度確認し、前回の対処の漏れを直しました。", minutes=25),
        Beat("resolve", "再発。対処の漏れを直し、翌日も問題がないことを確認した。"),
    ),
    "en": (
        Beat("client", "Sorry, the same thing happens again since this morning. Could you have another look?"),
        Beat(
            "reply", "Sorry that it came back. I found what was left over from last time and put it right.", minutes=25
        ),
        Beat("resolve", "It had come back; the rest of the cause was removed and watched for a day."),
    ),
}


@dataclass(frozen=True, slots=True)
class Act:
    """One beat at its instant, with its words filled in; `by` is who of the desk does it, else the client acts."""

    at: datetime
    beat: Beat
    text: str
    by: Colleague | None = None


@dataclass(frozen=True, slots=True)
class Tale:
    """One ticket's whole life so far. `person` wrote it; `kin` is the place of an earlier tale it belongs to."""

    opened: datetime
    story: Story
    title: str
    text: str
    person: int
    channel: Channel
    owner: Colleague
    acts: tuple[Act, ...]
    kin: int | None
    left_to_say: str

    @property
    def is_over(self) -> bool:
        return bool(self.acts) and self.acts[-1].beat.act == "resolve"

    @property
    def awaits_us(self) -> bool:
        return not self.acts or self.acts[-1].beat.act == "client"


@dataclass(slots=True)
class _Pace:
    """Where the telling stands (epoch seconds) and how this client's desk keeps its promises."""

    at: int
    hours: Hours
    first: int
    following: int
    awake: Hours
    chance: random.Random
    answered: bool = False
    waits: str = ""
    words: dict[str, str] = field(default_factory=dict)

    def move(self, beat: Beat) -> None:
        """On to the instant of the next beat, in open time for us and in waking time for the client."""
        hours, seconds = self.awake if beat.act == "client" else self.hours, self._until(beat)
        self.at = hours.add(self.at, max(60, int(seconds))) or self.at + DAY
        self.answered = self.answered or beat.act == "reply"
        self.waits = beat.wait

    def _until(self, beat: Beat) -> float:
        between = self.chance.uniform
        match beat.act, self.waits:
            case "client", "client" if self.chance.random() < 0.2:
                return between(4 * HOUR, 30 * HOUR)
            case "client", _:
                return between(6 * 60, 4 * HOUR)
            case "reply" | "note", "vendor":
                return between(2 * HOUR, 12 * HOUR)
            case "reply" | "note", "visit":
                return between(6 * HOUR, 16 * HOUR)
            case "reply", _:
                target = self.following if self.answered else self.first
                return target * (between(1.1, 1.9) if self.chance.random() < SLOW else between(0.08, 0.7))
            case _:
                return between(90, 900)


def sizes(tickets: int, clients: Sequence[Client] = CLIENTS) -> dict[str, int]:
    """How many tickets each client has: at least three, the first client what is left over."""
    whole = sum(client.weight for client in clients)
    shares = {client.key: max(3, tickets * client.weight // whole) for client in clients}
    shares[clients[0].key] += max(0, tickets - sum(shares.values()))
    return shares


def history(client: Client, count: int, at: datetime, seed: int = 1) -> list[Tale]:
    """The client's tickets in the order in which they were opened. The same for the same instant and seed."""
    chance = random.Random(f"{seed}:{client.key}")  # noqa: S311 - made-up data, no secret
    now = int(at.timestamp())
    born = sorted(
        _openings(client, count, now, begins(months_of(client, at).first, client), chance), key=lambda b: b[0]
    )
    tales: list[Tale] = []
    for opened, urgent in born:
        story = urgent or _pick(client, chance, tales)
        tales.append(_tell(client, story, opened, now if urgent is None else opened, now, chance, tales))
    return tales


def _openings(
    client: Client, count: int, now: int, first: datetime, chance: random.Random
) -> Iterator[tuple[int, Story | None]]:
    """When each ticket is opened, with its story where it is one that nobody has answered yet."""
    hours, targets = open_hours(client.plan), PLANS[client.plan].first
    begin, left = int(first.timestamp()), count
    for minutes in URGENT if client.plan == "always" and count > 2 * len(URGENT) else chance.sample(URGENT, 1):
        due = now + minutes * 60
        story = chance.choice([story for story in stories(client.language) if _target(story, targets) > HOUR])
        opened = hours.sub(due, _target(story, targets))
        if opened is not None and opened < now and hours.is_open(due):
            left -= 1
            yield opened, story
    for _ in range(left):
        since = now - 36 * HOUR if chance.random() < RECENT else begin
        yield _when_people_write(client, int(chance.uniform(since, now - HOUR)), begin, chance), None


def _target(story: Story, minutes: tuple[int, int, int, int]) -> int:
    return minutes[PRIORITIES.index(priority_of(story.impact, story.urgency))] * 60


def _when_people_write(client: Client, moment: int, begin: int, chance: random.Random) -> int:
    """While they work, some in the evening or at the weekend; a moment outside goes back to one inside."""
    hours = _awake(client.zone) if chance.random() < 0.08 else _at_work(client.zone)
    some = chance.randrange(1, 4 * HOUR)
    found = hours.sub(moment, some)
    return found if found is not None and found > begin else hours.add(begin, some) or begin


def _pick(client: Client, chance: random.Random, tales: list[Tale]) -> Story:
    """A story that none of the client's last few tickets told; emergencies and complaints are rare."""
    lately = {tale.story.title for tale in tales[-6:]}
    fresh = [story for story in stories(client.language) if story.title not in lately]
    weights = [0.25 if story.impact == "high" or story.kind == TicketKind.COMPLAINT else 1.0 for story in fresh]
    return chance.choices(fresh, weights)[0]


def _tell(
    client: Client, story: Story, opened: int, until: int, now: int, chance: random.Random, before: list[Tale]
) -> Tale:
    """The story as it went up to an instant. What is left to say is what the desk's next answer would be."""
    plan = PLANS[client.plan]
    place = PRIORITIES.index(priority_of(story.impact, story.urgency))
    pace = _Pace(
        opened,
        open_hours(client.plan),
        plan.first[place] * 60,
        plan.following[place] * 60,
        _awake(client.zone),
        chance,
        words={name: chance.choice(words) for name, words in WORDS[client.language].items()},
    )
    person = chance.choice([n for n, each in enumerate(client.people) if each.role != Role.BILLING_CONTACT])
    owner = holder = _of_tier(client, 1, chance)
    beats = story.beats
    if story.kind == TicketKind.TROUBLE and chance.random() < AGAIN:
        beats = (*beats, *COMES_BACK[client.language])
    stalls = opened > now - 20 * DAY and chance.random() < STALLED
    acts: list[Act] = []
    left = ""
    for beat in beats[1:]:
        pace.move(beat)
        if beat.act == "hand":
            holder = _of_tier(client, 3 if beat.text == "lead" else int(beat.text), chance)
        text = _filled(beat.text, client, person, holder, pace.words)
        if pace.at > until or (stalls and pace.waits == "" and acts and acts[-1].beat.wait):
            left = text if beat.act == "reply" else ""
            break
        acts.append(Act(datetime.fromtimestamp(pace.at, UTC), beat, text, None if beat.act == "client" else holder))
    return Tale(
        datetime.fromtimestamp(opened, UTC),
        story,
        _filled(story.title, client, person, holder, pace.words),
        _filled(story.beats[0].text, client, person, owner, pace.words),
        person,
        chance.choice(story.channels),
        owner,
        tuple(acts),
        _kin(story, before, chance),
        left,
    )


def _kin(story: Story, before: list[Tale], chance: random.Random) -> int | None:
    """The client's last ticket of the same story, which some remember."""
    same = [place for place, tale in enumerate(before) if tale.story.title == story.title]
    return same[-1] if same and chance.random() < 0.3 else None


def _of_tier(client: Client, tier: int, chance: random.Random) -> Colleague:
    """Somebody of a tier who serves the client; the lead is beyond the second."""
    if tier > 2:
        return next(each for each in COLLEAGUES if each.role == Role.LEAD)
    agents = [each for each in COLLEAGUES if each.role == Role.AGENT and each.serves(client.key)]
    return chance.choice([each for each in agents if each.tier == tier] or agents)


def _filled(text: str, client: Client, person: int, colleague: Colleague, words: dict[str, str]) -> str:
    """The names in braces filled in; greetings name who writes to whom."""
    japanese = client.language == "ja"
    name = client.people[person].name.split()[0]
    agent, desk = colleague.name_in(client.language), DESK_SHORT[client.language]
    hello, me = GREETINGS[client.language]
    return text.format(
        hello=hello.format(company=client.short if japanese else client.name, name=name),
        me=me.format(desk=desk, agent=agent, name=name),
        agent=agent,
        **words,
    )


@cache
def _awake(zone: str) -> Hours:
    """When people read their mail."""
    return _hours(zone, EVERY_DAY, [["08:00", "21:30"]])


@cache
def _at_work(zone: str) -> Hours:
    """When people write most of it."""
    return _hours(zone, EVERY_DAY[:5], [["08:30", "12:00"], ["12:50", "18:30"]])


def _hours(zone: str, days: tuple[str, ...], spans: list[list[str]]) -> Hours:
    return Hours(reading.calendar({"tz": zone, "weekly": dict.fromkeys(days, spans)}, holidays.dates))
