"""What a polled family decides, without a thread, a bus or a clock of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firmware_bridge import polled_state as decide
from firmware_bridge.bus import BusReadings
from firmware_bridge.motors import AxisCommand, Mode
from firmware_bridge.polled_state import Phase, Polled

LIFE_S = 0.15
GO = (AxisCommand(Mode.VELOCITY, 2.0, 1.0), AxisCommand(Mode.POSITION, 0.5, 1.0))
FINE = BusReadings((0, 0), (0.0, 0.0), (None, None), (None, None), 12.0, enabled=True)


def connected(now: float = 10.0) -> Polled:
    return decide.greeted(Polled(), 1, now)


def armed(now: float = 10.0) -> Polled:
    state = decide.armed(decide.ask_to_arm(connected(now)), now)
    assert state.phase is Phase.ARMED
    return decide.heard(state, FINE, now, 0.001, now)


def driving(now: float = 10.0) -> Polled:
    state, taken = decide.command(armed(now), GO, now, now, LIFE_S)
    assert taken
    return state


def in_every_phase() -> list[Polled]:
    """Only an armed one has a command."""
    return [replace(driving() if phase is Phase.ARMED else armed(), phase=phase) for phase in Phase]


def still(state: Polled) -> bool:
    """Nothing but zero, or nothing at all, is written."""
    axes = decide.to_write(state, 2)
    return axes is None or all(axis.mode is Mode.VELOCITY and axis.value == 0.0 for axis in axes)


def test_only_an_armed_one_writes_a_command() -> None:
    assert decide.to_write(driving(), 2) == GO
    for state in in_every_phase():
        assert still(state) or state.phase is Phase.ARMED


@pytest.mark.parametrize("event", [decide.disarm, decide.stop, lambda s: decide.away(s, "gone"), decide.refused])
def test_whatever_ends_it_leaves_no_command(event) -> None:  # type: ignore[no-untyped-def]
    for state in in_every_phase():
        after = event(state)
        assert after.command is None
        assert not after.arming
        assert still(after)


@pytest.mark.parametrize("age", [0.0, 0.1, LIFE_S])
def test_a_command_lives_as_long_as_the_profile_says(age: float) -> None:
    state = driving(10.0)
    assert decide.expire(state, 10.0 + age, LIFE_S).command == GO


@pytest.mark.parametrize("age", [LIFE_S + 0.001, 5.0, -0.001, -1000.0])
def test_a_command_past_its_life_or_from_a_later_time_stops_it(age: float) -> None:
    after = decide.expire(driving(10.0), 10.0 + age, LIFE_S)
    assert after.phase is Phase.WATCHDOG
    assert after.command is None
    assert decide.to_write(after, 2) == (AxisCommand(Mode.VELOCITY, 0.0, decide.FULL_TORQUE_NM),) * 2


def test_armed_without_any_command_stops_as_well() -> None:
    assert decide.expire(armed(10.0), 10.0 + LIFE_S + 0.01, LIFE_S).phase is Phase.WATCHDOG


def test_after_the_watchdog_only_arming_goes_on() -> None:
    struck = decide.expire(driving(10.0), 11.0, LIFE_S)
    after, taken = decide.command(struck, GO, 11.0, 11.0, LIFE_S)
    assert taken
    assert still(after)
    again = decide.armed(decide.ask_to_arm(after), 11.0)
    assert still(again), "the command from before was kept"
    again, _ = decide.command(again, GO, 11.0, 11.0, LIFE_S)
    assert decide.to_write(again, 2) == GO


def test_a_command_made_before_arming_is_not_done_after_it() -> None:
    state, _ = decide.command(armed(10.0), GO, 9.95, 10.01, LIFE_S)
    assert still(state)
    assert state.quality.stale == 1


def test_nobody_takes_a_command_while_away() -> None:
    assert decide.command(decide.away(armed(), "gone"), GO, 10.0, 10.0, LIFE_S)[1] is False


def test_disarming_or_stopping_during_arming_wins() -> None:
    for wish in (decide.disarm, decide.stop):
        state = decide.armed(wish(decide.ask_to_arm(connected())), 10.0)
        assert state.phase is Phase.DISARMED
        assert state.disabling, "the devices were given power meanwhile"


def test_the_latch_outlives_breaks_and_holds_against_arming() -> None:
    state = decide.stop(driving())
    for change in (decide.ask_to_arm, lambda s: decide.away(s, "gone"), lambda s: decide.greeted(s, 2, 12.0)):
        state = change(state)
        assert state.stopped
        assert not decide.ask_to_arm(state).arming


def test_the_latch_is_not_cleared_while_the_devices_hold_it() -> None:
    held = replace(FINE, enabled=False, emergency_stop=True)
    state = decide.heard(driving(), held, 10.0, 0.001, 10.0)
    assert state.stopped
    assert decide.clear(state).stopped
    let_go = decide.heard(state, replace(held, emergency_stop=False), 10.1, 0.001, 10.1)
    cleared = decide.clear(let_go)
    assert not cleared.stopped
    assert cleared.phase is Phase.DISARMED


def test_it_is_not_cleared_unseen() -> None:
    assert decide.clear(decide.stop(Polled())).stopped


def test_faults_gather_until_it_is_armed_again() -> None:
    state = driving()
    for names in (("stall",), ("under_voltage",), ()):
        state = decide.heard(state, replace(FINE, enabled=False, faults=names), 10.1, 0.001, 10.1)
    assert state.phase is Phase.FAULT
    assert state.faults == ("stall", "under_voltage")
    assert decide.greeted(decide.away(state, "gone"), 2, 11.0).faults == state.faults
    assert decide.armed(decide.ask_to_arm(state), 11.0).faults == ()


def test_a_cause_that_remains_ends_the_wish_to_arm() -> None:
    state = decide.ask_to_arm(decide.heard(driving(), replace(FINE, faults=("stall",)), 10.1, 0.001, 10.1))
    assert decide.forgiven(state, 2, replace(FINE, faults=())).arming
    assert not decide.forgiven(state, 2, replace(FINE, faults=("stall",))).arming


def test_power_that_is_gone_by_itself_is_a_break() -> None:
    after = decide.heard(driving(), replace(FINE, enabled=False), 10.1, 0.001, 10.1)
    assert after.phase is Phase.AWAY
    assert "greeting them anew" in after.message


def test_the_devices_own_watchdog_shows() -> None:
    after = decide.heard(driving(), replace(FINE, enabled=False, watchdog=True), 10.1, 0.001, 10.1)
    assert after.phase is Phase.WATCHDOG
    assert decide.shown(after, None).watchdog


def test_a_break_takes_failures_and_time() -> None:
    state = connected(10.0)
    for _ in range(decide.FAILURES_IN_A_ROW):
        assert not decide.silent(state, 11.0)
        state = decide.failed(state, corrupt=False)
    assert decide.silent(state, 11.0)
    assert not decide.silent(state, 10.0), "a clock that stands still proves nothing"
    assert decide.silent(state, 9.0), "a clock that went back proves nothing either, so the failures decide"
    assert not decide.silent(decide.heard(state, FINE, 11.0, 0.001, 11.0), 11.0)


def test_what_is_worth_a_line_is_said_once() -> None:
    before, after = armed(), decide.stop(armed())
    assert [text for _, text in decide.news(before, after)] == ["emergency stop"]
    assert decide.news(after, after) == []


def test_power_that_somebody_else_gave_is_taken_though_a_fault_is_there() -> None:
    """An old frame, say: a fault that lasts must not hide that the motors can turn."""
    state = decide.heard(driving(), replace(FINE, enabled=False, faults=("stall",)), 10.1, 0.001, 10.1)
    state = decide.heard(decide.disabled(state), replace(FINE, enabled=False, faults=("stall",)), 10.2, 0.001, 10.2)
    assert not state.disabling
    state = decide.heard(state, replace(FINE, enabled=True, faults=("stall",)), 10.3, 0.001, 10.3)
    assert state.disabling
    assert state.phase is Phase.FAULT
