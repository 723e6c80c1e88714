"""The web addresses: closed without a session, bounded, safe against other sites, and recorded."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kangban import config
from kangban.clock import ManualClock
from kangban.values import IncidentState
from teleop.access import COOKIE, SESSION_S, Attempts
from teleop.app import Console, create_app
from teleop.audit import Audit
from teleop.headers import HEADERS, LARGEST_BODY
from teleop.outbox import Outbox
from teleop.pictures import Pictures
from teleop.records import open_records
from tests.browser.demo import TOKEN, House, fall

PNG = b"\x89PNG\r\n\x1a\nrest"
HERE = "http://localhost:8765"


class Desk:
    """One console without a socket: its house, its clock and a client."""

    def __init__(self, folder: Path, loopback_only: bool = True) -> None:
        self.house, self.clock = House(), ManualClock(500.0)
        lock = threading.Lock()
        self.database = open_records(folder / "console.sqlite")
        self.failures: list[str] = []
        self.audit = Audit(self.database, lock, self.failures.append)
        self.pictures = folder / "pictures"
        self.pictures.mkdir()
        site = config.load_site("demo_flat")
        outbox = Outbox(self.database, lock)
        console = Console(
            self.house, site, "companion", TOKEN, self.clock, Pictures(self.pictures), self.audit, outbox.deliveries
        )
        self.client = TestClient(create_app(console, loopback_only), base_url=HERE)

    def sign_in(self) -> None:
        assert self.client.post("/login", json={"token": TOKEN}).status_code == 200

    def audited(self) -> list[tuple[str, str, str]]:
        return [(e.event, e.who, e.detail) for e in self.audit.entries()]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.database.close()


CLOSED = [
    ("GET", "/api/state"),
    ("GET", "/api/events"),
    ("GET", "/api/incidents/f1/picture"),
    ("POST", "/api/incidents/f1/acknowledge"),
]


@pytest.mark.parametrize(("method", "path"), CLOSED)
@pytest.mark.parametrize("cookie", [None, "", "1.2.3", "500.000.nonce.00"])
def test_nothing_is_told_without_a_session(desk: Desk, method: str, path: str, cookie: str | None) -> None:
    desk.house.happen(fall("f1", IncidentState.ALARMED, 990.0))
    (desk.pictures / "f1.png").write_bytes(PNG)
    headers = {"cookie": f"{COOKIE}={cookie}"} if cookie is not None else {}
    answer = desk.client.request(method, path, headers=headers, json={"who": "Li Na"} if method == "POST" else None)
    assert answer.status_code == 401
    assert "living" not in answer.text and PNG not in answer.content
    assert desk.house.incidents[0].state is IncidentState.ALARMED


def test_every_address_of_the_app_is_known_to_be_open_or_closed(desk: Desk) -> None:
    open_to_all = ("/", "/console.css", "/console.js", "/cards.js", "/words.js", "/alert.js", "/icon.svg", "/healthz")
    for path in open_to_all:
        assert desk.client.get(path).status_code == 200, path
    for path in ("/docs", "/openapi.json", "/redoc", "/static/index.html", "/console.token", "/%2e%2e/app.py"):
        assert desk.client.get(path).status_code == 404, path
    assert desk.client.get("/healthz").json() == {"up": True}


def test_the_cookie_is_for_this_page_alone(desk: Desk) -> None:
    answer = desk.client.post("/login", json={"token": f" {TOKEN}\n"})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie
    assert TOKEN not in cookie
    assert desk.client.get("/api/state").json()["robot"] == "companion"


def test_a_session_ends_after_a_shift_and_by_signing_out(desk: Desk) -> None:
    desk.sign_in()
    desk.clock.advance(SESSION_S + 1)
    assert desk.client.get("/api/state").status_code == 401
    desk.sign_in()
    desk.client.post("/logout", json={})
    assert desk.client.get("/api/state").status_code == 401
    assert [event for event, _, _ in desk.audited()] == ["login", "login", "logout"]


def test_guessing_is_refused_and_recorded_even_with_the_right_token(desk: Desk) -> None:
    for _ in range(Attempts.EACH):
        assert desk.client.post("/login", json={"token": "guess"}).status_code == 401
    refused = desk.client.post("/login", json={"token": TOKEN})
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
    assert refused.json()["wait_s"] == Attempts.WINDOW_S
    assert [event for event, _, _ in desk.audited()] == ["login refused"] * (Attempts.EACH + 1)
    desk.clock.advance(Attempts.WINDOW_S + 1)
    desk.sign_in()


@pytest.mark.parametrize("token", ["", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "康伴"])
def test_only_the_token_opens(desk: Desk, token: str) -> None:
    assert desk.client.post("/login", json={"token": token}).status_code == 401
    assert desk.client.get("/api/state").status_code == 401


@pytest.mark.parametrize("path", ["/", "/console.js", "/api/state", "/healthz", "/nowhere"])
def test_every_answer_carries_the_headers(desk: Desk, path: str) -> None:
    headers = desk.client.get(path).headers
    for name, value in HEADERS.items():
        assert headers[name] == value
    assert "unsafe" not in headers["content-security-policy"]
    assert "server" not in headers


def test_the_page_loads_nothing_from_elsewhere_and_has_no_inline_code(desk: Desk) -> None:
    for path in ("/", "/console.css", "/console.js", "/cards.js", "/words.js", "/alert.js"):
        text = desk.client.get(path).text
        assert "http://" not in text.replace("http://www.w3.org", "") and "https://" not in text, path
        assert "innerHTML" not in text and "style=" not in text and " onclick" not in text, path


def test_the_page_begins_in_the_language_of_the_site(desk: Desk) -> None:
    assert '<html lang="en">' in desk.client.get("/").text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:9999"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"host": "evil.example"},
        {"content-length": str(LARGEST_BODY + 1)},
    ],
)
def test_other_sites_can_not_act_through_the_nurse_s_browser(desk: Desk, headers: dict[str, str]) -> None:
    desk.sign_in()
    desk.house.happen(fall("f1", IncidentState.ALARMED, 990.0))
    given = {"content-type": "application/json", **headers}
    answer = desk.client.post("/api/incidents/f1/acknowledge", content='{"who": "Mallory"}', headers=given)
    assert answer.status_code == 403
    assert desk.house.incidents[0].state is IncidentState.ALARMED


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1:8765", "[::1]:8765", "LOCALHOST"])
def test_a_tunnel_to_this_machine_is_let_in(desk: Desk, host: str) -> None:
    assert desk.client.get("/healthz", headers={"host": host}).status_code == 200


def test_a_rebound_name_is_turned_away_on_loopback_only(tmp_path: Path) -> None:
    for loopback_only, status in ((True, 403), (False, 200)):
        folder = tmp_path / str(loopback_only)
        folder.mkdir()
        desk = Desk(folder, loopback_only)
        assert desk.client.get("/healthz", headers={"host": "kangban.lan"}).status_code == status
        desk.database.close()


def test_acknowledging_reaches_the_robot_and_the_audit(desk: Desk) -> None:
    desk.sign_in()
    desk.house.happen(fall("f1", IncidentState.ALARMED, 990.0))
    body = {"who": "  李娜 ", "note": "on my way"}
    answer = desk.client.post("/api/incidents/f1/acknowledge", json=body, headers={"origin": HERE})
    assert answer.json() == {"accepted": True, "code": "robot", "message": "noted", "recorded": True}
    assert desk.client.get("/api/state").json()["incidents"][0]["acknowledged_by"] == "李娜"
    assert desk.audited()[-1] == ("acknowledge", "李娜", "f1: accepted; note: on my way")


def test_a_refusal_is_told_and_recorded(desk: Desk) -> None:
    desk.sign_in()
    desk.house.happen(fall("f1", IncidentState.ALARMED, 990.0))
    desk.house.refuses = "it is over"
    answer = desk.client.post("/api/incidents/f1/acknowledge", json={"who": "Li Na"})
    assert answer.status_code == 409 and answer.json()["message"] == "it is over"
    assert desk.audited()[-1][2] == "f1: not accepted (robot: it is over)"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"who": ""},
        {"who": "  "},
        {"who": "x" * 61},
        {"who": "a\x00b"},
        {"who": "a", "note": "x" * 501},
        {"who": "a", "x": 1},
    ],
)
def test_a_name_is_needed_and_bounded(desk: Desk, body: dict[str, object]) -> None:
    desk.sign_in()
    desk.house.happen(fall("f1", IncidentState.ALARMED, 990.0))
    assert desk.client.post("/api/incidents/f1/acknowledge", json=body).status_code == 422
    assert desk.house.incidents[0].state is IncidentState.ALARMED


def test_an_unknown_incident_is_not_found(desk: Desk) -> None:
    desk.sign_in()
    answer = desk.client.post("/api/incidents/nope/acknowledge", json={"who": "Li Na"})
    assert answer.status_code == 404 and answer.json() == {"message": "no such incident"}
    assert desk.client.get("/api/incidents/nope/picture").status_code == 404


def test_the_audit_failing_does_not_stop_a_rescue_and_is_said(desk: Desk) -> None:
    desk.sign_in()
    desk.house.happen(fall("f1", IncidentState.ALARMED, 990.0))
    desk.database.execute("PRAGMA max_page_count = 1")  # no page more: as on a full disk
    note = "x" * 500
    for _ in range(100):
        answer = desk.client.post("/api/incidents/f1/acknowledge", json={"who": "Li Na", "note": note}).json()
        if not answer["recorded"]:
            break
    assert answer["accepted"] and not answer["recorded"]
    assert "full" in desk.failures[0] and "disk" in desk.failures[0]


def test_the_newest_picture_of_the_incident_s_falls_is_served(desk: Desk) -> None:
    desk.sign_in()
    incident = fall("f1", IncidentState.ALARMED, 990.0, fall_ids=("first", "second", "third"))
    desk.house.happen(incident)
    assert desk.client.get("/api/state").json()["incidents"][0]["picture"] is None
    assert desk.client.get("/api/incidents/f1/picture").status_code == 404
    (desk.pictures / "first.png").write_bytes(PNG + b"1")
    (desk.pictures / "second.png").write_bytes(PNG + b"2")
    address = desk.client.get("/api/state").json()["incidents"][0]["picture"]
    answer = desk.client.get(address)
    assert answer.content == PNG + b"2" and answer.headers["content-type"] == "image/png"


@pytest.mark.parametrize("fall_id", ["../secret", "..", ".hidden", "a/b", "", "x" * 99, "a\nb"])
def test_a_fall_s_name_never_leads_out_of_the_folder(desk: Desk, tmp_path: Path, fall_id: str) -> None:
    desk.sign_in()
    (tmp_path / "secret.png").write_bytes(PNG)
    desk.house.happen(fall("f1", IncidentState.ALARMED, 990.0, fall_ids=(fall_id,)))
    assert desk.client.get("/api/incidents/f1/picture").status_code == 404


def test_what_is_no_picture_is_not_served(desk: Desk) -> None:
    desk.sign_in()
    desk.house.happen(fall("f1", IncidentState.ALARMED, 990.0))
    (desk.pictures / "f1.png").write_text("token")
    assert desk.client.get("/api/incidents/f1/picture").status_code == 404


def test_the_audit_can_only_grow(desk: Desk) -> None:
    desk.sign_in()
    for change in ("DELETE FROM audit", "UPDATE audit SET who = 'x'"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            desk.database.execute(change)
    assert len(desk.audited()) == 1
