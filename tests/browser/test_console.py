"""The nurse's page in a real Chromium, on the real server: what she sees, and what her hands can reach."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from kangban import streams
from kangban.values import AlarmLevel, ChainState, IncidentState, Twist2D
from teleop.access import Attempts
from tests.browser.demo import TOKEN, Running, fall, running_console
from tests.browser.figure import draw_figure

S = IncidentState


def sign_in(page: Page, running: Running) -> None:
    page.goto(running.server.login_url)
    expect(page.locator("#desk")).to_be_visible()


def alarm(running: Running, incident_id: str = "f1", age_s: float = 60.0, **changes: object) -> None:
    running.house.happen(fall(incident_id, S.ALARMED, running.house.clock.now() - age_s, **changes))


def test_a_wrong_token_is_refused_and_the_right_one_opens(page: Page, running: Running) -> None:
    page.goto(running.server.url)
    expect(page.locator("#desk")).to_be_hidden()
    page.get_by_label("Token").fill("a wrong one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#login-error")).to_have_text("This token is not right.")
    page.get_by_label("Token").fill(TOKEN)
    page.keyboard.press("Enter")
    expect(page.locator("#calm-title")).to_have_text("All quiet")
    expect(page.locator("#login")).to_be_hidden()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Token")).to_be_visible()
    assert [e.event for e in running.audit.entries()] == ["login refused", "login", "logout"]


def test_too_many_guesses_must_wait(page: Page, running: Running) -> None:
    page.goto(running.server.url)
    for _ in range(Attempts.EACH + 1):
        page.get_by_label("Token").fill("guess")
        with page.expect_response("**/login"):
            page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#login-error")).to_have_text(re.compile(r"Try again in \d+ s"))


def test_the_printed_address_opens_and_leaves_no_token_behind(page: Page, running: Running) -> None:
    sign_in(page, running)
    assert page.url == running.server.url
    assert TOKEN not in page.evaluate("JSON.stringify([document.cookie, {...localStorage}, history.state])")
    page.reload()
    expect(page.locator("#desk")).to_be_visible()


def test_an_alarm_appears_with_what_where_who_and_a_growing_age(page: Page, running: Running, tmp_path: Path) -> None:
    draw_figure(tmp_path / "pictures" / "f1.png")
    sign_in(page, running)
    alarm(running, age_s=58.0)
    card = page.locator("#open .card")
    expect(card.locator(".what")).to_have_text("Fall · living room")
    expect(card.locator(".state")).to_have_text("Nobody has taken this over yet.")
    expect(card.locator(".age-value")).to_have_text("58 s")
    expect(card.locator(".called li")).to_have_text("Duty nurse (nurse): on this page only")
    expect(card.locator("ol li").last).to_have_text("14:13:51 No answer: the nurse was called")
    expect(page.locator("#announce")).to_have_text("Alarm. Fall. living room.")
    expect(page).to_have_title("⚠ Fall · living room")
    expect(page.locator("#calm")).to_be_hidden()
    assert card.locator("img").evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 640
    running.house.pass_time(7.0)
    expect(card.locator(".age-value")).to_have_text("1 min 5 s")
    running.house.pass_time(3600.0)
    expect(card.locator(".age-value")).to_have_text("1 h 1 min")


def test_acknowledging_with_the_keyboard_alone(page: Page, running: Running) -> None:
    sign_in(page, running)
    alarm(running)
    card = page.locator("#open .card")
    card.get_by_label("Your name").focus()
    page.keyboard.type("Li Na")
    page.keyboard.press("Enter")
    expect(card.locator(".state")).to_have_text("Li Na has taken this over.")
    expect(card.get_by_role("button", name="Acknowledge")).to_be_hidden()
    expect(page).to_have_title("Kangban 康伴")
    assert running.house.incidents[0].acknowledged_by == "Li Na"
    assert running.audit.entries()[-1].who == "Li Na"
    alarm(running, "f2")
    expect(page.locator("#open .card").get_by_label("Your name")).to_have_value("Li Na")


def test_acknowledging_needs_a_name(page: Page, running: Running) -> None:
    sign_in(page, running)
    alarm(running)
    page.get_by_label("Your name").fill("   ")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_label("Your name")).to_be_focused()
    assert running.house.incidents[0].state is S.ALARMED


def test_a_refusal_is_shown_in_the_robot_s_words(page: Page, running: Running) -> None:
    sign_in(page, running)
    alarm(running)
    running.house.refuses = "the records can't be written"
    page.get_by_label("Your name").fill("Li Na")
    page.get_by_role("button", name="Acknowledge").click()
    words = "Not recorded. The robot says: the records can't be written"
    expect(page.locator(".answer")).to_have_text(words)
    expect(page.get_by_role("button", name="Acknowledge")).to_be_enabled()


def test_what_is_typed_survives_news_and_a_change_of_language(page: Page, running: Running) -> None:
    sign_in(page, running)
    alarm(running)
    page.get_by_label("Your name").fill("Wang F")
    running.house.pass_time(2.0)
    alarm(running, age_s=62.0, level=AlarmLevel.FAMILY, log=("one more line",))
    expect(page.locator(".called li")).to_have_count(2)
    expect(page.locator("ol li")).to_have_text(["one more line"])
    expect(page.get_by_label("Your name")).to_have_value("Wang F")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_label("您的姓名")).to_have_value("Wang F")


def test_the_language_changes_at_once_and_is_kept(page: Page, running: Running) -> None:
    sign_in(page, running)
    alarm(running, age_s=61.0)
    expect(page.locator(".what")).to_be_visible()
    page.get_by_role("button", name="中文").click()
    expect(page.locator(".what")).to_have_text("跌倒 · 客厅")
    expect(page.locator(".age-value")).to_have_text("1 分 1 秒")
    expect(page.get_by_role("button", name="确认接手")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    page.reload()
    expect(page.locator(".what")).to_have_text("跌倒 · 客厅")
    page.get_by_role("button", name="English").click()
    expect(page.locator(".what")).to_have_text("Fall · living room")


def test_a_chinese_home_starts_in_chinese(page: Page, tmp_path: Path) -> None:
    with running_console(tmp_path, language="zh") as running:
        page.goto(running.server.url)
        expect(page.get_by_role("button", name="登录")).to_be_visible()


def test_every_word_exists_in_both_languages(page: Page, running: Running) -> None:
    page.goto(running.server.url)
    words = page.evaluate("fetch('/words.js').then(answer => answer.text())")
    english, chinese = words.split("  zh: {")
    keys = [set(re.findall(r"(\w+): \"", part)) for part in (english, chinese.split("\n};")[0])]
    assert keys[0] == keys[1] and len(keys[0]) > 60
    used = page.content() + "".join(
        page.evaluate(f"fetch('/{name}.js').then(answer => answer.text())") for name in ("console", "cards", "alert")
    )
    for key in re.findall(r"\bt\(\"(\w+)\"|data-word=\"(\w+)\"", used):
        assert (key[0] or key[1]) in keys[0]
    for state in S:
        assert f"state_{state.value}" in keys[0]


def test_a_lost_connection_is_said_and_mends_itself(page: Page, running: Running, tmp_path: Path) -> None:
    sign_in(page, running)
    alarm(running, age_s=60.0)
    expect(page.locator("#open .card")).to_be_visible()
    port = running.server.port
    running.server.close()
    expect(page.locator("#banner")).to_be_visible()
    expect(page.locator("#banner")).to_contain_text("Connection lost. What you see may be out of date.")
    expect(page.locator("#parts")).to_contain_text("lost")
    expect(page.locator(".age-value")).not_to_have_text("1 min 0 s")  # it goes on ageing while nobody can say
    page.get_by_label("Your name").fill("Li Na")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator(".answer")).to_have_text("Not sent: no connection.")
    again = tmp_path / "again"
    again.mkdir()
    with running_console(again, port=port) as restarted:
        expect(page.locator("#banner")).to_be_hidden()
        expect(page.locator("#calm-title")).to_have_text("All quiet")
        assert restarted.audit.entries() == [], "the nurse was not thrown out"


def test_a_silent_robot_is_never_all_quiet(page: Page, running: Running) -> None:
    sign_in(page, running)
    expect(page.locator("#calm")).to_have_attribute("data-mood", "calm")
    running.house.clock.advance(5.5)
    expect(page.locator("#calm-title")).to_have_text("Not known")
    expect(page.locator("#banner")).to_be_visible()
    expect(page.locator("#banner")).to_contain_text("No word from the robot.")
    expect(page.locator("#mission")).to_have_text("It does not say what it is doing.")
    running.house.speak()
    expect(page.locator("#banner")).to_be_hidden()


def test_a_stopped_robot_says_why(page: Page, running: Running) -> None:
    sign_in(page, running)
    now, still = running.house.clock.now(), Twist2D()
    running.house.board.put(streams.CHAIN, ChainState(now, None, still, still, (), True, "nurse pressed stop"))
    expect(page.locator("#parts [data-health=warn]")).to_contain_text("stopped (nurse pressed stop)")


def test_words_of_the_robot_are_text_never_markup(page: Page, running: Running) -> None:
    sign_in(page, running)
    nasty = "<img src=x onerror=alert(1)><script>alert(1)</script>"
    alarm(running, kind=nasty, log=(nasty,), acknowledged_by=nasty)
    expect(page.locator("ol li")).to_have_text(nasty)
    assert page.locator("#open script, #open ol img, #open .what img").count() == 0


def test_what_is_over_moves_below_and_folds(page: Page, running: Running) -> None:
    sign_in(page, running)
    alarm(running)
    expect(page.locator("#open .card")).to_have_count(1)
    over = dataclasses.replace(running.house.incidents[0], state=S.RESOLVED, acknowledged_by="Li Na")
    running.house.happen(over)
    expect(page.locator("#resolved .card .state")).to_have_text("Over. Li Na had taken it over.")
    expect(page.locator("#open .card")).to_have_count(0)
    expect(page.locator("#calm-title")).to_have_text("All quiet")


def test_sound_is_a_choice_that_is_kept(page: Page, running: Running) -> None:
    sign_in(page, running)
    sound = page.get_by_role("button", name="Sound: off")
    sound.click()
    expect(page.get_by_role("button", name="Sound: on")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.get_by_role("button", name="Sound: on")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [320, 390, 768, 1600])
def test_it_fits_every_screen_and_every_finger(page: Page, tmp_path: Path, width: int, language: str) -> None:
    page.set_viewport_size({"width": width, "height": 720})
    with running_console(tmp_path, language=language) as running:
        page.goto(running.server.url)
        expect(page.locator("#token")).to_be_visible()
        assert_fits(page, width)
        draw_figure(tmp_path / "pictures" / "f1.png")
        long = "anunbrokenword" * 12
        over = fall("f0", S.RESOLVED, 10.0, log=(long,))
        running.house.happen(fall("f1", S.ALARMED, 900.0, log=(long, "short"), kind=long), over)
        page.goto(running.server.login_url)
        expect(page.locator("#open .card")).to_be_visible()
        for summary in page.locator("summary").all():
            if summary.evaluate("summary => !summary.parentElement.open"):
                summary.click()
        assert_fits(page, width)


def assert_fits(page: Page, width: int) -> None:
    """No sideways scrolling, no word cut off, and everything to press at least 44 px in both directions."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    words = page.locator("h1:visible, h2:visible, p:visible, li:visible, dd:visible, summary:visible, button:visible")
    cut = """all => all.filter(e => !e.matches(".unseen"))
        .filter(e => e.scrollWidth > e.clientWidth + 1 || e.getBoundingClientRect().right > innerWidth)
        .map(e => e.outerHTML)"""
    assert words.evaluate_all(cut) == []
    for target in page.locator("button:visible, input:visible, summary:visible").all():
        box = target.bounding_box()
        assert box is not None and box["width"] >= 44 and box["height"] >= 44, target.evaluate("t => t.outerHTML")
        assert box["x"] >= 0 and box["x"] + box["width"] <= width


def test_on_a_phone_the_button_needs_no_scrolling(page: Page, running: Running, tmp_path: Path) -> None:
    draw_figure(tmp_path / "pictures" / "f1.png")
    page.set_viewport_size({"width": 390, "height": 700})
    alarm(running)
    sign_in(page, running)
    box = page.get_by_role("button", name="Acknowledge").bounding_box()
    assert box is not None and box["y"] + box["height"] <= 700


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_by_day_and_by_night(page: Page, running: Running, scheme: str) -> None:
    """Contrast of at least 4.5 (WCAG 2.2, 1.4.3) for every state's words."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    sign_in(page, running)
    now = running.house.clock.now()
    running.house.happen(*(fall(f"f{n}", s, now - 9.0) for n, s in enumerate(S)))
    expect(page.locator(".card")).to_have_count(len(S))
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 30
    assert [c for c in contrasts if c["ratio"] < 4.5] == []


CONTRASTS = """() => {
  const parse = (c) => c.match(/[\\d.]+/g).map(Number);
  const light = (c) => parse(c).slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const c = getComputedStyle(at).backgroundColor;
      if ((parse(c)[3] ?? 1) > 0) return c;
    }
    return "rgb(255, 255, 255)";
  };
  const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  return [...document.querySelectorAll("body *")].filter((e) => own(e) && e.checkVisibility()).map((e) => {
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
    return { text: e.textContent.slice(0, 40), ratio: (a + 0.05) / (b + 0.05) };
  });
}"""
