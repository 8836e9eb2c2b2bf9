"""A calendar typed, edited from a day on, corrected in its past and tried out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from sla import queries
from sla.models import CalendarVersion, Remeasuring
from tenants.work import Work
from tests.cast import Cast
from tests.conftest import SignIn
from tests.msp.web.rooms.agreements.conftest import (
    CLIENT,
    OFFICE,
    Rows,
    own_calendar,
)


def test_a_calendar_is_typed_with_its_holidays_struck_out_and_its_closures_in_one_act(
    rows: Rows, cast: Cast, owner: FlaskClient
) -> None:
    closure = {"special_from": "2026-12-29", "special_to": "2027-01-03", "special_hours": ""}
    proposal = {"holiday_set": "JP", "shown": ["2026-01-01", "2026-01-12"], "used": ["2026-01-01"]}
    form = OFFICE | {"name": "夜間", "fri": "22:00-6:00", "sat": "18:00-26:00"} | closure | proposal
    page = owner.post(f"{CLIENT}/calendars/new", data=form)
    assert page.status_code == 303
    made = rows().scalars(select(CalendarVersion).order_by(CalendarVersion.calendar_id.desc())).first()
    assert made is not None
    assert "22:00 – 翌6:00" in owner.get(f"{CLIENT}/calendars/{made.calendar_id}").get_data(as_text=True)
    assert made.hours["weekly"]["fri"] == [["22:00", "06:00"]]
    assert made.hours["weekly"]["sat"] == [["18:00", "02:00"]]
    assert sorted(made.hours["special"])[:2] == ["2026-12-29", "2026-12-30"]
    assert "2026-01-01" in made.hours["holidays"]
    assert "2026-01-12" not in made.hours["holidays"]
    assert "2027-01-11" in made.hours["holidays"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"mon": "9-12, 11-13"}, "These hours overlap."),
        ({"mon": "22-30", "tue": "5-9"}, "These hours run into those of the next day."),
        (dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ""), "This calendar never opens."),
        ({"mon": "soon"}, "Write hours like"),
        ({"zone": "Asia/Nowhere"}, "This is not known here."),
        ({"name": "本社"}, "There is a calendar of this name."),
    ],
)
def test_what_nobody_could_keep_is_refused_at_its_field(
    rows: Rows, cast: Cast, browser_of: SignIn, owner: FlaskClient, typed: dict[str, str], sentence: str
) -> None:
    owner.post("/profile", data={"language": "en", "zone": "Asia/Tokyo", "theme": "auto"})
    page = owner.post(f"{CLIENT}/calendars/new", data=OFFICE | {"name": "other"} | typed)
    assert page.status_code == 422
    assert sentence in page.get_data(as_text=True)


def test_an_edit_is_a_version_that_reaches_the_tickets_when_it_begins(
    rows: Rows, cast: Cast, owner: FlaskClient
) -> None:
    calendar = own_calendar(rows, cast)
    form = OFFICE | {"mon": "8-20", "since": "2026-06-03T00:00"}
    assert owner.post(f"{CLIENT}/calendars/{calendar.id}/edit", data=form).status_code == 303
    change = rows().scalars(select(Remeasuring)).one()
    assert (change.cause, change.since) == ("calendar", datetime(2026, 6, 2, 15, tzinfo=UTC))
    left = rows().scalars(select(Work).where(Work.kind == "upkeep.remeasure")).one()
    assert left.available_at == change.since
    text = owner.get(f"{CLIENT}/calendars/{calendar.id}").get_data(as_text=True)
    assert "8:00 – 20:00" in text


def test_the_past_is_corrected_by_a_restatement_with_a_reason_only(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    calendar = own_calendar(rows, cast)
    url, form = f"{CLIENT}/calendars/{calendar.id}/restate", OFFICE | {"mon": "", "since": "2026-05-01T00:00"}
    assert owner.post(f"{CLIENT}/calendars/{calendar.id}/edit", data=form).status_code == 422
    assert owner.post(url, data=form).status_code == 422
    assert owner.post(url, data=form | {"reason": "月曜は休みでした"}).status_code == 303
    history = queries.calendar_history_of(rows(), cast.acme.id, calendar.id)
    assert [row.reason for row in history] == ["月曜は休みでした", ""]
    assert rows().scalars(select(Remeasuring.cause)).all() == ["restatement"]


def test_the_tester_says_when_something_is_due_and_how_it_adds_up(rows: Rows, cast: Cast, owner: FlaskClient) -> None:
    calendar = own_calendar(rows, cast)
    page = owner.get(f"{CLIENT}/calendars/{calendar.id}?start=2026-06-05T17:00&length=2h")
    text = page.get_data(as_text=True)
    assert "10:00" in text
    assert text.count('class="number key">1時間</td>') == 2
