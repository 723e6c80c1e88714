"""What the sensors say against geometry that is known, and the noise against its own figures."""

import math
from pathlib import Path

import numpy as np
import pytest

from kangban.profile import Profile
from kangban.values import Pose2D
from sim.home.home import Home
from sim.robots.robot import Robot
from sim.sensors.camera import intrinsics
from sim.sensors.lidar import LidarSensor
from sim.sensors.noise import LIDAR_LOST, LIDAR_STD_M, DepthNoise, PictureNoise, spoil_ranges
from sim.sensors.schedule import Delay, every


def test_the_lidar_sees_the_walls_and_not_the_robot(client: int, home: Home, profile: Profile, tmp_path: Path) -> None:
    pose = Pose2D(2.6, 2.9, 0.0)  # clear of the sofa
    Robot(client, profile, pose, tmp_path / "robot.urdf")
    scan = LidarSensor(client, profile.lidar, np.random.default_rng(1)).measure(pose, 1.0)
    x = pose.x + profile.lidar.mount.x_m
    west, north = scan.ranges[0], scan.ranges[270]
    assert west == pytest.approx(x - 0.06, abs=5 * LIDAR_STD_M) or math.isnan(west)
    assert north == pytest.approx(4.2 - 2.9 - 0.06, abs=5 * LIDAR_STD_M) or math.isnan(north)
    assert np.nanmin(scan.ranges) > profile.base.footprint_radius_m


def test_lidar_noise_has_the_spread_and_the_gaps_it_states() -> None:
    ranges = spoil_ranges(np.full(100_000, 5.0), 0.1, 10.0, np.random.default_rng(1))
    assert np.nanstd(ranges) == pytest.approx(LIDAR_STD_M, rel=0.05)
    assert np.isnan(ranges).mean() == pytest.approx(LIDAR_LOST, rel=0.2)


def test_nothing_in_range_and_too_near_are_told_apart() -> None:
    told = spoil_ranges(np.array([np.inf, 0.01] * 50), 0.1, 10.0, np.random.default_rng(1))
    known = told[~np.isnan(told)]
    assert set(np.sign(known[np.isinf(known)])) == {1.0, -1.0}
    assert np.isinf(known).all()


def test_depth_out_of_range_is_no_reading_and_never_a_distance() -> None:
    metres = np.array([[0.1, 0.1, 2.0, 2.0, 9.0, 9.0]] * 4, dtype=np.float32)
    told = DepthNoise((4, 6), 0.3, 8.0, np.random.default_rng(1)).spoil(metres)
    assert (told[:, :1] == 0).all() and (told[:, 5:] == 0).all()
    kept = told[(told > 0)]
    assert np.abs(kept.astype(float) / 1000 - 2.0).max() < 0.05


def test_picture_noise_is_seeded_and_small() -> None:
    plain = np.full((48, 64, 3), 128, np.uint8)
    one = PictureNoise(plain.shape, np.random.default_rng(1)).add(plain)
    again = PictureNoise(plain.shape, np.random.default_rng(1)).add(plain)
    assert (one == again).all() and (one != plain).any()
    assert abs(float(one.mean()) - 128.0) < 1.0


def test_the_intrinsics_have_the_profile_s_field_of_view(profile: Profile) -> None:
    info = intrinsics(profile.camera)
    assert 2 * math.atan(info.height / 2 / info.fy) == pytest.approx(profile.camera.vertical_fov_rad)


def test_a_rate_that_does_not_fit_the_slices_is_refused() -> None:
    assert every(0.025, 10.0) == 4
    with pytest.raises(ValueError, match="possible: 40, 20, 10"):
        every(0.025, 15.0)


def test_a_delayed_reading_comes_when_it_is_due() -> None:
    delay: Delay[str] = Delay(0.05)
    delay.put("first", 1.0)
    delay.put("second", 1.1)
    assert delay.due(1.025) == []
    assert delay.due(1.05) == ["first"]
    assert delay.due(2.0) == ["second"]
