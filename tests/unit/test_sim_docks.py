"""When the dock feeds a robot, and what the truth says of a docking."""

from __future__ import annotations

import pytest

from kangban.dock import docked_in_dock
from kangban.values import Pose2D
from sim.docks import SETTLED_S, Docks, touches
from tests.unit.dock_world import CONTACTS

DOCK = Pose2D(3.0, 1.0, 2.0)
DOCKED = DOCK @ docked_in_dock(CONTACTS)


@pytest.mark.parametrize(
    ("off", "fed"),
    [
        (Pose2D(0.0, 0.0, 0.0), True),
        (Pose2D(-0.003, 0.0, 0.0), True),
        (Pose2D(-0.006, 0.0, 0.0), False),  # a gap
        (Pose2D(0.0, 0.03, 0.0), True),
        (Pose2D(0.0, 0.05, 0.0), False),  # one contact is beside the face
        (Pose2D(0.0, 0.0, 0.05), True),  # one is pressed in more, one less
        (Pose2D(0.0, 0.0, 0.12), False),  # one contact is not pressed in
        (Pose2D(0.05, 0.0, 0.0), False),  # through the dock
        (Pose2D(0.5, 0.0, 3.1416), False),
    ],
)
def test_both_contacts_must_touch(off: Pose2D, fed: bool) -> None:
    assert touches(DOCKED @ off, DOCK, CONTACTS) is fed


def test_a_start_in_the_dock_is_no_try_and_no_docking() -> None:
    docks = Docks()
    assert docks.step(Pose2D(0, 0, 0), 0.0, True, 0.5, 1.0, 0.1) == []
    assert docks.step(Pose2D(-0.1, 0, 0), 0.1, False, 0.5, 1.1, 0.1) == ["undocked"]
    docks.step(Pose2D(-0.5, 0, 0), 0.1, False, 0.5, 3.0, 0.1)
    figures = docks.figures()
    assert figures["dock_tries"] == 0 and figures["docked_times"] == 0 and figures["dock_error_m"] is None


def test_each_way_in_is_a_try_and_the_worst_stand_counts() -> None:
    docks = Docks()
    docks.step(Pose2D(-0.9, 0, 0), 0.0, False, 0.5, 0.0, 0.1)
    for x in (-0.05, -0.15, -0.05, -0.4, -0.05):  # in, not far enough out, in, out, in
        docks.step(Pose2D(x, 0, 0), 0.1, False, 0.5, 1.0, 0.1)
    assert docks.step(Pose2D(0.003, 0.004, 0.02), 0.03, True, 0.5, 2.0, 0.1) == ["docked"]
    assert docks.figures()["dock_error_m"] is None, "it has not come to rest"
    docks.step(Pose2D(0.003, 0.004, -0.02), 0.0, True, 0.6, 2.0 + SETTLED_S, 0.1)
    figures = docks.figures()
    assert figures["dock_tries"] == 2 and figures["docked_times"] == 1 and figures["contact_speed_mps"] == 0.03
    assert figures["dock_error_m"] == pytest.approx(0.005) and figures["dock_error_rad"] == pytest.approx(0.02)
    assert figures["charge_at_end"] == 0.6 and figures["fed_s"] == pytest.approx(0.2)
    assert docks.step(Pose2D(-0.1, 0.0, 0.0), 0.1, False, 0.6, 5.0, 0.1) == ["left_dock"]
