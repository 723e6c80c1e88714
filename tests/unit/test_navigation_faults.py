"""Localisation with a lidar, an odometry or a clock at fault: each is named, and the pose comes back after it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from bench.worlds.lidarland import Wanderer
from kangban.values import Covariance2D, Pose2D, Scan
from navigation import localise
from navigation.locating.senses import Fault
from tests.unit.navigation_wander import ORIGIN, flat, known_robot, off, told, use, wander

# The lidar at fault


def test_a_frozen_lidar_is_noticed_while_the_wheels_turn() -> None:
    belief, robot = known_robot()
    frozen = robot.scan
    after = wander(belief, robot, 1.5, lambda scan: replace(scan, ranges=frozen.ranges))[-1]
    assert localise.pose(after) is None
    assert "frozen" in after.told
    assert after.wants_to_look_around is None
    again = wander(after, robot, 1.0)[-1]
    assert off(again, robot)[0] < 0.05


def test_the_same_picture_while_it_stands_is_no_fault() -> None:
    belief, robot = known_robot()
    frozen = robot.scan
    after = wander(belief, robot, 3.0, lambda scan: replace(scan, ranges=frozen.ranges), stands=True)[-1]
    assert after.known


@pytest.mark.parametrize("blind", [math.nan, 0.0])
def test_a_half_blind_lidar_is_named(blind: float) -> None:
    belief, robot = known_robot()

    def half(scan: Scan) -> Scan:
        ranges = scan.ranges.copy()
        ranges[: len(ranges) // 2] = blind
        return replace(scan, ranges=ranges)

    after = wander(belief, robot, 1.0, half)[-1]
    assert localise.pose(after) is None
    assert after.senses.fault is Fault.HALF_BLIND
    assert "half blind" in after.told
    assert wander(after, robot, 0.5)[-1].known


def test_a_silent_lidar_is_named_and_the_pose_comes_back_with_it() -> None:
    belief, robot = known_robot()
    beliefs = wander(belief, robot, 1.6, lambda scan: None)
    assert localise.pose(beliefs[9]) is not None  # not after half a second
    assert localise.pose(beliefs[-1]) is None
    assert "silent" in beliefs[-1].told
    assert off(wander(beliefs[-1], robot, 0.5)[-1], robot)[0] < 0.05


def test_empty_scans_are_no_reading() -> None:
    belief, robot = known_robot()
    after = wander(belief, robot, 1.0, lambda scan: replace(scan, ranges=np.empty(0)))[-1]
    assert after.senses.fault is Fault.HALF_BLIND


# The odometry


@pytest.mark.parametrize("driven_s", [0.6, 2.0, 6.0])
@pytest.mark.parametrize("says_so", [False, True])
def test_a_bridge_killed_while_driving_is_bridged_within_a_second(driven_s: float, says_so: bool) -> None:
    """Its odometry begins at zero again: soon after the start that is no jump that one could see."""
    robot = Wanderer(flat(), Pose2D(2.0, 3.0, 0.0), 9)
    robot.odometry = ORIGIN
    sure = Covariance2D(1e-3, 0.0, 0.0, 1e-3, 0.0, 1e-3) if says_so else None
    belief = localise.begin((robot.pose,), replace(told(robot), pose_covariance=sure))
    belief = wander(belief, robot, driven_s)[-1]
    belief = replace(belief, history=tuple(replace(o, pose_covariance=sure) for o in belief.history))
    assert belief.known
    robot.pose = robot.pose @ Pose2D(0.06, 0.0, 0.02)  # it rolled on while nobody counted
    robot.odometry = ORIGIN
    robot.now += 1.5
    begun = replace(told(robot), pose_covariance=None if sure is None else Covariance2D(0, 0, 0, 0, 0, 0))
    belief = localise.moved(belief, begun)
    assert localise.pose(belief) is None  # not before a scan has confirmed it
    after = wander(belief, robot, 1.0)
    assert off(after[-1], robot)[0] < 0.05


def test_an_odometry_that_was_silent_and_went_on_counting_is_believed_too() -> None:
    belief, robot = known_robot()
    for _ in range(20):
        robot.tick()  # a second of nothing: the messages were lost
    after = wander(belief, robot, 0.6)[-1]
    assert off(after, robot)[0] < 0.05


def test_wheels_that_slip_by_a_step_are_put_right() -> None:
    belief, robot = known_robot()
    robot.odometry = robot.odometry @ Pose2D(0.04, 0.0, 0.1)
    assert max(off(wander(belief, robot, 2.0)[-1], robot)) < 0.05


def test_stamps_that_go_backwards_are_refused_and_a_clock_that_began_anew_is_followed() -> None:
    belief, robot = known_robot()
    old = replace(told(robot), stamp=robot.now - 0.5)
    assert localise.moved(belief, old) is belief
    scan = replace(robot.scan, stamp=robot.now - 0.3)
    assert use(belief, scan, robot) is belief
    robot.now = 20.0
    after = wander(belief, robot, 1.5)
    assert after[0].odometry is not None
    assert after[0].odometry.stamp < 21.0
    assert off(after[-1], robot)[0] < 0.05
