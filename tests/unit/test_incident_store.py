"""Incidents on disk: killed at any moment nothing is lost; a second owner, a full or damaged disk are told plainly."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from behaviors.incidents.ledger import RETRY_S, Ledger
from behaviors.incidents.record import Record
from behaviors.incidents.store import (
    IncidentStore,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreNewerError,
)
from kangban.values import AlarmLevel, IncidentState
from tests.unit.behaviors_world import World, fall
from tests.unit.test_incident_machine import STATES, What, event, history, step

ROOT = Path(__file__).resolve().parents[2]
STEPS = ["fall", "cry", "answer", "repeat", "escalate", "acknowledge", "resolve"]
# One life of the process: goes on with what is on disk, does one step, says so, and waits to be killed.
LIFE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from behaviors.incidents.desk import IncidentDesk
from behaviors.incidents.ledger import Ledger
from behaviors.speech.hear import meaning_of
from kangban.clock import ManualClock
from kangban.config import load_profile, load_site
from kangban.values import Falls, Fall, FallState

folder, todo, now = Path(sys.argv[2]), sys.argv[3], float(sys.argv[4])
clock = ManualClock(now)
times = load_profile("companion").behaviors
wall = lambda: 1.75e9 + clock.now()
desk = IncidentDesk(Ledger(folder, wall()), times, load_site("demo_flat"), clock, wall, lambda announcement: None)
seen = Falls(now, (Fall("fall-a", 1, FallState.CONFIRMED, 100.0, 0.9, (3.0, 2.2, 0.1), ("down",)),))
desk.take_falls(seen)
if todo == "cry":
    desk.hear(meaning_of("help"), "help", None)
elif todo == "answer":
    desk.hear(meaning_of("I'm fine"), "I'm fine", None)
elif todo == "acknowledge":
    desk.acknowledge("fall-a", "Nurse Li", "")
desk.tick()
told = [[i.id, i.state.value, i.level.value, len(i.log)] for i in desk.snapshot().incidents]
print(json.dumps(told), flush=True)
sys.stdin.read()
"""
WHEN = {"fall": 100.0, "cry": 110.0, "answer": 112.0, "repeat": 140.0, "escalate": 175.0, "acknowledge": 180.0,
        "resolve": 190.0}  # fmt: skip
EXPECTED = [
    ("open", "none"), ("alarmed", "nurse"), ("alarmed", "nurse"), ("alarmed", "nurse"), ("alarmed", "family"),
    ("acknowledged", "family"), ("resolved", "family"),
]  # fmt: skip


def test_kill_9_between_any_two_events_loses_and_doubles_nothing(tmp_path: Path) -> None:
    codes: list[str] = []
    for todo, (state, level) in zip(STEPS, EXPECTED, strict=True):
        command = [sys.executable, "-c", LIFE, str(ROOT), str(tmp_path), todo, str(WHEN[todo])]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as life:
            assert life.stdout is not None
            told = json.loads(life.stdout.readline())
            life.kill()
        assert [t[:3] for t in told] == [["fall-a", state, level]]
        store = IncidentStore(tmp_path)  # the dead owner's lock is gone
        records = [*store.last_resolved(9), *store.open_records()]
        store.close()
        assert [(r.id, r.state.value, r.level.value) for r in records] == [("fall-a", state, level)], todo
        kept = [entry.code for entry in records[0].log]
        assert kept[: len(codes)] == codes and len(kept) > len(codes), "every line told before is still there"
        codes = kept
    assert codes.count("fall_confirmed") == 1 and codes.count("cry_for_help") == 1 and codes.count("escalated") == 1


WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
from dataclasses import replace
from pathlib import Path
from behaviors.incidents.record import Entry
from behaviors.incidents.store import IncidentStore
from tests.unit.test_incident_machine import STATES
store, record, number = IncidentStore(Path(sys.argv[2])), STATES["open"], 0
while True:
    number += 1
    entry = Entry(float(number), 0.0, "asked", (("n", str(number)),))
    record = replace(record, asked=number)
    store.write(record, (entry,))
    print(number, flush=True)
"""


def test_kill_9_in_the_middle_of_writing_keeps_all_that_was_said_to_be_written(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(ROOT), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = 0
        for line in writer.stdout:
            told = int(line)
            if told == 40:
                writer.kill()
    store = IncidentStore(tmp_path)
    record = store.open_records()[0]
    store.close()
    numbers = [int(dict(entry.params)["n"]) for entry in record.log]
    assert told >= 40 and len(numbers) >= told
    assert numbers == list(range(1, len(numbers) + 1)) and record.asked == numbers[-1], "row and log agree"


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    for name in ("nurse", "taken", "answered", "resolved"):
        record = STATES[name]
        assert record is not None
        folder = tmp_path / name
        store = IncidentStore(folder)
        store.write(record, record.log)
        store.close()
        store = IncidentStore(folder)
        back = store.by_fall("fall-a")
        assert back == record and store.has("fall-a") and not store.has("fall")
        assert store.open_records() == ([record] if record.is_open else [])
        store.close()


def test_the_log_in_the_file_can_not_be_changed(tmp_path: Path) -> None:
    store = IncidentStore(tmp_path)
    record = history(What.FALL_CONFIRMED)
    store.write(record, record.log)
    store.close()
    with sqlite3.connect(tmp_path / "incidents.sqlite") as file:
        for change in ("DELETE FROM events", "UPDATE events SET code = 'x'"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                file.execute(change)
    file.close()


def test_a_second_owner_is_refused_by_name(tmp_path: Path) -> None:
    store = IncidentStore(tmp_path)
    with pytest.raises(StoreBusyError, match=r"process \d+ owns this robot's incidents; end it"):
        IncidentStore(tmp_path)
    with pytest.raises(StoreBusyError):
        Ledger(tmp_path, 0.0)
    store.close()
    IncidentStore(tmp_path).close()


def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    IncidentStore(tmp_path).close()
    with sqlite3.connect(tmp_path / "incidents.sqlite") as file:
        file.execute("PRAGMA user_version=99")
    file.close()
    with pytest.raises(StoreNewerError, match="schema 99, this one knows 2"):
        Ledger(tmp_path, 0.0)


def test_a_file_of_the_first_schema_is_taken_over(tmp_path: Path) -> None:
    """Its records name no care events."""
    store, record = IncidentStore(tmp_path), history(What.FALL_CONFIRMED)
    store.write(record, record.log)
    store.close()
    with sqlite3.connect(tmp_path / "incidents.sqlite") as file:
        document = json.loads(file.execute("SELECT record FROM incidents").fetchone()[0])
        old = {key: value for key, value in document.items() if key not in ("event_ids", "over_ids")}
        file.execute("UPDATE incidents SET record = ?", (json.dumps(old),))
        file.execute("PRAGMA user_version=1")
    file.close()
    store = IncidentStore(tmp_path)
    assert store.open_records() == [record]
    store.close()
    with sqlite3.connect(tmp_path / "incidents.sqlite") as file:
        assert file.execute("PRAGMA user_version").fetchone()[0] == 2
    file.close()


def test_a_damaged_file_is_set_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    (tmp_path / "incidents.sqlite").write_bytes(b"not a database, " * 400)
    with pytest.raises(StoreDamagedError, match="not a usable database"):
        IncidentStore(tmp_path)
    ledger = Ledger(tmp_path, 1234.0)
    assert ledger.fault is None and ledger.set_aside == tmp_path / "incidents.damaged-1234.sqlite"
    assert ledger.set_aside.read_bytes().startswith(b"not a database")
    record = history(What.FALL_CONFIRMED)
    assert ledger.write(record, record.log, 0.0)
    ledger.close()


def fill(ledger: Ledger) -> None:
    """No page more than there are: what a full disk is to SQLite."""
    store = ledger._store
    assert store is not None
    store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count={pages}")


def empty(ledger: Ledger) -> None:
    store = ledger._store
    assert store is not None
    store._db.execute("PRAGMA max_page_count=100000")


def test_a_full_disk_is_told_and_everything_is_written_once_there_is_room(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, 0.0)
    fill(ledger)
    record: Record | None = None
    now, refused = 0.0, 0
    while not refused or ledger.waiting < 5:
        now += 0.1
        before = record
        what = What.CRY_FOR_HELP if record else What.FALL_CONFIRMED
        record, _ = step(record, event(what, text="help " * 100), now)
        assert record is not None
        refused += not ledger.write(record, record.log[len(before.log) if before else 0 :], now)
    assert ledger.fault is not None and "the disk is full; free some space" in ledger.fault
    ledger.retry(now + 0.1)
    assert ledger.waiting >= 5, "not tried again on every tick"
    empty(ledger)
    ledger.retry(now + RETRY_S)
    assert ledger.fault is None and ledger.waiting == 0
    assert ledger.open_records() == [record], "complete and in order"
    ledger.close()


def test_full_is_a_named_error(tmp_path: Path) -> None:
    store = IncidentStore(tmp_path)
    store._db.execute("PRAGMA max_page_count=1")
    record = history(What.FALL_CONFIRMED, *[What.CRY_FOR_HELP] * 60)
    with pytest.raises(StoreFullError, match="the disk is full"):
        store.write(record, record.log * 5)
    assert store.open_records() == [], "nothing is half written"
    store.close()


def test_a_write_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    store = IncidentStore(tmp_path)
    store._db.execute("ALTER TABLE events RENAME TO elsewhere")
    record = history(What.FALL_CONFIRMED)
    with pytest.raises(StoreError, match="no such table"):
        store.write(record, record.log)
    assert store._db.execute("SELECT COUNT(*) FROM incidents").fetchone() == (0,)
    store.close()


def test_an_incident_goes_on_in_memory_while_the_disk_is_full(tmp_path: Path) -> None:
    world = World(tmp_path)
    fill(world.ledger)
    world.see(fall(evidence=("went down",) * 600))
    assert world.ledger.fault is not None
    world.run_until("alarmed")
    assert world.ledger.waiting > 0
    empty(world.ledger)
    world.run(RETRY_S + 0.2)
    assert world.ledger.fault is None
    again = world.kill()
    assert again.records()[-1].level is AlarmLevel.NURSE and again.log()[-1] == "restarted"


def test_a_folder_that_can_not_be_written_is_tried_again(tmp_path: Path) -> None:
    blocked = tmp_path / "state"
    blocked.write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="make the folder writable"):
        IncidentStore(blocked)
    world = World(blocked)
    assert world.ledger.fault is not None
    world.see(fall())
    world.run(1.0)
    assert world.state() == "checking"
    blocked.unlink()
    world.run(RETRY_S + 0.2)
    assert world.ledger.fault is None
    assert world.kill().state() == "checking"


def test_what_an_earlier_life_left_is_taken_over_once_the_file_opens(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    world = World(folder)
    world.see(fall())
    world.run_until("alarmed")
    world.ledger.close()
    folder.rename(tmp_path / "away")
    folder.write_text("in the way")
    again = World(folder, world.clock, world.navigator)
    assert again.state() == "none"
    folder.unlink()
    (tmp_path / "away").rename(folder)
    again.run(RETRY_S + 0.2)
    assert again.state() == IncidentState.ALARMED.value and again.log()[-1] == "restarted"
