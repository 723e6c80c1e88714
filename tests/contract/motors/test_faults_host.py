"""The fault table, part three: the bridge's own computer. The host is a real process that is killed and frozen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from firmware_bridge.families import make
from firmware_bridge.motors import MotorsError
from kangban.motor_profile import Motors
from tests.contract.motors.bench import SPEED_RADPS, Bench
from tests.contract.motors.cases import Case
from tests.contract.motors.host import FORK, HostProcess

NOBODY = 65534
CLOCKS_AGREE_AFTER_S = 11.0  # longer than any window over which clocks are compared


@pytest.fixture
def hosted(tmp_path: Path, case: Case) -> Iterator[tuple[Bench, HostProcess]]:
    """A bench whose bridge is another process."""
    bench = Bench(tmp_path, case)
    host = HostProcess(bench.profile.motors, bench.rig)
    bench.motors = host
    bench.motors.connect()
    yield bench, host
    bench.close()


def test_the_host_is_killed(hosted: tuple[Bench, HostProcess]) -> None:
    bench, host = hosted
    bench.get_moving()
    host.kill()
    bench.left_alone()
    bench.motors = bench.another()
    bench.motors.connect()
    bench.connect()
    if not bench.case.watchdog:
        bench.stops()  # the next bridge finds them turning and stops them
    bench.stays(0.3, each=lambda: bench.keep_telling(*bench.all_at(SPEED_RADPS)))
    assert not bench.state.armed
    bench.goes_again()


def test_the_host_is_frozen_and_goes_on(hosted: tuple[Bench, HostProcess]) -> None:
    bench, host = hosted
    bench.get_moving()
    made_at = bench.now()
    host.freeze()
    host.post("command", bench.axes(*bench.all_at(SPEED_RADPS)), made_at)  # waits for it in a queue
    bench.left_alone()
    host.thaw()
    host.answer()
    if not bench.case.watchdog:
        bench.stops()  # its own thread finds the command too old as soon as it runs
    bench.stays(0.4)
    bench.becomes(lambda state: state.connected)
    bench.motors.disarm()
    bench.becomes(lambda state: not state.armed)
    bench.goes_again()


@pytest.mark.parametrize("jump", [3600.0, -0.4, -3600.0])
def test_the_bridges_clock_steps(bench: Bench, jump: float) -> None:
    bench.get_moving()
    bench.tell(*bench.all_at(SPEED_RADPS))
    bench.offset = jump
    bench.stops()  # nothing new was said since
    fastest = [0.0]

    def onwards() -> None:
        bench.keep_telling(*bench.all_at(2.0))
        fastest[0] = max(fastest[0], *map(abs, bench.wheel_speeds))

    bench.rig.run(0.5, each=onwards)
    assert fastest[0] <= 2.02, "it did what was said before the step"
    bench.motors.disarm()
    bench.stops()
    bench.drive(CLOCKS_AGREE_AFTER_S, *bench.all_at(0.0))
    bench.goes_again()


@pytest.mark.parametrize("allowed", [False, True])
def test_a_port_that_this_user_may_not_use_is_named(tmp_path: Path, case: Case, allowed: bool) -> None:
    bench = Bench(tmp_path, case)
    device = bench.rig.port.link.resolve()  # in a folder that everybody may enter, as /dev is
    device.chmod(0o666 if allowed else 0)
    ours, theirs = FORK.Pipe()
    child = FORK.Process(
        target=_open_unprivileged, args=(bench.profile.motors.model_copy(update={"port": str(device)}), theirs)
    )
    child.start()
    message = ours.recv()
    child.join()
    assert message.startswith(f"{device}: this user may not use the port; ") is not allowed, message
    assert ("sudo usermod -aG " in message) is not allowed, message
    bench.close()


def _open_unprivileged(motors: Motors, answer: Connection) -> None:
    """In a process of its own: root may open everything."""
    controller = make(motors, lambda: 0.0, lambda: None)
    if os.geteuid() == 0:
        os.setresuid(NOBODY, NOBODY, NOBODY)
    controller.connect()
    answer.send(controller.state().message)
    controller.close()


def test_two_bridges_on_one_port(hosted: tuple[Bench, HostProcess]) -> None:
    """The first is another process, as a second `kangban up` would be."""
    bench, _ = hosted
    bench.get_moving()
    second = make(bench.profile.motors, bench.now, lambda: None)
    with pytest.raises(MotorsError, match=r"motors\.tty: another program holds the port; end it"):
        second.connect()
    second.close()
    bench.drive(0.3, *bench.all_at(SPEED_RADPS))
    assert bench.drives_at(*bench.all_at(SPEED_RADPS)), "the first drives on undisturbed"
