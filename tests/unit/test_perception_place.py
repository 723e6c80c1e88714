"""Where a body is: from depth, from the floor, from its size, and None when nothing is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perception.landmarks import Pose
from perception.place import locate
from tests.unit import perception_bodies as b


@given(x=st.floats(1.8, 4.5), side=st.floats(-0.3, 0.3), yaw=st.floats(-3, 3), pitch=st.floats(0.0, 0.4))
def test_depth_places_a_standing_body_within_a_hand(x: float, side: float, yaw: float, pitch: float) -> None:
    view = b.camera(pitch=pitch, fov=1.4)
    joints = b.placed(b.standing(), x, side * x, yaw)
    place = locate(b.seen(joints, view), view, b.depth(joints, view))
    assert place is not None
    assert place.measured
    assert np.allclose(place.hip, joints[[23, 24]].mean(axis=0), atol=0.15)
    assert place.points is not None


def test_background_behind_a_joint_is_not_the_body() -> None:
    view = b.camera()
    joints = b.placed(b.standing(), 2.5, 0.0, 0.4)
    millimetres = b.depth(joints, view)
    u, v = (b.seen(joints, view).image[27, :2] * (view.width, view.height)).astype(int)
    millimetres[v - 6 : v + 7, u - 6 : u + 7] = 6000  # the left ankle's patch is the wall
    place = locate(b.seen(joints, view), view, millimetres)
    assert place is not None
    assert np.isnan(place.joints[27]).all()
    assert np.isfinite(place.joints[28]).all()


def test_hidden_hips_are_stepped_to_from_what_is_seen() -> None:
    view = b.camera()
    joints = b.placed(b.standing(), 2.5, 0.0)
    pose = b.seen(joints, view)
    image = pose.image.copy()
    image[23:, 3] = 0.1  # behind a table from the hips down
    place = locate(Pose(image, pose.body), view, b.depth(joints, view))
    assert place is not None
    assert np.allclose(place.hip, joints[[23, 24]].mean(axis=0), atol=0.15)


@pytest.mark.parametrize("x", [2.0, 3.0, 4.5])
def test_without_depth_the_feet_on_the_floor_tell(x: float) -> None:
    view = b.camera(fov=1.4)
    joints = b.placed(b.standing(), x, 0.3)
    place = locate(b.seen(joints, view), view, None)
    assert place is not None
    assert not place.measured
    assert place.hip[0] == pytest.approx(x, abs=0.15 * x)
    assert place.hip[1] == pytest.approx(0.3, abs=0.15)
    assert place.points is None


def test_without_feet_the_size_tells() -> None:
    view = b.camera()
    pose = b.seen(b.placed(b.standing(), 3.0, 0.0), view)
    image = pose.image.copy()
    image[25:, 3] = 0.1
    place = locate(Pose(image, pose.body), view, None)
    assert place is not None
    assert place.hip[0] == pytest.approx(3.0, abs=0.5)


def test_an_empty_depth_image_is_no_distance() -> None:
    view = b.camera()
    joints = b.placed(b.standing(), 3.0, 0.0)
    place = locate(b.seen(joints, view), view, np.zeros((480, 640), np.uint16))
    assert place is not None
    assert not place.measured


def test_nothing_visible_is_nowhere() -> None:
    view = b.camera()
    assert locate(b.seen(b.placed(b.standing(), 3.0, 0.0), view, visible=0.1), view, None) is None
