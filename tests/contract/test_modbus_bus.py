"""The Modbus bus on the ZLAC emulator over a real pseudo-terminal: it drives, stops, notices, and is never fooled."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.bus import BusAwayError, BusError, MisfitError
from firmware_bridge.modbus.bus import ModbusBus
from firmware_bridge.motors import AxisCommand, Mode
from firmware_bridge.serial_port import PortBusyError
from sim.motors.zlac import driver as d
from tests.contract.modbus_rig import HASTY_S, PATIENT_S, ModbusRig, motors_at, speeds, trusted_watchdog, zlac_map

RPM = math.tau / 60.0


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ModbusRig]:
    made = ModbusRig(tmp_path)
    yield made
    made.close()


def test_drives_both_wheels_the_profiles_way_round(rig: ModbusRig) -> None:
    bus = rig.greeted()
    bus.enable()
    bus.write(speeds(20 * RPM, -10 * RPM))
    rig.run(1.0)
    assert rig.velocity == pytest.approx([20 * RPM, -10 * RPM])
    said = bus.read()
    assert said.enabled and not said.faults and not said.watchdog
    assert said.velocity == pytest.approx((20 * RPM, -10 * RPM), abs=0.2 * RPM)
    turns = [angle / math.tau * rig.motors.encoder_ticks_per_turn for angle in rig.angles]
    assert said.ticks == pytest.approx(turns, abs=200)  # a step of time passes between drive and encoder
    assert said.voltage == pytest.approx(25.0) and said.temperature == (30.0, 30.0)
    # the right motor is mounted the other way round: on the wire both turn forwards
    assert d._signed(rig.emulator.driver.read(0x2088, 1)[0]) == 20
    assert d._signed(rig.emulator.driver.read(0x2089, 1)[0]) == 10
    bus.close()


def test_current_follows_the_sign_of_the_wheel(rig: ModbusRig) -> None:
    bus = rig.greeted()
    rig.blocked = True
    rig.run(2 / 240)
    left, right = bus.read().current
    assert left is not None and left > 5 and right == pytest.approx(left)
    bus.close()


def test_both_velocities_travel_in_one_message_and_a_poll_is_two_reads(rig: ModbusRig) -> None:
    bus = rig.greeted()
    bus.enable()
    rig.requests.clear()
    bus.write(speeds(1.0, 1.0))
    bus.read()
    assert [request[1] for request in rig.requests] == [16, 3, 3]
    bus.close()


def test_disable_brakes_and_takes_the_power(rig: ModbusRig) -> None:
    bus = rig.greeted()
    bus.enable()
    bus.write(speeds(3.0, 3.0))
    rig.run(0.5)
    bus.disable()
    rig.run(0.05)
    assert rig.velocity[0] > 0.5, "it brakes by its deceleration time, not by falling free"
    rig.run(rig.motors.stop_time_s)
    assert rig.velocity == [0.0, 0.0] and not bus.read().enabled
    with pytest.raises(BusError, match="not enabled"):
        bus.write(speeds(1.0, 1.0))
    bus.close()


def test_closing_stops_turning_wheels(rig: ModbusRig) -> None:
    bus = rig.greeted()
    bus.enable()
    bus.write(speeds(3.0, 3.0))
    rig.run(0.5)
    bus.close()
    rig.run(rig.motors.stop_time_s)
    assert rig.velocity == [0.0, 0.0]


def test_greeting_stops_wheels_that_a_killed_bridge_left_turning(rig: ModbusRig) -> None:
    killed = rig.greeted()
    killed.enable()
    killed.write(speeds(3.0, 3.0))
    rig.run(0.5)
    killed.line.close()  # as the kernel does it for a killed process: without a word to the driver
    rig.requests.clear()
    bus = rig.greeted()
    assert rig.requests[0][1:6] == bytes((16, 0x20, 0x88, 0, 2)), "zero comes before anything else"
    rig.run(rig.motors.stop_time_s)
    assert rig.velocity == [0.0, 0.0]
    bus.close()


def test_ramps_come_from_the_profile(rig: ModbusRig) -> None:
    bus = rig.greeted()
    assert rig.emulator.driver.read(0x2080, 4) == [50, 50, 120, 120]  # ms; 0.4 * (0.5 - 0.15 - 0.05) s
    bus.close()


def test_a_greeting_that_failed_half_way_does_not_hide_a_reset(rig: ModbusRig) -> None:
    """Its first steps set again what shows a reset; the counts of before it must not go on all the same."""
    bus = rig.bus()
    bus.open()
    first = bus.greet()
    rig.emulator.reboot(rig.now)
    ramp = zlac_map().deceleration.addresses[0]
    heard, feed = rig.emulator.feed, rig.emulator.feed

    def deaf_to_the_ramp(data: bytes, now: float) -> bytes:
        return b"" if data[1:4] == bytes((6, ramp >> 8, ramp & 0xFF)) else heard(data, now)

    rig.emulator.feed = deaf_to_the_ramp  # type: ignore[method-assign]
    bus.line.reply_s = HASTY_S
    with pytest.raises(BusError):
        bus.greet()
    rig.emulator.feed = feed  # type: ignore[method-assign]
    bus.line.reply_s = PATIENT_S
    second = bus.greet()
    assert second != first
    assert bus.greet() == second
    bus.close()


def test_boot_id_changes_where_the_driver_counts_anew(rig: ModbusRig) -> None:
    bus = rig.bus()
    bus.open()
    first = bus.greet()
    assert bus.greet() == first, "still switched on: its counts go on"
    with rig._lock:
        rig.emulator.reboot(rig.now)
    with pytest.raises(BusAwayError, match="switched off and on"):
        bus.read()
    assert bus.greet() != first
    bus.close()


def test_after_a_reset_in_motion_nothing_turns_before_it_is_greeted_and_enabled(rig: ModbusRig) -> None:
    bus = rig.greeted()
    bus.enable()
    bus.write(speeds(3.0, 3.0))
    rig.run(0.5)
    with rig._lock:
        rig.emulator.reboot(rig.now)
    bus.write(speeds(3.0, 3.0))
    rig.run(0.5)
    assert rig.velocity == [0.0, 0.0]
    with pytest.raises(BusError, match="control word is 0"):
        bus.enable()
    bus.close()


@pytest.mark.parametrize("channel", [0, 1])
def test_a_fault_has_a_name_and_is_cleared_by_arming_where_it_may_be(rig: ModbusRig, channel: int) -> None:
    bus = rig.greeted()
    bus.enable()
    rig.blocked = True
    bus.write(speeds(3.0, 0.0) if channel == 0 else speeds(0.0, 3.0))
    rig.run(1.0)
    said = bus.read()
    assert said.faults == ("stall",) and not said.enabled and not said.watchdog
    rig.blocked = False
    bus.enable()
    assert bus.read().faults == () and bus.read().enabled
    bus.close()


def test_a_fault_that_may_not_be_cleared_is_left_and_keeps_the_motors_off(rig: ModbusRig) -> None:
    bus = rig.greeted()
    rig.emulator.driver.channels[1].hall_broken = True
    rig.run(2 / 240)
    rig.requests.clear()
    with pytest.raises(BusError, match="Hall sensors"):
        bus.enable()
    assert not any(request[1:6] == bytes((6, 0x20, 0x0E, 0, 6)) for request in rig.requests), "it was cleared"
    assert bus.read().faults == ("encoder",) and not bus.read().enabled
    bus.close()


def test_a_low_supply_is_a_fault(rig: ModbusRig) -> None:
    bus = rig.greeted()
    rig.emulator.driver.voltage = 18.0
    rig.run(2 / 240)
    assert bus.read().faults == ("under_voltage",)
    assert bus.read().voltage == pytest.approx(18.0)
    with pytest.raises(BusError):
        bus.enable()
    bus.close()


def test_a_stop_that_somebody_else_ordered_is_seen_and_left(rig: ModbusRig) -> None:
    bus = rig.greeted()
    bus.enable()
    with rig._lock:
        rig.emulator.driver.write(0x200E, [5])
    said = bus.read()
    assert said.emergency_stop and not said.enabled and not said.watchdog
    bus.disable()
    assert bus.read().emergency_stop
    with pytest.raises(BusError, match="stopped by somebody else"):
        bus.enable()
    bus.greet()
    assert bus.read().emergency_stop
    bus.close()


def test_a_driver_that_somebody_else_enabled_is_stopped(rig: ModbusRig) -> None:
    bus = rig.greeted()
    with rig._lock:
        for address, value in ((0x2088, 30), (0x2089, 30), (0x200E, 8)):
            rig.emulator.driver.write(address, [value])
    rig.run(0.3)
    assert rig.velocity[0] > 2.0
    bus.read()
    rig.run(0.3)
    assert rig.velocity == [0.0, 0.0] and not bus.read().enabled
    bus.close()


def test_unplug_and_replug(rig: ModbusRig) -> None:
    bus = rig.greeted()
    bus.enable()
    bus.write(speeds(2.0, 2.0))
    rig.unplug()
    with pytest.raises(BusAwayError, match="port"):
        bus.write(speeds(2.0, 2.0))
    with pytest.raises(BusAwayError):
        bus.read()
    with pytest.raises(BusAwayError, match="no such port"):
        bus.open()
    bus.close()
    rig.requests.clear()
    rig.replug()
    bus.open()
    assert rig.requests == [], "opening alone sends nothing"
    bus.greet()
    assert not bus.read().enabled, "nothing of before goes on"
    bus.close()


def test_the_port_is_ours_alone(rig: ModbusRig) -> None:
    bus = rig.greeted()
    with pytest.raises(PortBusyError, match="another program"):
        rig.bus().open()
    bus.close()
    rig.greeted().close()


def test_a_driver_that_fails_says_so(rig: ModbusRig) -> None:
    bus = rig.greeted()
    rig.emulator.driver.broken = True
    with pytest.raises(BusError, match="exception 4: it failed while obeying"):
        bus.read()
    with pytest.raises(BusError, match="exception 4"):
        bus.greet()
    rig.emulator.driver.broken = False
    bus.read()
    bus.close()


def test_a_driver_with_other_registers_is_a_misfit_by_name(rig: ModbusRig) -> None:
    other = zlac_map(mode={"address": 0x300D, "velocity": 3}, longest_gap=0)
    bus = rig.bus(other)
    bus.open()
    with pytest.raises(MisfitError, match=r"0x300d.*exception 2: it has no such register.*mode.address"):
        bus.greet()
    bus.close()


def test_nobody_at_that_number(rig: ModbusRig) -> None:
    rig.emulator.driver.unit = 9
    bus = rig.bus()
    bus.line.reply_s = HASTY_S
    bus.open()
    with pytest.raises(BusError, match=r"unit 1.*no answer"):
        bus.greet()
    bus.close()


def test_a_watchdog_that_is_not_there_or_not_seen_to_work_is_refused_by_name(tmp_path: Path) -> None:
    rig = ModbusRig(tmp_path, watchdog_s=0.1, without_watchdog=None)
    for registers, says in (
        (zlac_map(watchdog=None), "has no watchdog"),
        (zlac_map(), "verified_on_hardware is false"),
    ):
        bus = rig.bus(registers)
        bus.open()
        with pytest.raises(MisfitError, match=rf"motors.watchdog_s is 0.1.*{says}"):
            bus.greet()
        bus.close()
    rig.close()


def test_the_drivers_own_watchdog_stops_the_wheels_while_the_host_is_frozen(tmp_path: Path) -> None:
    rig = ModbusRig(tmp_path, watchdog_s=0.1, without_watchdog=None)
    bus = rig.greeted(trusted_watchdog())
    bus.enable()
    bus.write(speeds(3.0, 3.0))
    rig.run(0.08)
    bus.write(speeds(3.0, 3.0))
    rig.run(0.08)
    assert all(v > 2.5 for v in rig.velocity), "fed in time it must not strike"
    rig.run(rig.motors.stop_time_s)  # nobody says anything
    assert rig.velocity == [0.0, 0.0]
    said = bus.read()
    assert said.watchdog and not said.enabled and not said.faults
    bus.write(speeds(3.0, 3.0))
    rig.run(0.3)
    assert rig.velocity == [0.0, 0.0], "a command alone does not start them again"
    bus.disable()
    assert not bus.read().watchdog
    bus.close()
    rig.close()


def test_without_a_watchdog_the_wheels_go_on_and_the_profile_had_to_accept_it(rig: ModbusRig) -> None:
    bus = rig.greeted()
    bus.enable()
    bus.write(speeds(3.0, 3.0))
    rig.run(5.0)
    assert all(v > 2.5 for v in rig.velocity)
    bus.close()


def test_slow_wishes_are_rounded_towards_zero(rig: ModbusRig) -> None:
    bus = rig.greeted()
    bus.enable()
    bus.write(speeds(0.99 * RPM, -1.99 * RPM))
    rig.run(0.5)
    assert rig.velocity == pytest.approx([0.0, -RPM])
    bus.close()


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(rig: ModbusRig, wrong: float) -> None:
    bus = rig.greeted()
    bus.enable()
    with pytest.raises(MisfitError, match="not a number"):
        bus.write(speeds(wrong, 0.0))
    with pytest.raises(MisfitError, match="by velocity, not by position"):
        bus.write((AxisCommand(Mode.POSITION, 0.0, 1.0), *speeds(0.0)))
    bus.close()


@pytest.mark.parametrize("life", [0.06, 0.15, 0.5])
def test_a_full_wait_is_well_below_the_life_of_a_command(tmp_path: Path, life: float) -> None:
    motors = motors_at(tmp_path / "nowhere", command_life_s=life)
    assert 3 * ModbusBus(motors, zlac_map()).line.reply_s < life


def test_a_wheel_on_a_channel_that_is_not_there(tmp_path: Path) -> None:
    rig = ModbusRig(tmp_path)
    with pytest.raises(MisfitError, match=r"left_wheel_joint.*no channel 1; allowed: 3, 4"):
        rig.bus(zlac_map(channels=(3, 4)))
    rig.close()
