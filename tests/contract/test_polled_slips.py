"""PolledMotors when its own code or its listener slips, and what it says of itself while a broken bus is let go of."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.dynamixel.bus import DynamixelBus
from tests.contract.test_polled import Bench

PATIENCE_S = 10.0  # a bound for a busy machine, no expectation


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    made.motors.connect()
    made.becomes(lambda state: state.connected)
    yield made
    made.motors.close()
    made.rig.close()


def test_while_a_broken_bus_is_let_go_of_it_is_not_said_to_be_there(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Letting go tries to stop the wheels, which takes a while on a line that answers nothing."""
    bench.get_moving()
    said: list[tuple[bool, bool, bool]] = []
    close = DynamixelBus.close

    def noting(bus: DynamixelBus) -> None:
        said.append((bench.state().connected, bench.state().armed, bench.tell(3.0, 3.0)))
        close(bus)

    monkeypatch.setattr(DynamixelBus, "close", noting)
    bench.rig.hung = True
    bench.becomes(lambda state: not state.connected)
    bench.rig.hung = False
    bench.becomes(lambda state: state.connected)
    assert said == [(False, False, False)]


def test_a_slip_of_who_listens_does_not_end_the_thread_that_stops_the_wheels(bench: Bench) -> None:
    bench.get_moving()
    slipped = threading.Event()

    def slip() -> None:
        slipped.set()
        raise RuntimeError("a listener slipped")

    heard, bench.motors._heard = bench.motors._heard, slip
    bench.rig.unplug()  # then it is told of what failed
    for _ in range(2):
        slipped.clear()
        assert slipped.wait(PATIENCE_S), "the thread has ended"
    bench.motors._heard = heard
    bench.rig.replug()
    bench.becomes(lambda state: state.connected)
    assert bench.rig.standing


def test_who_listens_can_slip_without_breaking_what_is_well(bench: Bench) -> None:
    bench.get_moving()
    slips = iter([RuntimeError("a listener slipped")])
    heard = bench.motors._heard

    def slip() -> None:
        heard()
        for error in slips:
            raise error

    bench.motors._heard = slip
    bench.drive(0.3, 3.0, 3.0)
    assert next(slips, None) is None, "it never slipped"
    assert bench.state().armed


def test_a_bus_that_slips_while_closing_is_let_go_of(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def slip(_: DynamixelBus) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(DynamixelBus, "disable", slip)
    monkeypatch.setattr(DynamixelBus, "close", lambda bus: bus._line.close())
    bench.motors.close()
    other = bench.another()
    monkeypatch.undo()
    other.connect()  # raises where the first still holds the port
    other.close()
