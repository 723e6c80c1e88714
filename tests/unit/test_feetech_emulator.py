"""The simulated STS3215 by itself, without a port: framing, drive, protection, supply."""

from __future__ import annotations

import random

import pytest

from sim.motors.feetech import memory as m
from sim.motors.feetech.chain import FeetechChain, Mounted
from sim.motors.feetech.packets import (
    EVERYBODY,
    PING,
    READ,
    SYNC_READ,
    SYNC_WRITE,
    WRITE,
    PacketReader,
    checksum,
    instruction,
    status,
)
from sim.motors.feetech.servo import Servo
from sim.motors.simulated import AxisDrive, AxisReading

STEP_S = 1 / 240
STEP = 2 * 3.141592653589793 / 4096


class World:
    """Two servos, 1 (a wheel) and 2, that follow their drive at once."""

    def __init__(self) -> None:
        self.chain = FeetechChain([Mounted(Servo(1), 1, True), Mounted(Servo(2, 1000), -1, False)])
        self.now = 0.0
        self.angles, self.velocity = [0.0, 0.0], [0.0, 0.0]
        self.torque = [0.0, 0.0]
        self.drives: tuple[AxisDrive, ...] = ()
        self.run(STEP_S)

    def run(self, seconds: float) -> None:
        for _ in range(max(1, round(seconds / STEP_S))):
            self.now += STEP_S
            self.angles = [a + v * STEP_S for a, v in zip(self.angles, self.velocity, strict=True)]
            rows = zip(self.angles, self.velocity, self.torque, strict=True)
            self.drives = self.chain.tick(self.now, tuple(AxisReading(*row) for row in rows))
            self.velocity = [drive.velocity for drive in self.drives]

    def say(self, servo: int, number: int, *parameters: int) -> bytes:
        return self.chain.feed(instruction(servo, number, bytes(parameters)), self.now)

    def write(self, servo: int, address: int, *data: int) -> None:
        assert self.say(servo, WRITE, address, *data)[:4] == bytes([0xFF, 0xFF, servo, 2])

    @property
    def memory(self) -> m.Memory:
        return self.chain.servos[0].memory


@pytest.fixture
def world() -> World:
    return World()


def turning(world: World, low: int = 0xE8, high: int = 3) -> None:
    """Servo 1 as a wheel at 1000 steps/s."""
    world.write(1, m.MODE, 1)
    world.write(1, m.TORQUE_ENABLE, 1)
    world.write(1, m.GOAL_VELOCITY, low, high)


def test_an_answer_by_hand(world: World) -> None:
    assert world.say(1, PING) == b"\xff\xff\x01\x02\x00\xfc"
    assert world.say(1, READ, 3, 2) == b"\xff\xff\x01\x04\x00\x09\x03\xee"
    assert checksum(b"\x01\x04\x02\x38\x02") == 0xBE


def test_after_any_bytes_the_next_packet_is_read() -> None:
    dice = random.Random(7)
    good = instruction(1, READ, bytes([3, 2]))
    for _ in range(3000):
        reader = PacketReader()
        reader.read(dice.randbytes(dice.randrange(60)), 0.0)
        found = reader.read(good, 1.0)  # whoever spoke before has fallen silent
        assert [(packet.id, packet.instruction) for packet in found] == [(1, READ)]


def test_a_packet_in_pieces_and_two_in_one() -> None:
    reader = PacketReader()
    good = instruction(5, PING)
    assert [reader.read(good[k : k + 1], 0.001 * k) for k in range(5)] == [[]] * 5
    assert len(reader.read(good[5:] + good, 0.006)) == 2
    assert reader.corrupt == 0


def test_a_damaged_packet_is_counted_and_not_obeyed(world: World) -> None:
    good = instruction(1, WRITE, bytes([m.ACCELERATION, 9]))
    for place in range(2, len(good)):
        bad = good[:place] + bytes([good[place] ^ 4]) + good[place + 1 :]
        world.now += 1.0
        world.chain.feed(bad, world.now)
    assert world.memory[m.ACCELERATION] == 0
    assert world.chain.corrupt > 0


def test_nobody_answers_to_what_everybody_is_told(world: World) -> None:
    assert world.say(EVERYBODY, WRITE, m.ACCELERATION, 5) == b""
    assert [servo.memory[m.ACCELERATION] for servo in world.chain.servos] == [5, 5]
    assert world.say(EVERYBODY, SYNC_WRITE, m.ACCELERATION, 1, 1, 7, 2, 8) == b""
    assert [servo.memory[m.ACCELERATION] for servo in world.chain.servos] == [7, 8]
    assert world.say(EVERYBODY, SYNC_WRITE, m.ACCELERATION, 1, 1, 7, 2) == b""  # a row too short: no such packet
    assert world.say(EVERYBODY, SYNC_READ, m.ACCELERATION, 1, 2, 9, 1) == status(2, 0, b"\x08") + status(1, 0, b"\x07")


def test_the_last_velocity_holds_for_ever(world: World) -> None:
    """No watchdog: the truth of this servo."""
    turning(world)
    world.run(60.0)
    assert world.velocity[0] == pytest.approx(1000 * STEP)
    assert world.chain.armed


def test_the_ramp_is_the_acceleration_register(world: World) -> None:
    world.write(1, m.ACCELERATION, 10)  # 1000 steps/s²
    turning(world)
    world.run(0.5)
    assert world.velocity[0] == pytest.approx(500 * STEP, rel=0.02)
    world.run(1.0)
    world.write(1, m.GOAL_VELOCITY, 0, 0)
    world.run(0.5)
    assert world.velocity[0] == pytest.approx(500 * STEP, rel=0.02)  # a slow ramp brakes slowly, too


def test_a_wheel_turns_no_faster_than_it_can(world: World) -> None:
    turning(world, 0xFF, 0x7F)
    world.run(1.0)
    assert world.velocity[0] == pytest.approx(3400 * STEP)


def test_without_torque_there_is_only_friction(world: World) -> None:
    turning(world)
    world.run(0.5)
    world.write(1, m.TORQUE_ENABLE, 0)
    world.run(STEP_S)
    assert world.drives[0] == AxisDrive(0.0, 0.15)
    assert not world.chain.armed


def test_in_position_mode_no_velocity_means_the_highest(world: World) -> None:
    world.write(2, m.TORQUE_ENABLE, 1)
    world.write(2, m.GOAL_POSITION, 0xA0, 0x0F)  # 4000, from 1000
    world.run(0.3)
    assert world.velocity[1] == pytest.approx(-3400 * STEP)  # mounted the other way round
    world.write(2, m.GOAL_VELOCITY, 100, 0)
    world.run(0.5)
    assert world.velocity[1] == pytest.approx(-100 * STEP)


def test_positions_stop_at_the_servos_own_limits(world: World) -> None:
    world.write(2, m.HIGHEST_POSITION, 0xB0, 0x04)  # 1200
    world.write(2, m.TORQUE_ENABLE, 1)
    world.write(2, m.GOAL_POSITION, 0xA0, 0x0F)
    world.run(2.0)
    assert world.chain.servos[1].memory.word(m.POSITION) == pytest.approx(1200, abs=2)


def test_overload_weakens_until_it_is_told_to_go_back(world: World) -> None:
    turning(world)
    world.torque[0] = 2.9
    world.run(2.2)
    assert world.memory[m.STATUS] == 32
    assert world.say(1, PING)[4] == 32  # every answer says so
    assert world.drives[0].torque_limit == pytest.approx(0.2 * 2.94)
    world.torque[0] = 0.0
    world.write(1, m.GOAL_VELOCITY, 0xE8, 0x83)  # backwards
    world.run(0.1)
    assert world.memory[m.STATUS] == 0
    assert world.drives[0].torque_limit == pytest.approx(2.94)


@pytest.mark.parametrize("voltage", [3.0, 15.0])
def test_a_voltage_out_of_range_is_said(world: World, voltage: float) -> None:
    world.chain.servos[0].motor.voltage = voltage
    world.run(STEP_S)
    assert world.memory[m.STATUS] == 1
    assert world.memory[m.VOLTAGE] == round(voltage * 10)


def test_a_hot_servo_lets_go(world: World) -> None:
    turning(world)
    world.chain.servos[0].motor.temperature = 80.0
    world.run(2 * STEP_S)
    assert world.memory[m.STATUS] == 4
    assert world.drives[0].velocity == 0.0


def test_standing_under_full_torque_heats(world: World) -> None:
    turning(world)
    world.torque[0] = 2.0
    world.run(20.0)
    assert 26 < world.memory[m.TEMPERATURE] < 50


def test_a_reboot_forgets_the_goal_and_keeps_the_ids(world: World) -> None:
    turning(world)
    world.run(0.3)
    world.chain.reboot(world.now)
    world.run(0.1)
    assert world.velocity[0] == 0.0
    assert world.chain.last_setpoint_made_at is None
    assert [servo.id for servo in world.chain.servos] == [1, 2]
    assert world.memory.word(m.TORQUE_LIMIT) == 1000


def test_the_button_cuts_the_supply_of_motors_and_logic(world: World) -> None:
    turning(world)
    world.run(0.3)
    world.chain.press_estop(True)
    world.run(0.1)
    assert world.velocity == [0.0, 0.0]
    assert world.say(1, PING) == b""
    world.chain.press_estop(False)
    world.run(0.1)
    assert world.say(1, PING) != b""
    assert world.velocity == [0.0, 0.0]


def test_servos_of_another_rate_hear_nothing(world: World) -> None:
    world.chain.servos[1].memory.keep(m.BAUD, 4)
    world.chain.heard_baud = 1_000_000
    assert world.say(1, PING) != b""
    assert world.say(2, PING) == b""
    world.chain.heard_baud = 115_200
    assert world.say(2, PING) != b""


def test_the_magic_torque_value_makes_here_the_middle(world: World) -> None:
    world.write(2, m.TORQUE_ENABLE, m.CALIBRATE)
    assert world.chain.servos[1].memory.word(m.POSITION) == 2048
    assert world.chain.servos[1].memory.signed(m.OFFSET, 11) == 1000 - 2048
    world.chain.reboot(world.now)
    world.run(STEP_S)
    assert world.chain.servos[1].memory.word(m.POSITION) == 2048


def test_a_stuck_encoder_says_the_same_for_ever(world: World) -> None:
    turning(world)
    world.run(0.3)
    world.chain.servos[0].motor.encoder_stuck = True
    before = world.memory.word(m.POSITION)
    world.run(0.3)
    assert world.memory.word(m.POSITION) == before


def test_the_time_of_the_last_goal(world: World) -> None:
    assert world.chain.last_setpoint_made_at is None
    turning(world)
    assert world.chain.last_setpoint_made_at == world.now
