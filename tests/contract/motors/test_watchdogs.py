"""Two watchdogs, each shown alone: with either one taken away the other stops the wheels.

Host side: the gate sends zero once the wish is stale (every family), and a family that asks tells its devices zero once
the caller is silent. Controller side: the devices stop when nothing valid comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge import gate
from firmware_bridge.gate import GateLimits, GateState
from kangban.values import Twist2D, VelocityCommand
from tests.contract.motors.bench import SPEED_RADPS, Bench
from tests.contract.motors.cases import Case
from tests.contract.motors.rig import STEP_S

STALE_AFTER_S = 0.3
WATCHDOG_NOT_YET_S = 0.45  # below the longest that a profile may have


class Gated:
    """What stands before the motors in the bridge: a wish goes through the gate in every control period."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._limits = GateLimits.of(bench.profile, STALE_AFTER_S)
        self._state, self._next = GateState(bench.now()), 0.0
        self.wish: VelocityCommand | None = None

    def __call__(self) -> None:
        bench, now = self._bench, self._bench.now()
        if now < self._next - 1e-6:
            return
        self._next = now + 1.0 / bench.profile.motors.control_hz
        ready = bench.state.connected and bench.state.armed
        self._state, passed = gate.step(self._state, self.wish, now, self._limits, bench.state.highest_velocity, ready)
        bench.tell(*passed.wheels)


def driving(bench: Bench) -> Gated:
    """The base drives at half its speed, by a wish that is repeated in every step."""
    gated = Gated(bench)
    bench.motors.arm()
    bench.becomes(lambda state: state.armed, each=gated)
    speed = Twist2D(vx=0.5 * bench.profile.limits.speed_mps)

    def wish_and_send() -> None:
        gated.wish = VelocityCommand(bench.now(), speed)
        gated()

    bench.rig.run(1.5, each=wish_and_send)
    assert not bench.standing
    return gated


@pytest.fixture
def unwatched(tmp_path: Path, case: Case) -> Iterator[Bench]:
    """Devices whose watchdog never strikes, or only long after the host's."""
    bench = Bench(tmp_path, replace(case, overrides=(*case.overrides, *case.lengthen_watchdog)))
    bench.motors.connect()
    bench.connect()
    case.disable_watchdog(bench)
    yield bench
    bench.close()


def test_the_hosts_watchdog_stops_the_wheels_without_the_controllers(unwatched: Bench) -> None:
    bench = unwatched
    gated = driving(bench)  # and from here on nobody wishes anything
    bench.rig.run(STALE_AFTER_S, each=gated)
    bench.stops(each=gated)
    state = bench.state
    assert state.armed, "the controller had no reason to stop by itself"
    assert not state.watchdog


def test_an_old_command_stops_the_wheels_without_the_watchdog(unwatched: Bench) -> None:
    bench = unwatched
    bench.get_moving()
    bench.rig.run(min(bench.stop_time_s, WATCHDOG_NOT_YET_S))  # nobody calls any more, not even with zeros
    assert bench.standing, bench.wheel_speeds
    assert bench.case.asks or not bench.state.watchdog, "the family's own thread did it, or the command's deadline"


def test_the_controllers_watchdog_stops_the_wheels_without_the_host(bench: Bench) -> None:
    bench.get_moving()
    watchdog_s = bench.profile.motors.watchdog_s
    bench.rig.to_controller.way = lambda _dice, _frame: []  # whatever the host says: nothing of it arrives
    if watchdog_s is None:
        bench.left_alone()
        return
    begun = bench.now()
    slowest = min(bench.wheel_speeds)
    while min(bench.wheel_speeds) >= slowest - 1e-3:
        bench.rig.step()
        bench.keep_telling(*bench.all_at(SPEED_RADPS))
        assert bench.now() - begun <= watchdog_s + 0.05 + 2 * STEP_S, "its watchdog did not strike"
    bench.stops(each=lambda: bench.keep_telling(*bench.all_at(SPEED_RADPS)))
