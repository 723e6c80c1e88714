"""The large-print page in a real Chromium, on the real server: what she reads, and what her hands can reach."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from behaviors.dialogue.machine import Question
from behaviors.dialogue.page import Activity, page
from kangban.values import Screen
from tests.browser.demo import SCREEN_TOKEN, Running, running_console
from tests.browser.test_console import CONTRASTS

HELLO = {lang: page(lang, None, None, None, None, 1000.0) for lang in ("en", "zh")}
MEDICINE = Question(
    "reminder-1", "ask_medicine", ("taken", "later", "not_taken", "help"), 20.0, (("text", "two white tablets"),)
)
ASKING = {lang: page(lang, None, None, MEDICINE, None, 1000.0) for lang in ("en", "zh")}
COUNTING = page("en", None, None, None, Activity("exercise", "page_exercise", "coach_good", (), 7), 1000.0)


def opened(page_: Page, running: Running, screen: Screen = HELLO["en"]) -> None:
    running.house.show(screen)
    page_.goto(running.server.home_url or "")
    expect(page_.locator("#title")).to_have_text(screen.title)


def test_the_robot_opens_its_screen_and_no_token_is_left_behind(page: Page, running: Running) -> None:
    opened(page, running)
    assert page.url.endswith("/home")
    assert SCREEN_TOKEN not in page.evaluate("JSON.stringify([document.cookie, {...localStorage}, history.state])")
    page.reload()
    expect(page.locator("#title")).to_have_text("Hello, I am Kangban")


def test_without_its_token_it_shows_nothing_and_says_what_to_do(page: Page, running: Running) -> None:
    running.house.show(ASKING["en"])
    page.goto(f"{running.server.url}home")
    expect(page.locator("#title")).to_have_text("This screen is not open")
    assert "tablets" not in page.content()


def test_a_question_is_read_and_answered_with_one_press(page: Page, running: Running) -> None:
    opened(page, running)
    running.house.show(ASKING["en"])
    expect(page.locator("#text")).to_have_text("It is time for your medicine: two white tablets. Have you taken it?")
    with page.expect_response("**/home/choose"):
        page.get_by_role("button", name="Yes, taken").click()
    assert running.house.chosen == [("reminder-1", "taken", "the screen")]


def test_the_keyboard_or_a_switch_answers_too(page: Page, running: Running) -> None:
    opened(page, running, ASKING["en"])
    page.get_by_role("button", name="Later").focus()
    with page.expect_response("**/home/choose"):
        page.keyboard.press("Enter")
    assert running.house.chosen == [("reminder-1", "later", "the screen")]


def test_a_press_that_did_not_work_is_said(page: Page, running: Running) -> None:
    opened(page, running, ASKING["en"])
    running.house.refuses = "this page is not shown any more"
    page.get_by_role("button", name="Help").click()
    expect(page.locator("#trouble")).to_have_text("That did not work. Please press it again.")


def test_a_count_is_shown_large(page: Page, running: Running) -> None:
    opened(page, running, COUNTING)
    expect(page.locator("#count")).to_have_text("7")
    assert page.locator("#count").evaluate("c => parseFloat(getComputedStyle(c).fontSize)") >= 120
    running.house.show(replace(COUNTING, count=8))
    expect(page.locator("#count")).to_have_text("8")


def test_buttons_are_not_made_anew_under_her_finger(page: Page, running: Running) -> None:
    opened(page, running, COUNTING)
    page.locator("button").first.evaluate("button => { button.dataset.mark = 'same'; }")
    running.house.show(replace(COUNTING, count=8, text="Good."))
    expect(page.locator("#count")).to_have_text("8")
    assert page.locator("button[data-mark=same]").count() == 1


def test_the_way_to_the_bathroom_is_lit(page: Page, running: Running) -> None:
    from behaviors.dialogue import page as pages

    opened(page, running, pages.page("en", None, None, None, Activity("light", "page_light"), 1000.0))
    expect(page.locator("body")).to_have_class("light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_robot_that_is_away_is_never_shown_as_if_it_listened(page: Page, running: Running) -> None:
    opened(page, running, ASKING["en"])
    running.house.clock.advance(6.0)
    running.house.screen_bell.ring()
    expect(page.locator("#title")).to_have_text("I am not working right now")
    expect(page.locator("#text")).to_have_text(re.compile("call Duty nurse, Daughter"))
    expect(page.locator("button")).to_have_count(0)


def test_words_of_the_robot_are_text_never_markup(page: Page, running: Running) -> None:
    opened(page, running, replace(HELLO["en"], text="<img src=x onerror=alert(1)>", title="<b>bold</b>"))
    assert page.locator("#page img, #page b").count() == 0


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("width", "height"), [(480, 800), (1024, 600), (1280, 800)])
def test_it_is_large_clear_and_fits(page: Page, tmp_path: Path, width: int, height: int, language: str) -> None:
    """Text of at least 32 px, contrast of at least 7 (WCAG 2.2, 1.4.6), targets of at least 64 px, nothing cut off."""
    page.set_viewport_size({"width": width, "height": height})
    with running_console(tmp_path, language=language) as running:
        for screen in (HELLO[language], ASKING[language]):
            opened(page, running, screen)
            assert page.evaluate("document.documentElement.lang") == ("zh-CN" if language == "zh" else "en")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            sizes = page.locator("h1:visible, p:visible, button:visible").evaluate_all(
                "all => all.map(e => parseFloat(getComputedStyle(e).fontSize))"
            )
            assert len(sizes) >= 5 and min(sizes) >= 32
            contrasts = page.evaluate(CONTRASTS)
            assert len(contrasts) >= 5 and [c for c in contrasts if c["ratio"] < 7] == []
            for button in page.locator("button").all():
                box = button.bounding_box()
                assert box is not None and box["height"] >= 64 and box["width"] >= 64
                assert box["x"] >= 0 and box["x"] + box["width"] <= width
