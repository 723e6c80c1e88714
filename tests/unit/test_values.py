import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kangban.values import Pose2D, Scan, wrap_angle

coordinate = st.floats(-100, 100)
angle = st.floats(-math.pi, math.pi)
poses = st.builds(Pose2D, coordinate, coordinate, angle)


@given(st.floats(-1000, 1000))
def test_a_wrapped_angle_is_the_same_angle(value: float) -> None:
    wrapped = wrap_angle(value)
    assert -math.pi < wrapped <= math.pi
    assert math.isclose(math.cos(wrapped), math.cos(value), abs_tol=1e-9)
    assert math.isclose(math.sin(wrapped), math.sin(value), abs_tol=1e-9)


@given(poses)
def test_a_pose_and_its_inverse_cancel(pose: Pose2D) -> None:
    nothing = pose @ pose.inverse()
    assert math.hypot(nothing.x, nothing.y) < 1e-9
    assert abs(nothing.yaw) < 1e-9


@given(poses, poses, coordinate, coordinate)
def test_transforming_twice_is_transforming_by_the_product(a: Pose2D, b: Pose2D, x: float, y: float) -> None:
    point = np.array([[x, y]])
    assert np.allclose(a.transform(b.transform(point)), (a @ b).transform(point), atol=1e-7)


def test_a_scan_gives_only_real_returns() -> None:
    ranges = np.array([1.0, math.inf, math.nan, 0.01, 2.0, 50.0])
    scan = Scan(0.0, 0.0, math.pi / 2, 0.1, 10.0, ranges)
    assert np.allclose(scan.points_in_lidar(), [[1.0, 0.0], [2.0, 0.0]], atol=1e-12)
