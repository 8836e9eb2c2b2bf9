"""Whether each step was told as it must be: by the rows, and by what came out at the other ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import psycopg
from rich.table import Table

from msp.serve import roles
from tests.bench.clocks import TARGET
from tests.prove.faults_parts import Heard, Occasion

EXPECTED: Final = """
SELECT count(*) FROM ticket t, (VALUES (0.5), (1.0)) s (share)
WHERE t.opened_at + %(minutes)s * s.share * interval '1 minute' <= now()
"""
"""What must have been reached by now, from the tickets alone; nobody answers any."""
QUESTIONS: Final[Mapping[str, str]] = {
    "steps were told to nobody": "SELECT count(*) FROM escalation WHERE told_at IS NULL",
    "steps bear another instant than the true one": """
SELECT count(*) FROM escalation e JOIN ticket t ON (t.tenant_id, t.id) = (e.tenant_id, e.ticket_id)
WHERE e.at <> t.opened_at + %(minutes)s * rtrim(e.step, '%%')::numeric / 100 * interval '1 minute'
""",
    "steps were noticed before those ahead of them": """
SELECT count(*) FROM escalation a JOIN escalation b ON (a.tenant_id, a.ticket_id, a.metric, a.cycle)
    = (b.tenant_id, b.ticket_id, b.metric, b.cycle) AND a.at < b.at
WHERE (a.noticed_at, a.told_at, a.id) > (b.noticed_at, b.told_at, b.id) OR a.told_at > b.told_at
""",
    "steps have another number of notices than one": """
SELECT count(*) FROM escalation e
WHERE (SELECT count(*) FROM notice n WHERE n.key = 'escalation:' || e.tenant_id || ':' || e.id) <> 1
""",
    "pieces of work were still waiting in the end": """
SELECT count(*) FROM work
WHERE done_at IS NULL AND parked_at IS NULL AND split_part(kind, '.', 1) IN ('escalations', 'mail', 'webhooks')
""",
    "pieces of work were given up": "SELECT count(*) FROM work WHERE parked_at IS NOT NULL",
    "tickets that are due were not looked at": "SELECT count(*) FROM ticket WHERE next_due_at <= now()",
}
STEPS: Final = "SELECT count(*) FROM escalation"


@dataclass
class Told:
    """What was done to a desk with so many clocks, and what came out at the other ends, by occasion."""

    clocks: int
    expected: int = 0
    kills: int = 0
    deaths_of_senders: int = 0
    flushed: int = 0
    restarts: int = 0
    lost: int = 0
    second_key: int = 0
    again: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        return (
            f"{self.kills} kills, {self.flushed} x FLUSHALL, {self.restarts} restarts, Redis gone: {self.expected:,} "
            f"steps, {self.lost} lost, {self.second_key} under a second key, {self.again} again under the same key"
        )


def judge(found: Told, superuser_url: str, heard: Mapping[str, Heard]) -> None:
    """Look at the rows, then at what each way brought to the other end."""
    given = {"minutes": TARGET}
    with psycopg.connect(roles.libpq(superuser_url)) as connection:

        def count(question: str) -> int:
            row = connection.execute(question.encode(), given).fetchone()
            return int(row[0]) if row else 0

        found.expected = count(EXPECTED)
        steps = count(STEPS)
        if steps != found.expected:
            found.wrong.append(f"{steps} steps were recorded, {found.expected} were reached")
        found.wrong += [f"{many} {what}" for what, question in QUESTIONS.items() if (many := count(question))]
    for way, each in heard.items():
        _judge(found, way, each)
    if found.again > found.deaths_of_senders + found.restarts * len(heard):
        found.wrong.append(f"{found.again} copies, though senders died only {found.deaths_of_senders} times")


def _judge(found: Told, way: str, heard: Heard) -> None:
    """An occasion may come again under its key; without one it is lost, under two it was told twice."""
    keys: dict[Occasion, set[str]] = {}
    for key, occasion in heard:
        keys.setdefault(occasion, set()).add(key)
    lost = max(0, found.expected - len(keys))
    second = sum(len(each) - 1 for each in keys.values())
    found.lost += lost
    found.second_key += second
    found.again += sum(times - 1 for times in Counter(key for key, _ in heard).values())
    if lost or second or len(keys) > found.expected:
        found.wrong.append(f"{way}: {len(keys)} occasions for {found.expected} steps, {second} under a second key")


def table_of(runs: list[Told]) -> Table:
    """A line for each run."""
    table = Table(title="Clocks under fire", title_justify="left")
    columns = ("clocks", "kills", "FLUSHALL", "restarts", "steps", "lost", "second key", "again", "")
    for name in columns:
        table.add_column(name, justify="right")
    for run in runs:
        figures = (run.clocks, run.kills, run.flushed, run.restarts, run.expected, run.lost, run.second_key, run.again)
        table.add_row(*(f"{each:,}" for each in figures), "[red]wrong" if run.wrong else "[green]kept")
    return table
