"""What is measured, by name: each measurement runs on the bench and answers figures with their bars."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from urllib.parse import quote

import psycopg

from msp.serve import roles
from msp.settings import Settings
from tests.bench import clocks as watch
from tests.bench.figures import Figure
from tests.bench.ground import AGENTS, signed_in
from tests.bench.load import Answer, Asker, at_once, field_of
from tests.serving import Served
from tests.sla import speed

WORDS = (
    "プリンター", "VPN", "更新エラー", "共有フォルダー 写真", "printer floor", "account", "無線LAN", "パスワード 画面",
    "0x80072EE7", "phishing", "スキャン 型番", "複合機",
)  # fmt: skip
CLIENTS = 8
RATIO_BAR = 3.0
MOST_STATEMENTS = 10
P95_BAR = 0.080
MEMORY_BAR = 150_000_000


@dataclass(slots=True)
class Bench:
    """Both programs, somebody signed in at the desk, and tickets and people to ask for."""

    desk: Served
    floor: Served
    settings: Settings
    rounds: int = 200
    seconds: float = 8.0
    chance: random.Random = field(default_factory=lambda: random.Random(2))  # noqa: S311 - which tickets are asked for is no secret
    targets: list[Target] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Tickets that stand on both sides; what earlier runs opened stands on one."""
        url = roles.libpq(self.settings.admin_database_url)
        with psycopg.connect(url) as connection:
            rows = connection.execute(
                "SELECT t.id, t.key, t.tenant_id, c.key, t.contact_id FROM floor_ticket t"
                " JOIN floor_client c ON c.id = t.tenant_id JOIN ticket d ON d.key = t.key"
                " WHERE t.status IN ('open', 'pending_client')"
                " ORDER BY t.id"
            ).fetchall()
        self.targets = [Target(*row) for row in rows]
        self.chance.shuffle(self.targets)

    def next_target(self) -> Target:
        """An open ticket that nobody has looked at yet, as long as there are such."""
        self.targets.append(self.targets.pop(0))
        return self.targets[-1]


@dataclass(frozen=True, slots=True)
class Target:
    """A ticket to ask for: `client` is the key of its company."""

    id: int
    key: str
    tenant_id: int
    client: str
    contact_id: int


@dataclass(frozen=True, slots=True)
class Pair:
    """What the desk and its floor took for the same, one after the other."""

    desk: Sequence[Answer]
    floor: Sequence[Answer]

    def figures(self, name: str, most_statements: int | None = None) -> list[Figure]:
        """The ratio of the medians against its bar, and beside it what each cost."""
        fast, slow = (median(answer.seconds for answer in side) for side in (self.floor, self.desk))
        cpu = [median(answer.cpu for answer in side) for side in (self.desk, self.floor)]
        size = [median(len(answer.body) for answer in side) for side in (self.desk, self.floor)]
        statements = [round(median(answer.statements for answer in side)) for side in (self.desk, self.floor)]
        cost = (
            f"{slow * 1000:.1f} / {fast * 1000:.1f} ms, CPU {cpu[0] * 1000:.1f} / {cpu[1] * 1000:.1f} ms, "
            f"{statements[0]} / {statements[1]} statements, {size[0] / 1000:.0f} / {size[1] / 1000:.0f} KB"
        )
        figures = [Figure(name, slow / fast, "x floor", RATIO_BAR, more=cost)]
        if most_statements is not None:
            figures.append(Figure(f"{name}: statements", float(statements[0]), "statements", most_statements))
        return figures


Ask = Callable[[Asker, int], Answer]


def side_by_side(bench: Bench, ask_desk: Ask, ask_floor: Ask, expect: int = 200) -> Pair:
    """Desk, floor, desk, floor ...; a fifth of the rounds warms both up first. Raises AssertionError for a failure."""
    answers: tuple[list[Answer], list[Answer]] = ([], [])
    warm = max(bench.rounds // 5, 2)
    with signed_in(bench.desk.port, AGENTS[0]) as desk, Asker(bench.floor.port) as floor:
        for number in range(-warm, bench.rounds):
            for found, asker, ask in zip(answers, (desk, floor), (ask_desk, ask_floor), strict=True):
                answer = ask(asker, number)
                assert answer.status == expect, (answer.status, answer.body[:2000].decode())
                if number >= 0:
                    found.append(answer)
    return Pair(*answers)


def queue(bench: Bench) -> list[Figure]:
    """The page of fifty rows."""
    pair = side_by_side(bench, lambda asker, _: asker.get("/tickets"), lambda asker, _: asker.get("/tickets"))
    return pair.figures("queue page", MOST_STATEMENTS)


def ticket(bench: Bench) -> list[Figure]:
    """A ticket's page, another one each time, so that each look is the first and is written down."""
    chosen: dict[int, Target] = {}

    def ask(asker: Asker, number: int) -> Answer:
        target = chosen.setdefault(number, bench.next_target())
        return asker.get(f"/tickets/{target.key}")

    return side_by_side(bench, ask, ask).figures("ticket page")


def create(bench: Bench) -> list[Figure]:
    """A call becomes a ticket."""

    def form(target: Target) -> dict[str, str]:
        return {"text": "プリンターから印刷できない。\n朝から数名が同じ状態です。", "kind": "trouble", "impact": "low",
                "urgency": "medium", "channel": "phone", "contact": str(target.contact_id)}  # fmt: skip

    def ask_desk(asker: Asker, _number: int) -> Answer:
        target = bench.next_target()
        token = csrf_of(asker)
        return asker.post("/tickets/new", form(target) | {"client": target.client, "csrf_token": token})

    def ask_floor(asker: Asker, _number: int) -> Answer:
        target = bench.next_target()
        key = f"F-{secrets.token_hex(8)}"
        return asker.post("/tickets/new", form(target) | {"tenant_id": str(target.tenant_id), "key": key})

    return side_by_side(bench, ask_desk, ask_floor, 303).figures("create")


def reply(bench: Bench) -> list[Figure]:
    """An answer to the client, from the composer its page came with."""
    body = "お問い合わせありがとうございます。ドライバーを更新しましたのでお試しください。"

    def ask_desk(asker: Asker, _number: int) -> Answer:
        target = bench.next_target()
        page = asker.get(f"/tickets/{target.key}").body
        form = {name: field_of(page, name) for name in ("csrf_token", "send_token")}
        return asker.post(f"/tickets/{target.key}/answer", form | {"kind": "reply", "body": body})

    def ask_floor(asker: Asker, _number: int) -> Answer:
        target = bench.next_target()
        asker.get(f"/tickets/{target.key}")
        return asker.post(f"/tickets/{target.key}/answer", {"ticket_id": str(target.id), "body": body})

    return side_by_side(bench, ask_desk, ask_floor, 303).figures("reply")


def search(bench: Bench) -> list[Figure]:
    """Words of both languages, rare and common, one and two at a time."""

    def ask(asker: Asker, number: int) -> Answer:
        words = WORDS[number % len(WORDS)]
        return asker.get(f"/search?q={quote(words)}")

    return side_by_side(bench, ask, ask).figures("search")


def crowd(bench: Bench) -> list[Figure]:
    """The queue page for eight people at once; the floor under the same load beside it."""
    askers = [signed_in(bench.desk.port, email) for email in AGENTS[:CLIENTS]]
    others = [Asker(bench.floor.port) for _ in askers]
    found: list[list[Answer]] = []
    for group in (askers, others):
        at_once(group, lambda asker, _: asker.get("/tickets"), min(1.0, bench.seconds))
        found.append(at_once(group, lambda asker, _: asker.get("/tickets"), bench.seconds))
        assert all(answer.status == 200 for answer in found[-1])
        for asker in group:
            asker.hang_up()
    late, floor_late = (quantiles([answer.seconds for answer in each], n=20)[-1] for each in found)
    rates = [len(each) / bench.seconds for each in found]
    more = f"floor {floor_late * 1000:.0f} ms; {rates[0]:.0f} / {rates[1]:.0f} pages a second"
    return [Figure(f"queue page, {CLIENTS} at once, p95", late * 1000, "ms", P95_BAR * 1000, more=more)]


def memory(bench: Bench) -> list[Figure]:
    """The larger web process after all that was asked of it."""
    desk, floor = max(bench.desk.memory()), max(bench.floor.memory())
    return [Figure("web process", desk / 1e6, "MB", MEMORY_BAR / 1e6, more=f"floor {floor / 1e6:.0f} MB")]


def engine(bench: Bench) -> list[Figure]:
    """How fast one core counts and folds; the bars are those of sla.md."""
    rates = speed.rates(max(1000, bench.rounds * 100))
    beside = speed.beside(bench.rounds, speed.SPANS if bench.rounds >= 200 else ["a day"])
    return [
        Figure(f"{what} over {over}", rate, "a second", float(speed.BARS[what]), least=True, more=_times(rate, others))
        for (what, over), rate in rates.items()
        for others in [{who: each for (who, span), each in beside.items() if what == "elapsed" and span == over}]
    ]


def _times(rate: float, others: Mapping[str, float]) -> str:
    return ", ".join(f"{rate / each:,.0f} x {who}" for who, each in others.items())


def clocks(bench: Bench) -> list[Figure]:
    """What watching over promises costs, and how late it is; on a database of its own."""
    size = 100_000 if bench.rounds >= 200 else 2_000
    return watch.measure(bench.settings, size, size // 10, 10 if size == 100_000 else 1, lambda _said: None)


def csrf_of(asker: Asker) -> str:
    """The token in the head of every page."""
    return field_of(asker.get("/tickets/new").body, "csrf_token")


MEASUREMENTS: dict[str, Callable[[Bench], list[Figure]]] = {
    "queue": queue,
    "ticket": ticket,
    "create": create,
    "reply": reply,
    "search": search,
    "crowd": crowd,
    "memory": memory,
    "engine": engine,
    "clocks": clocks,
}
"""In this order: memory is looked at when the pages have been asked for."""
