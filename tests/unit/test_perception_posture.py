"""Heights, lean, limbs and posture of synthetic bodies in several cameras, with and without distances."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from kangban.values import Array, Posture
from perception.limbs import Limbs, limbs_of
from perception.measure import Footing, Measure, measure
from perception.place import locate
from perception.posture import Ground, Motion, classify
from perception.rest import Rest
from perception.upright import LEVEL, of_view
from perception.way_down import is_down, is_up
from tests.unit import perception_bodies as b

STILL = Motion(0.0, 0.0)
FLOOR = Ground()
CAMERAS = [(0.6, 0.0), (1.2, 0.3), (2.3, 0.55)]  # height m, pitch rad: low robot, companion, on a cupboard
YAWS = [0.0, 1.2, math.pi / 2, math.pi, -2.0]
SIZE = (640, 480)
RIGHT_LEG = (24, 26, 28, 30, 32)


def by_depth(joints: Array, height: float, pitch: float) -> tuple[Measure, Limbs]:
    view = b.camera(height, pitch, fov=1.3)
    pose = b.seen(joints, view)
    place = locate(pose, view, b.depth(joints, view))
    assert place is not None
    assert place.measured
    return measure(pose, place, view, None, SIZE, 1.0)[0], limbs_of(pose, of_view(view))


def by_image(joints: Array, height: float, pitch: float, yaw: float = math.pi) -> tuple[Measure, Limbs]:
    """First upright (that is when the floor is learned), then as given; the camera's geometry is not told."""
    view = b.camera(height, pitch, fov=1.3)
    before: Footing | None = None
    for k in range(5):
        upright = b.seen(b.placed(b.standing(), 3.0, 0.2, yaw), view)
        _, before = measure(upright, None, None, before, SIZE, 0.1 * k)
    pose = b.seen(joints, view)
    return measure(pose, None, None, before, SIZE, 1.0)[0], limbs_of(pose, LEVEL)


def half_kneeling() -> Array:
    """On the left knee, the right foot before her: as people rise from the floor, or lift something."""
    joints, other = b.body(shin=math.pi / 2), b.body(thigh=math.pi / 2)
    joints[list(RIGHT_LEG)] = other[list(RIGHT_LEG)]
    return joints


def on_all_fours() -> Array:
    return b.body(lean=math.radians(85), shin=math.pi / 2)


def on_the_heels() -> Array:
    return b.body(thigh=math.radians(60), shin=math.radians(95))


def on_the_floor() -> Array:
    """Sitting upright with the legs straight before her."""
    return b.body(thigh=math.pi / 2, shin=-math.pi / 2)


POSTURES = [
    (b.standing, Posture.STANDING, False, True),
    (b.sitting, Posture.SITTING, False, True),
    (b.bending, Posture.BENDING, False, False),
    (b.kneeling, Posture.KNEELING, False, True),
    (b.lying, Posture.LYING_FLOOR, True, False),
]
MORE = [
    (half_kneeling, Posture.KNEELING),
    (on_all_fours, Posture.KNEELING),
    (on_the_heels, Posture.KNEELING),
    (on_the_floor, Posture.SITTING),
    (b.squatting, Posture.BENDING),
]


@pytest.mark.parametrize(("height", "pitch"), CAMERAS)
@pytest.mark.parametrize("yaw", YAWS)
@pytest.mark.parametrize(
    ("make", "posture", "down", "up"), POSTURES, ids=[p[1].value + p[0].__name__ for p in POSTURES]
)
def test_with_distances(make, posture, down, up, yaw, height, pitch):  # type: ignore[no-untyped-def]
    m, limbs = by_depth(b.placed(make(), 3.0, 0.2, yaw), height, pitch)
    assert classify(m, limbs, STILL, FLOOR)[0] is posture
    assert is_down(m) is down
    assert is_up(m) is up


@pytest.mark.parametrize(("height", "pitch"), CAMERAS[:2])
@pytest.mark.parametrize("yaw", YAWS)
@pytest.mark.parametrize(("make", "posture"), MORE, ids=[p[0].__name__ for p in MORE])
def test_the_low_postures_with_distances(
    make: Callable[[], Array], posture: Posture, yaw: float, height: float, pitch: float
) -> None:
    m, limbs = by_depth(b.placed(make(), 3.0, 0.2, yaw), height, pitch)
    assert classify(m, limbs, STILL, FLOOR)[0] is posture


@pytest.mark.parametrize(("height", "pitch"), CAMERAS[:2])
@pytest.mark.parametrize("yaw", YAWS)
@pytest.mark.parametrize(
    ("make", "posture", "down", "up"), POSTURES, ids=[p[1].value + p[0].__name__ for p in POSTURES]
)
def test_from_the_image_alone(make, posture, down, up, yaw, height, pitch):  # type: ignore[no-untyped-def]
    m, limbs = by_image(b.placed(make(), 3.0, 0.2, yaw), height, pitch, yaw)
    assert is_down(m) is down
    if up:
        assert is_up(m)
    assert classify(m, limbs, STILL, Ground(on_map=False))[0] in (posture, Posture.UNKNOWN)


@pytest.mark.parametrize("yaw", YAWS)
def test_a_squat_is_not_down(yaw: float) -> None:
    m, _ = by_depth(b.placed(b.squatting(), 3.0, 0.2, yaw), 1.2, 0.3)
    assert not is_down(m)


def test_heights_with_distances_are_true() -> None:
    m, _ = by_depth(b.placed(b.standing(), 2.5, 0.0), 1.2, 0.3)
    assert m.hip == pytest.approx(0.89, abs=0.06)
    assert m.shoulder == pytest.approx(1.39, abs=0.06)
    assert m.tilt < math.radians(8)


@pytest.mark.parametrize("yaw", YAWS)
def test_limbs_do_not_depend_on_the_camera(yaw: float) -> None:
    for height, pitch in CAMERAS:
        _, limbs = by_depth(b.placed(b.sitting(), 3.0, 0.2, yaw), height, pitch)
        assert limbs.thigh == pytest.approx(math.pi / 2, abs=0.05)
        assert limbs.hip == pytest.approx(math.pi / 2, abs=0.05)
        assert limbs.knee == pytest.approx(math.pi / 2, abs=0.05)
        assert limbs.shin == pytest.approx(0.0, abs=0.05)


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


def test_walking_and_falling_are_told_by_their_speed() -> None:
    m, limbs = by_depth(b.placed(b.standing(), 3.0, 0.0), 1.2, 0.3)
    assert classify(m, limbs, Motion(0.0, 0.6), FLOOR)[0] is Posture.WALKING
    lean = math.radians(50)
    leaning, limbs = by_depth(b.placed(b.body(lean=lean, thigh=-0.9, shin=0.9), 3.0, 0.0), 1.2, 0.3)
    assert classify(leaning, limbs, Motion(1.6, 0.6, 0.9), FLOOR)[0] is Posture.FALLING


def test_bending_down_quickly_is_not_falling() -> None:
    """The shoulders come down as fast as in a fall, and the hips stay up."""
    m, limbs = by_depth(b.placed(b.bending(), 3.0, 0.0), 1.2, 0.3)
    assert classify(m, limbs, Motion(1.4, 0.0, 0.1), FLOOR)[0] is Posture.BENDING


# Honest about not knowing


def test_unseen_torso_is_unknown() -> None:
    view = b.camera()
    pose = b.seen(b.placed(b.standing(), 3.0, 0.0), view, visible=0.1)
    m, _ = measure(pose, None, view, None, SIZE, 1.0)
    assert classify(m, limbs_of(pose, of_view(view)), STILL, FLOOR)[0] is Posture.UNKNOWN


@pytest.mark.parametrize("make", [b.standing, b.sitting], ids=["standing", "sitting"])
def test_cut_off_at_the_waist_standing_and_sitting_look_alike(make: Callable[[], Array]) -> None:
    view = b.camera(height=1.2, pitch=0.0, fov=0.5)
    joints = b.placed(make(), 2.6, 0.0)
    pose = b.seen(joints, view)
    assert pose.image[25:, 1].min() > 1.0  # knees and below are out of the picture
    m, _ = measure(pose, None, None, None, SIZE, 1.0)
    posture, sure = classify(m, limbs_of(pose, LEVEL), STILL, Ground(known=False, on_map=False))
    assert posture is Posture.UNKNOWN
    assert sure < 0.5


def test_a_torso_half_out_of_the_picture_is_unknown() -> None:
    view = b.camera()
    pose = b.seen(b.placed(b.standing(), 3.0, 2.1), view)
    xs = pose.image[[11, 12, 23, 24], 0]
    assert xs.min() < 0.0 or xs.max() > 1.0
    m, _ = measure(pose, None, None, None, SIZE, 1.0)
    assert classify(m, limbs_of(pose, LEVEL), STILL, Ground(known=False))[0] is Posture.UNKNOWN


def test_lying_on_who_knows_what_is_unknown() -> None:
    """Never seen upright, no distances: the floor and a bed look alike."""
    view = b.camera()
    pose = b.seen(b.placed(b.lying(), 3.0, 0.2, math.pi / 2), view)
    m, footing = measure(pose, None, None, None, SIZE, 1.0)
    assert not footing.learned
    assert classify(m, limbs_of(pose, LEVEL), STILL, Ground(known=False, on_map=False))[0] is Posture.UNKNOWN


def test_legs_that_contradict_the_height_are_unknown() -> None:
    m, limbs = by_depth(b.placed(b.sitting(), 3.0, 0.2, lift=0.6), 1.2, 0.3)  # sitting in mid-air
    assert m.hip > 0.9
    assert classify(m, limbs, STILL, FLOOR)[0] is Posture.UNKNOWN


def test_straight_and_far_out_of_balance_is_lying_whatever_the_height_says() -> None:
    m, limbs = by_depth(b.placed(b.body(lean=1.0, thigh=-1.0, shin=1.0), 3.0, 0.2, math.pi / 2), 1.2, 0.3)
    assert m.hip > 0.4
    assert classify(m, limbs, STILL, FLOOR)[0] in (Posture.LYING_FLOOR, Posture.UNKNOWN)
    assert classify(m, limbs, Motion(1.5, 0.0, 0.9), FLOOR)[0] is Posture.FALLING


def test_bent_double_over_her_feet_is_not_lying() -> None:
    m, limbs = by_depth(b.placed(b.body(lean=1.5, thigh=1.9, shin=0.6), 3.0, 0.2, math.pi / 2), 1.2, 0.3)
    assert is_down(m)  # so low that only the legs tell
    assert classify(m, limbs, STILL, FLOOR)[0] is Posture.BENDING


# Lying on a bed is rest, lying next to it is not


def test_lying_on_the_bed_is_rest_and_beside_it_is_not() -> None:
    on_bed, legs_on = by_depth(b.placed(b.lying(), 3.0, 0.2, math.pi / 2, lift=0.48), 1.2, 0.3)
    beside, legs_beside = by_depth(b.placed(b.lying(), 3.0, 0.2, math.pi / 2), 1.2, 0.3)
    assert classify(on_bed, legs_on, STILL, Ground(Rest("bed", True)))[0] is Posture.LYING_FURNITURE
    assert not is_down(on_bed)
    assert classify(beside, legs_beside, STILL, FLOOR)[0] is Posture.LYING_FLOOR


def test_at_the_edge_of_a_bed_without_a_height_nothing_is_claimed() -> None:
    m, limbs = by_image(b.placed(b.lying(), 3.0, 0.2, math.pi / 2), 1.2, 0.3, math.pi / 2)
    assert classify(m, limbs, STILL, Ground(Rest("bed", False)))[0] is Posture.UNKNOWN
    assert classify(m, limbs, STILL, Ground(Rest("bed", True)))[0] is Posture.LYING_FURNITURE


def test_knees_drawn_up_in_bed_is_still_lying() -> None:
    drawn_up = b.body(lean=math.pi / 2, thigh=math.radians(120), shin=math.radians(35))
    m, limbs = by_depth(b.placed(drawn_up, 3.0, 0.2, math.pi / 2, lift=0.48), 1.2, 0.3)
    assert classify(m, limbs, STILL, Ground(Rest("bed", True)))[0] is Posture.LYING_FURNITURE


def test_bending_over_a_bed_is_not_lying_on_it() -> None:
    m, limbs = by_depth(b.placed(b.bending(), 3.0, 0.2, math.pi / 2), 1.2, 0.3)
    assert classify(m, limbs, STILL, Ground(Rest("bed", True)))[0] is Posture.BENDING


@pytest.mark.parametrize("noise", [0.02, 0.05])
def test_confidence_is_a_share_and_falls_with_sight(noise: float) -> None:
    rng = np.random.default_rng(1)
    view = b.camera()
    for make in (b.standing, b.sitting, b.lying, b.kneeling):
        joints = b.placed(make(), 3.0, 0.2) + rng.normal(0.0, noise, (33, 3))
        sure = []
        for visible in (1.0, 0.6, 0.2):
            pose = b.seen(joints, view, visible)
            m, _ = measure(pose, None, view, None, SIZE, 1.0)
            sure.append(classify(m, limbs_of(pose, of_view(view)), STILL, FLOOR)[1])
        assert all(0.0 <= s <= 1.0 for s in sure)
        assert sure[0] > sure[1] > sure[2]
