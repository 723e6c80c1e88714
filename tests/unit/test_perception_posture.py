"""Heights, lean and posture of synthetic bodies in several cameras, with and without distances."""

from __future__ import annotations

import math

import pytest

from kangban.site import Furniture
from kangban.values import Array, Posture
from perception.measure import Footing, Measure, measure
from perception.place import locate
from perception.posture import Motion, classify, furniture_under
from perception.way_down import is_down, is_up
from tests.unit import perception_bodies as b

STILL = Motion(0.0, 0.0)
CAMERAS = [(0.6, 0.0), (1.2, 0.3), (2.3, 0.55)]  # height m, pitch rad: low robot, companion, on a cupboard
YAWS = [0.0, 1.2, math.pi / 2, math.pi, -2.0]
SIZE = (640, 480)


def by_depth(joints: Array, height: float, pitch: float) -> Measure:
    view = b.camera(height, pitch, fov=1.3)
    pose = b.seen(joints, view)
    place = locate(pose, view, b.depth(joints, view))
    assert place is not None
    assert place.measured
    return measure(pose, place, view, None, SIZE, 1.0)[0]


def by_image(joints: Array, height: float, pitch: float, yaw: float = math.pi) -> Measure:
    """First upright (that is when the floor is learned), then as given; the camera's geometry is not told."""
    view = b.camera(height, pitch, fov=1.3)
    before: Footing | None = None
    for k in range(5):
        upright = b.seen(b.placed(b.standing(), 3.0, 0.2, yaw), view)
        _, before = measure(upright, None, None, before, SIZE, 0.1 * k)
    return measure(b.seen(joints, view), None, None, before, SIZE, 1.0)[0]


POSTURES = [
    (b.standing, Posture.STANDING, False, True),
    (b.sitting, Posture.SITTING, False, True),
    (b.bending, Posture.BENDING, False, False),
    (b.kneeling, Posture.SITTING, False, True),
    (b.lying, Posture.LYING_FLOOR, True, False),
]


@pytest.mark.parametrize(("height", "pitch"), CAMERAS)
@pytest.mark.parametrize("yaw", YAWS)
@pytest.mark.parametrize(
    ("make", "posture", "down", "up"), POSTURES, ids=[p[1].value + p[0].__name__ for p in POSTURES]
)
def test_with_distances(make, posture, down, up, yaw, height, pitch):  # type: ignore[no-untyped-def]
    m = by_depth(b.placed(make(), 3.0, 0.2, yaw), height, pitch)
    assert classify(m, STILL, None, True)[0] is posture
    assert is_down(m) is down
    assert is_up(m) is up


@pytest.mark.parametrize(("height", "pitch"), CAMERAS[:2])
@pytest.mark.parametrize("yaw", YAWS)
@pytest.mark.parametrize(
    ("make", "posture", "down", "up"), POSTURES, ids=[p[1].value + p[0].__name__ for p in POSTURES]
)
def test_from_the_image_alone(make, posture, down, up, yaw, height, pitch):  # type: ignore[no-untyped-def]
    m = by_image(b.placed(make(), 3.0, 0.2, yaw), height, pitch, yaw)
    assert is_down(m) is down
    if up:
        assert is_up(m)


@pytest.mark.parametrize("yaw", YAWS)
def test_a_squat_is_not_down(yaw: float) -> None:
    m = by_depth(b.placed(b.squatting(), 3.0, 0.2, yaw), 1.2, 0.3)
    assert not is_down(m)


def test_heights_with_distances_are_true() -> None:
    m = by_depth(b.placed(b.standing(), 2.5, 0.0), 1.2, 0.3)
    assert m.hip == pytest.approx(0.89, abs=0.06)
    assert m.shoulder == pytest.approx(1.39, abs=0.06)
    assert m.tilt < math.radians(8)


def test_whoever_leans_as_a_whole_is_out_of_balance_and_whoever_bends_is_not() -> None:
    view = b.camera()
    lean = math.radians(40)
    toppling = b.placed(b.body(lean=lean, thigh=-lean, shin=lean), 3.0, 0.0, math.pi / 2)
    over = measure(b.seen(toppling, view), None, view, None, SIZE, 1.0)[0].overhang
    bent = measure(b.seen(b.placed(b.bending(), 3.0, 0.0, math.pi / 2), view), None, view, None, SIZE, 1.0)[0].overhang
    assert over is not None
    assert bent is not None
    assert over > 0.5
    assert bent < 0.3


def test_unseen_torso_is_unknown() -> None:
    view = b.camera()
    m, _ = measure(b.seen(b.placed(b.standing(), 3.0, 0.0), view, visible=0.1), None, view, None, SIZE, 1.0)
    assert classify(m, STILL, None, True)[0] is Posture.UNKNOWN


def test_walking_and_falling_are_told_by_their_speed() -> None:
    m = by_depth(b.placed(b.standing(), 3.0, 0.0), 1.2, 0.3)
    assert classify(m, Motion(0.0, 0.6), None, True)[0] is Posture.WALKING
    lean = math.radians(50)
    leaning = by_depth(b.placed(b.body(lean=lean, thigh=-0.9, shin=0.9), 3.0, 0.0), 1.2, 0.3)
    assert classify(leaning, Motion(1.6, 0.6), None, True)[0] is Posture.FALLING


BED = Furniture(
    name="bed", kind="bed", at_m=(3.0, 1.0), yaw_rad=math.pi / 2, size_m=(2.0, 1.5, 0.5), rest_height_m=0.48
)


@pytest.mark.parametrize(
    ("hip", "measured", "under"),
    [
        ((3.0, 1.0, 0.55), True, "bed"),
        ((3.0, 1.0, 0.55), False, "bed"),
        ((3.0, 1.9, 0.55), True, "bed"),  # along its length, which lies along y
        ((4.1, 1.0, 0.55), True, None),  # beside it
        ((3.85, 1.0, 0.12), True, None),  # half under the edge, on the floor
        (None, False, None),
    ],
)
def test_furniture_under_a_person(hip, measured, under):  # type: ignore[no-untyped-def]
    assert furniture_under((BED,), hip, measured) == under


def test_lying_on_the_bed_is_rest_and_beside_it_is_not() -> None:
    on_bed = by_depth(b.placed(b.lying(), 3.0, 0.2, math.pi / 2, lift=0.48), 1.2, 0.3)
    beside = by_depth(b.placed(b.lying(), 3.0, 0.2, math.pi / 2), 1.2, 0.3)
    assert classify(on_bed, STILL, "bed", True)[0] is Posture.LYING_FURNITURE
    assert not is_down(on_bed)
    assert classify(beside, STILL, None, True)[0] is Posture.LYING_FLOOR
