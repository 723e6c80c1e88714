"""OpenCrBus on a simulated OpenCR board over a real pseudo-terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.bus import BusAwayError, BusError, MisfitError
from firmware_bridge.dynamixel.opencr import OpenCrBus
from firmware_bridge.motors import AxisCommand, Mode
from sim.motors.battery import Battery
from sim.motors.dynamixel import opencr as board
from sim.motors.dynamixel.chain import chain_from
from tests.contract.dynamixel_rig import DynamixelRig, servos, turtlebot

REPLY_S = 0.3  # this machine may be busy with other things
STEP_RADPS = 0.01 / 0.033  # the board's velocities come in steps


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[DynamixelRig]:
    motors = turtlebot(tmp_path / "motors.tty")
    made = DynamixelRig(tmp_path, board.OpenCrBoard(200, board.BURGER, Battery(12.6, 9.9), 1.0, motors.wheels), 2)
    yield made
    made.close()


@pytest.fixture
def bus(rig: DynamixelRig) -> Iterator[OpenCrBus]:
    made = OpenCrBus(turtlebot(rig.port.link), REPLY_S, rig.clock.now)
    made.open()
    yield made
    made.close()


def its(rig: DynamixelRig) -> board.OpenCrBoard:
    assert isinstance(rig.devices, board.OpenCrBoard)
    return rig.devices


def greet(rig: DynamixelRig, bus: OpenCrBus) -> int:
    """The board's clock runs while its heartbeat is timed."""
    rig.running = True
    try:
        return bus.greet()
    finally:
        rig.running = False


def wheels(left: float, right: float) -> tuple[AxisCommand, ...]:
    return tuple(AxisCommand(Mode.VELOCITY, value, 1.0) for value in (left, right))


def drive(rig: DynamixelRig, bus: OpenCrBus, seconds: float, left: float, right: float) -> None:
    for _ in range(round(seconds / 0.05)):
        bus.write(wheels(left, right))
        bus.read()
        rig.turn(0.05)


def test_greeting_times_the_heartbeat_and_takes_the_power_away(rig: DynamixelRig, bus: OpenCrBus) -> None:
    begun = rig.clock.now()
    first = greet(rig, bus)
    assert rig.clock.now() - begun >= board.HEARTBEAT_S
    assert not bus.read().enabled, "the board enables its motors by itself"
    assert bus.highest_velocity() == pytest.approx(61 * math.tau / 60)
    assert greet(rig, bus) == first
    its(rig).reboot(rig.clock.now())
    rig.turn(0.1)
    assert greet(rig, bus) != first


def test_greeting_is_no_setpoint(rig: DynamixelRig, bus: OpenCrBus) -> None:
    """The simulated home waits for the next one of a host that sent one: its clock would stand while it is timed."""
    greet(rig, bus)
    assert its(rig).last_setpoint_made_at is None
    bus.enable()
    bus.write(wheels(1.0, 1.0))
    assert its(rig).last_setpoint_made_at == rig.clock.now()


@pytest.mark.parametrize("heartbeat_s, says", [(2.0, "goes on without its heartbeat"), (-1.0, "does not hear")])
def test_a_board_that_does_not_keep_the_profiles_watchdog_is_refused(
    rig: DynamixelRig, bus: OpenCrBus, heartbeat_s: float, says: str
) -> None:
    its(rig).heartbeat_s = heartbeat_s
    for _ in range(3):  # whoever is refused is greeted again, and must not get through by asking often
        with pytest.raises(MisfitError, match=says):
            greet(rig, bus)
        bus.open()


@pytest.mark.parametrize("left, right", [(3.0, 3.0), (-2.0, 2.0), (2.0, -1.0), (0.0, 0.0)])
def test_wheels_turn_as_told_and_never_faster(rig: DynamixelRig, bus: OpenCrBus, left: float, right: float) -> None:
    greet(rig, bus)
    bus.enable()
    drive(rig, bus, 0.5, left, right)
    said = bus.read()
    assert said.enabled
    assert rig.velocity == pytest.approx((left, right), abs=1.1 * STEP_RADPS)
    forward, wished = abs(rig.velocity[0] + rig.velocity[1]), abs(left + right)
    assert forward <= wished + 0.05
    assert said.velocity == pytest.approx(rig.velocity, abs=0.03)
    assert [ticks / 4096 * math.tau for ticks in said.ticks] == pytest.approx(rig.angles, abs=0.01)
    assert said.voltage == pytest.approx(12.5, abs=0.2)
    assert said.current == (None, None), "XL430 measures a load, no current"


def test_too_fast_keeps_the_path(rig: DynamixelRig, bus: OpenCrBus) -> None:
    greet(rig, bus)
    bus.enable()
    drive(rig, bus, 0.3, 60.0, 40.0)
    assert max(rig.velocity) <= its(rig).body.rpm * math.tau / 60 + 0.01
    turn_by_speed = (rig.velocity[1] - rig.velocity[0]) / (rig.velocity[1] + rig.velocity[0])
    assert turn_by_speed == pytest.approx(-0.2, abs=0.02)


def test_the_board_stops_by_itself_when_the_host_is_frozen(rig: DynamixelRig, bus: OpenCrBus) -> None:
    greet(rig, bus)
    bus.enable()
    drive(rig, bus, 0.5, 3.0, 3.0)
    rig.turn(board.HEARTBEAT_S + 0.05)
    assert rig.standing
    assert bus.read().watchdog
    bus.read()
    rig.turn(0.1)
    assert rig.standing


def test_reading_alone_keeps_nothing_alive(rig: DynamixelRig, bus: OpenCrBus) -> None:
    """The heartbeat follows a command, never a mere poll: an old velocity must not be driven on."""
    greet(rig, bus)
    bus.enable()
    drive(rig, bus, 0.5, 3.0, 3.0)
    for _ in range(12):
        bus.read()
        rig.turn(0.05)
    assert rig.standing


def test_a_wheel_that_stands_though_it_is_told_to_turn_is_a_stall(rig: DynamixelRig, bus: OpenCrBus) -> None:
    greet(rig, bus)
    bus.enable()
    drive(rig, bus, 1.5, 2.0, -2.0)
    drive(rig, bus, 1.5, 0.0, 0.0)
    assert bus.read().faults == ()
    rig.blocked.add(1)
    drive(rig, bus, 1.0, 2.0, 2.0)
    assert bus.read().faults == ("stall",)
    bus.disable()
    assert bus.read().faults == ()


def test_a_sagging_supply_is_named(rig: DynamixelRig, bus: OpenCrBus) -> None:
    greet(rig, bus)
    its(rig).battery = Battery(8.8, 8.0)
    rig.turn(0.05)
    assert bus.read().faults == ("under_voltage",)


def test_no_heartbeat_follows_a_command_that_did_not_arrive(rig: DynamixelRig, bus: OpenCrBus) -> None:
    greet(rig, bus)
    bus.enable()
    drive(rig, bus, 0.2, 3.0, 3.0)
    command = board.LINEAR_X.to_bytes(2, "little")
    rig.spoil_in = lambda data: b"" if data[7:8] == b"\x03" and data[8:10] == command else data
    beats = its(rig).read(board.HEARTBEAT)
    with pytest.raises(BusError):
        bus.write(wheels(0.0, 0.0))
    assert its(rig).read(board.HEARTBEAT) == beats, "a heartbeat kept the old velocity alive"


def test_a_command_is_not_said_again_and_again_until_it_is_past_its_life(rig: DynamixelRig, bus: OpenCrBus) -> None:
    """What failed is decided anew by whoever knows how old it is."""
    greet(rig, bus)
    bus.enable()
    said: list[bytes] = []
    command = board.LINEAR_X.to_bytes(2, "little")

    def deaf_once(data: bytes) -> bytes:
        if data[7:8] == b"\x03" and data[8:10] == command:
            said.append(data)
            return data if len(said) > 1 else b""
        return data

    rig.spoil_in = deaf_once
    with pytest.raises(BusError, match="no answer"):
        bus.write(wheels(3.0, 3.0))
    assert len(said) == 1
    bus.write(wheels(3.0, 3.0))
    bus.read()


def test_the_power_is_taken_though_nobody_hears_whether_it_stands(rig: DynamixelRig, bus: OpenCrBus) -> None:
    greet(rig, bus)
    bus.enable()
    drive(rig, bus, 0.3, 3.0, 3.0)
    rig.spoil = lambda answer: b"" if len(answer) > 100 else answer  # only what is long: what it says of itself
    bus.close()
    rig.turn(0.05)
    assert its(rig).read(board.TORQUE_ENABLE) == 0
    assert rig.standing


def test_a_reset_in_motion_is_noticed_and_the_wheels_stand(rig: DynamixelRig, bus: OpenCrBus) -> None:
    greet(rig, bus)
    bus.enable()
    drive(rig, bus, 0.3, 3.0, 3.0)
    its(rig).reboot(rig.clock.now())
    rig.turn(0.05)
    assert rig.standing
    with pytest.raises(BusAwayError, match="was reset"):
        bus.read()


def test_a_greeting_that_failed_half_way_is_not_taken_for_one_that_timed_the_heartbeat(
    rig: DynamixelRig, bus: OpenCrBus
) -> None:
    first = greet(rig, bus)
    its(rig).reboot(rig.clock.now())
    rig.turn(0.1)
    beat = board.HEARTBEAT.to_bytes(2, "little")
    rig.spoil_in = lambda data: b"" if data[7:8] == b"\x03" and data[8:10] == beat else data
    with pytest.raises(BusError, match="no answer"):
        greet(rig, bus)
    rig.spoil_in = lambda data: data
    begun = rig.clock.now()
    assert greet(rig, bus) != first, "the counts of before the reset would go on"
    assert rig.clock.now() - begun >= board.HEARTBEAT_S, "its heartbeat was not timed"


@pytest.mark.parametrize("seen_by", ["greet", "read"])
def test_a_reset_that_nobody_saw_is_known_by_a_clock_that_is_too_young(
    rig: DynamixelRig, bus: OpenCrBus, seen_by: str
) -> None:
    """Away for longer than it had run before: its clock has not gone back, but its counts have begun anew."""
    first = greet(rig, bus)
    bus.read()
    rig.turn(2.0)
    its(rig).reboot(rig.clock.now())
    rig.turn(30.0)
    if seen_by == "read":
        with pytest.raises(BusAwayError, match="was reset"):
            bus.read()
    assert greet(rig, bus) != first


def test_a_long_silence_alone_is_no_reset(rig: DynamixelRig, bus: OpenCrBus) -> None:
    first = greet(rig, bus)
    rig.turn(30.0)
    bus.read()
    rig.turn(30.0)
    assert greet(rig, bus) == first


def test_motors_that_the_board_does_not_hear_are_named(rig: DynamixelRig, bus: OpenCrBus) -> None:
    its(rig).motors_answer = False
    its(rig).reboot(rig.clock.now())
    with pytest.raises(BusError, match="hears no motors"):
        greet(rig, bus)


def test_somebody_else_on_the_line_is_refused(tmp_path: Path) -> None:
    motors = servos(tmp_path / "motors.tty", joints=[])
    rig = DynamixelRig(tmp_path, chain_from(motors), 2)
    bus = OpenCrBus(turtlebot(rig.port.link, board_id=1))
    bus.open()
    with pytest.raises(BusError, match="refused"):
        bus.greet()
    bus.close()
    rig.close()


def test_it_drives_no_joints(rig: DynamixelRig) -> None:
    joints = [joint.model_dump() for joint in servos(rig.port.link).joints]
    bus = OpenCrBus(turtlebot(rig.port.link, joints=joints))
    bus.open()
    with pytest.raises(MisfitError, match="no joints"):
        bus.greet()
    bus.close()
