"""Real child processes: restarted when they die, ended without a trace, their words kept."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from kangban.config import load_site
from kangban.control import ask
from kangban.logs import ProcessLog
from kangban.processes import BOTH, TABLE, Backoff, Mode, Process, table
from kangban.runs import RunError, only_instance, own_domain
from kangban.supervisor import Supervisor

WAIT = "import signal,os; print('up', os.getpid(), flush=True); signal.pause()"
STUBBORN = (
    "import signal; [signal.signal(s, signal.SIG_IGN) for s in (signal.SIGINT, signal.SIGTERM)];"
    "print('up', flush=True)\nwhile True: signal.pause()"
)
FAST = Backoff(first_s=0.01, longest_s=0.05, stable_s=60.0)


def supervise(tmp_path: Path, told: list[str], **programs: str) -> Supervisor:
    rows = [(Process(n, "x", BOTH, False, f"{n} is away"), [sys.executable, "-c", p]) for n, p in programs.items()]
    return Supervisor(rows, dict(os.environ), tmp_path, told.append, FAST)


def until(supervisor: Supervisor, condition) -> None:
    """Step until the condition holds; pytest's own time limit bounds it."""
    while not condition():
        supervisor.step(0.05)


def words(supervisor: Supervisor, name: str) -> list[str]:
    """The whole lines of a log; what is still being written does not count."""
    path = supervisor.children[name].log.path
    return path.read_text().split("\n")[:-1] if path.exists() else []


def test_a_killed_process_comes_back_and_its_death_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    supervisor = supervise(tmp_path, told, node=WAIT)
    supervisor.start()
    try:
        until(supervisor, lambda: len(words(supervisor, "node")) == 1)
        os.kill(supervisor.children["node"].popen.pid, signal.SIGKILL)
        until(supervisor, lambda: len(words(supervisor, "node")) == 2)
        first, second = (int(line.split()[1]) for line in words(supervisor, "node"))
        assert first != second
        assert "node ended (SIGKILL): node is away" in told[0]
    finally:
        supervisor.end()


def test_a_process_that_keeps_dying_is_started_ever_more_slowly(tmp_path: Path) -> None:
    delays = [Backoff().delay(deaths) for deaths in range(1, 10)]
    assert delays == sorted(delays) and delays[0] == 0.1 and delays[-1] == 10.0
    supervisor = supervise(tmp_path, [], node="raise SystemExit('broken')")
    supervisor.start()
    try:
        until(supervisor, lambda: supervisor.children["node"].deaths >= 3)
        assert words(supervisor, "node")[:3] == ["broken"] * 3
        assert supervisor.children["node"].last_exit == 1
    finally:
        supervisor.end()


def test_the_end_leaves_nobody_behind_not_even_the_stubborn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = ((signal.SIGINT, 0.2), (signal.SIGTERM, 0.2), (signal.SIGKILL, 5.0))
    monkeypatch.setattr("kangban.supervisor.END_STEPS", steps)
    supervisor = supervise(tmp_path, [], gentle=WAIT, stubborn=STUBBORN)
    supervisor.start()
    until(supervisor, lambda: all(words(supervisor, name) for name in ("gentle", "stubborn")))
    pids = [child.popen.pid for child in supervisor.children.values()]
    supervisor.end()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_the_control_socket_answers_and_kills_only_by_name(tmp_path: Path) -> None:
    supervisor = supervise(tmp_path, [], node=WAIT)
    supervisor.start()
    try:
        until(supervisor, lambda: len(words(supervisor, "node")) == 1)
        answers: list[dict] = []
        for request in ({"status": True}, {"kill": "nobody"}, {"kill": "node"}):
            pid = os.fork()
            if pid == 0:  # the client: the supervisor is single-threaded and must serve it meanwhile
                (tmp_path / "answer.part").write_text(json.dumps(ask(tmp_path, request)))
                (tmp_path / "answer.part").rename(tmp_path / "answer")
                os._exit(0)
            until(supervisor, (tmp_path / "answer").exists)
            os.waitpid(pid, 0)
            answers.append(json.loads((tmp_path / "answer").read_text()))
            (tmp_path / "answer").unlink()
        assert answers[0]["processes"][0]["name"] == "node"
        assert answers[1]["ok"] is False and "node" in answers[1]["error"]
        assert answers[2]["ok"] is True
        until(supervisor, lambda: len(words(supervisor, "node")) == 2)
    finally:
        supervisor.end()


def test_the_end_of_the_world_ends_the_run_with_its_status(tmp_path: Path) -> None:
    world = Process("world", "x", BOTH, False, "over", ends_run=True)
    supervisor = Supervisor([(world, [sys.executable, "-c", "raise SystemExit(3)"])], dict(os.environ), tmp_path, print)
    supervisor.start()
    assert supervisor.run() == 3
    supervisor.end()


def test_a_full_disk_costs_log_lines_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    log = ProcessLog(Path("/dev/full"))
    log.write(b"one\ntwo\n")
    log.write(b"three\n")
    assert log.dropped == 3
    assert capsys.readouterr().err.count("log lines are dropped") == 1


def test_a_log_keeps_one_older_file(tmp_path: Path) -> None:
    log = ProcessLog(tmp_path / "a.log", max_bytes=100)
    for number in range(20):
        log.write(b"line %02d of the log\n" % number)
    assert (tmp_path / "a.log.1").exists()
    assert (tmp_path / "a.log").stat().st_size <= 100
    assert "line 19" in log.tail(1)


def test_a_second_instance_is_refused_by_name(tmp_path: Path) -> None:
    with only_instance(tmp_path), pytest.raises(RunError, match=f"process {os.getpid()}"), only_instance(tmp_path):
        raise AssertionError("two instances on one robot")
    with only_instance(tmp_path):
        pass


def test_side_by_side_runs_get_their_own_dds_domain() -> None:
    with own_domain(range(98, 100)) as first, own_domain(range(98, 100)) as second:
        assert {first, second} == {98, 99}
        with pytest.raises(RunError, match="in use"), own_domain(range(98, 100)):
            pass


def test_the_world_runs_only_where_it_is_simulated_and_the_camera_driver_only_on_a_robot() -> None:
    assert {p.name for p in table(Mode.SIM)} - {p.name for p in table(Mode.ROBOT)} == {"world"}
    assert {p.name for p in table(Mode.ROBOT)} - {p.name for p in table(Mode.SIM)} == {"camera"}
    assert len({p.name for p in TABLE}) == len(TABLE)


def test_the_home_sensors_have_a_process_only_where_the_home_has_sensors() -> None:
    without = load_site("demo_flat")
    sensor = "{name: a, kind: door, room: null, speaks: zigbee2mqtt, topic: z/a, silent_after_s: 60}"
    given = load_site("demo_flat", [f"home={{broker: {{}}, unknown_after_s: 60, sensors: [{sensor}]}}"])
    for mode in Mode:
        assert "home" not in {p.name for p in table(mode, without)} | {p.name for p in table(mode)}
        (row,) = [p for p in table(mode, given) if p.name == "home"]
        assert not row.safety_relevant and not row.ends_run and row.module == "behaviors.home_node"
