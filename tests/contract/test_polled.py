"""PolledMotors with its thread, on simulated servos over a real pseudo-terminal and a clock turned by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from firmware_bridge.dynamixel.bus import DynamixelBus
from firmware_bridge.motors import AxisCommand, Mode, MotorsError, MotorState
from firmware_bridge.polled import PolledMotors
from sim.motors.dynamixel import memory as m
from sim.motors.dynamixel.chain import DynamixelChain, chain_from
from tests.contract.dynamixel_rig import DynamixelRig, servos

REPLY_S = 0.15
LIFE_S = 0.15


class Bench:
    """A rig and the bridge's side of it; `drive` commands once a control period while time runs."""

    def __init__(self, folder: Path) -> None:
        self.profile = servos(folder / "motors.tty")
        self.chain = chain_from(self.profile)
        self.rig = DynamixelRig(folder, self.chain, 4)
        self.offset = 0.0  # of the bridge's clock
        self.motors = self.another()

    def another(self) -> PolledMotors:
        return PolledMotors(DynamixelBus(self.profile, REPLY_S), self.profile, self.now, self.rig.heard.set)

    def now(self) -> float:
        return self.rig.clock.now() + self.offset

    def state(self) -> MotorState:
        return self.motors.state()

    def tell(self, left: float, right: float) -> bool:
        wheels = [AxisCommand(Mode.VELOCITY, value, 1.0) for value in (left, right)]
        joints = [AxisCommand(Mode.POSITION, 0.3, 1.0)] * 2
        return self.motors.command((*wheels, *joints), self.now())

    def drive(self, seconds: float, left: float, right: float) -> None:
        self.rig.run(seconds, each=lambda: self.tell(left, right))

    def becomes(self, condition: Callable[[MotorState], bool]) -> None:
        self.rig.until(lambda: condition(self.state()))

    def arm(self) -> None:
        self.motors.arm()
        self.rig.until(lambda: self.state().armed, each=lambda: self.tell(0.0, 0.0))

    def get_moving(self) -> None:
        self.becomes(lambda state: state.connected)
        self.arm()
        self.drive(0.5, 3.0, 3.0)
        assert self.rig.velocity[:2] == pytest.approx((3.0, 3.0), abs=0.03)

    def stops(self) -> None:
        self.rig.run(self.profile.stop_time_s)
        assert self.rig.standing, self.state

    def said(self) -> str:
        return "; ".join(text for _, text in self.motors.log_lines())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    made.motors.connect()
    yield made
    made.motors.close()
    made.rig.close()


def no_watchdog(chain: DynamixelChain) -> None:
    """The servos never stop by themselves, whatever they are told."""
    for servo in chain.servos:
        servo.watchdog_works = False


def test_it_connects_says_what_it_is_and_holds_still(bench: Bench) -> None:
    bench.becomes(lambda state: state.connected)
    state = bench.state()
    assert not state.armed
    assert state.voltage == pytest.approx(12.5, abs=0.2)
    assert state.highest_velocity == pytest.approx(8.06, abs=0.05)
    assert state.quality.round_trip is not None
    bench.drive(0.3, 3.0, 3.0)
    assert bench.rig.standing, "it turned wheels without being armed"


def test_it_drives_what_it_is_told_and_counts_it(bench: Bench) -> None:
    bench.get_moving()
    bench.drive(0.5, 4.0, -2.0)
    axes = bench.state().axes
    assert bench.rig.velocity[:2] == pytest.approx((4.0, -2.0), abs=0.03)
    assert axes is not None
    assert axes.velocity[:2] == pytest.approx((4.0, -2.0), abs=0.03)
    assert axes.ticks[0] * 6.283185 / 4096 == pytest.approx(bench.rig.angles[0], abs=0.3)
    assert axes.stamp == pytest.approx(bench.now(), abs=0.06)


def test_a_new_command_goes_out_while_every_clock_stands_still(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulated home waits for a setpoint of each period before time goes on: no poll may be waited for."""
    bench.get_moving()
    monkeypatch.setattr("firmware_bridge.polled.time", SimpleNamespace(monotonic=lambda: 0.0))
    for value in (1.0, 2.0, 1.5):
        for _ in range(3):  # the thread may just have been on its way with the one before
            bench.rig.heard.clear()
            bench.tell(value, value)
            bench.rig.heard.wait(2.0)
        counts = bench.chain.servos[0].memory.get(m.GOAL_VELOCITY, signed=True)
        assert counts == int(value / (0.229 * 6.283185307 / 60))


def test_a_clock_that_stands_still_lets_no_command_expire_and_nobody_away(bench: Bench) -> None:
    bench.get_moving()
    bench.tell(2.0, 2.0)
    bench.rig.hung = True
    for _ in range(5):  # exchanges that fail, with no time passing
        bench.rig.heard.clear()
        assert bench.rig.heard.wait(5.0)
    assert bench.state().connected
    assert bench.state().armed
    bench.rig.hung = False
    for _ in range(3):
        bench.rig.heard.clear()
        assert bench.rig.heard.wait(5.0)
    assert bench.state().armed
    assert not bench.state().watchdog
    assert bench.state().quality.lost >= 5


def test_the_bridge_stops_the_wheels_when_the_servos_watchdog_is_off(bench: Bench) -> None:
    no_watchdog(bench.chain)
    bench.get_moving()
    bench.rig.run(LIFE_S + 0.06)  # nobody commands any more; the thread goes on by itself
    assert bench.rig.standing
    assert bench.state().watchdog
    assert not bench.state().armed
    assert "watchdog: no living command" in bench.said()
    bench.drive(0.3, 3.0, 3.0)
    assert bench.rig.standing, "commands alone woke it"
    bench.arm()
    bench.drive(0.3, 2.0, 2.0)
    assert bench.rig.velocity[:2] == pytest.approx((2.0, 2.0), abs=0.03)


def test_the_servos_stop_the_wheels_when_the_bridge_is_off(bench: Bench) -> None:
    bench.get_moving()
    bench.rig.hung = True  # as when the cable carries nothing, or the host is frozen
    bench.rig.turn(0.1 + 2 / 240)
    assert bench.rig.standing
    bench.rig.hung = False


def test_joints_hold_when_commands_end(bench: Bench) -> None:
    bench.get_moving()
    assert bench.rig.angles[2] == pytest.approx(0.3, abs=0.02)
    bench.rig.run(0.5)
    stood = bench.rig.angles[2]
    bench.rig.run(0.5)
    assert bench.rig.angles[2] == pytest.approx(stood, abs=1e-6)
    assert bench.chain.servos[2].enabled, "an arm without power falls"


def test_unplugged_in_motion_it_stops_and_nothing_old_is_done_after_replugging(bench: Bench) -> None:
    bench.get_moving()
    before = bench.state().axes
    bench.tell(5.0, 5.0)
    bench.rig.unplug()
    bench.stops()
    bench.becomes(lambda state: not state.connected)
    assert not bench.tell(5.0, 5.0), "a command was taken though nobody is there"
    bench.motors.arm()
    bench.rig.replug()
    bench.becomes(lambda state: state.connected)
    bench.rig.run(0.3)
    assert bench.rig.standing
    assert not bench.state().armed, "a request from before was kept"
    after = bench.state().axes
    assert before is not None and after is not None
    assert after.boot_id == before.boot_id, "the servos never lost their count"
    bench.arm()
    bench.drive(0.3, 2.0, 2.0)
    assert bench.rig.velocity[:2] == pytest.approx((2.0, 2.0), abs=0.03)


def test_silence_is_a_break(bench: Bench) -> None:
    bench.get_moving()
    bench.rig.hung = True
    bench.becomes(lambda state: not state.connected)
    assert not bench.state().armed
    assert "no answer" in bench.state().message or "damaged" in bench.state().message
    bench.rig.hung = False
    bench.becomes(lambda state: state.connected)
    assert bench.rig.standing


def test_a_reset_in_motion_disarms_and_changes_the_boot_id(bench: Bench) -> None:
    bench.get_moving()
    before = bench.state().axes
    bench.chain.reboot(bench.rig.clock.now())
    bench.rig.run(0.2, each=lambda: bench.tell(3.0, 3.0))
    bench.becomes(lambda state: state.connected)
    bench.rig.run(0.1)
    assert not bench.state().armed
    assert bench.rig.standing
    after = bench.state().axes
    assert before is not None and after is not None
    assert after.boot_id != before.boot_id


def test_the_emergency_stop_is_latched_until_it_is_cleared(bench: Bench) -> None:
    bench.get_moving()
    bench.motors.emergency_stop()
    assert bench.state().emergency_stop
    bench.drive(0.2, 3.0, 3.0)
    assert bench.rig.standing
    assert not bench.chain.servos[0].enabled
    bench.motors.arm()
    bench.drive(0.2, 3.0, 3.0)
    assert not bench.state().armed
    bench.rig.unplug()
    bench.becomes(lambda state: not state.connected)
    bench.rig.replug()
    bench.becomes(lambda state: state.connected)
    assert bench.state().emergency_stop, "it was forgotten over a break"
    bench.becomes(lambda state: state.clearable)
    bench.motors.clear_emergency_stop()
    assert not bench.state().emergency_stop
    bench.rig.run(0.2)
    assert not bench.state().armed
    bench.arm()


def test_a_stall_is_a_named_fault_that_arming_ends(bench: Bench) -> None:
    bench.get_moving()
    bench.rig.blocked.add(0)
    bench.drive(1.0, 3.0, 3.0)
    assert bench.state().faults == ("stall",)
    assert not bench.state().armed
    assert bench.rig.standing
    bench.rig.blocked.clear()
    bench.drive(0.2, 3.0, 3.0)
    assert bench.rig.standing
    assert bench.state().faults == ("stall",)
    bench.arm()
    assert bench.state().faults == ()
    bench.drive(0.3, 2.0, 2.0)
    assert bench.rig.velocity[:2] == pytest.approx((2.0, 2.0), abs=0.03)


def test_a_cause_that_remains_keeps_it_from_arming(bench: Bench) -> None:
    bench.get_moving()
    bench.chain.servos[1].temperature = 90.0
    bench.drive(0.2, 3.0, 3.0)
    assert bench.state().faults == ("over_temperature",)
    bench.motors.arm()
    bench.rig.run(0.3)
    assert not bench.state().armed
    assert bench.state().faults == ("over_temperature",)
    assert bench.state().connected


@pytest.mark.parametrize("step_s", [-3600.0, -0.05, 3600.0])
def test_a_clock_step_ends_what_drives(bench: Bench, step_s: float) -> None:
    bench.get_moving()
    bench.offset = step_s
    bench.rig.run(0.3)
    assert bench.rig.standing
    assert not bench.state().armed


def test_late_and_overtaken_commands_are_counted_and_not_done(bench: Bench) -> None:
    bench.get_moving()
    now = bench.now()
    fast = (AxisCommand(Mode.VELOCITY, 6.0, 1.0),) * 2 + (AxisCommand(Mode.POSITION, 0.3, 1.0),) * 2
    assert bench.motors.command(fast, now - 0.16)
    assert bench.motors.command(fast, now + 1.0)
    bench.tell(3.0, 3.0)
    assert bench.motors.command(fast, now - 0.1)
    bench.rig.run(0.05)
    assert (bench.state().quality.late, bench.state().quality.stale) == (2, 1)
    assert bench.rig.velocity[0] == pytest.approx(3.0, abs=0.03)


def test_damage_is_counted_and_survived(bench: Bench) -> None:
    bench.get_moving()
    turn = iter(range(10_000))

    def now_and_then(answer: bytes) -> bytes:
        return answer if len(answer) < 20 or next(turn) % 5 else answer[:9] + bytes((answer[9] ^ 64,)) + answer[10:]

    bench.rig.spoil = now_and_then
    bench.drive(1.0, 3.0, 3.0)
    bench.rig.spoil = lambda answer: answer
    assert bench.state().quality.corrupt > 0
    assert bench.state().connected


def test_disarming_takes_the_power_away(bench: Bench) -> None:
    bench.get_moving()
    bench.motors.disarm()
    bench.drive(0.2, 3.0, 3.0)
    assert bench.rig.standing
    assert not bench.chain.servos[0].enabled
    assert not bench.state().armed


def test_two_bridges_never_share_a_port(bench: Bench) -> None:
    bench.get_moving()
    with pytest.raises(MotorsError, match="another program holds the port"):
        bench.another().connect()
    bench.drive(0.2, 3.0, 3.0)
    assert bench.state().armed


def test_closing_stops_the_wheels_and_frees_the_port(bench: Bench) -> None:
    bench.get_moving()
    bench.motors.close()
    bench.rig.turn(0.05)
    assert bench.rig.standing
    assert not bench.chain.servos[0].enabled
    assert not bench.state().connected
    bench.motors.close()
    other = bench.another()
    other.connect()
    other.close()


def test_a_servo_that_does_not_fit_is_named(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.chain.servos[0].memory.put(m.MODEL, 1200)
    bench.motors.connect()
    bench.becomes(lambda state: "model 1200" in state.message)
    assert not bench.state().connected
    bench.motors.close()
    bench.rig.close()
