"""The firmware in QEMU behind its two serial ports: boots, greets, arms, turns wheels, and stops when it must."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firmware_bridge.protocol import (
    PROTOCOL_VERSION,
    Arm,
    ClearEmergencyStop,
    Decoder,
    EmergencyStop,
    Hello,
    HelloAck,
    Log,
    Message,
    Refused,
    State,
    Telemetry,
    unpack,
)
from kangban.config import ConfigError, load_profile
from sim.motors.families import QEMU, emulator_for
from sim.motors.qemu import QemuController
from sim.motors.qemu_machine import QemuError
from sim.motors.simulated import AxisReading
from tests.firmware.host import Host
from tests.firmware.twins import settings

STEP_S = 1.0 / 240.0
SPEED = 3_000_000  # µrad/s
GONE_WITHIN_S = 20.0  # wall, a bound for a busy machine


class World:
    """Two wheels that follow their drive, and a host that speaks to the board."""

    def __init__(self, axes: int = 2) -> None:
        self.board = QemuController(settings(axes), 1.0)
        self.host = Host(1, axes)
        self.now, self.booted = 1.0, 1.0
        self.angles, self.velocities = [0.0] * axes, [0.0] * axes
        self.blocked = False
        self.heard: list[Message] = []
        self._decoder = Decoder()

    @property
    def ms(self) -> int:
        return int((self.now - self.booted) * 1000)

    def say(self, data: bytes) -> list[Message]:
        said = self.board.feed(data, self.now)
        messages = [unpack(frame.number, frame.payload) for frame in self._decoder.feed(said)]
        self.heard += messages
        return messages

    def run(self, seconds: float, speed: int | None = None) -> None:
        for k in range(round(seconds / STEP_S)):
            if k % 6 == 0:
                self.say(b"" if speed is None else self.host.setpoint(self.ms, speed))
            torque = 6.0 if self.blocked else 0.5
            readings = (AxisReading(a, v, torque) for a, v in zip(self.angles, self.velocities, strict=True))
            drives = self.board.tick(self.now, tuple(readings))
            self.velocities = [0.0 if self.blocked else drive.velocity for drive in drives]
            self.angles = [a + v * STEP_S for a, v in zip(self.angles, self.velocities, strict=True)]
            self.now += STEP_S

    def arm(self) -> None:
        self.run(0.1)
        assert any(isinstance(m, HelloAck) for m in self.say(self.host.frame(Hello(PROTOCOL_VERSION, 100))))
        self.say(self.host.frame(Arm(self.ms + 100)))
        assert self.board.armed

    def state(self) -> State:
        return self.board.state

    def telemetry(self) -> Telemetry:
        return [message for message in self.heard if isinstance(message, Telemetry)][-1]


@pytest.fixture
def world(built: Path) -> Iterator[World]:
    one = World()
    yield one
    one.board.close()


def test_it_boots_greets_arms_and_turns(world: World) -> None:
    assert world.state() == State.BOOT
    world.arm()
    assert world.board.session == world.host.session
    world.run(1.0, SPEED)
    assert world.velocities[0] == pytest.approx(3.0, abs=0.01)
    told = world.telemetry()
    assert told.state == State.ARMED and told.corrupt == told.late == told.lost == told.stale == 0
    assert told.axes[0].urad_per_s == pytest.approx(SPEED, abs=60_000)
    assert told.axes[0].ticks == pytest.approx(world.angles[0] / 6.283185 * 4096, abs=80)  # up to 35 ms old
    times = [message.time_ms for message in world.heard if isinstance(message, Telemetry)]
    assert {b - a for a, b in zip(times[-50:], times[-49:], strict=False)} == {10}  # 100 Hz, none left out
    made = world.board.last_setpoint_made_at
    assert made is not None and world.now - made < 0.03


def test_silence_stops_the_wheels_by_the_boards_own_watchdog(world: World) -> None:
    world.arm()
    world.run(0.6, SPEED)
    world.run(0.125)
    assert world.state() == State.WATCHDOG
    world.run(0.25)
    assert world.velocities == [0.0, 0.0]
    assert any(isinstance(m, Log) and m.text.startswith("watchdog") for m in world.heard)
    world.run(0.2, SPEED)
    assert world.velocities == [0.0, 0.0]  # only an ARM lets it go on


def test_a_stop_over_the_wire_is_let_go_only_at_the_button(world: World) -> None:
    world.arm()
    world.run(0.6, SPEED)
    world.say(world.host.frame(EmergencyStop()))
    world.run(0.3, SPEED)
    assert world.state() == State.EMERGENCY_STOP and world.velocities == [0.0, 0.0]
    refused = world.say(world.host.frame(ClearEmergencyStop(world.ms + 100)))
    assert any(isinstance(message, Refused) for message in refused)
    world.board.press_estop(True)
    world.board.press_estop(False)
    world.say(world.host.frame(ClearEmergencyStop(world.ms + 100)))
    assert world.state() == State.DISARMED


def test_a_blocked_wheel_is_a_stall_and_a_dead_encoder_an_encoder_fault(world: World) -> None:
    world.arm()
    world.run(0.5, SPEED)
    world.blocked = True
    world.run(1.0, SPEED)
    assert world.state() == State.FAULT and world.telemetry().faults == 1
    world.blocked = False
    world.run(0.2)
    world.say(world.host.frame(Arm(world.ms + 100)))
    world.run(0.3, SPEED)
    world.board.axes[1].encoder_stuck = True
    world.run(0.6, SPEED)
    assert world.state() == State.FAULT
    assert [axis.faults for axis in world.telemetry().axes] == [0, 16]


@pytest.mark.parametrize("way", [QemuController.hang, lambda board: board.reboot(0.0)])
def test_after_a_crash_or_a_reset_it_begins_anew(world: World, way: Callable[[QemuController], None]) -> None:
    """A program that hangs is ended by the board's hardware watchdog."""
    world.arm()
    world.run(0.5, SPEED)
    before = world.board.boot_id
    way(world.board)
    world.booted = world.now
    assert world.board.boot_id != before and world.board.state is State.BOOT
    world.run(0.3, SPEED)
    assert world.velocities == [0.0, 0.0] and world.board.session is None
    assert world.telemetry().axes[0].ticks == 0
    world.arm()
    world.run(0.5, SPEED)
    assert world.velocities[0] > 2.0


def test_time_is_the_worlds_so_two_runs_are_the_same_to_the_byte(built: Path) -> None:
    said = []
    for pause in (False, True):
        world = World()
        try:
            world.arm()
            world.run(0.2, SPEED)
            if pause:  # the world stands while the board's processor goes on
                os.kill(world.board.pid, signal.SIGSTOP)
                os.kill(world.board.pid, signal.SIGCONT)
                _spend_processor_time(0.2)
            world.run(0.3, SPEED)
            said.append((world.heard, world.angles))
        finally:
            world.board.close()
    assert said[0] == said[1]


def _spend_processor_time(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_nine_axes_fit_on_the_wire(built: Path) -> None:
    world = World(axes=9)
    try:
        world.arm()
        world.run(0.5, SPEED)
        assert all(velocity == pytest.approx(3.0, abs=0.1) for velocity in world.velocities)
        assert len(world.telemetry().axes) == 9 and world.telemetry().corrupt == 0
    finally:
        world.board.close()


def test_a_machine_that_died_is_named(world: World) -> None:
    os.kill(world.board.pid, signal.SIGKILL)
    with pytest.raises(QemuError, match=rf"process {world.board.pid}\)"):
        world.run(1.0)


def test_nothing_is_left_behind_when_the_simulator_is_killed(built: Path) -> None:
    script = (
        "import os, signal\n"
        "from sim.motors.qemu import QemuController\n"
        "from tests.firmware.twins import settings\n"
        "board = QemuController(settings(), 0.0)\n"
        "print(board.pid, flush=True)\n"
        "signal.pause()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as owner:
        assert owner.stdout is not None
        machine = os.pidfd_open(int(owner.stdout.readline()))
        owner.kill()
    ended, _, _ = select.select([machine], [], [], GONE_WITHIN_S)
    os.close(machine)
    assert ended


def test_only_a_kangban_robot_can_have_it() -> None:
    with pytest.raises(ConfigError, match=r"motors\.family kangban"):
        emulator_for(load_profile("lekiwi", []), QEMU, 0.0)
