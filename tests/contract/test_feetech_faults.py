"""FeetechBus when the line, the servos or the clock misbehave: a named error, never a guess and never an old value."""

from __future__ import annotations

import math
import random
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial

from firmware_bridge.bus import BusAwayError, BusError
from firmware_bridge.feetech.bus import FeetechBus
from firmware_bridge.feetech.turns import LONGEST_GAP_S
from firmware_bridge.motors import AxisCommand, Mode
from firmware_bridge.sdk_port import BoundedPort
from sim.motors.feetech import memory as m
from sim.motors.feetech.packets import SYNC_WRITE, PacketReader, instruction
from tests.contract.feetech_rig import PATIENCE_S, FeetechRig

STEP = math.tau / 4096
FULL = 3000 * STEP
REST = tuple(AxisCommand(Mode.POSITION, 0.0, 1.0) for _ in range(6))


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[FeetechRig]:
    made = FeetechRig(tmp_path)
    yield made
    made.close()


@pytest.fixture
def bus(rig: FeetechRig) -> Iterator[FeetechBus]:
    made = FeetechBus(rig.motors, rig.clock.now, PATIENCE_S)
    made.open()
    made.greet()
    made.enable()
    made.read()
    yield made
    rig.spoil = rig.spoil_in = lambda data: data
    rig.running = True
    for servo in rig.chain.servos:
        servo.silent = False
    made.close()


@contextmanager
def impatient(bus: FeetechBus, reply_s: float = 0.3) -> Iterator[None]:
    """Where an answer is known not to come."""
    bus._line.reply_s = reply_s
    yield
    bus._line.reply_s = PATIENCE_S


def drive(bus: FeetechBus, velocity: float) -> None:
    bus.write((*[AxisCommand(Mode.VELOCITY, velocity, 2.0)] * 3, *REST))


def flipped(answer: bytes) -> bytes:
    """One bit of the position in the first servo's answer."""
    place = 5 + m.POSITION - m.TORQUE_ENABLE
    return answer[:place] + bytes([answer[place] ^ 0x10]) + answer[place + 1 :] if answer else answer


def without_sync_writes(data: bytes) -> bytes:
    said = PacketReader().read(data, 0.0)
    return b"".join(instruction(p.id, p.instruction, p.parameters) for p in said if p.instruction != SYNC_WRITE)


@pytest.mark.parametrize(
    ("spoil", "corrupt"),
    [
        (flipped, True),
        (lambda answer: answer[: len(answer) // 2], True),
        (lambda answer: answer[1:], True),
        (lambda answer: b"\xff\xff" + answer, True),
        (lambda answer: answer[:40] + b"\x00" + answer[40:], True),
        (lambda answer: random.Random(3).randbytes(len(answer)), True),
        (lambda answer: b"", False),
    ],
)
def test_a_damaged_or_missing_answer_is_an_error_and_the_next_is_good(
    rig: FeetechRig, bus: FeetechBus, spoil: Callable[[bytes], bytes], corrupt: bool
) -> None:
    rig.spoil = spoil
    with impatient(bus), pytest.raises(BusError) as caught:
        bus.read()
    assert caught.value.corrupt is corrupt
    rig.spoil = lambda answer: answer
    assert len(bus.read().ticks) == 9


def test_a_servo_that_falls_silent_is_named_and_its_last_answer_is_not_taken_again(
    rig: FeetechRig, bus: FeetechBus
) -> None:
    rig.servo(4).silent = True
    for _ in range(2):
        with impatient(bus), pytest.raises(BusError, match=r"no good answer from servo 4$"):
            bus.read()
    rig.servo(4).silent = False
    assert len(bus.read().ticks) == 9


def test_a_late_answer_is_not_taken_for_the_next_one(rig: FeetechRig, bus: FeetechBus) -> None:
    drive(bus, 1.0)
    bus.read()
    rig.turn(0.2)
    before = bus.read().ticks[0]
    held: list[bytes] = []
    rig.spoil = lambda answer: held.append(answer) or b""
    with impatient(bus), pytest.raises(BusError):
        bus.read()
    rig.turn(0.2)
    rig.spoil = lambda answer: answer
    rig.port.write(b"".join(held))
    assert bus.read().ticks[0] - before == pytest.approx(0.2 / STEP, abs=5)


def test_what_lies_on_the_line_unasked_is_thrown_away(rig: FeetechRig, bus: FeetechBus) -> None:
    said: list[bytes] = []
    rig.spoil = lambda answer: said.append(answer) or answer
    drive(bus, 1.0)
    before = bus.read().ticks[0]
    rig.turn(0.2)
    rig.port.write(said[-1])
    select.select([rig.port._slave], [], [])
    assert bus.read().ticks[0] > before + 100


def test_after_a_failure_a_late_answer_is_waited_for_and_thrown_away(tmp_path: Path) -> None:
    """It comes only while the port is already being cleared, so emptying it once would not do."""
    rig = FeetechRig(tmp_path)
    asked: list[float] = []

    def clock() -> float:
        asked.append(0.0)
        if len(asked) == 3:  # the first look at the clock after `distrust`
            rig.port.write(b"late")
            select.select([rig.port._slave], [], [])
        return 0.0 if len(asked) <= 3 else 0.03  # later than LATE_S, earlier than the end of the answer's time

    port = BoundedPort(str(rig.port.link), 1_000_000, clock)
    port.reply_s = 0.05
    port.distrust()
    port.clearPort()
    port.setPacketTimeout(6)
    assert port.readPort(4) == b""
    port.close()
    rig.close()


def test_missing_servos_are_named_by_the_greeting_and_all_others_stopped(rig: FeetechRig, bus: FeetechBus) -> None:
    drive(bus, 1.0)
    bus.read()
    rig.servo(2).silent = rig.servo(8).silent = True
    with (
        impatient(bus),
        pytest.raises(BusError, match=r"no answer from back_wheel \(id 8\), shoulder_lift \(id 2\); check power"),
    ):
        bus.greet()
    rig.turn(0.1)
    assert rig.velocity[0] == rig.velocity[2] == 0.0
    assert rig.velocity[1] == pytest.approx(1.0, abs=2 * STEP)  # who can't be told goes on


def test_disabling_says_who_may_still_be_under_power(rig: FeetechRig, bus: FeetechBus) -> None:
    drive(bus, 1.0)
    bus.read()
    rig.servo(9).silent = True
    with impatient(bus), pytest.raises(BusError, match=r"servos \[9\] may still be under power"):
        bus.disable()
    rig.turn(0.1)
    assert rig.velocity[:2] == [0.0, 0.0]


def test_a_zero_that_gets_lost_is_told_again(rig: FeetechRig, bus: FeetechBus) -> None:
    """Nobody confirms what is written to all; disable() looks, and tells each servo by itself."""
    drive(bus, 1.0)
    bus.read()
    rig.spoil_in = without_sync_writes
    bus.disable()
    rig.turn(0.1)
    assert rig.velocity[:3] == [0.0, 0.0, 0.0]
    assert not rig.chain.armed


def test_a_command_that_got_lost_is_seen(rig: FeetechRig, bus: FeetechBus) -> None:
    drive(bus, 1.0)
    bus.read()
    rig.spoil_in = without_sync_writes
    drive(bus, 0.0)
    with pytest.raises(BusError, match="servo 7 has 651 steps/s for its goal instead of 0") as caught:
        bus.read()
    assert caught.value.corrupt
    rig.spoil_in = lambda data: data
    drive(bus, 0.0)
    assert bus.read().enabled


def test_a_goal_of_a_joint_that_was_damaged_on_its_way_is_seen_and_told_again(rig: FeetechRig, bus: FeetechBus) -> None:
    """A checksum of eight bits lets one damaged packet in 256 pass: an arm would go where nobody told it to."""
    drive(bus, 0.0)
    bus.read()
    rig.servo(3).memory.set_word(m.GOAL_POSITION, 2900)
    with pytest.raises(BusError, match="servo 3 has 2900 steps for its goal instead of 2040") as caught:
        bus.read()
    assert caught.value.corrupt
    drive(bus, 0.0)
    assert bus.read().enabled


def test_an_endless_babble_does_not_hold_the_host(rig: FeetechRig, bus: FeetechBus) -> None:
    """The SDK alone would read for ever."""
    ended = threading.Event()
    noise = random.Random(1).randbytes(512)

    def babble() -> None:
        while not ended.wait(0.001):
            rig.port.write(noise)

    talker = threading.Thread(target=babble)
    rig.spoil = lambda answer: b""
    talker.start()
    try:
        for _ in range(5):
            with impatient(bus, 0.05), pytest.raises(BusError):
                bus.read()
            with impatient(bus, 0.05), pytest.raises(BusError):
                bus._line.ping(7)
    finally:
        ended.set()
        talker.join()
    rig.spoil = lambda answer: answer
    assert len(bus.read().ticks) == 9


def test_unplugged_in_motion_and_plugged_in_again(rig: FeetechRig, bus: FeetechBus) -> None:
    drive(bus, 2.0)
    bus.read()
    rig.unplug()
    with pytest.raises(BusAwayError, match="check the cable"):
        bus.read()
    with pytest.raises(BusAwayError, match="not open"):
        drive(bus, 3.0)
    with pytest.raises(BusAwayError, match="no such port"):
        bus.open()
    rig.turn(1.0)
    assert rig.velocity[0] == pytest.approx(2.0, abs=2 * STEP)  # no watchdog: nothing stops them
    rig.replug()
    bus.open()
    rig.heard.clear()
    bus.greet()
    rig.turn(0.1)
    assert rig.velocity[:3] == [0.0, 0.0, 0.0]
    with pytest.raises(BusError, match="not enabled"):
        drive(bus, 1.0)
    bus.enable()
    rig.turn(0.2)
    bus.read()
    assert rig.velocity[:3] == [0.0, 0.0, 0.0]  # nothing of before the break comes back


@pytest.mark.parametrize("velocity", [FULL, -FULL])
@pytest.mark.parametrize("gap_s", [0.01, 0.05, 0.2, 0.45])
def test_counts_follow_wheels_at_full_speed_through_many_turns(
    rig: FeetechRig, bus: FeetechBus, velocity: float, gap_s: float
) -> None:
    drive(bus, velocity)
    for _ in range(round(6.0 / gap_s)):
        rig.turn(gap_s)
        said = bus.read()
    assert abs(rig.angles[0]) > 3 * math.tau
    assert [ticks * STEP for ticks in said.ticks[:3]] == pytest.approx(rig.angles[:3], abs=2 * STEP)


def test_where_the_turns_are_ambiguous_the_bus_refuses_until_it_greets_anew(rig: FeetechRig, bus: FeetechBus) -> None:
    drive(bus, FULL)
    rig.turn(0.1)
    bus.read()
    rig.turn(LONGEST_GAP_S + 0.01)
    with pytest.raises(BusError, match=r"the count of the wheels' turns is lost: 0\.5"):
        bus.read()
    with pytest.raises(BusError, match="greet anew"):
        bus.read()
    with pytest.raises(BusError, match="greet first"):
        bus.enable()
    counted = bus.greet()
    assert counted == 2
    assert bus.read().ticks[0] * STEP == pytest.approx(rig.angles[0] % math.tau, abs=2 * STEP)


def test_a_position_that_leaps_is_damage(rig: FeetechRig, bus: FeetechBus) -> None:
    bus.read()
    rig.servo(8).motor._zero += 1500
    rig.turn(0.05)
    with pytest.raises(BusError, match="a wheel's position can't be: 1500 steps"):
        bus.read()
    rig.servo(8).motor._zero -= 1500
    rig.turn(0.05)
    assert bus.read().ticks[1] == 0


@pytest.mark.parametrize("seed", range(3))
def test_mutated_answers_never_move_a_count(rig: FeetechRig, bus: FeetechBus, seed: int) -> None:
    """Eight bits of checksum let one in some hundred through; then the range of what can be is the guard."""
    dice = random.Random(seed)

    def mutate(answer: bytes) -> bytes:
        if not answer or dice.random() < 0.3:
            return answer
        wrong = bytearray(answer)
        for _ in range(dice.randrange(1, 4)):
            wrong[dice.randrange(len(wrong))] = dice.randrange(256)
        return bytes(wrong)

    rig.spoil = mutate
    good = 0
    for _ in range(150):
        try:
            with impatient(bus, 0.02):
                ticks = bus.read().ticks[:3]
        except BusError:
            bus._line._port.distrust = lambda: None  # type: ignore[union-attr, method-assign]
            continue
        good += 1
        assert all(abs(count) <= 256 for count in ticks)
    assert good > 20


def test_what_a_failed_exchange_could_not_send_is_not_sent_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An adapter that hung may hold commands and send them when it wakes up.

    A pseudo-terminal holds nothing back, so all that shows here is what the port is told: to forget them after a
    failure, and never otherwise, or a packet to all would be cut in half by the question behind it.
    """
    rig = FeetechRig(tmp_path)
    told: list[str] = []
    monkeypatch.setattr(serial.Serial, "reset_output_buffer", lambda _: told.append("forget"))
    port = BoundedPort(str(rig.port.link), 1_000_000, lambda: 0.0)
    port.clearPort()
    assert told == []
    port._clock = iter([0.0, *[1.0] * 99]).__next__
    port.distrust()
    port.clearPort()
    port.clearPort()
    assert told == ["forget"]
    port.close()
    rig.close()
