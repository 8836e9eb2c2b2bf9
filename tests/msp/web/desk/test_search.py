"""Search and the palette find what one may see, however it is typed."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from msp.tickets import actions
from tenants.isolation import acting_as
from tests.conftest import SignIn
from tests.msp.web.desk.conftest import NOW, Day


def test_words_find_tickets_of_all_clients(agent: FlaskClient, day: Day) -> None:
    keys = [day.opens(company, "プリンターの文字化け").key for company in (day.cast.acme, day.cast.globex)]
    page = agent.get("/search?q=文字化け").text
    assert all(f"/tickets/{key}" in page for key in keys)
    only = agent.get("/search?q=文字化け&client=GLOBEX").text
    assert f"/tickets/{keys[0]}" not in only
    assert f"/tickets/{keys[1]}" in only


def test_a_number_finds_its_ticket_in_any_width(agent: FlaskClient, day: Day) -> None:
    ticket = day.opens(day.cast.acme)
    for typed in (ticket.key, ticket.key.lower(), "ＡＣＭＥ－" + str(ticket.number)):
        assert f"/tickets/{ticket.key}" in agent.get("/search", query_string={"q": typed}).text


def test_notes_are_searched_for_the_desk(agent: FlaskClient, day: Day) -> None:
    ticket = day.opens(day.cast.acme)
    with acting_as(day.cast.agent(day.cast.acme.id)):
        actions.note(day.session, ticket, actions.SYSTEM, "ルーター再起動で直る", NOW)
        day.session.commit()
    assert f"/tickets/{ticket.key}" in agent.get("/search?q=ルーター").text


def test_nothing_of_other_clients_is_found(day: Day, browser_of: SignIn) -> None:
    ticket = day.opens(day.cast.acme, "プリンターの文字化け")
    ben = browser_of("ben@desk.example")
    for address in ("/search?q=文字化け", f"/search?q={ticket.key}", f"/search/palette?q={ticket.key}"):
        assert f"/tickets/{ticket.key}" not in ben.get(address).text
    assert "ACME" not in ben.get("/search/palette?q=takasaki").text


@pytest.mark.parametrize("typed", ["takasaki", "たかさき", "髙﨑", "acme"])
def test_the_palette_finds_clients_by_reading_and_key(agent: FlaskClient, typed: str) -> None:
    page = agent.get("/search/palette", query_string={"q": typed}).text
    assert "client=ACME&amp;view=all" in page or "view=all&amp;client=ACME" in page


def test_the_palette_offers_commands_before_anything_is_typed(agent: FlaskClient, statements: list[str]) -> None:
    page = agent.get("/search/palette").text
    assert "/tickets/new" in page
    assert 'href="#reply"' in page
    assert not [one for one in statements if "FROM ticket" in one or "FROM contact" in one]


def test_commands_follow_the_role(browser_of: SignIn) -> None:
    page = browser_of("auditor@desk.example").get("/search/palette").text
    assert "/tickets/new" not in page
    assert "/triage" not in page
