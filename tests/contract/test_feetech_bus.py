"""FeetechBus on nine simulated servos over a real pseudo-terminal: three wheels and an arm, as on LeKiwi."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firmware_bridge.bus import BusError, MisfitError
from firmware_bridge.feetech.bus import FeetechBus
from firmware_bridge.motors import AxisCommand, Mode
from firmware_bridge.polled import PolledMotors
from firmware_bridge.serial_port import PortBusyError
from sim.motors.feetech import memory as m
from sim.motors.feetech.packets import PacketReader
from tests.contract.feetech_rig import (
    PATIENCE_S,
    STEP,
    STEP_S,
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


def test_greeting_sets_every_servo_up_and_leaves_it_without_power(rig: FeetechRig, bus: FeetechBus) -> None:
    first = bus.greet()
    said = bus.read()
    assert not said.enabled
    assert not rig.chain.armed
    assert [rig.servo(wheel).memory[m.MODE] for wheel in (7, 8, 9)] == [1, 1, 1]
    assert [rig.servo(joint).memory[m.MODE] for joint in range(1, 7)] == [0] * 6
    elbow = rig.servo(3).memory
    assert elbow[m.LOWEST_VOLTAGE] == 89  # nine tenths of the empty battery's 9.9 V
    assert (elbow.word(m.LOWEST_POSITION), elbow.word(m.HIGHEST_POSITION)) == (2040 - 978, 2040 + 978)
    assert all(servo.memory[m.LOCK] == 1 for servo in rig.chain.servos)
    assert bus.greet() == first + 1  # counts began anew


def test_the_kept_memory_is_written_only_where_it_differs(rig: FeetechRig, bus: FeetechBus) -> None:
    bus.greet()
    rig.heard.clear()
    bus.greet()
    assert [packet for packet in packets(rig) if writes(packet, m.LOCK)] == []
    for servo in rig.chain.servos:
        servo.power_up()
    assert rig.servo(7).memory[m.MODE] == 1  # it was kept


def test_wheels_and_joints_move_in_the_profiles_sense(rig: FeetechRig, bus: FeetechBus) -> None:
    driving(bus, (1.0, 2.0, -3.0), (0.4, 0.4, -0.5, 0.0, 1.0, -1.0))
    for _ in range(60):
        rig.turn(0.05)
        said = bus.read()
    assert said.enabled
    assert said.velocity[:3] == pytest.approx((1.0, 2.0, -3.0), abs=2 * STEP)
    assert [ticks * STEP for ticks in said.ticks] == pytest.approx(rig.angles, abs=2 * STEP)
    assert said.ticks[3:] == pytest.approx([round(v / STEP) for v in (0.4, 0.4, -0.5, 0.0, 1.0, -1.0)], abs=2)
    assert said.voltage == pytest.approx(rig.servo(1).motor.voltage, abs=0.06)
    assert said.temperature == (25.0,) * 9
    assert said.faults == ()


def test_all_wheels_are_slowed_together(rig: FeetechRig, bus: FeetechBus) -> None:
    driving(bus, (2 * FULL, FULL, -FULL / 2))
    rig.turn(0.5)
    assert rig.velocity[:3] == pytest.approx((FULL, FULL / 2, -FULL / 4), abs=2 * STEP)
    assert bus.highest_velocity() == pytest.approx(FULL)


def test_a_joint_stays_in_its_range_and_below_its_speed(rig: FeetechRig, bus: FeetechBus) -> None:
    driving(bus, (0.0, 0.0, 0.0), (9.0, -9.0, 0.0, 0.0, 0.0, 0.0))
    fastest = [0.0]
    rig.turn(3.0, lambda: fastest.append(max(abs(v) for v in rig.velocity[3:])))
    assert rig.angles[3:5] == pytest.approx((1.5, -1.5), abs=3 * STEP)
    assert 1.5 < max(fastest) <= 2.0


def test_a_joint_told_to_stand_stands_where_it_was(rig: FeetechRig, bus: FeetechBus) -> None:
    driving(bus, (0.0, 0.0, 0.0), (1.0,) * 6)
    rig.turn(0.3)
    bus.read()
    stood = rig.angles[3]
    bus.write(tuple(AxisCommand(Mode.VELOCITY, 0.0, 1.0) for _ in range(9)))
    bus.read()
    rig.turn(1.0)
    assert rig.angles[3] == pytest.approx(stood, abs=0.05)
    assert 0.05 < stood < 0.95


def test_torque_limits_reach_the_servos_rounded_down(rig: FeetechRig, bus: FeetechBus) -> None:
    bus.greet()
    bus.enable()
    bus.write(axes((1.0, 1.0, 1.0), torque=1.0))
    bus.read()
    assert rig.servo(7).memory.word(m.TORQUE_LIMIT) == 340  # of 2.94 N·m
    bus.write(axes((1.0, 1.0, 1.0), torque=50.0))
    bus.read()
    assert rig.servo(7).memory.word(m.TORQUE_LIMIT) == 999  # 1000 would look like a reset
    assert rig.servo(1).memory.word(m.TORQUE_LIMIT) == 510  # the joint's own 1.5 N·m


def test_enabling_moves_nothing(rig: FeetechRig, bus: FeetechBus) -> None:
    rig.angles[3:] = [0.7, -0.7, 0.3, 0.2, 0.1, -0.9]
    rig.turn(0.1)
    bus.greet()
    before = list(rig.angles)
    bus.enable()
    rig.turn(0.4)
    assert rig.angles == pytest.approx(before, abs=2 * STEP)
    assert bus.read().enabled
    assert rig.chain.armed


def test_a_joint_far_out_of_its_range_is_not_enabled(rig: FeetechRig, bus: FeetechBus) -> None:
    rig.angles[5] = 2.0
    rig.turn(0.1)
    bus.greet()
    with pytest.raises(BusError, match=r"elbow_flex: it stands 0\.50 rad outside its range"):
        bus.enable()
    assert not rig.chain.armed


def test_a_joint_that_sags_past_the_encoders_jump_is_still_where_it_is(tmp_path: Path) -> None:
    rig = FeetechRig(tmp_path, with_joint(lekiwi(tmp_path / "motors.tty"), 0, {"zero_ticks": 10, "lower_rad": 0.0}))
    bus = FeetechBus(rig.motors, rig.clock.now, PATIENCE_S)
    bus.open()
    rig.angles[3] = -0.05
    rig.turn(0.1)
    bus.greet()
    assert bus.read().ticks[3] * STEP == pytest.approx(-0.05, abs=2 * STEP)
    bus.close()
    rig.close()


KILLED = """
import sys
from firmware_bridge.feetech.bus import FeetechBus
from firmware_bridge.motors import AxisCommand, Mode
from tests.contract.feetech_rig import lekiwi
bus = FeetechBus(lekiwi(sys.argv[1]), reply_s=5.0)
bus.open()
bus.greet()
bus.enable()
wheels = [AxisCommand(Mode.VELOCITY, 2.0, 2.0)] * 3
bus.write((*wheels, *[AxisCommand(Mode.POSITION, 0.0, 1.0)] * 6))
bus.read()
print("driving", flush=True)
sys.stdin.read()
"""


def test_after_a_killed_host_wheels_go_on_turning_until_the_next_greeting(rig: FeetechRig) -> None:
    """That is the truth of this family: the servo has no watchdog."""
    command = [sys.executable, "-c", KILLED, str(rig.port.link)]
    root = Path(__file__).parents[2]
    bus = FeetechBus(rig.motors, rig.clock.now, PATIENCE_S)
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as host:
        assert host.stdout is not None
        assert host.stdout.readline() == b"driving\n"
        with pytest.raises(PortBusyError):
            bus.open()  # the port is one program's alone
        host.send_signal(signal.SIGKILL)
    rig.turn(30.0)
    assert rig.velocity[:3] == pytest.approx((2.0, 2.0, 2.0), abs=2 * STEP)
    bus.open()
    rig.heard.clear()
    bus.greet()
    stop, unpower = packets(rig)[:2]  # before anything else
    assert writes(stop, m.GOAL_VELOCITY)
    assert set(stop.parameters[2:]) == {7, 8, 9, 0}
    assert writes(unpower, m.TORQUE_ENABLE)
    rig.turn(0.1)
    assert rig.velocity[:3] == [0.0, 0.0, 0.0]
    bus.close()


@pytest.mark.parametrize("ending", ["disable", "close"])
def test_zero_velocity_is_written_before_the_power_is_taken(rig: FeetechRig, bus: FeetechBus, ending: str) -> None:
    driving(bus, (2.0, 2.0, 2.0))
    rig.turn(0.2)
    rig.heard.clear()
    getattr(bus, ending)()
    said = packets(rig)
    zero = next(k for k, packet in enumerate(said) if writes(packet, m.GOAL_VELOCITY))
    off = next(k for k, packet in enumerate(said) if writes(packet, m.TORQUE_ENABLE))
    assert zero == 0 < off
    assert not any(packet.parameters[0] == m.ACCELERATION for packet in said)  # and no goal of before
    rig.turn(0.1)
    assert rig.velocity[:3] == [0.0, 0.0, 0.0]
    assert not rig.chain.armed


def test_wheels_brake_under_power_before_it_is_taken(rig: FeetechRig, bus: FeetechBus) -> None:
    driving(bus, (4.0, 4.0, -4.0))
    rig.turn(0.3)
    speeds: list[float] = []  # when the power was taken

    def watched(data: bytes) -> bytes:
        said = PacketReader().read(data, 0.0)
        speeds.extend(max(abs(v) for v in rig.velocity[:3]) for p in said if writes(p, m.TORQUE_ENABLE))
        return data

    rig.spoil_in, rig.running = watched, True
    bus.disable()
    assert max(speeds) < 30 * STEP


def test_nothing_is_written_before_enabling_nor_in_another_mode(rig: FeetechRig, bus: FeetechBus) -> None:
    bus.greet()
    with pytest.raises(BusError, match="not enabled"):
        bus.write(axes((1.0, 1.0, 1.0)))
    bus.enable()
    rig.heard.clear()
    nonsense = AxisCommand(Mode.VELOCITY, math.nan, 1.0)
    for wrong in (AxisCommand(Mode.TORQUE, 1.0, 1.0), AxisCommand(Mode.POSITION, 1.0, 1.0), nonsense):
        with pytest.raises(MisfitError, match="a wheel of this family takes velocities"):
            bus.write((wrong, *axes((1.0, 1.0, 1.0))[1:]))
    with pytest.raises(MisfitError, match="a joint of this family takes positions"):
        bus.write((*axes((1.0, 1.0, 1.0))[:-1], AxisCommand(Mode.VELOCITY, 0.5, 1.0)))
    with pytest.raises(MisfitError, match="2 commands for 9 axes"):
        bus.write(axes((1.0, 1.0))[:2])
    assert packets(rig) == []


def test_run_by_polled_motors_a_command_dies_and_the_wheels_stand(rig: FeetechRig, bus: FeetechBus) -> None:
    """The only watchdog of this family is the host's own thread."""
    bus.close()
    heard = threading.Event()
    motors = PolledMotors(bus, rig.motors, rig.clock.now, heard.set)

    def until(condition: Callable[[], bool]) -> None:
        while not condition():  # pytest's own limit ends it
            heard.wait()
            heard.clear()
            rig.turn(STEP_S)

    motors.connect()
    until(lambda: motors.state().connected)
    motors.arm()
    until(lambda: motors.state().armed)
    assert motors.command(axes((2.0, 2.0, 2.0)), rig.clock.now())
    until(lambda: rig.velocity[0] == pytest.approx(2.0, abs=2 * STEP))
    until(lambda: motors.state().watchdog)
    until(lambda: rig.velocity[:3] == [0.0, 0.0, 0.0])
    motors.close()
    assert not rig.chain.armed
