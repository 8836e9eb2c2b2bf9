"""The page in a real browser: keys, the composer's two kinds, picking rows, ticking clocks, under the strict policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.msp.web.style_guide import Desk, style_guide

pytestmark = pytest.mark.browser

FREE = {"typing": False, "composer": False, "list": False, "interactive": False, "single": True}


@pytest.fixture
def desk(browser: Browser) -> Iterator[Desk]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    yield Desk(page, style_guide())
    page.close()


def press(modules: Desk, key: str, waiting: bool = False, place: dict[str, bool] | None = None, **more: Any) -> Any:
    event = {"key": key, "code": "", "isComposing": False, "keyCode": 0, **more}
    said = modules.asks("keys", "m.commandFor(...given)", event, waiting, FREE | (place or {}))
    return "G ..." if said["waiting"] else said["command"]


def test_keys_ask_for_what_the_key_list_says(modules: Desk) -> None:
    keys = {"j": "next", "k": "previous", "x": "select", "a": "assign", "i": "assign-me", "t": "timer", "z": "undo"}
    keys |= {"u": "back", "r": "reply", "n": "note", "e": "solve", "h": "snooze", "s": "state", "p": "priority"}
    keys |= {"l": "label", "m": "merge", "?": "help", ".": "copy", "/": "search", "J": "extend-next", "g": "G ..."}
    assert {key: press(modules, key) for key in keys} == keys
    assert [press(modules, key, waiting=True) for key in "dmuc7q"] == [
        "go-due", "go-mine", "go-unassigned", "client-filter", "view-7", None,
    ]  # fmt: skip


def test_no_key_acts_while_an_input_method_owns_it(modules: Desk) -> None:
    assert press(modules, "j", isComposing=True) is None
    assert press(modules, "Process", code="KeyJ", keyCode=229) is None
    assert press(modules, "Enter", ctrlKey=True, keyCode=229, place={"composer": True, "typing": True}) is None


def test_kana_boards_and_full_width_letters_mean_the_place_of_the_key(modules: Desk) -> None:
    assert press(modules, "ま", code="KeyJ") == "next"
    assert press(modules, "ｊ", code="KeyJ") == "next"
    assert press(modules, "Ｊ", code="KeyJ", shiftKey=True) == "extend-next"
    assert press(modules, "め", code="Slash") == "search"


def test_single_keys_are_quiet_in_fields_and_can_be_switched_off(modules: Desk) -> None:
    assert press(modules, "e", place={"typing": True}) is None
    assert press(modules, "e", place={"single": False}) is None
    assert press(modules, "k", place={"typing": True, "single": False}, ctrlKey=True) == "palette"


def test_sending_needs_the_composer_and_leaves_browser_keys_alone(modules: Desk) -> None:
    within = {"composer": True, "typing": True}
    assert press(modules, "Enter", ctrlKey=True) is None
    assert press(modules, "Enter", metaKey=True, place=within) == "send"
    assert press(modules, "Enter", ctrlKey=True, shiftKey=True, place=within) == "send-solve"
    assert [press(modules, key, ctrlKey=True) for key in "crfat"] == [None] * 5


def test_a_held_key_moves_but_does_not_act_again(modules: Desk) -> None:
    assert press(modules, "j", repeat=True) == "next"
    assert press(modules, "e", repeat=True) is None


def test_a_note_is_kept_as_a_draft_and_becomes_a_reply_only_after_a_question(desk: Desk) -> None:
    reply = desk.page.locator("#composer-TAKA-1041")
    reply.locator("[data-composer-kind=note]").click()
    desk.page.keyboard.insert_text("社内だけの話")
    expect(reply.locator("[data-composer-status]")).to_contain_text("Draft saved")
    assert ["社内だけの話" in body and 'name="kind"\r\n\r\nnote' in body for _, body in desk.posted] == [True]
    expect(reply.get_by_role("button", name="Keep note")).to_be_visible()
    expect(reply.get_by_role("button", name="Send to 髙﨑商店㈱", exact=True)).to_be_hidden()

    reply.locator("[data-composer-kind=reply]").click()
    desk.page.get_by_role("button", name="Cancel").last.click()
    expect(reply).to_have_attribute("data-kind", "note")

    reply.locator("[data-composer-kind=reply]").click()
    desk.page.get_by_role("button", name="Turn into a reply").click()
    expect(reply).to_have_attribute("data-kind", "reply")
    expect(reply.locator("[name=kind]")).to_have_value("reply")


def test_a_draft_leaves_with_the_page(desk: Desk) -> None:
    with desk.page.expect_request(lambda asked: asked.resource_type == "ping"):  # no draft that came by itself
        desk.page.locator("#body-TAKA-1041").evaluate("""each => {
          each.value = "まだ途中";
          each.dispatchEvent(new Event("input", { bubbles: true }));
          dispatchEvent(new Event("pagehide"));
        }""")
    desk.page.evaluate("null")  # whoever answers it has been told by then
    assert ["まだ途中" in body and "csrf_token" in body for _, body in desk.posted] == [True]


def test_an_empty_answer_is_not_sent(desk: Desk) -> None:
    desk.page.get_by_role("button", name="Send to 髙﨑商店㈱", exact=True).first.click()
    expect(desk.page.locator("#body-TAKA-1041")).to_be_focused()
    assert desk.posted == []


def test_an_answer_is_sent_once_however_often_it_is_pressed(desk: Desk) -> None:
    desk.page.locator("#body-TAKA-1041").fill("承知しました")
    for _ in range(3):
        desk.page.keyboard.press("Control+Enter")
    desk.page.wait_for_timeout(200)
    assert ["承知しました" in body for _, body in desk.posted] == [True]


def test_picking_rows_names_their_clients_and_holds_back_what_must_stay_within_one(desk: Desk) -> None:
    page = desk.page
    page.locator("[data-row] a").first.focus()
    page.keyboard.press("x")
    bar = page.locator("[data-bulk]")
    expect(bar.locator("[data-bulk-clients]")).to_have_text("髙﨑商店㈱")
    expect(bar.locator("[data-one-client]")).to_be_enabled()
    page.keyboard.press("Shift+J")
    expect(bar.locator("[data-bulk-clients]")).to_have_text("髙﨑商店㈱, あおば歯科クリニック")
    expect(bar.locator("[data-one-client]")).to_be_disabled()


def test_j_and_k_walk_the_list(desk: Desk) -> None:
    page = desk.page
    page.locator("[data-row] a").first.focus()
    page.keyboard.press("j")
    expect(page.locator("[data-row] a").nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("[data-row] a").first).to_be_focused()


def test_help_opens_and_its_keys_are_then_quiet(desk: Desk) -> None:
    desk.page.keyboard.press("?")
    expect(desk.page.locator("#keys")).to_be_visible()
    desk.page.keyboard.press("n")
    expect(desk.page.locator("#keys")).to_be_visible()
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator("#keys")).to_be_hidden()


def test_open_time_left_stands_still_while_closed(modules: Desk) -> None:
    hour = 3600
    clock = {"due": 20 * hour, "asOf": 0, "left": 3 * hour, "closes": hour, "opens": 18 * hour}
    left = [modules.asks("sla-clock", "m.leftAt(...given)", at * hour, clock) for at in (0, 1, 10, 18, 19, 20)]
    assert left == [3 * hour, 2 * hour, 2 * hour, 2 * hour, hour, 0]


def test_a_closed_clock_starts_at_the_next_opening(modules: Desk) -> None:
    clock = {"due": 5000, "asOf": 0, "left": 1000, "opens": 4000}
    assert [modules.asks("sla-clock", "m.leftAt(...given)", at, clock) for at in (0, 3999, 4500)] == [1000, 1000, 500]


def test_risk_begins_at_a_quarter_or_an_hour_but_not_before_half(modules: Desk) -> None:
    def state(left: int, target: int) -> str:
        return str(modules.asks("sla-clock", "m.stateOf(...given)", left, target))

    assert [state(left, 40000) for left in (10000, 9999)] == ["track", "risk"]
    assert [state(left, 8000) for left in (3600, 3599)] == ["track", "risk"]
    assert [state(left, 1800) for left in (900, 899)] == ["track", "risk"]
    assert [state(left, 1800) for left in (0, -1)] == ["risk", "breach"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_style_guide_obeys_the_strict_policy(browser: Browser, theme: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    desk = Desk(page, style_guide("ja", theme))
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    page.locator("[popovertarget=guide-menu]").click()
    expect(page.locator("#guide-menu")).to_be_visible()
    page.locator("[data-sizer], body").first.hover()
    assert desk.complaints == []
    page.close()


def test_nothing_is_wider_than_a_phone(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    Desk(page, style_guide("ja"))
    assert page.evaluate("document.querySelector('.main').scrollWidth <= innerWidth")
    page.close()
