"""Fold a ticket's events into its clocks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sla.rules.contract import METRICS, Promise, Terms
from sla.rules.cycle import Cycle, Run
from sla.rules.events import DONE, OVER, Event, in_order
from sla.rules.measure import Measure

NONE: Final = "none"
NOT_APPLICABLE: Final = "not_applicable"


@dataclass(frozen=True, slots=True)
class Clock:
    """One metric of a ticket: the newest cycle's state (`none`, `not_applicable` without one) and all its cycles."""

    metric: str
    state: str
    cycles: tuple[Cycle, ...]

    @property
    def newest(self) -> Cycle | None:
        return self.cycles[-1] if self.cycles else None


@dataclass(frozen=True, slots=True)
class Reading:
    """A ticket's clocks at an instant, and every step fired by then as (instant, metric, step), in that order."""

    clocks: Mapping[str, Clock]
    escalations: tuple[tuple[int, str, str], ...]


def fold(events: Iterable[Event], terms: Mapping[str, Terms], start_terms: str, now: int) -> Reading:
    """The clocks of a ticket at `now`. Events may come in any order; those after `now` have not happened yet.

    ValueError if the ticket was not created exactly once; KeyError for terms that are not given.
    """
    clocks = Clocks(terms, start_terms)
    for event in in_order(events):
        if event.at > now:
            break
        clocks.take(event)
    return clocks.read(now)


class Clocks:
    """A ticket's clocks while its events come in, in order; it may be read after each of them."""

    def __init__(self, terms: Mapping[str, Terms], start_terms: str) -> None:
        self._all_terms = terms
        self._terms = terms[start_terms]
        self._priority = ""
        self._status = "open"
        self._statuses: list[tuple[int, str]] = []
        self._at = -(1 << 62)
        self._cycles: dict[str, list[Run]] = {metric: [] for metric in METRICS}
        self._running: dict[str, Run] = {}
        self._by_agent = False
        self._answered_once = False
        self._unanswered = False

    def take(self, event: Event) -> None:
        """Let one event happen; events come by instant, then as recorded, the creation first."""
        if not event.bears_on_clocks or self._status in OVER:
            return
        at = max(event.at, self._at)
        self._run_to(at)
        match event.kind:
            case "created":
                self._create(event)
            case "agent_reply":
                self._agent_replies(at)
            case "client_reply":
                self._client_replies(at)
            case "status":
                self._turn(event.to, at)
            case "priority":
                if event.to != self._priority:
                    self._priority = event.to
                    self._change(event.mode or self._terms.on_priority_change, at)
            case "terms":
                self._terms = self._all_terms[event.to]
                self._change(event.mode or "carry", at)

    def read(self, now: int) -> Reading:
        """The clocks at an instant not before the last event; reading changes nothing."""
        clocks = {}
        escalations = []
        for metric, cycles in self._cycles.items():
            read = tuple(cycle.read(number, self._at, now) for number, cycle in enumerate(cycles, 1))
            escalations += [(at, metric, step) for cycle in read for at, step in cycle.fired]
            state = read[-1].state if read else NONE
            clocks[metric] = Clock(metric, state, read)
        if self._by_agent:
            clocks["first_response"] = Clock("first_response", NOT_APPLICABLE, ())
        return Reading(clocks, tuple(sorted(escalations)))

    def _run_to(self, at: int) -> None:
        """Let the clocks run up to an instant; a step reached at that very instant waits for what happens then."""
        if at == self._at:
            return
        for cycle in self._running.values():
            cycle.breached_at = cycle.breach(at)
            for reached, step in cycle.ahead(self._at):
                if reached >= at:
                    break
                cycle.fired[step] = reached
        self._at = at

    def _create(self, event: Event) -> None:
        self._priority = event.priority
        ended = event.to in DONE or event.to in OVER
        self._status = "open" if ended else event.to
        self._statuses.append((event.at, self._status))
        self._by_agent = self._answered_once = event.by == "agent"
        if not self._by_agent:
            self._start("first_response", event.at)
        self._start("resolution", event.at)
        if ended:
            self._turn(event.to, event.at)

    def _agent_replies(self, at: int) -> None:
        self._answered_once = True
        self._unanswered = False
        self._stop("first_response", at, "agent_reply")
        self._stop("next_response", at, "agent_reply")

    def _client_replies(self, at: int) -> None:
        if self._status in DONE:
            self._unanswered = True
            return
        if self._status == "pending_client":
            self._turn("open", at)
        if self._answered_once and "next_response" not in self._running:
            self._start("next_response", at)

    def _turn(self, status: str, at: int) -> None:
        """Another status: it ends, reopens or pauses what runs."""
        before, self._status = self._status, status
        if status == before:
            return
        self._statuses.append((at, status))
        if status in OVER:
            for metric in list(self._running):
                self._stop(metric, at, status, cancelled=True)
        elif status in DONE:
            self._resolve(at, status)
        elif before in DONE:
            self._reopen(at)
        else:
            for cycle in self._running.values():
                for measure in cycle.measures:
                    measure.enter(at, status)

    def _resolve(self, at: int, status: str) -> None:
        self._answered_once = True
        for metric in list(self._running):
            self._stop(metric, at, status)

    def _reopen(self, at: int) -> None:
        resolved = self._cycles["resolution"][-1:]
        if self._terms.on_reopen == "restart":
            self._start("resolution", at)
        elif resolved and not resolved[0].cancelled:
            self._resume(resolved[0], at)
        if self._unanswered:
            self._unanswered = False
            self._start("next_response", at)

    def _resume(self, cycle: Run, at: int) -> None:
        cycle.stop = None
        self._running[cycle.metric] = cycle
        for measure in cycle.measures:
            measure.enter(at, self._status)

    def _start(self, metric: str, at: int) -> None:
        promise = self._promise(metric)
        if promise is not None:
            measure = Measure(promise, at)
            measure.enter(at, self._status)
            cycle = self._running[metric] = Run(metric, measure, at)
            self._cycles[metric].append(cycle)

    def _stop(self, metric: str, at: int, why: str, *, cancelled: bool = False) -> None:
        cycle = self._running.pop(metric, None)
        if cycle is not None:
            cycle.end(at, why, cancelled=cancelled)

    def _promise(self, metric: str) -> Promise | None:
        return self._terms.promises.get((self._priority, metric))

    def _change(self, mode: str, at: int) -> None:
        """Running cycles cross over to the priority and terms now in force."""
        for metric, cycle in list(self._running.items()):
            promise = self._promise(metric)
            if mode == "pinned" or (promise is None and mode == "improve"):
                continue
            if promise is None:
                self._stop(metric, at, "no_target", cancelled=True)
                continue
            if mode in ("carry", "recount"):
                cycle.measures = [self._remeasured(cycle, promise, mode, at)]
                if cycle.breached_at is None and cycle.measures[0].used(at) > promise.target:
                    cycle.breached_at = at
                continue
            measure = Measure(promise, cycle.start, mode)
            measure.enter(at, self._status)
            if mode == "restart":
                cycle.given_up += cycle.measures
                cycle.measures = []
            cycle.measures.append(measure)

    def _remeasured(self, cycle: Run, promise: Promise, mode: str, at: int) -> Measure:
        if mode == "carry":
            return cycle.measures[-1].under(promise, at, self._status)
        return Measure.recounted(promise, cycle.start, self._statuses)
