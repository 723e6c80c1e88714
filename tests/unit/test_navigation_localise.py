"""Localisation on scans of the demo flat with slipping odometry, restarts, jumps, clutter and wrong starts."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kangban.values import STILL, Array, Odometry, Pose2D, Twist2D, wrap_angle
from navigation import localise
from navigation.localise import Belief
from navigation.locating import knowing, motion, trying
from navigation.locating.knowing import State
from navigation.pose_file import Anchor, places, read, worth_writing, write
from navigation.surroundings import returns_in_base, unexplained
from tests.unit.navigation_world import DOCK, FIELD, MOUNT, RAYS, Robot, points_at, scan_at

TOUR = [(0.4, 0.0, 8.0), (0.3, 0.3, 3.0), (0.0, 0.8, 3.0), (0.4, -0.2, 4.0), (0.4, 0.0, 2.0)]


def follow(belief: Belief, robot: Robot, tour: list[tuple[float, float, float]]) -> tuple[Belief, list[float]]:
    """Drive a tour; the belief after it and the position errors, m, at each scan while the pose is known."""
    errors = []
    for vx, wz, seconds in tour:
        for odometry, scan in robot.drive(Twist2D(vx, 0.0, wz), seconds):
            belief = localise.moved(belief, odometry)
            if scan is not None:
                belief = localise.corrected(belief, scan, returns_in_base(scan, MOUNT), FIELD)
                known = localise.pose(belief)
                if known is not None:
                    errors.append(known.pose_in_map.distance_to(robot.pose.x, robot.pose.y))
    return belief, errors


def error_of(belief: Belief, robot: Robot) -> tuple[float, float]:
    known = localise.pose(belief)
    assert known is not None
    pose = known.pose_in_map
    return pose.distance_to(robot.pose.x, robot.pose.y), abs(wrap_angle(pose.yaw - robot.pose.yaw))


def blank_ranges(rng: np.random.Generator) -> Array:
    """Nothing within reach but a few rays on something thin, never twice the same."""
    ranges = np.full(RAYS, math.inf)
    ranges[:5] = rng.uniform(1.0, 1.1, 5)
    return ranges


def known_at_dock(robot: Robot) -> Belief:
    belief, _ = follow(localise.begin((DOCK,), robot.read()), robot, [(0.0, 0.0, 0.2)])
    assert belief.known
    return belief


def test_it_is_not_known_before_a_scan_confirms_it() -> None:
    belief = localise.begin((DOCK,), Robot().read())
    assert localise.pose(belief) is None
    assert localise.pose(localise.moved(belief, replace(Robot().read(), stamp=10.05))) is None


def test_it_follows_a_tour_with_slipping_wheels() -> None:
    robot = Robot()
    belief, errors = follow(known_at_dock(robot), robot, TOUR)
    assert len(errors) > 190  # it drives through a chair: the lidar is blind for a moment
    assert np.percentile(errors, 95) < 0.03
    assert error_of(belief, robot)[1] < 0.02
    known = localise.pose(belief)
    assert known is not None
    assert known.position_std_m < 0.05


@pytest.mark.parametrize("off", [Pose2D(0.2, -0.2, 0.15), Pose2D(-0.05, 0.3, -0.2)])
def test_a_dock_a_little_off_is_put_right(off: Pose2D) -> None:
    robot = Robot(pose=DOCK @ off)
    assert max(error_of(known_at_dock(robot), robot)) < 0.02


@pytest.mark.parametrize(
    "place", [Pose2D(3.0, 2.5, 0.0), Pose2D(7.2, 5.0, 1.0), Pose2D(7.5, 1.5, 3.0), Pose2D(1.4, 6.0, -1.6)]
)
def test_a_robot_that_is_not_at_the_dock_says_it_does_not_know(place: Pose2D) -> None:
    robot = Robot(pose=place)
    belief, errors = follow(localise.begin((DOCK,), robot.read()), robot, [(0.0, 0.0, 1.0)])
    assert errors == []
    assert belief.knowing.state is State.SEARCHING
    assert belief.wants_to_look_around is not None


def test_a_robot_carried_off_gives_its_pose_up() -> None:
    robot = Robot()
    belief, _ = follow(known_at_dock(robot), robot, [(0.4, 0.0, 3.0)])
    robot.pose = Pose2D(7.5, 1.6, 0.4)  # lifted into the kitchen: the wheels do not turn
    belief, errors = follow(belief, robot, [(0.0, 0.0, knowing.HOLD_S + 0.2)])
    assert not belief.known
    assert localise.pose(belief) is None
    belief, errors = follow(belief, robot, [(0.0, 0.0, 1.0)])
    assert errors == []


def test_odometry_that_begins_anew_is_bridged_and_confirmed() -> None:
    robot = Robot()
    belief, _ = follow(known_at_dock(robot), robot, TOUR[:2])
    robot.odometry = Pose2D(0.0, 0.0, 0.0)
    robot.now += 1.0
    robot.pose = robot.pose @ Pose2D(0.08, 0.0, 0.02)  # it rolled on while nobody counted
    belief = localise.moved(belief, robot.read())
    assert localise.pose(belief) is None  # not before a scan has confirmed it
    belief, errors = follow(belief, robot, [(0.3, 0.0, 1.0)])
    assert belief.known
    assert max(errors) < 0.03


@pytest.mark.parametrize("began_anew", [True, False])
def test_after_a_gap_it_is_found_where_it_stood_or_where_the_odometry_says_that_it_went(began_anew: bool) -> None:
    """So near to where the odometry began that a robot might have driven back there in the meantime."""
    robot = Robot()
    belief, _ = follow(known_at_dock(robot), robot, [(0.4, 0.0, 3.0)])
    if began_anew:
        robot.odometry = Pose2D(0.0, 0.0, 0.0)
    else:
        for _ in robot.drive(Twist2D(0.4, 0.0, 0.0), 1.5):
            pass
    robot.now += 2.5
    belief = localise.moved(belief, robot.read())
    assert localise.pose(belief) is None  # not before a scan has confirmed it
    belief, errors = follow(belief, robot, [(0.3, 0.0, 1.0)])
    assert belief.known
    assert max(errors) < 0.03


def test_odometry_that_comes_and_goes_while_lost_leaves_few_places_to_try() -> None:
    """Each gap asks whether it began anew: the answers must not double with every one."""
    robot = Robot()
    belief, _ = follow(known_at_dock(robot), robot, [(0.4, 0.0, 2.0)])
    standing = belief
    for k in range(20):
        robot.now += 1.0
        standing = localise.moved(standing, robot.read())
        robot.odometry = robot.odometry @ Pose2D(0.1 + 0.01 * k, 0.0, 0.1)
        belief = localise.moved(belief, robot.read())
        assert 1 <= len(belief.tried) <= trying.MOST_TRIED
    assert len(standing.tried) <= trying.MOST_TRIED
    still = robot.read()
    for _ in range(5):
        robot.now += 1.0
        belief = localise.moved(localise.begin((DOCK,), still), robot.read())
        assert len(belief.tried) == 1  # it stood: both answers are one place


@pytest.mark.parametrize("odometry_too", [False, True])
def test_a_killed_process_comes_back_knowing(tmp_path: Path, odometry_too: bool) -> None:
    """The robot went on a little after the last record; the odometry may have begun anew in the meantime."""
    robot = Robot()
    belief, _ = follow(known_at_dock(robot), robot, TOUR[:3])
    known = localise.pose(belief)
    assert known is not None
    write(tmp_path, Anchor("run-1", robot.now, known.pose_in_map, robot.odometry))
    for _ in robot.drive(Twist2D(0.3, 0.0, 0.2), 0.0 if odometry_too else 0.6):
        pass
    if odometry_too:
        robot.odometry = Pose2D(0.0, 0.0, 0.0)
    back = localise.begin(places(read(tmp_path, "run-1"), DOCK, robot.odometry), robot.read())
    assert localise.pose(back) is None
    back, errors = follow(back, robot, [(0.0, 0.0, 0.5)])
    assert back.known
    assert max(errors) < 0.03


def test_people_around_neither_move_nor_hide_the_pose() -> None:
    robot = Robot(pose=Pose2D(3.0, 2.5, 0.5))
    around = np.array([[2.4, 2.5], [2.4, 2.7], [3.5, 2.9], [3.6, 2.7], [3.0, 1.9], [3.2, 1.9]])
    belief = localise.begin((robot.pose,), robot.read())
    for _ in range(5):
        robot.now += 0.1
        belief = localise.moved(belief, robot.read())
        belief = localise.corrected(
            belief, scan_at(robot.pose, robot.now, robot.rng), points_at(robot.pose, robot.rng, around), FIELD
        )
    assert max(error_of(belief, robot)) < 0.02
    seen = unexplained(robot.pose.transform(points_at(robot.pose, robot.rng, around)), FIELD)
    apart = np.hypot(*(seen[:, None, :] - around[None, :, :]).transpose(2, 0, 1)).min(axis=1)
    assert len(seen) > 10
    assert np.mean(apart < 0.12) > 0.9  # what the map does not explain is people, not furniture


def test_scans_that_tell_nothing_leave_it_to_the_odometry_until_that_is_too_vague() -> None:
    robot = Robot()
    belief = known_at_dock(robot)
    blank = replace(scan_at(robot.pose, robot.now, robot.rng), ranges=np.full(RAYS, math.inf))
    for metres, known in ((1.5, True), (40.0, False)):
        for _ in range(round(metres / 0.02)):
            robot.now += 0.05
            robot.odometry = robot.odometry @ Pose2D(0.02, 0.0, 0.03)
            belief = localise.moved(belief, robot.read())
            blank = replace(blank, stamp=robot.now, ranges=blank_ranges(robot.rng))
            belief = localise.corrected(belief, blank, returns_in_base(blank, MOUNT), FIELD)
        assert belief.known == known


def test_a_scan_from_before_the_history_changes_nothing() -> None:
    robot = Robot()
    belief = known_at_dock(robot)
    old = scan_at(robot.pose, robot.now - 5.0, robot.rng)
    assert localise.corrected(belief, old, returns_in_base(old, MOUNT), FIELD) is belief


# x, y of the step; seconds between; is it a jump?
@pytest.mark.parametrize(
    ("step", "seconds", "jump"),
    [
        (Pose2D(0.025, 0.0, 0.05), 0.05, False),
        (Pose2D(0.3, 0.0, 0.1), 0.6, False),
        (Pose2D(0.3, 0.0, 0.0), 0.05, True),
        (Pose2D(0.0, 0.0, 1.0), 0.05, True),
        (Pose2D(-3.0, 1.0, 2.0), 1.0, True),
    ],
)
def test_what_counts_as_a_jump(step: Pose2D, seconds: float, jump: bool) -> None:
    before = Odometry(1.0, Pose2D(2.0, 1.0, 3.0), STILL)
    after = Odometry(1.0 + seconds, before.pose_in_odom @ step, STILL)
    assert motion.jumped(before, after) == jump


# The record on disk

ANCHOR = Anchor("run-1", 5.0, Pose2D(1.0, 2.0, 0.5), Pose2D(0.5, 0.0, 0.0))


def test_the_record_belongs_to_its_run(tmp_path: Path) -> None:
    assert read(tmp_path, "run-1") is None
    write(tmp_path, ANCHOR)
    assert read(tmp_path, "run-1") == ANCHOR
    assert read(tmp_path, "run-2") is None
    assert places(None, DOCK, Pose2D(0.0, 0.0, 0.0)) == (DOCK,)


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "{",
        "[1]",
        '{"run": "run-1"}',
        '{"run": "run-1", "stamp": 1, "pose_in_map": {"x": NaN, "y": 0.0, "yaw": 0.0}, '
        '"pose_in_odom": {"x": 0.0, "y": 0.0, "yaw": 0.0}}',
    ],
)
def test_a_broken_record_is_no_record(tmp_path: Path, broken: str) -> None:
    (tmp_path / "pose.json").write_text(broken)
    assert read(tmp_path, "run-1") is None


def test_it_is_written_only_when_moved_and_at_most_twice_a_second() -> None:
    def later(seconds: float, dx: float, turn: float = 0.0) -> Anchor:
        return Anchor("run-1", 5.0 + seconds, ANCHOR.pose_in_map @ Pose2D(dx, 0.0, turn), ANCHOR.pose_in_odom)

    assert worth_writing(None, ANCHOR)
    assert not worth_writing(ANCHOR, later(0.4, 0.5))
    assert not worth_writing(ANCHOR, later(60.0, 0.01))
    assert worth_writing(ANCHOR, later(0.5, 0.03))
    assert worth_writing(ANCHOR, later(0.5, 0.0, 0.1))
