"""What FeetechBus refuses to drive, and what it does when servos complain, stand or turn by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.bus import BusAwayError, BusError, MisfitError
from firmware_bridge.feetech import registers as reg
from firmware_bridge.feetech.bus import FeetechBus
from sim.motors.feetech import memory as m
from sim.motors.feetech.packets import WRITE, instruction
from tests.contract.feetech_rig import (
    PATIENCE_S,
    STEP,
    FeetechRig,
    axes,
    driving,
    lekiwi,
    packets,
    with_joint,
    writes,
)

FULL = 3000 * STEP


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[FeetechRig]:
    made = FeetechRig(tmp_path)
    yield made
    made.close()


@pytest.fixture
def bus(rig: FeetechRig) -> Iterator[FeetechBus]:
    made = FeetechBus(rig.motors, rig.clock.now, PATIENCE_S)
    made.open()
    yield made
    rig.running = True
    made.close()


def test_a_profile_with_a_watchdog_is_refused_after_everything_was_stopped(rig: FeetechRig) -> None:
    wishing = rig.motors.model_copy(update={"watchdog_s": 0.1})
    bus = FeetechBus(wishing, rig.clock.now, PATIENCE_S)
    bus.open()
    with pytest.raises(MisfitError, match=r"motors\.watchdog_s: Feetech servos have no watchdog"):
        bus.greet()
    rig.hear_until(lambda: any(writes(packet, m.GOAL_VELOCITY) for packet in packets(rig)))
    bus.close()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"encoder_ticks_per_turn": 1024}, "encoder_ticks_per_turn"),
        ({"control_hz": 1.5}, r"motors\.control_hz: .* set at least 4"),
        ({"baud": 921_600}, r"motors\.baud"),
    ],
)
def test_profiles_that_no_such_servo_can_keep_are_refused(rig: FeetechRig, change: dict[str, int], says: str) -> None:
    bus = FeetechBus(rig.motors.model_copy(update=change), rig.clock.now, PATIENCE_S)
    bus.open()
    with pytest.raises(MisfitError, match=says):
        bus.greet()
    bus.close()


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        (3, 5, r"left_wheel: what answers to id 7 is model 773, not STS3215"),
        (m.PHASE, 28, r"left_wheel: .*register 18 is 28"),
        (m.PHASE, 8, r"velocities in fifties"),
        (m.RESPONSE_LEVEL, 0, r"response level"),
    ],
)
def test_servos_that_are_not_as_they_must_be_are_refused(
    rig: FeetechRig, bus: FeetechBus, place: int, value: int, says: str
) -> None:
    rig.servo(7).memory.keep(place, value)
    with pytest.raises((MisfitError, BusError), match=says):
        bus.greet()
    assert not rig.chain.armed


@pytest.mark.parametrize("change", [{"zero_ticks": 100}, {"velocity_radps": 0.001}, {"acceleration_radps2": 0.1}])
def test_a_joint_that_does_not_fit_the_servo_is_refused(tmp_path: Path, change: dict[str, float]) -> None:
    rig = FeetechRig(tmp_path, with_joint(lekiwi(tmp_path / "motors.tty"), 2, change))
    bus = FeetechBus(rig.motors, rig.clock.now, PATIENCE_S)
    bus.open()
    with pytest.raises(MisfitError, match="elbow_flex"):
        bus.greet()
    bus.close()
    rig.close()


@pytest.mark.parametrize(
    ("hurt", "named"),
    [
        (lambda servo: setattr(servo.motor, "temperature", 95.0), "over_temperature"),
        (lambda servo: setattr(servo.motor, "sensor_broken", True), "encoder"),
        (lambda servo: setattr(servo.motor, "voltage", 8.0), "under_voltage"),
        (
            lambda servo: servo.memory.write(m.PROTECTION_CURRENT, bytes([10, 0, 0, 0, 0, 0, 1, 20, 200])),
            "over_current",
        ),
    ],
)
def test_what_a_servo_complains_of_has_the_name_that_every_family_uses(
    rig: FeetechRig, bus: FeetechBus, hurt, named: str
) -> None:  # type: ignore[no-untyped-def]
    driving(bus, (1.0, 1.0, 1.0))
    rig.chain.battery = None  # each servo has its own voltage now
    hurt(rig.servo(8))
    rig.blocked = {1} if named == "over_current" else set()
    rig.servo(8).memory[m.OVER_CURRENT_TIME] = 10
    rig.turn(0.3)
    assert bus.read().faults == (named,)


def test_a_blocked_wheel_is_a_stall_and_turns_again_after_enabling(rig: FeetechRig, bus: FeetechBus) -> None:
    driving(bus, (1.0, 1.0, 1.0))
    rig.blocked = {0}
    for _ in range(12):
        rig.turn(0.2)
        said = bus.read()
    assert said.faults == ("stall",)
    assert said.current[0] == pytest.approx(2.7, abs=0.01)
    rig.blocked = set()
    bus.disable()
    bus.enable()
    bus.write(axes((1.0, 1.0, 1.0)))
    bus.read()
    rig.turn(0.3)
    assert bus.read().faults == ()
    assert rig.velocity[0] == pytest.approx(1.0, abs=2 * STEP)


def test_a_wheel_that_stands_below_the_servos_own_overload_is_a_stall(rig: FeetechRig, bus: FeetechBus) -> None:
    bus.greet()
    bus.enable()
    bus.write(axes((1.0, 1.0, 1.0), torque=1.0))
    bus.read()
    rig.blocked, rig.pull = {2}, 1.0
    said = []
    for _ in range(15):
        rig.turn(0.05)
        said.append(bus.read().faults)
    assert said[0] == ()
    assert said[-1] == ("stall",)
    assert rig.servo(9).memory[m.STATUS] == 0  # the servo itself does not mind
    bus.write(axes((0.0, 0.0, 0.0)))
    assert bus.read().faults == ()


def test_a_wheel_whose_encoder_stands_is_an_encoder_fault(rig: FeetechRig, bus: FeetechBus) -> None:
    driving(bus, (1.0, 1.0, 1.0))
    rig.turn(0.2)
    rig.servo(7).motor.encoder_stuck = True
    for _ in range(15):
        rig.turn(0.05)
        said = bus.read()
    assert said.faults == ("encoder",)


def test_power_that_was_not_given_here_is_taken(rig: FeetechRig, bus: FeetechBus) -> None:
    """Packets of an earlier drive, or another program's: nothing on this wire tells them from ours."""
    bus.greet()
    bus.enable()
    rig.heard.clear()
    bus.write(axes((2.0, 2.0, 2.0)))
    bus.read()
    recorded = bytes(rig.heard)
    bus.disable()
    give = b"".join(instruction(servo, WRITE, bytes([m.TORQUE_ENABLE, 1])) for servo in (7, 8, 9))
    rig.chain.feed(give + recorded, rig.clock.now())
    rig.turn(0.1)
    assert rig.velocity[0] == pytest.approx(2.0, abs=2 * STEP)
    with pytest.raises(BusError, match=r"servos \[7, 8, 9\] had power that was not given here; it was taken"):
        bus.read()
    assert not bus.read().enabled
    rig.turn(0.1)
    assert rig.velocity[:3] == [0.0, 0.0, 0.0]


def test_a_servo_that_was_reset_in_motion_shows_at_once(rig: FeetechRig, bus: FeetechBus) -> None:
    driving(bus, (1.0, 1.0, 1.0))
    rig.turn(0.2)
    assert bus.read().enabled
    rig.servo(9).power_up()
    rig.turn(0.02)
    bus.write(axes((1.0, 1.0, 1.0)))
    assert not bus.read().enabled
    assert bus.greet() == 2  # counts begin anew


def test_a_servo_that_was_reset_without_power_is_greeted_anew(rig: FeetechRig, bus: FeetechBus) -> None:
    bus.greet()
    rig.servo(8).power_up()
    rig.turn(0.05)
    for _ in range(2):
        with pytest.raises(BusError, match="greet anew"):
            bus.read()
    assert bus.greet() == 2
    assert not bus.read().enabled


def test_unknown_bits_of_the_status_are_a_fault() -> None:
    assert reg.faults_in(0x40) == reg.FaultBit.ENCODER
    assert reg.faults_in(0) == reg.FaultBit(0)


def test_another_port_than_a_serial_one_is_away(tmp_path: Path) -> None:
    bus = FeetechBus(lekiwi(tmp_path / "none"))
    with pytest.raises(BusAwayError, match="no such port"):
        bus.open()
    with pytest.raises(BusAwayError, match="not open"):
        bus.read()
    bus.close()
