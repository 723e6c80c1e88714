"""Which way is up for a camera whose tilt nobody told."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from kangban.values import Array, Posture
from perception.follow import Follower, Scene
from perception.limbs import limbs_of
from perception.place import View
from perception.upright import LEVEL, Upright, of_view, step, straight_axis
from tests.unit import perception_bodies as b

HIGH = b.camera(height=2.3, pitch=0.7, fov=1.3)  # on a cupboard, looking down
LOW = b.camera(height=0.5, pitch=0.0, fov=1.3)


def angle(a: Array, c: Array) -> float:
    return math.acos(float(np.clip(a @ c / np.linalg.norm(a) / np.linalg.norm(c), -1.0, 1.0)))


def learned(make: Callable[[], Array], view: View, seconds: float = 2.0) -> Upright:
    state = Upright()
    for k in range(round(10 * seconds)):
        state = step(state, b.seen(b.placed(make(), 2.5, 0.0, 0.3 * k), view), 0.1)
    return state


@pytest.mark.parametrize("view", [HIGH, LOW], ids=["high", "low"])
def test_who_stands_shows_the_way_up(view: View) -> None:
    assert angle(learned(b.standing, view).known, of_view(view)) < 0.03


def test_a_glimpse_is_not_believed() -> None:
    assert learned(b.standing, HIGH, 0.5).known is LEVEL


@pytest.mark.parametrize("make", [b.sitting, b.bending, b.kneeling, b.squatting])
def test_who_does_not_stand_straight_shows_nothing(make: Callable[[], Array]) -> None:
    assert learned(make, HIGH) == Upright()


@pytest.mark.parametrize("view", [HIGH, LOW], ids=["high", "low"])
@pytest.mark.parametrize("yaw", np.linspace(-math.pi, math.pi, 9)[:-1])
def test_who_lies_straight_does_not_pass_for_standing(yaw: float, view: View) -> None:
    assert straight_axis(b.seen(b.placed(b.lying(), 2.8, 0.0, float(yaw)), view)) is None


def test_legs_are_told_from_a_cupboard_once_somebody_walked_past() -> None:
    """Seen from above, without knowing it, a kneeling carer's shins and a chair's sitter look alike."""
    up = learned(b.standing, HIGH).known
    for make, thigh in ((b.standing, 0.0), (b.sitting, math.pi / 2), (b.kneeling, 0.0)):
        pose = b.seen(b.placed(make(), 2.5, 0.0, 2.0), HIGH)
        assert limbs_of(pose, up).thigh == pytest.approx(thigh, abs=0.05)
    standing = b.seen(b.placed(b.standing(), 2.5, 0.0, 2.0), HIGH)
    assert limbs_of(standing, LEVEL).thigh > 0.5  # what it would be without


def test_the_follower_learns_it_and_names_postures_from_above() -> None:
    follower, told = Follower(b.LIMITS), []
    for k in range(60):
        make = b.standing if k < 30 else b.kneeling
        scene = Scene(0.1 * k, (640, 480))
        follower.associate([b.seen(b.placed(make(), 2.5, 0.0, 2.0), HIGH)], scene)
        people = follower.decide(scene)[0].people
        told += [p.posture for p in people if not told or told[-1] is not p.posture]
    assert told[0] is Posture.STANDING
    assert told[-1] is Posture.KNEELING
