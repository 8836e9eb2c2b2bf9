"""The desk's figures in Prometheus' words."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from msp.reports.vitals import Vitals

MAIL_STATES, CALL_STATES = ("waiting", "sent", "refused", "failed"), ("waiting", "sent", "failed")


class Own(Collector):
    """What this process counted, under its name: a scrape meets now the one, now the other of a web server's."""

    def __init__(self, counted: CollectorRegistry) -> None:
        self.counted, self.process = counted, f"{socket.gethostname()}-{os.getpid()}"

    def collect(self) -> Iterable[Metric]:
        for one in self.counted.collect():
            named = Metric(one.name, one.documentation, one.type, one.unit)
            named.samples = [each._replace(labels={**each.labels, "process": self.process}) for each in one.samples]
            yield named


class Figures(Collector):
    """What a scrape is told of the whole desk; without vitals only that the database does not answer."""

    def __init__(self, vitals: Vitals | None) -> None:
        self.vitals = vitals

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("msp_desk_database_up", "Whether the database answers", value=self.vitals is not None)
        if self.vitals is not None:
            yield from _promises(self.vitals)
            yield from _work(self.vitals)
            yield _by("msp_desk_mails", "Mails of the last day by state", "state", self.vitals.mails, MAIL_STATES)
            calls = self.vitals.calls
            yield _by("msp_desk_webhook_calls", "Webhook calls of the last day by state", "state", calls, CALL_STATES)


def _promises(vitals: Vitals) -> Iterable[Metric]:
    seen, hour = vitals.watch, vitals.watch.hour
    for name, help_text, value in (
        ("promises_due", "Promises whose next step or breach comes within the hour", seen.soon),
        ("promises_late", "Promises a clock should have looked at by now", seen.late),
        ("promises_late_seconds", "How long the oldest of these waits", seen.oldest.total_seconds()),
        ("steps_fired", "Steps noticed in the last hour", hour.steps),
        ("steps_untold", "Steps of the last hour nobody was told of yet", hour.untold),
        ("clocks_alive", "Clock processes heard of lately", vitals.alive),
    ):
        yield GaugeMetricFamily(f"msp_desk_{name}", help_text, value=value)
    lateness = GaugeMetricFamily(
        "msp_desk_step_lateness_seconds", "From a step's instant until it was noticed, last hour", labels=["quantile"]
    )
    for quantile, seconds in (("0.5", hour.half), ("0.95", hour.most), ("0.99", hour.nearly_all), ("1", hour.worst)):
        lateness.add_metric([quantile], seconds)
    yield lateness


def _work(vitals: Vitals) -> Iterable[Metric]:
    for name, help_text in (
        ("waiting", "Rows of work not yet done"),
        ("age", "Seconds for which the oldest due row waits"),
        ("failing", "Rows whose last try failed and that will be tried again"),
        ("parked", "Rows given up; somebody must look"),
    ):
        rows = {queue: getattr(one, name) for queue, one in vitals.queues.items()}
        metric = "age_seconds" if name == "age" else name
        yield _by(f"msp_desk_work_{metric}", help_text, "queue", rows)


def _by(name: str, help_text: str, label: str, values: Mapping[str, float], known: Iterable[str] = ()) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for word, value in sorted((dict.fromkeys(known, 0) | dict(values)).items()):
        family.add_metric([word], value)
    return family
