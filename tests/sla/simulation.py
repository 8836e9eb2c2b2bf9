"""A ticket lived through second by second, written from the text and not from the engine."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.sla.oracle import Json, MinuteWalk, instant, iso

METRICS = ("first_response", "next_response", "resolution")
DONE = ("resolved", "closed")
OVER = ("cancelled", "merged")


class Counter:
    """Seconds spent under one promise; `reached[k]` is the instant at which the k+1st second was over."""

    def __init__(self, promise: Json) -> None:
        self.promise = promise
        self.reached: list[int] = []

    @property
    def spent(self) -> int:
        return len(self.reached)

    @property
    def target(self) -> int:
        return int(self.promise["target"])

    def stands(self, status: str) -> bool:
        return status in DONE or status in self.promise["pauses"]


class Cycle:
    """One promise while it lives."""

    def __init__(self, promise: Json, start: int) -> None:
        self.start = start
        self.stop: int | None = None
        self.cancelled = False
        self.counters = [Counter(promise)]
        self.breached_at: int | None = None
        self.fired: dict[str, int] = {}

    def end(self, at: int, cancelled: bool = False) -> None:
        if self.stop is None:
            self.stop, self.cancelled = at, cancelled


class Simulation:
    """One ticket case of the file format; `answer` is what the engine should say."""

    def __init__(self, case: Json, walks: Mapping[str, MinuteWalk]) -> None:
        self.case, self.walks = case, walks
        self.now = instant(case["now"])
        self.terms = case["terms"][case["start_terms"]]
        self.priority = ""
        self.status = ""
        self.history: dict[int, str] = {}
        self.cycles: dict[str, list[Cycle]] = {metric: [] for metric in METRICS}
        self.by_agent = self.phase_over = self.waiting = False

    def answer(self) -> dict[str, Any]:
        """Live through it and tell."""
        ordered = sorted(self.case["events"], key=lambda event: instant(event["at"]))
        created = next(event for event in ordered if event["type"] == "created")
        born = instant(created["at"])
        story = [created, *(event for event in ordered if event is not created)]
        at_second: dict[int, list[Json]] = {}
        for event in story:
            at_second.setdefault(max(born, instant(event["at"])), []).append(event)
        for at in range(born, self.now + 1):
            for event in at_second.get(at, []):
                self.happen(event, at)
            self.fire(at)
            if at < self.now:
                self.tick(at)
        escalations = sorted(
            [iso(at), metric, step]
            for metric in METRICS
            for cycle in self.cycles[metric]
            for step, at in cycle.fired.items()
        )
        return {"id": self.case.get("id")} | {m: self.told(m) for m in METRICS} | {"escalations": escalations}

    def tick(self, at: int) -> None:
        self.history[at] = self.status
        for _, cycle in self.live():
            for counter in cycle.counters:
                if not counter.stands(self.status) and self.walks[counter.promise["calendar"]].open_second(at):
                    counter.reached.append(at + 1)
                    if counter.spent > counter.target and cycle.breached_at is None:
                        cycle.breached_at = at

    def fire(self, at: int) -> None:
        for _, cycle in self.live():
            newest = cycle.counters[-1]
            if not self.paused(cycle):
                for step in newest.promise["steps"]:
                    if step not in cycle.fired and newest.spent >= _threshold(step, newest.target):
                        cycle.fired[step] = at

    def live(self) -> Iterator[tuple[str, Cycle]]:
        for metric in METRICS:
            for cycle in self.cycles[metric]:
                if cycle.stop is None:
                    yield metric, cycle

    def paused(self, cycle: Cycle) -> bool:
        return all(counter.stands(self.status) for counter in cycle.counters)

    def promise(self, metric: str) -> Json | None:
        minutes = self.terms.get("targets", {}).get(self.priority, {}).get(metric)
        if minutes is None:
            return None
        return {
            "target": minutes * 60,
            "calendar": self.terms.get("calendar_by_priority", {}).get(self.priority, self.terms["calendar"]),
            "pauses": self.terms.get("pause_on", {}).get(metric, []),
            "steps": [step["step"] for step in self.terms.get("escalations", []) if step["metric"] == metric],
        }

    def begin(self, metric: str, at: int) -> None:
        promise = self.promise(metric)
        if promise is not None:
            self.cycles[metric].append(Cycle(promise, at))

    def end(self, metric: str, at: int, cancelled: bool = False) -> None:
        for cycle in self.cycles[metric]:
            cycle.end(at, cancelled)

    def happen(self, event: Json, at: int) -> None:
        kind = event["type"]
        if event.get("auto") or self.status in OVER:
            return
        if kind == "created":
            self.priority, self.status = event["priority"], event.get("status", "open")
            self.by_agent = self.phase_over = event["by"] == "agent"
            if not self.by_agent:
                self.begin("first_response", at)
            self.begin("resolution", at)
            if self.status in DONE + OVER:
                status, self.status = self.status, "open"
                self.move(status, at)
        elif kind == "agent_reply":
            self.phase_over, self.waiting = True, False
            self.end("first_response", at)
            self.end("next_response", at)
        elif kind == "client_reply":
            if self.status in DONE:
                self.waiting = True
                return
            if self.status == "pending_client":
                self.status = "open"
            running = [cycle for cycle in self.cycles["next_response"] if cycle.stop is None]
            if self.phase_over and not running:
                self.begin("next_response", at)
        elif kind == "status":
            self.move(event["to"], at)
        elif kind == "priority" and event["to"] != self.priority:
            self.priority = event["to"]
            self.change(event.get("mode") or self.terms.get("on_priority_change", "carry"), at)
        elif kind == "terms":
            self.terms = self.case["terms"][event["to"]]
            self.change(event.get("mode", "carry"), at)

    def move(self, status: str, at: int) -> None:
        was_done = self.status in DONE
        self.status = status
        if status in OVER:
            for metric in METRICS:
                self.end(metric, at, cancelled=True)
        elif status in DONE and not was_done:
            self.phase_over, self.waiting = True, False
            for metric in METRICS:
                self.end(metric, at)
        elif was_done and status not in DONE:
            cycles = self.cycles["resolution"]
            if self.terms.get("on_reopen", "resume") == "restart":
                self.begin("resolution", at)
            elif cycles and not cycles[-1].cancelled:
                cycles[-1].stop = None
            if self.waiting:
                self.begin("next_response", at)
            self.waiting = False

    def change(self, mode: str, at: int) -> None:
        for metric, cycle in list(self.live()):
            promise = self.promise(metric)
            if mode == "pinned":
                continue
            if promise is None:
                if mode != "improve":
                    cycle.end(at, cancelled=True)
                continue
            newest = Counter(promise)
            if mode == "improve":
                cycle.counters.append(newest)
                continue
            if mode == "carry":
                newest.reached = cycle.counters[-1].reached
            if mode == "recount":
                walk = self.walks[promise["calendar"]]
                newest.reached = [
                    second + 1
                    for second in range(cycle.start, at)
                    if not newest.stands(self.history[second]) and walk.open_second(second)
                ]
            cycle.counters = [newest]
            if newest.spent > newest.target and cycle.breached_at is None:
                cycle.breached_at = at

    def told(self, metric: str) -> dict[str, Any]:
        cycles = self.cycles[metric]
        if not cycles:
            nothing: dict[str, Any] = {"due": None, "elapsed": 0, "breached": False, "breached_at": None, "cycles": []}
            return {"status": "not_applicable" if metric == "first_response" and self.by_agent else "none"} | nothing
        last = cycles[-1]
        status, due = "running", None
        if last.stop is not None:
            status = "cancelled" if last.cancelled else "stopped"
        elif self.paused(last):
            status = "paused"
        else:
            dues = [self.due(counter) for counter in last.counters if not counter.stands(self.status)]
            due = min((at for at in dues if at is not None), default=None)
        return {
            "status": status,
            "due": due and iso(due),
            "elapsed": last.counters[-1].spent,
            "breached": last.breached_at is not None,
            "breached_at": last.breached_at and iso(last.breached_at),
            "cycles": [
                {
                    "start": iso(cycle.start),
                    "stop": cycle.stop and iso(cycle.stop),
                    "elapsed": cycle.counters[-1].spent,
                    "breached": cycle.breached_at is not None,
                }
                for cycle in cycles
            ],
        }

    def due(self, counter: Counter) -> int | None:
        if counter.spent >= counter.target:
            return counter.reached[counter.target - 1]
        walk, left, at = self.walks[counter.promise["calendar"]], counter.target - counter.spent, self.now
        while at < walk.first + 60 * len(walk.open):
            here = min(60 - at % 60, left)
            left -= here if walk.open_second(at) else 0
            if left == 0:
                return at + here
            at += 60 - at % 60
        return None


def _threshold(step: str, target: int) -> int:
    if step.endswith("%"):
        return -(-target * int(step[:-1]) // 100)
    return max(0, target + int(step[:-1]) * 60)
