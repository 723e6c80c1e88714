"""Notices: who is told what and once; the outbox keeps them in order until they are taken."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangban import config
from kangban.config import ConfigError
from kangban.site import Contact
from kangban.values import AlarmLevel, Incident, Incidents, IncidentState
from teleop.contacts import Recipient, recipients
from teleop.notices import Sender, idempotency_key, plan
from teleop.outbox import MOST_BACKOFF, Outbox, Row, backoff_s, due
from teleop.records import RecordsError, open_records
from teleop.telling import Telling
from tests.browser.demo import fall

SITE = config.load_site("demo_flat")
SENDER = Sender("companion", SITE, "http://127.0.0.1:8765/")
NURSE = Recipient(AlarmLevel.NURSE, "Duty nurse", "http://nurse.test/secret")
FAMILY = Recipient(AlarmLevel.FAMILY, "女儿", "http://family.test/secret")
PEOPLE = (NURSE, FAMILY)
S = IncidentState


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = open_records(tmp_path / "console.sqlite")
    yield opened
    opened.close()


def told(incident: Incident, known: set[str], people: tuple[Recipient, ...] = PEOPLE) -> list[tuple[str, str]]:
    """What an incident calls for; remembers it as known."""
    notices = plan([incident], people, known, SENDER, 1.79e9)
    known.update(n.key for n in notices)
    return [(n.event, n.contact) for n in notices]


def test_a_whole_incident_each_is_told_once_and_only_who_was_called() -> None:
    known: set[str] = set()
    none, nurse, family = AlarmLevel.NONE, AlarmLevel.NURSE, AlarmLevel.FAMILY
    story = [
        (S.OPEN, none, []),
        (S.CHECKING, none, []),
        (S.ALARMED, nurse, [("alarm", "nurse/Duty nurse")]),
        (S.ALARMED, nurse, []),
        (S.ALARMED, family, [("escalated", "nurse/Duty nurse"), ("alarm", "family/女儿")]),
        (S.ALARMED, family, []),
        (S.ACKNOWLEDGED, family, [("acknowledged", "nurse/Duty nurse"), ("acknowledged", "family/女儿")]),
        (S.RESOLVED, family, [("resolved", "nurse/Duty nurse"), ("resolved", "family/女儿")]),
        (S.RESOLVED, family, []),
    ]
    for state, level, expected in story:
        assert told(fall("f1", state, 1.0, level=level), known) == expected


def test_a_family_alarm_first_seen_calls_both() -> None:
    """The console was away while only the nurse was called."""
    known: set[str] = set()
    incident = fall("f1", S.ALARMED, 1.0, level=AlarmLevel.FAMILY)
    assert told(incident, known) == [("alarm", "nurse/Duty nurse"), ("alarm", "family/女儿")]
    assert told(incident, known) == [("escalated", "nurse/Duty nurse")]


def test_nobody_hears_of_the_end_of_what_they_were_never_told() -> None:
    for state in (S.ANSWERED, S.ACKNOWLEDGED, S.RESOLVED):
        assert told(fall("f1", state, 1.0, level=AlarmLevel.FAMILY), set()) == []


def test_who_has_no_webhook_gets_no_notice() -> None:
    people = (Recipient(AlarmLevel.NURSE, "Duty nurse", None),)
    assert told(fall("f1", S.ALARMED, 1.0), set(), people) == []


@given(st.lists(st.tuples(st.sampled_from(S), st.sampled_from(AlarmLevel)), max_size=12))
def test_whatever_happens_no_notice_is_planned_twice(story: list[tuple[IncidentState, AlarmLevel]]) -> None:
    known: set[str] = set()
    keys: list[tuple[str, str]] = []
    for state, level in story:
        keys += told(fall("f1", state, 1.0, level=level), known)
    assert len(keys) == len(set(keys))
    for contact in {contact for _, contact in keys}:
        assert next(event for event, c in keys if c == contact) == "alarm"


@pytest.mark.parametrize("room", ["living_room", "", "attic"])
@pytest.mark.parametrize("kind", ["fall", "cry_for_help", "smoke"])
def test_a_payload_says_it_in_both_languages_and_shows_nobody(room: str, kind: str) -> None:
    incident = fall("f1", S.ALARMED, 1.0, room=room, kind=kind)
    (notice,) = plan([incident], (NURSE,), set(), SENDER, 1.79e9)
    body = json.loads(notice.body)
    assert set(body) == {
        "id", "event", "incident_id", "kind", "level", "state", "room", "opened", "told", "acknowledged_by", "text",
        "contact", "robot", "site", "console",
    }  # fmt: skip
    assert body["text"]["zh"].startswith("【警报】") and body["text"]["en"].startswith("ALARM.")
    assert body["console"] == "http://127.0.0.1:8765/" and body["told"] == "2026-09-21T14:13:20+00:00"
    assert body["id"] == idempotency_key(notice.key)
    for never in ("png", "picture", "landmark", "secret", "place_in_map", "person_id"):
        assert never not in notice.body


def test_the_idempotency_key_fits_a_header_and_is_each_notice_s_own() -> None:
    keys = {
        idempotency_key(n.key)
        for n in plan([fall("f1", S.ALARMED, 1.0, level=AlarmLevel.FAMILY)], PEOPLE, (), SENDER, 1.0)
    }
    assert len(keys) == 2 and all(key.isascii() and key.isalnum() for key in keys)


def row(seq: int, incident: str = "f1", contact: str = "nurse/A") -> Row:
    return Row(seq, f"key {seq}", incident, "alarm", contact, "{}", 0)


def test_of_one_incident_only_the_oldest_is_due_and_others_do_not_wait_for_it() -> None:
    rows = [row(2), row(1), row(3, incident="f2"), row(4, contact="family/B")]
    assert [r.seq for r in due(rows, {}, 10.0)] == [1, 3, 4]
    assert [r.seq for r in due(rows, {"key 1": 10.1}, 10.0)] == [3, 4]
    assert [r.seq for r in due(rows, {"key 1": 10.0}, 10.0)] == [1, 3, 4]
    assert due([], {}, 10.0) == ()


@given(st.integers(min_value=0, max_value=10**9), st.floats(min_value=0.01, max_value=3600))
def test_the_wait_grows_and_is_bounded(attempts: int, first: float) -> None:
    assert first <= backoff_s(attempts, first) <= MOST_BACKOFF * first
    assert backoff_s(attempts, first) <= backoff_s(attempts + 1, first)


def test_back_off_doubles() -> None:
    assert [backoff_s(n, 10.0) for n in (1, 2, 3, 4, 5)] == [10.0, 20.0, 40.0, 60.0, 60.0]


def test_the_outbox_keeps_what_was_added_over_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "console.sqlite"
    database = open_records(path)
    outbox = Outbox(database, threading.Lock())
    notices = plan([fall("f1", S.ALARMED, 1.0)], PEOPLE, outbox.known, SENDER, 1.0)
    outbox.add(notices, 1.0)
    outbox.add(notices, 2.0)
    (pending,) = outbox.pending(NURSE.label)
    outbox.failed(pending, "no answer")
    database.close()

    database = open_records(path)
    outbox = Outbox(database, threading.Lock())
    assert outbox.known == {notices[0].key}
    (again,) = outbox.pending(NURSE.label)
    assert (again.body, again.attempts) == (notices[0].body, 1)
    assert outbox.deliveries() == {"f1": {"nurse/Duty nurse": "waiting"}}
    outbox.delivered(again, 3.0)
    outbox.add(notices, 4.0)
    assert outbox.pending(NURSE.label) == [] and outbox.deliveries() == {"f1": {"nurse/Duty nurse": "sent"}}
    database.close()


def test_a_full_disk_is_said_and_the_notice_is_added_when_there_is_room(database: sqlite3.Connection) -> None:
    outbox = Outbox(database, threading.Lock())
    telling = Telling(outbox, PEOPLE, (), SENDER)
    many = Incidents(1.0, tuple(fall(f"f{n}", S.ALARMED, 1.0, evidence=("x" * 90,)) for n in range(40)))
    database.execute("PRAGMA max_page_count = 1")
    trouble = telling.tell(many, 1.0)
    assert trouble is not None and "full" in trouble and "disk" in trouble
    assert outbox.known == frozenset() and outbox.pending(NURSE.label) == []
    database.execute("PRAGMA max_page_count = 1000000")
    assert telling.tell(many, 1.0) is None
    assert len(outbox.pending(NURSE.label)) == 40


def site_with(*contacts: Contact):
    return SITE.model_copy(update={"contacts": contacts})


def test_a_webhook_may_be_named_by_an_environment_variable() -> None:
    site = site_with(Contact(level="nurse", name="A", webhook="$NURSE_HOOK"), Contact(level="family", name="B"))
    nurse, family = recipients(site, {"NURSE_HOOK": "https://hook.test/x "})
    assert nurse.url == "https://hook.test/x" and family.url is None
    assert "hook.test" not in repr(nurse)


@pytest.mark.parametrize(
    ("value", "says"), [(None, "is not set"), ("", "is not set"), ("ftp://x", "no http"), ("http://", "no http")]
)
def test_a_missing_or_wrong_variable_is_named_without_its_value(value: str | None, says: str) -> None:
    site = site_with(Contact(level="nurse", name="A", webhook="$NURSE_HOOK"))
    with pytest.raises(ConfigError, match=says) as error:
        recipients(site, {} if value is None else {"NURSE_HOOK": value})
    assert "NURSE_HOOK" in str(error.value) and "contacts.0.webhook" in str(error.value)


def test_two_contacts_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="its own name"):
        recipients(site_with(Contact(level="nurse", name="A"), Contact(level="nurse", name="A")), {})


def test_a_broken_database_is_set_aside_and_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "console.sqlite"
    path.write_bytes(b"not a database, but something worth keeping" * 100)
    open_records(path).close()
    (aside,) = tmp_path.glob("console.sqlite.broken-*")
    assert aside.read_bytes().startswith(b"not a database")


def test_a_place_that_can_not_hold_the_records_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="can't be opened"):
        open_records(tmp_path / "missing" / "console.sqlite")
