"""Coming in: mistakes are told at their field, in the language one chose."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from msp.serve import example
from msp.web.limits import limits
from tenants.actions import one_time_token
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.rules import GATE, Role
from tests.cast import PASSWORD, Cast
from tests.conftest import SignIn
from tests.msp.web.desk.conftest import NOW


def test_a_wrong_pair_keeps_the_address_and_says_so(browser_of: SignIn) -> None:
    answer = browser_of().post("/sign-in", data={"email": "agent@desk.example", "password": "x"})
    assert answer.status_code == 422
    assert 'href="#f-email"' in answer.text
    assert 'value="agent@desk.example"' in answer.text
    assert "x</" not in answer.text


def test_who_guesses_is_slowed_down_for_this_address_alone(browser_of: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "enabled", True)
    guess = {"email": "guessed@desk.example", "password": "x"}
    stranger = browser_of()
    assert {stranger.post("/sign-in", data=guess).status_code for _ in range(10)} == {422}
    assert stranger.post("/sign-in", data=guess).status_code == 429
    assert stranger.post("/sign-in", data=guess | {"email": "other@desk.example"}).status_code == 422
    assert stranger.get("/sign-in").status_code == 200


@pytest.mark.parametrize("field", ["email", "password"])
def test_an_empty_field_is_named(browser_of: SignIn, field: str) -> None:
    given = {"email": "agent@desk.example", "password": PASSWORD} | {field: ""}
    answer = browser_of().post("/sign-in", data=given)
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text


def test_known_and_unknown_addresses_answer_alike(browser_of: SignIn) -> None:
    answers = [browser_of().post("/reset", data={"email": f"{who}@desk.example"}) for who in ("agent", "nobody")]
    said = {
        answer.text.partition("<main")[2].partition("</main>")[0].replace("agent@", "nobody@") for answer in answers
    }
    assert len(said) == 1
    assert "nobody@desk.example" in said.pop()


def test_whoever_is_in_goes_on_to_where_he_wanted(browser_of: SignIn) -> None:
    agent = browser_of("agent@desk.example")
    assert agent.get("/sign-in?next=/tickets?view=mine").headers["Location"] == "/tickets?view=mine"
    assert agent.get("/sign-in?next=//evil.example").headers["Location"] == "/tickets"


def test_the_language_is_chosen_before_signing_in(browser_of: SignIn) -> None:
    stranger = browser_of()
    assert '<html lang="ja"' in stranger.get("/sign-in").text
    chosen = stranger.post("/profile/language", data={"language": "en", "next": "/reset"})
    assert chosen.headers["Location"] == "/reset"
    assert '<html lang="en"' in stranger.get("/reset").text


def test_an_invitation_lets_in_once(session: Session, cast: Cast, browser_of: SignIn) -> None:
    with acting_as(GATE), transaction() as rows:
        token = one_time_token(rows, cast.staff[Role.AGENT], "invite", NOW)
    guest = browser_of()
    assert guest.post(f"/welcome/{token}", data={"password": "short"}).status_code == 422
    assert guest.post(f"/welcome/{token}", data={"password": "長い合言葉をここに書きます"}).status_code == 302
    assert guest.get("/tickets").status_code == 200
    again = browser_of().post(f"/welcome/{token}", data={"password": "長い合言葉をここに書きます"})
    assert again.status_code == 422


def test_only_a_desk_to_try_says_who_may_come_in(
    app: Flask, browser_of: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Invented:
        def sign_ins(self) -> list[tuple[str, str, str]]:
            return [("担当者", "agent@desk.example", PASSWORD)]

    monkeypatch.setattr(example, "_seed", Invented)
    for demo in (False, True):
        monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], demo=demo))
        assert ("担当者" in browser_of().get("/sign-in").text) is demo


def test_settings_are_kept(browser_of: SignIn) -> None:
    agent = browser_of("agent@desk.example")
    wishes = {"language": "en", "zone": "Europe/Berlin", "theme": "dark"}
    assert agent.post("/profile", data=wishes).status_code == 302
    page = agent.get("/profile").text
    assert '<html lang="en" data-theme="dark"' in page
    assert 'value="Europe/Berlin"' in page
    assert 'data-keys="off"' in page


def test_a_client_has_a_profile_of_his_own(cast: Cast, browser_of: SignIn) -> None:
    page = browser_of(cast.acme.emails[Role.CLIENT_ADMIN]).get("/profile")
    assert page.status_code == 200
    assert 'class="portal"' in page.text
