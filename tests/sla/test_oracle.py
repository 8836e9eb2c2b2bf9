"""The engine against its oracles; `python -m tests.sla.compare 20000` is the same at full size."""

from tests.sla.compare import compare


def test_random_calendars_and_tickets_come_out_as_walked_by_hand() -> None:
    assert compare(150, seed=20_260_601) == []
