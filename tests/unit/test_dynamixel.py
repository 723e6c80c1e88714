"""Dynamixel packets, units and axes, against the maker's SDK where it says the same."""

from __future__ import annotations

import math
import random

import dynamixel_sdk
import pytest

from firmware_bridge.bus import MisfitError
from firmware_bridge.dynamixel import registers as reg
from firmware_bridge.dynamixel.axes import JointAxis, WheelAxis, together
from firmware_bridge.dynamixel.line import packets
from firmware_bridge.dynamixel.turtlebot import ROBOTS, base_velocity
from firmware_bridge.motors import AxisCommand, Mode
from kangban.motor_profile import Joint, Wheel
from sim.motors.dynamixel import packets as wire

SDK = packets()
XM = reg.MODELS[1020]
XL = reg.MODELS[1060]


def joint(**changes: object) -> Joint:
    section: dict[str, object] = {"name": "lift", "id": 11, "zero_ticks": 2000, "lower_rad": -1.0, "upper_rad": 1.0}
    section |= {"velocity_radps": 2.0, "acceleration_radps2": 8.0, "jerk_radps3": 100.0, "torque_nm": 1.5}
    return Joint.model_validate(section | changes)


def instructions(seed: int, count: int) -> list[tuple[int, int, bytes]]:
    """Id, instruction, parameters; many of them with bytes that look like a header."""
    draw = random.Random(seed)
    rows = []
    for _ in range(count):
        words = bytes(draw.choice((0xFF, 0xFD, 0x00, draw.randrange(256))) for _ in range(draw.randrange(4, 40)))
        rows.append((draw.randrange(253), draw.choice((2, 3, 0x82, 0x83)), words))
    return rows


class Recorder:
    """The port that the SDK writes to."""

    def __init__(self) -> None:
        self.is_using, self.sent = False, b""

    def clearPort(self) -> None:
        self.sent = b""

    def writePort(self, packet: list[int]) -> int:
        self.sent = bytes(packet)
        return len(packet)


def by_the_sdk(device: int, instruction: int, words: bytes) -> bytes:
    port = Recorder()
    length = len(words) + 3
    header = [0, 0, 0, 0, device, length & 0xFF, length >> 8, instruction]
    assert SDK.txPacket(port, [*header, *words, 0, 0]) == dynamixel_sdk.COMM_SUCCESS
    return port.sent


def test_packets_are_the_sdks_byte_by_byte_and_come_back_whole() -> None:
    reader = wire.PacketReader()
    for device, instruction, words in instructions(1, 500):
        sent = by_the_sdk(device, instruction, words)
        assert wire.framed(device, bytes((instruction,)) + words) == sent
        assert reader.read(sent, 0.0) == [wire.Packet(device, instruction, words)]
    assert reader.corrupt == 0


def test_pieces_make_a_whole() -> None:
    reader, found = wire.PacketReader(), []
    rows = instructions(2, 30)
    stream = b"".join(wire.framed(device, bytes((instruction,)) + words) for device, instruction, words in rows)
    for byte in stream:
        found += reader.read(bytes((byte,)), 0.0)
    assert [(packet.id, packet.instruction, packet.parameters) for packet in found] == rows


def test_whatever_comes_first_the_next_good_packet_is_read() -> None:
    draw = random.Random(3)
    good = wire.framed(7, b"\x02\x40\x00\x01\x00")
    for _ in range(2000):
        reader = wire.PacketReader()
        noise = bytes(draw.choice((0xFF, 0xFD, 0x00, draw.randrange(256))) for _ in range(draw.randrange(60)))
        reader.read(noise, 0.0)
        found = reader.read(good, 1.0) + reader.read(good, 2.0)  # the line fell silent in between
        assert wire.Packet(7, 2, b"\x40\x00\x01\x00") in found


def test_no_single_damaged_bit_is_obeyed() -> None:
    good = wire.framed(7, b"\x03\x68\x00\x64\x00\x00\x00")
    for bit in range(8 * len(good)):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        assert wire.PacketReader().read(bytes(bad), 0.0) == []


@pytest.mark.parametrize("sign", [1, -1])
def test_a_joints_angles_go_there_and_back(sign: int) -> None:
    axis = JointAxis(joint(sign=sign), XM, current_limit=1193)
    for angle in (-0.99, -0.3, 0.0, 0.7):
        goal = axis.goal(AxisCommand(Mode.POSITION, angle, 1.0))
        assert goal is not None
        assert axis.ticks(goal) * reg.RAD_PER_TICK == pytest.approx(angle, abs=reg.RAD_PER_TICK)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_joint_is_never_told_past_its_ends(sign: int) -> None:
    axis = JointAxis(joint(sign=sign), XM, current_limit=1193)
    for angle in (-5.0, -1.0, 1.0, 5.0):
        goal = axis.goal(AxisCommand(Mode.POSITION, angle, 1.0))
        assert goal is not None
        assert -1.0 <= axis.ticks(goal) * reg.RAD_PER_TICK <= 1.0


def test_a_joints_torque_is_its_own_or_less() -> None:
    register, counts = JointAxis(joint(), XM, current_limit=1193).limit(200.0)
    assert register == reg.GOAL_CURRENT
    assert XM.torque_per_ampere is not None
    assert counts * reg.AMPERES_PER_COUNT * XM.torque_per_ampere == pytest.approx(1.5, abs=0.01)
    assert JointAxis(joint(), XL).limit(0.75) == (reg.GOAL_PWM, math.floor(0.5 * reg.FULL_PWM))


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_a_torque_that_is_none_is_refused(value: float) -> None:
    with pytest.raises(MisfitError, match="torque limit"):
        JointAxis(joint(), XM, current_limit=1193).limit(value)
    with pytest.raises(MisfitError, match="torque limit"):
        WheelAxis(Wheel(name="left", id=1), XL, 265).pwm(value, 0)


@pytest.mark.parametrize(
    "command", [AxisCommand(Mode.POSITION, 1.0, 1.0), AxisCommand(Mode.VELOCITY, math.nan, 1.0)], ids=["mode", "nan"]
)
def test_what_a_wheel_cannot_do_is_refused(command: AxisCommand) -> None:
    with pytest.raises(MisfitError, match="left: a wheel"):
        WheelAxis(Wheel(name="left", id=1), XL, 265).velocity(command)


def test_wheels_are_slowed_together_and_never_rounded_up() -> None:
    assert together([100.9, -50.9], 1000) == [100, -50]
    assert together([2000.0, -1000.0], 265) == [265, -132]
    assert together([0.0, 0.0], 265) == [0, 0]


@pytest.mark.parametrize("seconds, counts", [(0.1, 5), (0.119, 5), (0.021, 1), (0.5, 25)])
def test_the_watchdog_is_never_longer_than_promised(seconds: float, counts: int) -> None:
    assert reg.watchdog_counts(seconds) == counts


@pytest.mark.parametrize("robot", ROBOTS.values(), ids=lambda robot: robot.name)
def test_the_base_is_never_faster_than_its_wheels_were_told(robot) -> None:  # type: ignore[no-untyped-def]
    draw = random.Random(4)
    for _ in range(2000):
        left, right = (draw.uniform(-12.0, 12.0) for _ in range(2))
        speed, turn = (0.01 * value for value in base_velocity(robot, left, right))
        assert abs(speed) <= abs(robot.wheel_radius_m * (left + right) / 2.0) + 1e-6
        assert abs(turn) <= abs(robot.wheel_radius_m * (right - left) / robot.track_m) + 1e-6
        fastest = (abs(speed) + abs(turn) * robot.track_m / 2.0) / robot.wheel_radius_m
        assert fastest <= robot.highest_radps + 1e-6


def test_a_velocity_of_whole_steps_arrives_as_it_is() -> None:
    burger = ROBOTS[1]
    left, right = ((0.1 + side * 0.5 * 0.08) / burger.wheel_radius_m for side in (-1, 1))
    assert base_velocity(burger, left, right) == (10, 50)
