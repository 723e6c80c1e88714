"""DynamixelBus on simulated servos over a real pseudo-terminal: two wheels and two joints."""

from __future__ import annotations

import math
import os
import pty
import select
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from firmware_bridge.bus import BusAwayError, BusError, MisfitError
from firmware_bridge.dynamixel import registers as reg
from firmware_bridge.dynamixel.bus import DynamixelBus
from firmware_bridge.motors import AxisCommand, Mode
from firmware_bridge.serial_port import PortBusyError
from sim.motors.battery import Battery
from sim.motors.dynamixel import memory as m
from sim.motors.dynamixel import packets as wire
from sim.motors.dynamixel.chain import DynamixelChain, chain_from
from sim.motors.dynamixel.motor import XM430_W210, Spec
from sim.motors.simulated import AxisReading
from tests.contract.dynamixel_rig import DynamixelRig, servos

REPLY_S = 0.3  # this machine may be busy with other things
TICK = math.tau / 4096


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[DynamixelRig]:
    made = DynamixelRig(tmp_path, chain_from(servos(tmp_path / "motors.tty")), 4)
    yield made
    made.close()


@pytest.fixture
def bus(rig: DynamixelRig) -> Iterator[DynamixelBus]:
    made = DynamixelBus(servos(rig.port.link), REPLY_S)
    made.open()
    yield made
    made.close()


def memory(rig: DynamixelRig, device: int) -> m.Memory:
    assert isinstance(rig.devices, DynamixelChain)
    return next(servo.memory for servo in rig.devices.servos if servo.id == device)


def chain(rig: DynamixelRig) -> DynamixelChain:
    assert isinstance(rig.devices, DynamixelChain)
    return rig.devices


def axes(
    left: float, right: float, lift: float = 0.0, tilt: float = 0.0, torque: float = 1.0
) -> tuple[AxisCommand, ...]:
    wheels = [AxisCommand(Mode.VELOCITY, value, torque) for value in (left, right)]
    return (*wheels, *(AxisCommand(Mode.POSITION, value, torque) for value in (lift, tilt)))


def limits(rig: DynamixelRig) -> list[float]:
    """N·m that each motor may use now."""
    readings = tuple(AxisReading(a, v, 0.0) for a, v in zip(rig.angles, rig.velocity, strict=True))
    return [drive.torque_limit for drive in rig.devices.tick(rig.clock.now(), readings)]


def drive(rig: DynamixelRig, bus: DynamixelBus, seconds: float, command: tuple[AxisCommand, ...]) -> None:
    for _ in range(round(seconds / 0.05)):
        bus.write(command)
        bus.read()
        rig.turn(0.05)


def test_greeting_sets_every_servo_up_and_leaves_it_without_power(rig: DynamixelRig, bus: DynamixelBus) -> None:
    memory(rig, 1).put(m.TORQUE_ENABLE, 1)  # a host that was killed left it turning
    memory(rig, 1).put(m.GOAL_VELOCITY, 50)
    first = bus.greet()
    assert not bus.read().enabled
    assert memory(rig, 1).get(m.GOAL_VELOCITY) == 0
    assert [memory(rig, k).get(m.OPERATING_MODE) for k in (1, 2, 11, 12)] == [1, 1, 5, 5]
    assert [memory(rig, k).get(m.BUS_WATCHDOG) for k in (1, 2, 11, 12)] == [5, 5, 5, 5]
    assert (memory(rig, 11).get(m.LOWEST_POSITION), memory(rig, 11).get(m.HIGHEST_POSITION)) == (1023, 2977)
    assert bus.highest_velocity() == pytest.approx(XM430_W210.no_load_radps, abs=0.03)
    assert bus.greet() == first, "nothing was reset in between"
    chain(rig).reboot(rig.clock.now())
    assert bus.greet() != first


def test_one_servo_that_somebody_else_powers_is_seen_and_one_that_lost_its_power_too(
    rig: DynamixelRig, bus: DynamixelBus
) -> None:
    bus.greet()
    memory(rig, 1).put(m.TORQUE_ENABLE, 1)
    assert bus.read().enabled
    memory(rig, 1).put(m.TORQUE_ENABLE, 0)
    bus.enable()
    assert bus.read().enabled
    memory(rig, 1).put(m.TORQUE_ENABLE, 0)
    assert not bus.read().enabled


def test_it_drives_what_it_is_told_in_the_profiles_sense(rig: DynamixelRig, bus: DynamixelBus) -> None:
    bus.greet()
    bus.enable()
    assert bus.read().enabled
    drive(rig, bus, 1.0, axes(3.0, -2.0, lift=0.8, tilt=0.5))
    said = bus.read()
    assert rig.velocity[:2] == pytest.approx((3.0, -2.0), abs=0.025)
    assert said.velocity[:2] == pytest.approx((3.0, -2.0), abs=0.025)
    assert rig.angles[2:] == pytest.approx((0.8, 0.5), abs=0.01)
    assert [ticks * TICK for ticks in said.ticks] == pytest.approx(rig.angles, abs=0.01)
    assert said.voltage == pytest.approx(12.5, abs=0.2)
    assert said.faults == ()


def test_torque_limits_reach_the_servos_and_hold(rig: DynamixelRig, bus: DynamixelBus) -> None:
    bus.greet()
    bus.enable()
    bus.write(axes(2.0, 2.0, torque=0.5))
    bus.read()
    rig.turn(0.01)
    assert limits(rig) == pytest.approx([0.5] * 4, abs=0.02)
    bus.write(axes(2.0, 2.0, torque=50.0))
    bus.read()
    assert limits(rig)[2:] == pytest.approx([1.5] * 2, abs=0.02), "more than the joint's own torque_nm"


def test_too_fast_slows_all_wheels_alike(rig: DynamixelRig, bus: DynamixelBus) -> None:
    bus.greet()
    bus.enable()
    drive(rig, bus, 0.2, axes(100.0, 50.0, torque=100.0))
    assert rig.velocity[0] == pytest.approx(bus.highest_velocity())
    assert rig.velocity[1] == pytest.approx(0.5 * rig.velocity[0], abs=0.03)


def test_a_joint_told_not_to_move_stands_where_it_is(rig: DynamixelRig, bus: DynamixelBus) -> None:
    bus.greet()
    bus.enable()
    drive(rig, bus, 0.1, axes(0.0, 0.0, lift=1.2))
    bus.read()
    stood = rig.angles[2]
    assert 0.1 < stood < 1.2
    drive(rig, bus, 1.0, (AxisCommand(Mode.VELOCITY, 0.0, 200.0),) * 4)
    assert rig.angles[2] == pytest.approx(stood, abs=0.05)


def test_a_joint_outside_its_range_is_not_powered(rig: DynamixelRig, bus: DynamixelBus) -> None:
    bus.greet()
    rig.angles[2] = 1.9
    rig.turn(0.01)
    with pytest.raises(BusError, match=r"lift: it stands 0\.40 rad outside its range"):
        bus.enable()
    assert not bus.read().enabled


def test_the_servos_watchdog_stops_the_wheels_while_the_host_is_frozen(rig: DynamixelRig, bus: DynamixelBus) -> None:
    bus.greet()
    bus.enable()
    drive(rig, bus, 0.5, axes(3.0, 3.0))
    rig.turn(0.1 + 2 / 240)  # nobody says anything
    assert rig.standing
    said = bus.read()
    assert said.watchdog
    bus.write(axes(3.0, 3.0))
    bus.read()
    rig.turn(0.1)
    assert rig.standing, "it went on without having been cleared"
    bus.enable()
    drive(rig, bus, 0.2, axes(2.0, 2.0))
    assert rig.velocity[:2] == pytest.approx((2.0, 2.0), abs=0.025)


def test_faults_have_names_and_a_reboot_ends_them(rig: DynamixelRig, bus: DynamixelBus) -> None:
    first = bus.greet()
    bus.enable()
    rig.blocked.add(1)
    drive(rig, bus, 0.8, axes(2.0, 2.0, torque=10.0))
    said = bus.read()
    assert said.faults == ("stall",)
    assert not said.enabled
    rig.blocked.clear()
    assert bus.greet() != first, "a reboot loses the turns"
    assert bus.read().faults == ()


@pytest.mark.parametrize("bit, name", [(0, "under_voltage"), (2, "over_temperature"), (3, "encoder")])
def test_each_fault_is_named(rig: DynamixelRig, bus: DynamixelBus, bit: int, name: str) -> None:
    bus.greet()
    memory(rig, 2).put(m.HARDWARE_ERROR, 1 << bit)
    assert bus.read().faults == (name,)


def test_a_weak_battery_and_a_stuck_encoder_are_faults(rig: DynamixelRig, bus: DynamixelBus) -> None:
    bus.greet()
    bus.enable()
    chain(rig).servos[0].encoder_stuck = True
    drive(rig, bus, 0.3, axes(2.0, 2.0))
    assert bus.read().faults == ("encoder",)
    chain(rig).battery = Battery(9.0, 8.0)
    rig.turn(0.01)
    assert bus.read().faults == ("under_voltage", "encoder")


def test_a_lost_command_is_noticed(rig: DynamixelRig, bus: DynamixelBus) -> None:
    bus.greet()
    bus.enable()
    drive(rig, bus, 0.1, axes(1.0, 1.0))
    rig.spoil_in = lambda data: data[data.rfind(wire.HEADER) :] if data[data.rfind(wire.HEADER) + 7] == 0x82 else b""
    bus.write(axes(2.0, 2.0))
    with pytest.raises(BusError, match="the last command got lost"):
        bus.read()


def test_a_greeting_that_failed_half_way_does_not_hide_a_reset(rig: DynamixelRig, bus: DynamixelBus) -> None:
    """Its first steps set again what shows a reset; the counts of before it must not go on all the same."""
    first = bus.greet()
    chain(rig).reboot(rig.clock.now())
    rig.turn(1.0)
    profile = reg.PROFILE_ACCELERATION.to_bytes(2, "little")
    rig.spoil_in = lambda data: b"" if data[7:8] == b"\x03" and data[8:10] == profile else data
    bus._line.reply_s = 0.05
    with pytest.raises(BusError, match="no answer"):
        bus.greet()
    rig.spoil_in, bus._line.reply_s = lambda data: data, REPLY_S
    second = bus.greet()
    assert second != first
    assert bus.greet() == second


def only_without(rig: DynamixelRig, register: int) -> None:
    """Writes of this register to all get lost."""

    def without(data: bytes) -> bytes:
        said = [wire.HEADER + piece for piece in data.split(wire.HEADER) if piece]
        lost = [p for p in said if p[7] == wire.SYNC_WRITE and int.from_bytes(p[8:10], "little") == register]
        return b"".join(p for p in said if p not in lost)

    rig.spoil_in = without


def test_a_lost_torque_limit_is_noticed_and_told_again(rig: DynamixelRig, bus: DynamixelBus) -> None:
    """It is told only where it changes: what got lost would else never come, and the wheels keep the higher one."""
    bus.greet()
    bus.enable()
    drive(rig, bus, 0.1, axes(1.0, 1.0, torque=2.5))
    before = limits(rig)[:2]
    only_without(rig, reg.GOAL_PWM)
    bus.write(axes(1.0, 1.0, torque=0.5))
    with pytest.raises(BusError, match="the last command got lost"):
        bus.read()
    assert limits(rig)[:2] == before
    rig.spoil_in = lambda data: data
    bus.write(axes(1.0, 1.0, torque=0.5))
    bus.read()
    assert all(now < then - 0.5 for now, then in zip(limits(rig)[:2], before, strict=True))


def test_a_reset_in_between_wants_a_new_greeting(rig: DynamixelRig, bus: DynamixelBus) -> None:
    bus.greet()
    bus.enable()
    drive(rig, bus, 0.1, axes(1.0, 1.0))
    chain(rig).reboot(rig.clock.now())
    with pytest.raises(BusAwayError, match="was reset"):
        bus.read()
    with pytest.raises(BusAwayError, match="was reset"):
        bus.read()


@pytest.mark.parametrize(
    "spec, firmware, says",
    [(Spec(1200, 0.5, 6.0, 1.0), 46, "model 1200, whose Bus Watchdog"), (XM430_W210, 37, "firmware 37 without")],
)
def test_servos_without_a_trusted_watchdog_are_refused(
    rig: DynamixelRig, bus: DynamixelBus, spec: Spec, firmware: int, says: str
) -> None:
    memory(rig, 2).put(m.MODEL, spec.model)
    memory(rig, 2).put(m.FIRMWARE, firmware)
    with pytest.raises(MisfitError, match=says):
        bus.greet()


def test_who_is_missing_is_named(rig: DynamixelRig, bus: DynamixelBus) -> None:
    memory(rig, 2).put(m.ID, 9)
    with pytest.raises(BusError, match="id 2: ping: no answer"):
        bus.greet()


def test_a_profile_that_no_servo_fits_is_refused(rig: DynamixelRig) -> None:
    bus = DynamixelBus(servos(rig.port.link, encoder_ticks_per_turn=1024))
    bus.open()
    with pytest.raises(MisfitError, match="encoder_ticks_per_turn is 1024"):
        bus.greet()
    bus.close()


def test_the_port_is_ours_alone(rig: DynamixelRig, bus: DynamixelBus) -> None:
    with pytest.raises(PortBusyError, match="another program holds the port"):
        DynamixelBus(servos(rig.port.link)).open()


def test_unplugging_is_away_and_replugging_works(rig: DynamixelRig, bus: DynamixelBus) -> None:
    bus.greet()
    rig.unplug()
    with pytest.raises(BusAwayError):
        bus.read()
    with pytest.raises(BusAwayError, match="no such port"):
        bus.open()
    rig.replug()
    bus.open()
    bus.greet()
    assert not bus.read().enabled


def test_a_line_that_takes_nothing_never_blocks(tmp_path: Path) -> None:
    """Nobody reads the other end and its buffer is full: a call fails within its bound, the next one too."""
    master, slave = pty.openpty()
    os.set_blocking(slave, False)
    bus = DynamixelBus(servos(Path(os.ttyname(slave))))
    bus.open()
    for _ in range(2):
        while select.select([], [slave], [], 0.02)[1]:
            with suppress(BlockingIOError):
                os.write(slave, b"\xff" * 4096)
        with pytest.raises(BusError, match=r"takes no bytes|no answer"):
            bus.greet()
    bus.close()
    os.close(master)
    os.close(slave)


def test_a_damaged_answer_says_so(rig: DynamixelRig, bus: DynamixelBus) -> None:
    bus.greet()
    rig.spoil = lambda answer: answer[:20] + bytes((answer[20] ^ 1,)) + answer[21:]
    with pytest.raises(BusError) as failure:
        bus.read()
    assert failure.value.corrupt
    rig.spoil = lambda answer: answer
    bus.read()


def test_closing_stops_the_wheels(rig: DynamixelRig, bus: DynamixelBus) -> None:
    bus.greet()
    bus.enable()
    drive(rig, bus, 0.2, axes(3.0, 3.0))
    bus.close()
    rig.turn(0.01)
    assert rig.standing
    assert memory(rig, 1).get(reg.TORQUE_ENABLE) == 0
