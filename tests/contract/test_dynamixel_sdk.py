"""The maker's own SDK, with its own port, takes the simulated servos for real ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dynamixel_sdk
import pytest

from firmware_bridge.dynamixel.line import packets
from sim.motors.dynamixel import memory as m
from sim.motors.dynamixel.chain import DynamixelChain, chain_from
from tests.contract.dynamixel_rig import DynamixelRig, servos

OK = dynamixel_sdk.COMM_SUCCESS
RANGE, LIMIT, ACCESS, ALERT = 4, 6, 7, 0x80


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[DynamixelRig]:
    made = DynamixelRig(tmp_path, chain_from(servos(tmp_path / "motors.tty")), 4)
    yield made
    made.close()


@pytest.fixture
def port(rig: DynamixelRig, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(dynamixel_sdk.port_handler, "LATENCY_TIMER", 300)  # ms, the SDK's own; busy machines are slow
    made = dynamixel_sdk.PortHandler(str(rig.port.link))
    assert made.openPort()
    assert made.setBaudRate(1_000_000)
    yield made
    made.closePort()


@pytest.fixture
def sdk() -> Any:
    return dynamixel_sdk.PacketHandler(2.0)


def chain(rig: DynamixelRig) -> DynamixelChain:
    assert isinstance(rig.devices, DynamixelChain)
    return rig.devices


def test_it_finds_every_servo(port: Any, sdk: Any) -> None:
    assert [sdk.ping(port, device) for device in (1, 11)] == [(1030, OK, 0), (1020, OK, 0)]
    assert sdk.ping(port, 5)[1] == dynamixel_sdk.COMM_RX_TIMEOUT
    found, result = sdk.broadcastPing(port)
    assert result == OK
    assert {device: row[0] for device, row in found.items()} == {1: 1030, 2: 1030, 11: 1020, 12: 1020}


def test_it_reads_and_writes_every_width(port: Any, sdk: Any) -> None:
    assert sdk.write1ByteTxRx(port, 1, m.STATUS_RETURN_LEVEL, 2) == (OK, 0)
    assert sdk.write2ByteTxRx(port, 1, m.GOAL_PWM, 400) == (OK, 0)
    assert sdk.write4ByteTxRx(port, 1, m.PROFILE_VELOCITY, 30000) == (OK, 0)
    assert sdk.read2ByteTxRx(port, 1, m.GOAL_PWM) == (400, OK, 0)
    assert sdk.read4ByteTxRx(port, 1, m.PROFILE_VELOCITY) == (30000, OK, 0)
    assert sdk.read2ByteTxRx(port, 1, m.PRESENT_VOLTAGE)[0] in (125, 126)


def test_stuffed_bytes_arrive_as_they_were(rig: DynamixelRig, port: Any, sdk: Any) -> None:
    """FF FF FD inside a packet would look like the next one's header."""
    servo = chain(rig).servos[0]
    servo.memory.put(m.PRESENT_POSITION, -131_073)  # FF FF FD FF
    data, result, error = sdk.readTxRx(port, 1, m.PRESENT_POSITION, 4)
    assert (bytes(data), result, error) == (b"\xff\xff\xfd\xff", OK, 0)
    assert sdk.write4ByteTxRx(port, 1, m.HOMING_OFFSET, -131_073)[0] != OK, "the SDK stuffs now: packets() can go"
    assert packets().write4ByteTxRx(port, 1, m.HOMING_OFFSET, -131_073) == (OK, 0)
    assert servo.memory.raw(m.HOMING_OFFSET, 4) == b"\xff\xff\xfd\xff"


@pytest.mark.parametrize("fast", [False, True])
def test_one_packet_reads_or_writes_all(rig: DynamixelRig, port: Any, sdk: Any, fast: bool) -> None:
    goals = dynamixel_sdk.GroupSyncWrite(port, sdk, m.PROFILE_ACCELERATION, 4)
    for device in (1, 2, 11, 12):
        assert goals.addParam(device, [device, 1, 0, 0])
    assert goals.txPacket() == OK
    asked = dynamixel_sdk.GroupSyncRead(port, sdk, m.PROFILE_ACCELERATION, 4)
    for device in (1, 2, 11, 12):
        asked.addParam(device)
    assert (asked.fastSyncRead() if fast else asked.txRxPacket()) == OK
    found = {device: asked.getData(device, m.PROFILE_ACCELERATION, 4) for device in (1, 2, 11, 12)}
    assert found == {1: 257, 2: 258, 11: 267, 12: 268}


def test_eeprom_is_locked_under_torque_and_outlives_a_reboot(port: Any, sdk: Any) -> None:
    assert sdk.write1ByteTxRx(port, 1, m.OPERATING_MODE, 1) == (OK, 0)
    assert sdk.write1ByteTxRx(port, 1, m.TORQUE_ENABLE, 1) == (OK, 0)
    assert sdk.write1ByteTxRx(port, 1, m.OPERATING_MODE, 3) == (OK, ACCESS)
    assert sdk.reboot(port, 1) == (OK, 0)
    assert sdk.read1ByteTxRx(port, 1, m.TORQUE_ENABLE) == (0, OK, 0)
    assert sdk.read1ByteTxRx(port, 1, m.OPERATING_MODE) == (1, OK, 0)


def test_it_refuses_what_a_servo_refuses(port: Any, sdk: Any) -> None:
    assert sdk.write4ByteTxRx(port, 1, m.PRESENT_POSITION, 5) == (OK, ACCESS)
    assert sdk.write1ByteTxRx(port, 1, m.OPERATING_MODE, 2) == (OK, RANGE)
    assert sdk.write1ByteTxRx(port, 1, m.OPERATING_MODE, 1) == (OK, 0)
    assert sdk.write4ByteTxRx(port, 1, m.GOAL_VELOCITY, 400) == (OK, LIMIT)
    _, result, error = sdk.readTxRx(port, 1, 400, 4)
    assert (result, error) == (OK, ACCESS)


def test_the_bus_watchdog_stops_the_servo_and_refuses_goals_until_it_is_cleared(
    rig: DynamixelRig, port: Any, sdk: Any
) -> None:
    for address, value in ((m.OPERATING_MODE, 1), (m.TORQUE_ENABLE, 1), (m.BUS_WATCHDOG, 5)):
        assert sdk.write1ByteTxRx(port, 1, address, value) == (OK, 0)
    assert sdk.write4ByteTxRx(port, 1, m.GOAL_VELOCITY, 100) == (OK, 0)
    for _ in range(3):  # any instruction to anybody feeds it
        rig.turn(0.09)
        assert sdk.ping(port, 12)[1] == OK
    assert rig.velocity[0] > 2.0
    rig.turn(0.11)
    assert rig.standing
    assert sdk.read1ByteTxRx(port, 1, m.BUS_WATCHDOG) == (255, OK, 0)
    assert sdk.write4ByteTxRx(port, 1, m.GOAL_VELOCITY, 100) == (OK, RANGE)
    assert sdk.write1ByteTxRx(port, 1, m.BUS_WATCHDOG, 0) == (OK, 0)
    assert sdk.write4ByteTxRx(port, 1, m.GOAL_VELOCITY, 100) == (OK, 0)
    rig.turn(0.01)
    assert rig.velocity[0] > 2.0


def test_an_overloaded_servo_shuts_down_until_it_is_rebooted(rig: DynamixelRig, port: Any, sdk: Any) -> None:
    for address, value in ((m.OPERATING_MODE, 1), (m.TORQUE_ENABLE, 1)):
        sdk.write1ByteTxRx(port, 1, address, value)
    sdk.write4ByteTxRx(port, 1, m.GOAL_VELOCITY, 100)
    rig.blocked.add(0)
    rig.turn(0.7)
    assert sdk.read1ByteTxRx(port, 1, m.HARDWARE_ERROR) == (1 << 5, OK, ALERT)
    assert sdk.read1ByteTxRx(port, 1, m.TORQUE_ENABLE) == (0, OK, ALERT)
    assert sdk.write1ByteTxRx(port, 1, m.TORQUE_ENABLE, 1)[1] & ~ALERT != 0
    rig.blocked.clear()
    assert sdk.reboot(port, 1) == (OK, 0)
    assert sdk.write1ByteTxRx(port, 1, m.TORQUE_ENABLE, 1) == (OK, 0)


def test_damaged_packets_are_not_obeyed(rig: DynamixelRig, port: Any, sdk: Any) -> None:
    rig.spoil_in = lambda data: data[:-3] + bytes((data[-3] ^ 4,)) + data[-2:]
    assert sdk.write2ByteTxRx(port, 1, m.GOAL_PWM, 0)[0] == dynamixel_sdk.COMM_RX_TIMEOUT
    rig.spoil_in = lambda data: data
    assert sdk.read2ByteTxRx(port, 1, m.GOAL_PWM) == (885, OK, 0)
    assert chain(rig).corrupt == 1
