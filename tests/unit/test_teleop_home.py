"""The addresses of the robot's own screen: for this machine and its own token only, and no more than its buttons."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kangban import config
from kangban.clock import ManualClock
from kangban.values import AlarmLevel, Note, Screen
from teleop.access import COOKIE as CONSOLE_COOKIE
from teleop.access import SESSION_S, Attempts, new_session
from teleop.app import Console, create_app
from teleop.audit import Audit
from teleop.contacts import Recipient
from teleop.home import COOKIE, HomeScreen
from teleop.notices import Sender, news
from teleop.outbox import Outbox
from teleop.pictures import Pictures
from teleop.records import open_records
from teleop.telling import Telling
from tests.browser.demo import SCREEN_TOKEN, TOKEN, House

SITE = config.load_site("demo_flat")
PAGE = Screen(1.0, "q1", "en", "A question", "Have you taken it?", (("taken", "Yes"), ("help", "Help")))
CLOSED = [("GET", "/home/events", None), ("POST", "/home/choose", {"screen": "q1", "choice": "taken"})]


class Robot:
    def __init__(self, folder: Path, loopback_only: bool = True) -> None:
        self.house, self.clock, lock = House(), ManualClock(500.0), threading.Lock()
        self.database = open_records(folder / "console.sqlite")
        self.outbox = Outbox(self.database, lock)
        audit = Audit(self.database, lock, lambda message: None)
        self.home = HomeScreen(self.house, SITE, SCREEN_TOKEN, self.clock)
        console = Console(
            self.house, SITE, "companion", TOKEN, self.clock, Pictures(folder / "pictures"), audit,
            self.outbox.deliveries, home=self.home,
        )  # fmt: skip
        self.app = create_app(console, loopback_only)

    def browser(self, client: str = "127.0.0.1", at: str = "http://127.0.0.1:8765") -> TestClient:
        return TestClient(self.app, base_url=at, client=(client, 50000))

    def opened(self) -> TestClient:
        browser = self.browser()
        assert browser.post("/home/open", json={"token": SCREEN_TOKEN}).status_code == 200
        return browser


@pytest.fixture
def robot(tmp_path: Path) -> Iterator[Robot]:
    made = Robot(tmp_path)
    yield made
    made.database.close()


@pytest.mark.parametrize(("method", "path", "body"), CLOSED)
@pytest.mark.parametrize("cookie", [None, "", "1.2.3"])
def test_nothing_without_the_screen_s_own_token(
    robot: Robot, method: str, path: str, body: object, cookie: str | None
) -> None:
    robot.house.show(PAGE)
    headers = {} if cookie is None else {"cookie": f"{COOKIE}={cookie}"}
    answer = robot.browser().request(method, path, json=body, headers=headers)
    assert answer.status_code == 401 and "taken" not in answer.text and robot.house.chosen == []


def test_a_nurse_s_session_does_not_open_it_nor_the_screen_s_the_console(robot: Robot) -> None:
    nurse = new_session(TOKEN, robot.clock.now())
    headers = {"cookie": f"{COOKIE}={nurse}; {CONSOLE_COOKIE}={nurse}"}
    browser = robot.browser()
    assert browser.post("/home/choose", json=CLOSED[1][2], headers=headers).status_code == 401
    screen = new_session(SCREEN_TOKEN, robot.clock.now())
    assert browser.get("/api/state", headers={"cookie": f"{CONSOLE_COOKIE}={screen}"}).status_code == 401
    assert browser.post("/login", json={"token": SCREEN_TOKEN}).status_code == 401


@pytest.mark.parametrize(
    "path", ["/home", "/home/page.js", "/home/page.css", "/home/events", "/home/choose", "/home/open"]
)
def test_from_another_machine_there_is_nothing_even_where_the_console_is_open_to_it(tmp_path: Path, path: str) -> None:
    robot = Robot(tmp_path, loopback_only=False)
    ask = {"token": SCREEN_TOKEN} if path.endswith("open") else {"screen": "q1", "choice": "help"}
    method = "POST" if path.endswith(("choose", "open")) else "GET"
    body = ask if method == "POST" else None
    cookie = {"cookie": f"{COOKIE}={new_session(SCREEN_TOKEN, 1.0)}"}
    for browser in (robot.browser("192.168.1.7", "http://192.168.1.2:8765"), robot.browser(at="http://evil.test:8765")):
        assert browser.request(method, path, json=body, headers=cookie).status_code == 403
    assert robot.house.chosen == []
    robot.database.close()


def test_a_button_reaches_the_robot_with_the_page_it_was_on(robot: Robot) -> None:
    answer = robot.opened().post("/home/choose", json={"screen": "q1", "choice": "taken"})
    assert answer.status_code == 200 and robot.house.chosen == [("q1", "taken", "the screen")]
    robot.house.refuses = "this page is not shown any more"
    refused = robot.opened().post("/home/choose", json={"screen": "q0", "choice": "taken"})
    assert refused.status_code == 409 and refused.json()["message"] == "this page is not shown any more"


def test_what_is_shown_and_that_the_robot_is_away(robot: Robot) -> None:
    assert robot.home.shown() == {"known": False, "language": "en", "contacts": ["Duty nurse", "Daughter"]}
    robot.house.show(PAGE)
    shown = robot.home.shown()
    assert (
        shown["known"]
        and shown["text"] == "Have you taken it?"
        and shown["choices"][0] == {"id": "taken", "label": "Yes"}
    )
    robot.house.clock.advance(6.0)
    assert robot.home.shown()["known"] is False, "an old page is not shown as if it were now"


def test_the_screen_stays_open_and_guessing_is_bounded(robot: Robot) -> None:
    browser = robot.opened()
    robot.clock.advance(30 * SESSION_S)
    assert browser.post("/home/choose", json={"screen": "q1", "choice": "taken"}).status_code == 200
    stranger = robot.browser()
    for _ in range(Attempts.EACH):
        assert stranger.post("/home/open", json={"token": "guess"}).status_code == 401
    assert stranger.post("/home/open", json={"token": SCREEN_TOKEN}).status_code == 429


@pytest.mark.parametrize(
    "body", [{}, {"screen": "q1"}, {"screen": "q1", "choice": "x" * 121}, {"screen": 3, "choice": "a"}]
)
def test_a_wrong_body_is_refused(robot: Robot, body: object) -> None:
    assert robot.opened().post("/home/choose", json=body).status_code == 422


def test_another_site_can_not_press(robot: Robot) -> None:
    answer = robot.opened().post("/home/choose", json=CLOSED[1][2], headers={"origin": "http://evil.test"})
    assert answer.status_code == 403 and robot.house.chosen == []


# News for the family

FAMILY = Recipient(AlarmLevel.FAMILY, "Daughter", "http://family.test/secret")
NURSE = Recipient(AlarmLevel.NURSE, "Duty nurse", "http://nurse.test/secret")
SENDER = Sender("companion", SITE, "http://127.0.0.1:8765/")
WELL = Note(1.0, "all-well-2026-01-05", "all_well", "I slept well, thank you")


def test_all_well_goes_to_the_family_once_and_is_no_alarm(robot: Robot) -> None:
    (notice,) = news(WELL, (NURSE, FAMILY), (), SENDER, 1.79e9)
    body = json.loads(notice.body)
    assert notice.contact == "family/Daughter" and body["event"] == "all_well" and "incident_id" not in body
    assert "I slept well" in body["text"]["en"] and body["text"]["zh"].startswith("【一切安好】")
    assert news(WELL, (NURSE, FAMILY), {notice.key}, SENDER, 1.79e9) == ()
    assert news(Note(1.0, "x", "nonsense", ""), (FAMILY,), (), SENDER, 1.0) == ()


def test_a_note_told_again_after_a_restart_is_sent_once(robot: Robot) -> None:
    telling = Telling(robot.outbox, (FAMILY,), (), SENDER)
    assert telling.note(WELL, 1.0) is None and telling.note(WELL, 2.0) is None
    assert len(robot.outbox.pending("family/Daughter")) == 1
