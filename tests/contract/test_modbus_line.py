"""A bad line between the Modbus bus and the emulator: what is lost, damaged or late is never taken for an answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from firmware_bridge.bus import BusError, BusReadings
from firmware_bridge.modbus.bus import ModbusBus
from sim.motors.zlac import driver as d
from sim.motors.zlac.rtu import framed
from tests.contract.modbus_rig import HASTY_S, PATIENT_S, ModbusRig, speeds

MOST_TRIES = 50


def reads_in_the_end(bus: ModbusBus) -> BusReadings:
    """What was asked hastily may still be answered: on a busy machine much later."""
    for _ in range(MOST_TRIES):
        try:
            return bus.read()
        except BusError:
            continue
    return bus.read()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ModbusRig]:
    made = ModbusRig(tmp_path)
    yield made
    made.close()


def test_silence_is_lost_and_damage_is_corrupt_and_both_pass(rig: ModbusRig) -> None:
    bus = rig.greeted()
    rig.meddle, bus.line.reply_s = lambda answer: (), HASTY_S
    with pytest.raises(BusError, match="no answer") as lost:
        bus.read()
    assert not lost.value.corrupt
    rig.meddle = lambda answer: (answer[:-1] + bytes((answer[-1] ^ 1,)),)
    with pytest.raises(BusError, match=r"damaged|something else") as corrupt:
        bus.read()
    assert corrupt.value.corrupt
    rig.meddle = lambda answer: (answer[:5],)
    with pytest.raises(BusError):
        bus.read()
    rig.meddle, bus.line.reply_s = lambda answer: (answer,), PATIENT_S
    assert reads_in_the_end(bus).voltage == pytest.approx(25.0)
    bus.close()


def test_a_stop_goes_out_though_no_answer_ever_comes(rig: ModbusRig) -> None:
    bus = rig.greeted()
    bus.enable()
    bus.write(speeds(3.0, 3.0))
    rig.run(0.5)
    rig.meddle, bus.line.reply_s = lambda answer: (), HASTY_S
    with pytest.raises(BusError):
        bus.read()
    with pytest.raises(BusError):
        bus.disable()
    rig.run(rig.motors.stop_time_s)
    assert rig.velocity == [0.0, 0.0]


def test_a_late_answer_is_not_taken_for_the_present_one(rig: ModbusRig) -> None:
    """Every answer comes one question late: it must never be believed, however well it is formed."""
    bus = rig.greeted()
    held: list[bytes] = []

    def late(answer: bytes) -> tuple[bytes, ...]:
        held.append(answer)
        return (held.pop(0),) if len(held) > 1 else ()

    rig.meddle, bus.line.reply_s = late, HASTY_S
    for k in range(6):
        rig.emulator.driver.voltage = 20.0 + k
        with pytest.raises(BusError):
            bus.read()
    rig.meddle, bus.line.reply_s = lambda answer: (answer,), PATIENT_S
    rig.emulator.driver.voltage = 24.0
    assert reads_in_the_end(bus).voltage == pytest.approx(24.0)
    bus.close()


def test_reads_of_one_length_are_told_apart_too(rig: ModbusRig) -> None:
    bus = rig.greeted()
    held: list[bytes] = []

    def late(answer: bytes) -> tuple[bytes, ...]:
        held.append(answer)
        return (held.pop(0),) if len(held) > 1 else ()

    rig.meddle, bus.line.reply_s = late, HASTY_S
    for _ in range(6):
        with pytest.raises(BusError):
            bus.line.read(1, d.VOLTAGE, 1)
    bus.line.close()


def test_an_old_answer_that_waits_in_the_buffer_is_thrown_away(rig: ModbusRig) -> None:
    bus = rig.greeted()
    rig.emulator.driver.voltage = 24.0
    assert bus.line.read(1, d.VOLTAGE, 1) == [2400]
    rig.port.write(framed(1, 3, bytes((2, 0x07, 0xD0))))  # 20 V, as somebody may have answered long ago
    client = bus.line._client
    assert client is not None and client._readable(PATIENT_S)
    assert bus.line.read(1, d.VOLTAGE, 1) == [2400]
    bus.close()


def test_another_units_answer_is_not_ours(rig: ModbusRig) -> None:
    bus = rig.greeted()
    bus.line.reply_s = HASTY_S
    rig.meddle = lambda answer: (framed(2, answer[1], answer[2:-2]),)
    with pytest.raises(BusError):
        bus.read()
    rig.meddle, bus.line.reply_s = lambda answer: (answer,), PATIENT_S
    reads_in_the_end(bus)
    bus.close()


def test_what_a_failed_exchange_could_not_send_is_not_sent_later(
    rig: ModbusRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An adapter that hung may hold commands and send them when it wakes up.

    A pseudo-terminal holds nothing back, so all that shows here is what the port is told.
    """
    bus = rig.greeted()
    reads_in_the_end(bus)
    told: list[str] = []
    monkeypatch.setattr(serial.Serial, "reset_output_buffer", lambda _: told.append("forget"))
    bus.read()
    assert told == []
    rig.meddle, bus.line.reply_s = lambda answer: (), HASTY_S
    with pytest.raises(BusError):
        bus.read()
    assert told == []
    with pytest.raises(BusError):
        bus.line.write(1, d.CONTROL, [d.STOP])
    assert told == ["forget"]
    rig.meddle, bus.line.reply_s = lambda answer: (answer,), PATIENT_S
    bus.close()
