"""The fault table, part two: the controller, its motors and its supply. Every row for every family."""

from __future__ import annotations

from pathlib import Path

from tests.contract.motors.bench import SPEED_RADPS, Bench
from tests.contract.motors.cases import Case, matching


def onwards(bench: Bench) -> None:
    bench.keep_telling(*bench.all_at(SPEED_RADPS))


def test_a_hung_controller_is_said_to_be_away(bench: Bench) -> None:
    bench.get_moving()
    bench.rig.hung = True
    bench.becomes(lambda state: not state.connected, each=lambda: onwards(bench))
    assert bench.state.message
    bench.left_alone()
    bench.motors.arm()
    bench.rig.run(bench.profile.motors.command_life_s + 0.1)  # past the life of whatever was said meanwhile
    bench.rig.hung = False
    bench.connect()
    if not bench.case.watchdog:
        bench.stops()
    bench.stays(0.3, each=lambda: onwards(bench))
    assert not bench.state.armed
    bench.goes_again()


def test_a_reset_in_motion_ends_everything_of_before(bench: Bench) -> None:
    bench.get_moving()
    before = bench.state.axes
    bench.rig.controller.reboot(bench.rig.clock.now())
    bench.stops(each=lambda: onwards(bench))
    bench.becomes(
        lambda s: s.connected and s.axes is not None and before is not None and s.axes.boot_id != before.boot_id
    )
    assert not bench.state.armed
    bench.stays(0.3, each=lambda: onwards(bench))
    bench.goes_again()


def test_an_empty_battery_is_a_named_fault_as_long_as_it_lasts(bench: Bench) -> None:
    bench.get_moving()
    bench.case.sag(bench.rig.controller)
    if not bench.case.reports_low_voltage:  # the board says how much there is; the bridge's battery level says the rest
        empty = bench.profile.motors.battery_empty_v
        bench.becomes(lambda state: state.voltage is not None and state.voltage < empty, each=lambda: onwards(bench))
        bench.stops()
        return
    bench.becomes(lambda state: "under_voltage" in state.faults, each=lambda: onwards(bench))
    bench.stops(each=lambda: onwards(bench))
    bench.motors.arm()
    bench.stays(0.3, each=lambda: onwards(bench))
    assert not bench.state.armed, "it armed though the cause was still there"


def test_a_stalled_motor_is_a_named_fault_that_holds_until_armed(bench: Bench) -> None:
    bench.get_moving()
    bench.rig.blocked = {0}
    if not bench.case.reports_stall:  # held to the profile's torque it may stand there; nothing hides that it stands
        bench.drive(1.0, *bench.all_at(SPEED_RADPS))
        assert bench.state.axes is not None
        assert abs(bench.state.axes.velocity[0]) < 0.1
        bench.stops()
        return
    bench.becomes(lambda state: bool({"stall", "over_current"} & set(state.faults)), each=lambda: onwards(bench))
    bench.stops(each=lambda: onwards(bench))
    bench.rig.blocked = set()
    bench.stays(0.4, each=lambda: onwards(bench))
    bench.goes_again()
    bench.becomes(lambda state: state.faults == ())


def test_a_stuck_encoder_is_a_named_fault(bench: Bench) -> None:
    bench.get_moving()
    before = bench.state.axes
    bench.case.stick_encoder(bench.rig.controller, 0)
    if not bench.case.reports_stuck_encoder:  # the device believes it; the bridge does not invent a motion
        bench.drive(1.0, *bench.all_at(SPEED_RADPS))
        after = bench.state.axes
        assert before is not None
        assert after is not None
        assert after.velocity[0] in (0.0, before.velocity[0])
        bench.stops()
        return
    bench.becomes(lambda state: bool({"encoder", "stall"} & set(state.faults)), each=lambda: onwards(bench))
    bench.stops(each=lambda: onwards(bench))
    bench.stays(0.4, each=lambda: onwards(bench))


def test_another_device_than_the_profile_describes_is_named_and_not_driven(tmp_path: Path, case: Case) -> None:
    bench = Bench(tmp_path, case, case.misfit)
    bench.motors.connect()
    bench.becomes(lambda state: matching(case.misfit_says, state.message))
    assert not bench.state.connected
    bench.motors.arm()
    bench.stays(0.4, each=lambda: onwards(bench))
    assert not bench.tell(*bench.all_at(SPEED_RADPS))
    bench.close()


def test_somebody_elses_commands_turn_no_wheel_for_long(bench: Bench) -> None:
    """A foreign session on our own protocol; a second master on a bus that knows no sessions."""
    bench.connect()
    bench.rig.recorded = []
    bench.arm()
    for foreign in range(1, 30):
        bench.rig.step(bench.case.foreign(bench.rig, bench.profile, foreign))
        bench.keep_telling(*bench.all_at(0.0))
        if bench.case.sessions:
            assert bench.standing
    bench.stops(each=lambda: bench.keep_telling(*bench.all_at(0.0)))
    bench.becomes(lambda state: state.connected)
    if bench.case.sessions:
        assert bench.state.armed, "it took part in our session"
        assert bench.state.quality.stale > 0
