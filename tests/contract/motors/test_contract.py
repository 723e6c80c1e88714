"""What every family of motor controllers owes the bridge (firmware_bridge/motors.py), each on its own emulator."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest

from firmware_bridge.families import make
from firmware_bridge.motors import MotorsError
from kangban.profile import Profile
from sim.motors.simulated import SimulatedMotors
from tests.contract.motors.bench import SPEED_RADPS, Bench
from tests.contract.motors.cases import Case
from tests.contract.motors.rig import STEP_S
from tests.contract.motors.wire import flipped, lost, sometimes


def test_before_it_has_connected_everything_is_unknown(tmp_path: Path, case: Case) -> None:
    profile = case.profile(tmp_path)
    motors = make(profile.motors, lambda: 5.0, lambda: None)
    for opened in (False, True):
        if opened:
            motors.connect()
        state = motors.state()
        assert (state.connected, state.armed, state.watchdog, state.emergency_stop) == (False,) * 4
        assert (state.axes, state.voltage, state.temperature, state.highest_velocity) == (None,) * 4
        assert state.quality.round_trip is None
    assert "no such port; plug the motor controller in" in motors.state().message
    motors.close()


def test_a_missing_port_is_waited_for(tmp_path: Path, case: Case) -> None:
    bench = Bench(tmp_path, case)
    bench.rig.port.unplug()
    bench.motors.connect()
    assert not bench.state.connected
    assert not bench.tell(*bench.all_at(1.0)), "a command was taken though nobody is there"
    bench.rig.port.replug()
    bench.connect()
    bench.close()


def test_it_connects_says_what_it_is_and_unarmed_it_never_turns(bench: Bench) -> None:
    bench.becomes(lambda state: state.connected and state.voltage is not None)
    state, motors = bench.state, bench.profile.motors
    assert not state.armed
    assert state.faults == ()
    assert state.voltage is not None
    assert 0.9 * motors.battery_empty_v < state.voltage < 1.1 * motors.battery_full_v
    assert state.highest_velocity is not None
    assert state.highest_velocity > SPEED_RADPS
    bench.stays(0.4, each=lambda: bench.keep_telling(*bench.all_at(SPEED_RADPS)))


def test_each_reading_is_told_once_in_its_order_though_nobody_asked_for_a_while(bench: Bench) -> None:
    bench.get_moving()
    bench.motors.readings()
    bench.drive(0.4, *bench.all_at(SPEED_RADPS))
    told = bench.motors.readings()
    stamps = [reading.stamp for reading in told]
    assert told
    assert stamps == sorted(set(stamps))
    assert told[-1] == bench.state.axes
    if hasattr(bench.profile.motors, "telemetry_hz"):  # these tell by themselves: none is lost
        assert len(told) >= 0.3 * bench.profile.motors.telemetry_hz
        assert max(b - a for a, b in itertools.pairwise(stamps)) < 2.5 / bench.profile.motors.telemetry_hz
    assert bench.motors.readings() == []


def test_it_drives_what_it_is_told_and_counts_it(bench: Bench) -> None:
    bench.get_moving()
    speeds = tuple((-1.0) ** k * (2.0 + k) for k in range(bench.wheels))
    bench.drive(3.0, *speeds)
    axes = bench.state.axes
    assert bench.drives_at(*speeds), bench.wheel_speeds
    assert axes is not None
    assert axes.velocity[: bench.wheels] == pytest.approx(bench.wheel_speeds, abs=0.2)
    assert len(axes.ticks) == len(axes.velocity) == len(axes.current) == len(axes.temperature) == len(bench.rig.angles)
    turned = [ticks * math.tau / bench.profile.motors.encoder_ticks_per_turn for ticks in axes.ticks]
    assert turned[: bench.wheels] == pytest.approx(bench.rig.angles[: bench.wheels], abs=0.3)
    assert axes.stamp == pytest.approx(bench.now(), abs=1.5 / bench.profile.motors.control_hz)


def test_a_wheel_mounted_the_other_way_round_turns_the_other_way(tmp_path: Path, case: Case) -> None:
    def mounted(profile: Profile, now: float) -> SimulatedMotors:
        first, *others = profile.motors.wheels
        wheels = (first.model_copy(update={"sign": -first.sign}), *others)
        return case.emulator(
            profile.model_copy(update={"motors": profile.motors.model_copy(update={"wheels": wheels})}), now
        )

    bench = Bench(tmp_path, case, mounted)
    bench.motors.connect()
    bench.connect()
    bench.arm()
    bench.drive(0.8, *bench.all_at(SPEED_RADPS))
    assert bench.drives_at(-SPEED_RADPS, *(SPEED_RADPS,) * (bench.wheels - 1)), bench.wheel_speeds
    axes = bench.state.axes
    assert axes is not None
    assert axes.velocity[: bench.wheels] == pytest.approx([abs(v) for v in bench.wheel_speeds], abs=0.2)
    assert axes.ticks[0] > 0
    bench.close()


def test_joints_go_where_they_are_told_and_stay_within_their_range(bench: Bench) -> None:
    if not bench.joints:
        assert bench.profile.motors.joints == ()  # this profile has no arm
        return
    bench.connect()
    bench.arm()
    bench.drive(1.0, *bench.all_at(0.0))
    bench.held = [joint.lower_rad + 0.6 * (joint.upper_rad - joint.lower_rad) for joint in bench.joints]
    bench.drive(4.0, *bench.all_at(0.0))
    assert bench.rig.angles[bench.wheels :] == pytest.approx(bench.held, abs=0.05)
    assert bench.standing
    axes = bench.state.axes
    assert axes is not None
    ticks = bench.profile.motors.encoder_ticks_per_turn
    told = [count * math.tau / ticks for count in axes.ticks[bench.wheels :]]
    assert told == pytest.approx(bench.held, abs=0.05)


def test_it_never_goes_faster_than_its_own_limit(bench: Bench) -> None:
    bench.get_moving()
    bench.drive(1.5, *bench.all_at(1000.0))
    limit = bench.state.highest_velocity
    assert limit is not None
    assert max(bench.wheel_speeds) <= limit * 1.01 + 1e-3
    bench.drive(0.8, *bench.all_at(0.0))
    assert bench.standing


def test_silence_of_the_caller_stops_it(bench: Bench) -> None:
    bench.get_moving()
    bench.stops()
    bench.stays(0.5)


def test_a_command_lives_no_longer_than_the_profile_says(bench: Bench) -> None:
    bench.get_moving()
    old = bench.now() - bench.profile.motors.command_life_s - 0.01
    bench.stops(each=lambda: bench.motors.command(bench.axes(*bench.all_at(SPEED_RADPS)), old))


def test_disarmed_it_stops_and_goes_on_only_armed(bench: Bench) -> None:
    bench.get_moving()
    bench.motors.disarm()
    bench.stops(each=lambda: bench.keep_telling(*bench.all_at(SPEED_RADPS)))
    bench.becomes(lambda state: not state.armed)
    bench.stays(0.4, each=lambda: bench.keep_telling(*bench.all_at(SPEED_RADPS)))
    bench.goes_again()


def test_arming_alone_moves_nothing(bench: Bench) -> None:
    bench.connect()
    bench.tell(*bench.all_at(SPEED_RADPS))
    bench.rig.run(0.1)
    bench.motors.arm()
    bench.stays(0.5)


def test_a_stop_latches_until_it_is_cleared_and_clearing_moves_nothing(bench: Bench) -> None:
    bench.get_moving()
    bench.motors.emergency_stop()
    onwards = lambda: bench.keep_telling(*bench.all_at(SPEED_RADPS))  # noqa: E731
    bench.stops(each=onwards)
    bench.becomes(lambda state: state.emergency_stop and not state.armed)
    bench.motors.arm()
    bench.stays(0.4, each=onwards)
    assert bench.state.emergency_stop
    if bench.case.latches:
        bench.motors.clear_emergency_stop()
        bench.rig.run(0.3)
        assert bench.state.emergency_stop, "the wire alone released the latch"
        bench.rig.controller.press_estop(True)
        bench.rig.run(0.1)
        bench.rig.controller.press_estop(False)
        bench.becomes(lambda state: state.clearable)
    bench.motors.clear_emergency_stop()
    bench.becomes(lambda state: not state.emergency_stop)
    bench.stays(0.4, each=onwards)
    assert not bench.state.armed
    bench.goes_again()


def test_a_stop_that_is_ordered_while_nobody_hears_it_holds_afterwards(bench: Bench) -> None:
    bench.get_moving()
    bench.rig.port.unplug()
    bench.becomes(lambda state: not state.connected)
    bench.motors.emergency_stop()
    assert bench.state.emergency_stop
    bench.rig.port.replug()
    bench.connect()
    bench.becomes(lambda state: state.emergency_stop and not state.armed)
    bench.stops()
    bench.motors.arm()
    bench.stays(0.4, each=lambda: bench.keep_telling(*bench.all_at(SPEED_RADPS)))
    assert bench.state.emergency_stop, "it was forgotten over the break"
    assert not bench.rig.controller.armed


def test_a_stop_that_gets_lost_on_the_wire_is_said_again(bench: Bench) -> None:
    bench.get_moving()
    bench.rig.to_controller.way = lost
    bench.motors.emergency_stop()
    bench.rig.run(3 * STEP_S)
    bench.rig.heal()
    bench.stops(each=lambda: bench.keep_telling(*bench.all_at(SPEED_RADPS)))
    bench.becomes(lambda state: state.emergency_stop and not state.armed)
    assert not bench.rig.controller.armed
    bench.motors.arm()
    bench.stays(0.3, each=lambda: bench.keep_telling(*bench.all_at(SPEED_RADPS)))


def test_the_button_at_the_robot_stops_it_and_only_arming_goes_on(bench: Bench) -> None:
    bench.get_moving()
    bench.rig.controller.press_estop(True)
    onwards = lambda: bench.keep_telling(*bench.all_at(SPEED_RADPS))  # noqa: E731
    bench.stops(each=onwards)
    bench.becomes(lambda state: not state.armed, each=onwards)
    bench.motors.clear_emergency_stop()
    bench.motors.arm()
    bench.stays(0.4, each=onwards)
    bench.rig.controller.press_estop(False)
    bench.stays(0.4, each=onwards)
    if bench.state.emergency_stop:
        bench.becomes(lambda state: state.clearable)
        bench.motors.clear_emergency_stop()
        bench.becomes(lambda state: not state.emergency_stop)
        bench.stays(0.3, each=onwards)
    bench.goes_again()


def test_on_the_bumper_it_only_backs_off(bench: Bench) -> None:
    bench.get_moving()
    bench.rig.controller.set_bumper(True)
    if not bench.case.bumper:
        bench.drive(0.3, *bench.all_at(SPEED_RADPS))
        assert not bench.state.bumper, "these devices know no bumper; the safety chain has its own"
        return
    bench.stops(each=lambda: bench.keep_telling(*bench.all_at(SPEED_RADPS)))
    bench.becomes(lambda state: state.bumper)
    bench.drive(0.6, *bench.all_at(-2.0))
    assert bench.drives_at(*bench.all_at(-2.0)), bench.wheel_speeds


def test_counts_go_on_over_a_break_and_begin_anew_after_a_reset(bench: Bench) -> None:
    bench.get_moving()
    bench.stops()
    before = bench.state.axes
    assert before is not None
    bench.rig.port.unplug()
    bench.becomes(lambda state: not state.connected)
    bench.rig.port.replug()
    bench.connect()
    bench.becomes(lambda state: state.axes is not None and state.axes.stamp > before.stamp)
    after = bench.state.axes
    assert after is not None
    if bench.case.keeps_count:
        assert after.boot_id == before.boot_id, "the controller was not reset, and it kept on counting"
        assert after.ticks[: bench.wheels] == pytest.approx(before.ticks[: bench.wheels], abs=200)
    else:
        assert after.boot_id != before.boot_id, "whole turns are counted here, and nobody counted in the meantime"
    angles = bench.rig.angles
    bench.rig.controller.reboot(bench.rig.clock.now())
    bench.rig.run(0.3)
    bench.becomes(lambda state: state.connected and bench.counts_hold(after, angles))


def test_the_link_counts_what_goes_wrong(bench: Bench) -> None:
    bench.connect()
    bench.rig.run(0.5)
    assert bench.state.quality.round_trip is not None
    assert 0.0 <= bench.state.quality.round_trip < 1.0
    before = bench.state.quality
    for way in (flipped, lost):
        bench.rig.to_bridge.way = sometimes(0.5, way)
        bench.rig.run(0.5)
    bench.rig.heal()
    bench.becomes(lambda state: state.connected and state.quality.corrupt > before.corrupt)
    bench.becomes(lambda state: state.quality.lost > before.lost)


def test_what_the_controller_says_is_handed_on_once(bench: Bench) -> None:
    bench.get_moving()
    bench.stops()
    bench.rig.run(0.1)
    lines = bench.motors.log_lines()
    assert all(level in (10, 20, 30, 40, 50) and text for level, text in lines)
    if bench.case.says_more:
        assert any("watchdog" in text for _, text in lines)
    assert bench.motors.log_lines() == []


def test_closing_disarms_and_frees_the_port(bench: Bench) -> None:
    bench.get_moving()
    bench.rig.serve_while(bench.motors.close)
    bench.motors.close()
    bench.rig.nobody_listens()
    bench.rig.run(STEP_S)
    assert not bench.rig.controller.armed
    bench.stops()
    second = bench.another()
    second.connect()
    bench.rig.until(lambda: second.state().connected)
    bench.rig.serve_while(second.close)


def test_the_port_is_for_one_alone(bench: Bench) -> None:
    bench.connect()
    second = bench.another()
    with pytest.raises(MotorsError, match=r"motors\.tty: another program holds the port; end it"):
        second.connect()
    second.close()
    bench.rig.run(0.1)
    assert bench.state.connected
