"""What a person at the bench does on simulated servos over a real pseudo-terminal: scan, give ids, calibrate."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.bus import BusError, MisfitError
from firmware_bridge.feetech import service
from firmware_bridge.feetech.line import Line
from firmware_bridge.serial_port import PortBusyError
from sim.motors.feetech import memory as m
from sim.motors.feetech.chain import FeetechChain, Mounted
from sim.motors.feetech.servo import Servo
from tests.contract.feetech_rig import PATIENCE_S, FeetechRig, lekiwi

STEP = math.tau / 4096
SILENCE_S = 0.3  # where nobody is known to answer


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[FeetechRig]:
    made = FeetechRig(tmp_path)
    yield made
    made.close()


@pytest.fixture
def line(rig: FeetechRig) -> Iterator[Line]:
    made = Line(str(rig.port.link), 1_000_000, reply_s=SILENCE_S)
    made.open()
    yield made
    made.close()


def test_a_scan_finds_every_servo_at_its_own_rate(rig: FeetechRig) -> None:
    rig.baud_matters = True
    for servo in (rig.servo(2), rig.servo(9)):
        servo.memory.keep(m.BAUD, m.BAUDS.index(115_200))
    found = list(service.scan(str(rig.port.link), (1_000_000, 115_200), (1, 2, 9), reply_s=SILENCE_S))
    assert [(one.baud, one.id, one.name) for one in found] == [
        (1_000_000, 1, "STS3215"),
        (115_200, 2, "STS3215"),
        (115_200, 9, "STS3215"),
    ]
    assert found[0].feedback is not None
    assert found[0].feedback.voltage == pytest.approx(12.6, abs=0.1)
    assert not found[0].feedback.enabled


def test_a_scan_changes_nothing_and_needs_the_port_for_itself(rig: FeetechRig, line: Line) -> None:
    with pytest.raises(PortBusyError, match="another program holds the port"):
        list(service.scan(str(rig.port.link), (1_000_000,), (1,)))
    line.close()
    before = [servo.memory.read(0, m.SIZE) for servo in rig.chain.servos]
    assert len(list(service.scan(str(rig.port.link), (1_000_000,), range(1, 10), reply_s=PATIENCE_S))) == 9
    assert [servo.memory.read(0, m.SIZE) for servo in rig.chain.servos] == before


def test_two_with_one_id_are_seen(tmp_path: Path) -> None:
    twins = FeetechChain([Mounted(Servo(1), 1, True), Mounted(Servo(1), 1, True)])
    rig = FeetechRig(tmp_path, lekiwi(tmp_path / "motors.tty"), twins)
    (found,) = service.scan(str(rig.port.link), (1_000_000,), (1,), reply_s=SILENCE_S)
    assert found.model is None
    assert "two with one id" in found.name
    rig.close()


def test_an_unknown_model_is_found_and_named_so(rig: FeetechRig, line: Line) -> None:
    rig.servo(3).memory.keep(3, 0xFF)
    found = service.look(line, 3)
    assert found is not None
    assert (found.model, found.name) == (0x3FF, "unknown model 1023")


def test_a_new_id_outlives_the_power_and_stops_the_servo_first(rig: FeetechRig, line: Line) -> None:
    servo = rig.servo(9)
    line.write(9, m.MODE, b"\1")
    line.write(9, m.TORQUE_ENABLE, b"\1")
    line.write(9, m.GOAL_VELOCITY, b"\xe8\x03")
    rig.turn(0.2)
    assert rig.velocity[2] > 1.0
    service.set_id(line, 9, 19)
    rig.turn(0.1)
    assert rig.velocity[2] == 0.0
    servo.power_up()
    assert servo.id == 19
    assert servo.memory[m.LOCK] == 1
    assert servo.memory[m.MODE] == 0  # what was written under the lock is not kept
    assert line.ping(19) == 777


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [(9, 8, "somebody answers to id 8"), (9, 253, "no id of a servo"), (9, 9, "has this id already")],
)
def test_an_id_that_can_not_be_given_is_refused(line: Line, rig: FeetechRig, old: int, new: int, says: str) -> None:
    with pytest.raises(MisfitError, match=says):
        service.set_id(line, old, new)
    assert line.ping(old) == 777


def test_nobody_there_to_give_an_id_to(line: Line, rig: FeetechRig) -> None:
    line.reply_s = 0.02
    with pytest.raises(BusError, match="servo 30: ping: no answer"):
        service.set_id(line, 30, 31)


@pytest.mark.parametrize("stands_at", [0.0, 1.2, -2.9, math.pi - 0.5, 17.0])
@pytest.mark.parametrize("offset_before", [0, 1500, -2047])
def test_calibration_makes_where_it_stands_the_middle(
    rig: FeetechRig, line: Line, stands_at: float, offset_before: int
) -> None:
    servo = rig.servo(2)
    line.write(2, m.OFFSET, (abs(offset_before) | (2048 if offset_before < 0 else 0)).to_bytes(2, "little"))
    rig.angles[4] = stands_at
    rig.turn(0.02)
    zero = service.calibrate(line, 2)
    assert abs(zero - 2048) <= 1
    assert service.position(line, 2) == zero
    servo.power_up()
    rig.turn(0.02)
    assert service.position(line, 2) == zero  # it is kept
    rig.angles[4] += 0.3
    rig.turn(0.02)
    assert service.position(line, 2) - zero == pytest.approx(-0.3 / STEP, abs=1)  # this one is mounted the other way


def test_a_scan_of_an_empty_bus_ends(tmp_path: Path) -> None:
    rig = FeetechRig(tmp_path, lekiwi(tmp_path / "motors.tty"), FeetechChain([]))
    began = time.process_time()
    assert list(service.scan(str(rig.port.link), (1_000_000, 500_000), range(20), reply_s=0.01)) == []
    assert time.process_time() - began < 30.0  # it waits without spinning; the bound is no measurement
    rig.close()
