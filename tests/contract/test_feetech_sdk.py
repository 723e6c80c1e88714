"""Feetech's own SDK, with its own port handler, takes the simulated servos for real ones: every instruction it has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import scservo_sdk as sdk

from sim.motors.feetech import memory as m
from sim.motors.feetech.chain import FeetechChain, Mounted
from sim.motors.feetech.packets import WRITE, instruction
from sim.motors.feetech.servo import Servo
from tests.contract.feetech_rig import FeetechRig, lekiwi

OK = sdk.COMM_SUCCESS
PATIENCE_MS = 5000  # for an answer that must come, on however busy a machine; the SDK's own is 50


@contextmanager
def impatient() -> Iterator[None]:
    """Where an answer is known not to come."""
    sdk.port_handler.LATENCY_TIMER = 50
    yield
    sdk.port_handler.LATENCY_TIMER = PATIENCE_MS


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk.port_handler, "LATENCY_TIMER", PATIENCE_MS)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[FeetechRig]:
    made = FeetechRig(tmp_path)
    yield made
    made.close()


@pytest.fixture
def servos(rig: FeetechRig) -> Iterator[Any]:
    port = sdk.PortHandler(str(rig.port.link))
    assert port.openPort()
    yield sdk.sms_sts(port)
    port.closePort()


def test_ping(servos: Any) -> None:
    assert [servos.ping(servo) for servo in range(1, 10)] == [(777, OK, 0)] * 9
    with impatient():
        assert servos.ping(10)[1] == sdk.COMM_RX_TIMEOUT


def test_read_and_write_of_one_two_and_four_bytes(servos: Any, rig: FeetechRig) -> None:
    assert servos.write1ByteTxRx(7, m.ACCELERATION, 50) == (OK, 0)
    assert servos.read1ByteTxRx(7, m.ACCELERATION) == (50, OK, 0)
    assert servos.write2ByteTxRx(1, m.GOAL_POSITION, 0x0923) == (OK, 0)
    assert servos.read2ByteTxRx(1, m.GOAL_POSITION) == (0x0923, OK, 0)
    assert servos.write4ByteTxRx(2, m.GOAL_POSITION, 0x01020304) == (OK, 0)
    assert servos.read4ByteTxRx(2, m.GOAL_POSITION) == (0x01020304, OK, 0)
    assert servos.read1ByteTxRx(7, m.VOLTAGE)[0] == round(rig.servo(7).motor.voltage * 10)


def test_a_wheel_turns_and_says_how_fast(servos: Any, rig: FeetechRig) -> None:
    servos.WheelMode(9)
    servos.write1ByteTxRx(9, m.TORQUE_ENABLE, 1)
    servos.WriteSpec(9, -1000, 50)
    rig.turn(0.1)
    assert -600 < servos.ReadSpeed(9)[0] < -400  # on its ramp of 5000 steps/s²
    rig.turn(0.5)
    position, speed, result, _ = servos.ReadPosSpeed(9)
    assert (speed, result) == (-1000, OK)
    assert 0 <= position < 4096
    assert servos.ReadMoving(9)[0] == 1


def test_a_joint_goes_where_it_is_sent(servos: Any, rig: FeetechRig) -> None:
    servos.write1ByteTxRx(1, m.TORQUE_ENABLE, 1)
    servos.WritePosEx(1, 2600, 1500, 50)
    rig.turn(2.0)
    assert abs(servos.ReadPos(1)[0] - 2600) <= 2


def test_a_registered_write_waits_for_the_action(servos: Any, rig: FeetechRig) -> None:
    for servo in (1, 2):
        assert servos.RegWritePosEx(servo, 1234, 100, 10) == (OK, 0)
        assert servos.read1ByteTxRx(servo, m.PENDING)[0] == 1
    assert servos.read2ByteTxRx(1, m.GOAL_POSITION)[0] == 0
    assert servos.RegAction() == OK
    assert [servos.read2ByteTxRx(servo, m.GOAL_POSITION)[0] for servo in (1, 2)] == [1234, 1234]
    assert servos.read1ByteTxRx(1, m.PENDING)[0] == 0


def test_sync_write_and_sync_read(servos: Any) -> None:
    for servo, place in ((1, 1111), (2, 2222)):
        assert servos.SyncWritePosEx(servo, place, 500, 20)
    assert servos.groupSyncWrite.txPacket() == OK
    group = sdk.GroupSyncRead(servos, m.ACCELERATION, 7)
    for servo in (2, 1, 3):
        group.addParam(servo)
    assert group.txRxPacket() == OK
    assert [group.getData(servo, m.GOAL_POSITION, 2) for servo in (1, 2, 3)] == [1111, 2222, 0]
    assert [group.getData(servo, m.ACCELERATION, 1) for servo in (1, 2, 3)] == [20, 20, 0]


def test_what_is_written_under_the_lock_is_gone_with_the_power(servos: Any, rig: FeetechRig) -> None:
    servos.write2ByteTxRx(3, m.HIGHEST_POSITION, 3000)
    assert servos.read2ByteTxRx(3, m.HIGHEST_POSITION)[0] == 3000
    rig.servo(3).power_up()
    assert servos.read2ByteTxRx(3, m.HIGHEST_POSITION)[0] == 4095
    servos.unLockEprom(3)
    servos.write2ByteTxRx(3, m.HIGHEST_POSITION, 3000)
    servos.LockEprom(3)
    rig.servo(3).power_up()
    assert servos.read2ByteTxRx(3, m.HIGHEST_POSITION)[0] == 3000


def test_an_id_is_changed(servos: Any, rig: FeetechRig) -> None:
    servos.unLockEprom(4)
    servos.write1ByteTxRx(4, m.ID, 40)
    servos.LockEprom(40)
    with impatient():
        assert servos.ping(4)[1] == sdk.COMM_RX_TIMEOUT
    rig.servo(40).power_up()
    assert servos.ping(40) == (777, OK, 0)


def test_registers_that_can_only_be_read_stay(servos: Any) -> None:
    servos.write2ByteTxRx(5, m.POSITION, 99)
    servos.write2ByteTxRx(5, 3, 99)
    assert servos.read2ByteTxRx(5, 3)[0] == 777
    assert servos.ReadPos(5)[0] != 99


def test_the_error_byte_of_an_answer_says_what_hurts(servos: Any, rig: FeetechRig) -> None:
    rig.servo(6).motor.temperature = 90.0
    rig.turn(0.01)
    model, result, error = servos.ping(6)
    assert (model, result) == (777, OK)
    assert error == 4
    assert "Overheat" in servos.getRxPacketError(error)


def test_a_damaged_instruction_is_answered_by_nobody_and_not_obeyed(servos: Any, rig: FeetechRig) -> None:
    good = instruction(7, WRITE, bytes([m.ACCELERATION, 99]))
    for bad in (good[:-1] + bytes([good[-1] ^ 1]), good[:5], b"\xff" * 7, b"\x00\xff\x01"):
        servos.portHandler.writePort(bad)
        with impatient():
            servos.ping(7)  # where the damaged one was cut off it takes this one with it
        rig.turn(0.01)
        assert servos.ping(7) == (777, OK, 0)
    assert servos.read1ByteTxRx(7, m.ACCELERATION) == (0, OK, 0)


def test_two_servos_with_one_id_are_not_understood(tmp_path: Path) -> None:
    twins = FeetechChain([Mounted(Servo(1), 1, True), Mounted(Servo(1), 1, True)])
    rig = FeetechRig(tmp_path, lekiwi(tmp_path / "motors.tty"), twins)
    port = sdk.PortHandler(str(rig.port.link))
    assert port.openPort()
    with impatient():
        assert sdk.sms_sts(port).ping(1)[1] == sdk.COMM_RX_CORRUPT
    port.closePort()
    rig.close()


def test_a_silent_servo_and_a_servo_that_answers_only_reads(servos: Any, rig: FeetechRig) -> None:
    rig.servo(8).silent = True
    with impatient():
        assert servos.read1ByteTxRx(8, m.ID)[1] == sdk.COMM_RX_TIMEOUT
    rig.servo(9).memory[m.RESPONSE_LEVEL] = 0
    with impatient():
        assert servos.write1ByteTxRx(9, m.ACCELERATION, 7)[0] == sdk.COMM_RX_TIMEOUT
    assert servos.read1ByteTxRx(9, m.ACCELERATION) == (7, OK, 0)
