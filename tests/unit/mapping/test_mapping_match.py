"""Scans become clouds, clouds are laid on surfaces: exactly where walls hold them, not at all where nothing does."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kangban.values import Pose2D, Scan, Twist2D
from navigation.mapping.closures import enough_sides
from navigation.mapping.fit import fit
from navigation.mapping.icp import icp
from navigation.mapping.look import look
from navigation.mapping.surfaces import Cloud, Surface
from tests.unit.mapping.mapping_world import HOME, LIDAR, MIDDLE, angles, box, cloud, scan

HERE = Pose2D(1.2, 0.9, 0.3)
WEAK = np.eye(3)
CORRIDOR = np.array([(-40.0, 0.0, 40.0, 0.0), (-40.0, 2.0, 40.0, 2.0)])


def surface(segments: np.ndarray, *poses: Pose2D) -> Surface:
    found = Surface.of((pose, cloud(segments, pose, k)) for k, pose in enumerate(poses))
    assert found is not None
    return found


def test_normals_stand_on_walls_and_look_at_the_lidar() -> None:
    seen = cloud(HOME, HERE)
    known = (seen.normals != 0.0).any(axis=1)
    assert known.mean() > 0.9
    assert np.hypot(*seen.normals[known].T) == pytest.approx(1.0)
    assert ((seen.points[known] * seen.normals[known]).sum(axis=1) < 0.0).all()
    facing = np.arctan2(seen.normals[known, 1], seen.normals[known, 0]) + HERE.yaw
    off_axis = np.abs(np.remainder(facing + math.pi / 4, math.pi / 2) - math.pi / 4)
    assert np.median(off_axis) < 0.05


def test_what_is_no_reading_becomes_no_point() -> None:
    ranges = np.full(LIDAR.beams, 2.0)
    ranges[:60], ranges[60:70], ranges[70:75] = np.nan, np.inf, LIDAR.reach
    a = angles()
    seen = Cloud.of(Scan(0.0, float(a[0]), float(a[1] - a[0]), 0.05, LIDAR.reach, ranges), MIDDLE)
    assert len(seen.points) == 105
    assert not Cloud.of(Scan(0.0, 0.0, 0.1, 0.05, 8.0, np.full(10, np.nan)), MIDDLE).enough


def test_the_mount_moves_the_points() -> None:
    mount = Pose2D(0.2, -0.1, math.pi / 2)
    plain = Cloud.of(scan(HOME, HERE), MIDDLE)
    assert Cloud.of(scan(HOME, HERE), mount).points == pytest.approx(mount.transform(plain.points))


def test_a_sweep_taken_while_turning_is_straightened() -> None:
    """Each beam from where the robot was then; the cloud must lie as from where it was at the first."""
    sweep, moving = 0.1, Twist2D(0.4, 0.0, 1.2)
    a, ranges = angles(), np.empty(LIDAR.beams)
    from tests.unit.mapping.mapping_world import look as seen_from

    for k in range(LIDAR.beams):
        t = sweep * k / (LIDAR.beams - 1)
        yaw = moving.wz * t
        chord = moving.vx * t
        ranges[k] = seen_from(HOME, HERE @ Pose2D(chord * math.cos(yaw / 2), chord * math.sin(yaw / 2), yaw), k)[k]
    taken = Scan(0.0, float(a[0]), float(a[1] - a[0]), 0.05, LIDAR.reach, ranges)
    on = surface(HOME, HERE)
    bent = fit(on, Cloud.of(taken, MIDDLE), HERE, WEAK)
    straight = fit(on, Cloud.of(taken, MIDDLE, sweep, moving), HERE, WEAK)
    assert bent is not None and straight is not None
    off = [abs(math.remainder(f.pose.yaw - HERE.yaw, math.tau)) for f in (bent, straight)]
    assert off[0] > 0.03 and off[1] < 0.005


@pytest.mark.parametrize("off", [(0.1, -0.08, 0.1), (-0.15, 0.1, -0.12), (0.0, 0.2, 0.0)])
def test_a_fit_finds_its_way_back(off: tuple[float, float, float]) -> None:
    on = surface(HOME, HERE, HERE @ Pose2D(0.3, 0.1, 0.2))
    there = Pose2D(1.6, 1.0, 0.6)
    found = fit(on, cloud(HOME, there, 9), there @ Pose2D(*off), WEAK)
    assert found is not None
    left = there.inverse() @ found.pose
    assert math.hypot(left.x, left.y) < 0.01
    assert abs(left.yaw) < 0.005
    assert found.share > 0.8
    assert enough_sides(found)


def test_someone_who_stands_there_does_not_pull_the_fit() -> None:
    crowd = np.vstack([HOME, np.array(box(1.7, 0.5, 0.3, 0.3)), np.array(box(0.6, 1.6, 0.25, 0.25))])
    on = surface(HOME, HERE)
    found = fit(on, cloud(crowd, HERE, 5), HERE @ Pose2D(0.05, 0.05, 0.05), WEAK)
    assert found is not None
    assert math.hypot(found.pose.x - HERE.x, found.pose.y - HERE.y) < 0.015
    alone = fit(on, cloud(HOME, HERE, 5), HERE, WEAK)
    assert alone is not None
    assert found.share < alone.share - 0.05


def test_along_a_bare_corridor_odometry_decides_and_the_fit_says_so() -> None:
    here = Pose2D(0.0, 1.0, 0.0)
    on = surface(CORRIDOR, here)
    found = fit(on, cloud(CORRIDOR, here, 2), Pose2D(0.1, 0.95, 0.03), np.eye(3) * 1e4)
    assert found is not None
    assert found.pose.x == pytest.approx(0.1, abs=0.02)
    assert found.pose.y == pytest.approx(1.0, abs=0.01)
    assert found.pose.yaw == pytest.approx(0.0, abs=0.005)
    assert found.information[0, 0] < 0.02 * found.information[1, 1]
    assert not enough_sides(found)


def test_too_little_to_lay_on_is_none() -> None:
    on = surface(HOME, HERE)
    far = Pose2D(60.0, 60.0, 0.0)
    assert fit(on, cloud(HOME, HERE), far, WEAK) is None
    assert Surface.of([]) is None


def test_look_finds_a_far_place_and_is_alone() -> None:
    on = surface(HOME, HERE, Pose2D(4.8, 0.9, 1.0), Pose2D(5.0, 3.0, 3.0), Pose2D(1.0, 2.8, -1.0))
    there = Pose2D(4.6, 2.9, 2.5)
    found = look(on.seen, cloud(HOME, there, 7).points, there @ Pose2D(0.9, -0.7, 0.4), 1.6, 0.6, 0.5)
    assert found is not None
    assert math.hypot(found.pose.x - there.x, found.pose.y - there.y) < 0.1
    assert abs(math.remainder(found.pose.yaw - there.yaw, math.tau)) < 0.03
    assert found.rival < 0.9 * found.score


def test_look_is_exact() -> None:
    """Coarse to fine gives what trying every cell gives."""
    on = surface(HOME, HERE)
    points = cloud(HOME, Pose2D(1.5, 1.1, 0.5), 3).points
    guess = Pose2D(1.3, 1.0, 0.45)
    wide = look(on.seen, points, guess, 0.4, 0.15, 0.1)
    assert wide is not None
    shifts = np.arange(-8, 9) * 0.05
    every = [
        look(on.seen, points, Pose2D(guess.x + x, guess.y + y, guess.yaw), 0.0, 0.15, 0.0)
        for x in shifts
        for y in shifts
    ]
    assert wide.score >= max(p.score for p in every if p is not None) - 0.01


def test_two_rooms_alike_are_rivals() -> None:
    twins = np.array(box(0, 0, 3, 2) + box(0.0, 1.4, 0.5, 0.6) + box(4, 0, 3, 2) + box(4.0, 1.4, 0.5, 0.6))
    on = surface(twins, Pose2D(1.5, 0.8, 0.0), Pose2D(5.5, 0.8, 0.0))
    found = look(on.seen, cloud(twins, Pose2D(1.4, 0.9, 0.1), 4).points, Pose2D(3.4, 0.9, 0.0), 3.0, 0.2, 0.4)
    assert found is not None
    assert found.rival > 0.9 * found.score


def test_nothing_like_it_is_none() -> None:
    on = surface(CORRIDOR, Pose2D(0.0, 1.0, 0.0))
    assert look(on.seen, cloud(HOME, HERE).points, Pose2D(0.0, 1.0, 0.0), 1.0, 0.3, 0.8) is None


def test_small_gicp_agrees_with_our_own_fit() -> None:
    on = surface(HOME, HERE)
    there = Pose2D(1.3, 0.95, 0.35)
    second = icp(on.seen, cloud(HOME, there, 6).points, there @ Pose2D(0.05, -0.05, 0.04))
    assert math.hypot(second.x - there.x, second.y - there.y) < 0.03
    assert abs(second.yaw - there.yaw) < 0.02
