"""What every family of motor controllers owes the bridge, over a real pseudo-terminal, on a clock turned by hand.

Each fault ends the same way: the wheels stand within the stop time, nothing from before the fault moves them after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.families import make
from firmware_bridge.motors import MotorController, MotorsError
from firmware_bridge.protocol import Arm, Disarm, Setpoint, State, encode_frame, pack
from kangban.clock import ManualClock
from kangban.config import load_profile
from kangban.profile import Profile
from sim.motors.faults import WireFaults
from tests.contract.motor_rig import STEP_S, MotorRig

CONTROL_S = 0.05
STOP_TIME_S = 0.5  # watchdog, then the ramp
TORQUE = 6.0


class Bench:
    """A rig and the controller under test; `drive` commands at the control rate while time runs."""

    def __init__(self, rig: MotorRig, motors: MotorController, profile: Profile) -> None:
        self.rig, self.motors, self.profile = rig, motors, profile
        self._next = 0.0

    def drive(self, seconds: float, left: float, right: float) -> None:
        self.rig.run(seconds, each=lambda: self._command(left, right))

    def _command(self, left: float, right: float) -> None:
        if self.rig.clock.now() >= self._next:
            self._next = self.rig.clock.now() + CONTROL_S - 1e-6
            if self.motors.command(left, right, TORQUE, self.rig.clock.now()):
                self.rig.await_bytes()

    def connect(self) -> None:
        self.rig.until(lambda: self.motors.state().connected)

    def arm(self) -> None:
        self.motors.arm()
        self.rig.until(lambda: self.motors.state().armed, each=lambda: self._command(0.0, 0.0))

    def get_moving(self) -> None:
        self.connect()
        self.arm()
        self.drive(1.0, 3.0, 3.0)
        assert self.rig.velocity == pytest.approx((3.0, 3.0))

    def wheels_stop(self) -> None:
        """Without any further command."""
        self.rig.run(STOP_TIME_S)
        assert self.rig.standing


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    profile = load_profile("companion", [f"motors.port={tmp_path / 'motors.tty'}"])
    clock = ManualClock(1000.0)
    rig = MotorRig(tmp_path, profile, clock)
    motors = make(profile.motors, clock.now, rig.heard.set)
    motors.connect()
    yield Bench(rig, motors, profile)
    motors.close()
    rig.port.close()


def test_it_connects_says_what_it_is_and_holds_still(bench: Bench) -> None:
    bench.connect()
    state = bench.motors.state()
    assert not state.armed
    assert state.voltage == pytest.approx(25.2, abs=0.2)
    assert state.highest_velocity is not None
    assert state.highest_velocity > 3.0
    bench.drive(0.3, 3.0, 3.0)
    assert bench.rig.standing, "it turned wheels without being armed"


def test_it_drives_what_it_is_told_and_counts_it(bench: Bench) -> None:
    bench.get_moving()
    bench.drive(1.0, 4.0, -2.0)
    state = bench.motors.state()
    assert bench.rig.velocity == pytest.approx((4.0, -2.0))
    assert state.wheels is not None
    assert state.wheels.velocity == pytest.approx((4.0, -2.0), abs=0.15)
    turned = [ticks * 6.283185 / bench.profile.motors.encoder_ticks_per_turn for ticks in state.wheels.ticks]
    assert turned == pytest.approx(bench.rig.angles, abs=0.15)
    assert state.wheels.stamp == pytest.approx(bench.rig.clock.now(), abs=0.03)


def test_it_never_goes_faster_than_its_own_limit(bench: Bench) -> None:
    bench.get_moving()
    bench.drive(2.0, 1000.0, 1000.0)
    limit = bench.motors.state().highest_velocity
    assert limit is not None
    assert bench.rig.velocity == pytest.approx((limit, limit), abs=1e-5)


def test_silence_stops_it_and_only_arming_goes_on(bench: Bench) -> None:
    bench.get_moving()
    bench.rig.run(bench.profile.motors.watchdog_s + 3 * STEP_S)
    assert bench.rig.velocity[0] < 3.0
    bench.wheels_stop()
    bench.rig.until(lambda: bench.motors.state().watchdog)
    bench.drive(0.5, 3.0, 3.0)
    assert bench.rig.standing, "setpoints alone woke it"
    bench.arm()
    bench.drive(0.5, 3.0, 3.0)
    assert bench.rig.velocity == pytest.approx((3.0, 3.0))


def test_unplugged_in_motion_it_stops_and_nothing_old_is_done_after_replugging(bench: Bench) -> None:
    bench.get_moving()
    bench.motors.command(5.0, 5.0, TORQUE, bench.rig.clock.now())
    bench.rig.port.unplug()
    bench.drive(0.3, 5.0, 5.0)
    bench.wheels_stop()
    bench.rig.until(lambda: not bench.motors.state().connected)
    assert not bench.motors.command(5.0, 5.0, TORQUE, bench.rig.clock.now()), (
        "a command was taken though nobody is there"
    )
    bench.motors.arm()
    bench.rig.port.replug()
    bench.connect()
    bench.rig.run(0.5)
    assert bench.rig.standing
    assert not bench.motors.state().armed, "a request from before was kept"
    bench.arm()
    bench.drive(0.5, 2.0, 2.0)
    assert bench.rig.velocity == pytest.approx((2.0, 2.0))


def test_the_button_stops_it_and_only_letting_go_clearing_and_arming_go_on(bench: Bench) -> None:
    bench.get_moving()
    bench.rig.controller.press_estop(True)
    bench.drive(STOP_TIME_S, 3.0, 3.0)
    assert bench.rig.standing
    bench.rig.until(lambda: bench.motors.state().emergency_stop)
    for _ in range(3):
        bench.motors.clear_emergency_stop()
        bench.motors.arm()
        bench.drive(0.2, 3.0, 3.0)
    assert bench.rig.standing, "it left the emergency stop with the button down"
    bench.rig.controller.press_estop(False)
    bench.motors.arm()
    bench.drive(0.3, 3.0, 3.0)
    assert bench.rig.controller.state is State.EMERGENCY_STOP, "letting go the button alone released the latch"
    bench.motors.clear_emergency_stop()
    bench.rig.until(lambda: not bench.motors.state().emergency_stop)
    bench.drive(0.3, 3.0, 3.0)
    assert bench.rig.standing, "clearing alone moved it"
    bench.arm()
    bench.drive(0.5, 3.0, 3.0)
    assert bench.rig.velocity == pytest.approx((3.0, 3.0))


def test_a_stop_over_the_wire_is_released_only_at_the_robot(bench: Bench) -> None:
    bench.get_moving()
    bench.motors.emergency_stop()
    bench.rig.until(lambda: bench.motors.state().emergency_stop)
    bench.wheels_stop()
    bench.motors.clear_emergency_stop()
    bench.rig.run(0.3)
    assert bench.rig.controller.state is State.EMERGENCY_STOP, "the wire alone released the latch"
    bench.rig.controller.press_estop(True)
    bench.rig.controller.press_estop(False)
    bench.rig.until(lambda: bench.motors.state().clearable)
    bench.motors.clear_emergency_stop()
    bench.rig.until(lambda: not bench.motors.state().emergency_stop)


def test_on_the_bumper_it_only_backs_off(bench: Bench) -> None:
    bench.get_moving()
    bench.rig.controller.set_bumper(True)
    bench.drive(STOP_TIME_S, 3.0, 3.0)
    assert bench.rig.standing
    bench.rig.until(lambda: bench.motors.state().bumper)
    bench.drive(0.5, -2.0, -2.0)
    assert bench.rig.velocity == pytest.approx((-2.0, -2.0))


def test_a_blocked_wheel_is_a_named_fault_that_holds_until_armed(bench: Bench) -> None:
    bench.get_moving()
    bench.rig.blocked = True
    bench.drive(1.0, 3.0, 3.0)
    bench.rig.until(lambda: bench.motors.state().faults == ("stall",))
    bench.rig.blocked = False
    bench.drive(0.5, 3.0, 3.0)
    assert bench.rig.standing
    bench.arm()
    bench.rig.until(lambda: bench.motors.state().faults == ())


def test_an_empty_battery_is_a_named_fault(bench: Bench) -> None:
    bench.get_moving()
    bench.rig.controller.battery = type(bench.rig.controller.battery)(18.0, 17.0)
    bench.drive(1.2, 3.0, 3.0)
    bench.rig.until(lambda: bench.motors.state().faults == ("under_voltage",))
    assert bench.rig.standing
    bench.motors.arm()
    bench.drive(0.3, 3.0, 3.0)
    assert bench.rig.standing, "it armed though the cause was still there"


def test_a_reset_in_motion_ends_the_session_and_begins_another(bench: Bench) -> None:
    bench.get_moving()
    boot = bench.motors.state().wheels
    bench.rig.controller.reboot(bench.rig.clock.now())
    bench.drive(0.3, 3.0, 3.0)
    assert bench.rig.standing
    bench.connect()
    after = bench.motors.state()
    assert not after.armed
    assert after.wheels is not None
    assert boot is not None
    assert after.wheels.boot_id != boot.boot_id
    bench.arm()
    bench.drive(0.5, 3.0, 3.0)
    assert bench.rig.velocity == pytest.approx((3.0, 3.0))


def test_a_hung_controller_is_said_to_be_away(bench: Bench) -> None:
    bench.get_moving()
    bench.rig.hung = True
    bench.rig.until(lambda: not bench.motors.state().connected)
    bench.wheels_stop()
    bench.rig.hung = False
    bench.connect()
    bench.rig.run(0.3)
    assert bench.rig.standing


@pytest.mark.parametrize(
    ("faults", "counted"),
    [
        (WireFaults(drop=0.2), "lost"),
        (WireFaults(corrupt=0.2), "corrupt"),
        (WireFaults(duplicate=0.3), "stale"),
        (WireFaults(delay_s=0.2), "late"),
    ],
    ids=["dropped", "corrupted", "doubled", "held back"],
)
def test_a_bad_wire_is_counted_and_never_speeds_up(bench: Bench, faults: WireFaults, counted: str) -> None:
    bench.get_moving()
    bench.rig.to_controller.faults = faults
    fastest: list[float] = []
    bench.rig.run(
        3.0,
        each=lambda: (bench._command(2.0, 2.0), bench.motors.arm(), fastest.append(max(bench.rig.velocity))),
    )
    bench.rig.to_controller.faults = WireFaults()
    bench.drive(0.5, 0.0, 0.0)
    assert max(fastest[120:]) <= 2.0 + 1e-5
    bench.rig.until(lambda: getattr(bench.motors.state().quality, counted) > 0)
    assert bench.rig.standing


def test_frames_held_back_longer_than_they_live_move_nothing(bench: Bench) -> None:
    bench.connect()
    bench.arm()
    bench.rig.to_controller.faults = WireFaults(delay_s=0.3)
    moved = []
    for _ in range(10):
        bench.motors.arm()
        bench.drive(0.1, 3.0, 3.0)
        moved.append(bench.rig.velocity)
    assert set(moved) == {(0.0, 0.0)}


def test_a_foreign_session_turns_no_wheel(bench: Bench) -> None:
    bench.connect()
    bench.arm()
    session = bench.rig.controller.session
    assert session is not None
    foreign = session % 0xFFFF + 1
    for sequence in range(1, 30):
        soon = bench.rig.controller.time_ms(bench.rig.clock.now()) + 100
        bench.rig.step(
            encode_frame(Setpoint.number, sequence, foreign, pack(Setpoint(soon, 3_000_000, 3_000_000, 6000)))
        )
        bench._command(0.0, 0.0)
    assert bench.rig.standing
    assert bench.motors.state().armed


def test_a_recorded_drive_played_again_turns_no_wheel(bench: Bench) -> None:
    bench.connect()
    recorded: list[bytes] = []
    carry = bench.rig.to_controller.carry
    bench.rig.to_controller.carry = lambda data, now: (recorded.append(data), carry(data, now))[1]  # type: ignore[method-assign]
    bench.arm()
    bench.drive(0.5, 3.0, 3.0)
    bench.rig.to_controller.carry = carry  # type: ignore[method-assign]
    bench.motors.disarm()
    bench.wheels_stop()
    played = b"".join(recorded)
    assert len(played) > 200
    bench.rig.step(played)
    bench.rig.run(0.3)
    assert bench.rig.standing
    assert bench.rig.controller.state is not State.ARMED


def test_any_bytes_leave_it_able_to_hear_the_next_command(bench: Bench) -> None:
    bench.get_moving()
    for noise in (b"\0" * 500, b"\x01" * 3000, bytes(range(256)) * 4, b"\xff" * 255):
        bench.rig.step(noise)
        bench.drive(0.1, 3.0, 3.0)
    bench.drive(0.5, 3.0, 3.0)
    assert bench.rig.controller.state is State.ARMED
    assert bench.rig.velocity == pytest.approx((3.0, 3.0))


def test_a_second_program_can_not_have_the_port(bench: Bench) -> None:
    bench.connect()
    second = make(bench.profile.motors, bench.rig.clock.now, lambda: None)
    with pytest.raises(MotorsError, match=r"motors\.tty: another program holds the port; end it"):
        second.connect()
    second.close()


def test_a_missing_port_is_waited_for(tmp_path: Path) -> None:
    profile = load_profile("companion", [f"motors.port={tmp_path / 'motors.tty'}"])
    clock = ManualClock(5.0)
    motors = make(profile.motors, clock.now, lambda: None)
    motors.connect()
    assert "no such port; plug the motor controller in" in motors.state().message
    rig = MotorRig(tmp_path, profile, clock)
    rig.until(lambda: motors.state().connected)
    motors.close()
    rig.port.close()


def test_closing_disarms(bench: Bench) -> None:
    bench.get_moving()
    bench.motors.close()
    bench.rig.run(0.05)
    assert bench.rig.controller.state is State.DISARMED
    bench.wheels_stop()


def test_another_firmware_is_named_and_not_driven(tmp_path: Path) -> None:
    profile = load_profile("companion", [f"motors.port={tmp_path / 'motors.tty'}"])
    other = load_profile("companion", ["motors.encoder_ticks_per_turn=2048"])
    clock = ManualClock(5.0)
    rig = MotorRig(tmp_path, other, clock)
    motors = make(profile.motors, clock.now, lambda: None)
    motors.connect()
    rig.until(lambda: "encoder_ticks_per_turn" in motors.state().message)
    assert not motors.state().connected
    assert not motors.command(3.0, 3.0, TORQUE, clock.now())
    motors.close()
    rig.port.close()


def test_requests_that_come_late_are_refused(bench: Bench) -> None:
    bench.connect()
    session, now_ms = bench.rig.controller.session, bench.rig.controller.time_ms(bench.rig.clock.now())
    assert session is not None
    bench.rig.step(encode_frame(Arm.number, 1000, session, pack(Arm(now_ms - 10))))
    assert bench.rig.controller.state is State.DISARMED
    bench.rig.step(encode_frame(Arm.number, 1001, session, pack(Arm(now_ms + 60_000))))
    assert bench.rig.controller.state is State.DISARMED
    bench.rig.step(encode_frame(Arm.number, 1002, session, pack(Arm(now_ms + 100))))
    assert bench.rig.controller.state is State.ARMED
    bench.rig.step(encode_frame(Disarm.number, 1003, session, pack(Disarm())))
    assert bench.rig.controller.state is State.DISARMED
