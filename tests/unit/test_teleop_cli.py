"""`kangban console audit` and `outbox` read what the console wrote."""

import argparse
import json
import threading
from pathlib import Path

import pytest

from kangban.runs import RunError
from teleop import cli
from teleop.audit import Audit
from teleop.notices import Notice
from teleop.outbox import Outbox
from teleop.records import open_records


def run(*argv: str) -> int:
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers(required=True))
    args = parser.parse_args(["console", *argv])
    return int(args.run(args))


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANGBAN_STATE", str(tmp_path))
    (tmp_path / "companion").mkdir()
    database, lock = open_records(tmp_path / "companion" / "console.sqlite"), threading.Lock()
    audit = Audit(database, lock, lambda message: None)
    audit.note("login", "", "127.0.0.1", "")
    audit.note("acknowledge", "李娜", "127.0.0.1", "f1: accepted")
    outbox = Outbox(database, lock)
    outbox.add([Notice(f"k{n}", "f1", "alarm", "nurse", f"nurse/{n}", "{}") for n in "AB"], 1.79e9)
    (row,) = outbox.pending("nurse/A")
    outbox.failed(row, "no answer")
    outbox.delivered(outbox.pending("nurse/B")[0], 1.79e9)
    database.close()


def test_the_audit_oldest_first(written: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("audit") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "login" in first and "acknowledge" in second and "李娜" in second
    assert run("audit", "--last", "1", "--json") == 0
    assert json.loads(capsys.readouterr().out)["who"] == "李娜"


def test_what_contacts_have_not_got(written: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("outbox") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "waiting, 1 attempts: no answer" in first and second.endswith("nurse/B  sent")


def test_a_robot_that_never_ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANGBAN_STATE", str(tmp_path))
    with pytest.raises(RunError, match="kangban up"):
        run("audit", "--robot", "other")
    assert list(tmp_path.iterdir()) == []
