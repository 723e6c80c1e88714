"""A robot that wanders a flat with two people close by: lost, carried off, started over, half blind; and never sure of
the wrong place."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from bench import lidarflats, lidarland
from bench.lidarland import Flat, Wanderer
from kangban.values import Covariance2D, Odometry, Person, Persons, Pose2D, Posture, Scan, wrap_angle
from navigation import localise
from navigation.locating import motion, senses
from navigation.locating.belief import Belief
from navigation.locating.knowing import CARRIED, HOLD_S, NOWHERE, State
from navigation.locating.senses import Fault
from tests.unit.navigation_world import SITE

Spoil = Callable[[Scan], Scan | None]
ORIGIN = Pose2D(0.0, 0.0, 0.0)


@functools.cache
def flat(name: str = "demo") -> Flat:
    rng = np.random.default_rng(3)
    if name == "twins":
        return lidarland.of_site(name, lidarflats.twins(SITE), rng)
    site = SITE if name == "demo" else lidarflats.made_up(SITE, 11)
    return lidarland.of_site(name, site, rng)


def wander(
    belief: Belief, robot: Wanderer, seconds: float, spoil: Spoil = lambda scan: scan, stands: bool = False
) -> list[Belief]:
    """The belief after each odometry."""
    beliefs = []
    for _ in range(round(seconds / lidarland.DT)):
        where = robot.pose, robot.odometry
        odometry, scan = robot.tick()
        if stands:
            robot.pose, robot.odometry = where
            odometry = replace(odometry, pose_in_odom=robot.odometry)
        belief = localise.moved(belief, odometry)
        taken = None if scan is None else spoil(scan)
        if taken is not None:
            belief = use(belief, taken, robot)
        beliefs.append(belief)
    return beliefs


def use(belief: Belief, scan: Scan, robot: Wanderer, persons: Persons | None = None) -> Belief:
    points = lidarland.MOUNT.transform(scan.points_in_lidar())
    return localise.corrected(belief, scan, points, robot.flat.field, persons)


def told(robot: Wanderer) -> Odometry:
    return Odometry(robot.now, robot.odometry, robot.velocity)


def off(belief: Belief, robot: Wanderer) -> tuple[float, float]:
    known = localise.pose(belief)
    assert known is not None, belief.told
    pose = known.pose_in_map
    return pose.distance_to(robot.pose.x, robot.pose.y), abs(wrap_angle(pose.yaw - robot.pose.yaw))


def noticed_after(belief: Belief, robot: Wanderer) -> tuple[float, Belief]:
    """How long a pose is told on after the robot was carried off, s."""
    for k in range(40):
        if not belief.known:
            return k * lidarland.DT, belief
        belief = wander(belief, robot, lidarland.DT)[-1]
    raise AssertionError("it never noticed")


def wander_right(belief: Belief, robot: Wanderer, seconds: float, stands: bool = False) -> Belief:
    """Wander on; a pose that is told on the way must be right."""
    for _ in range(round(seconds / lidarland.DT)):
        belief = wander(belief, robot, lidarland.DT, stands=stands)[-1]
        assert not belief.known or off(belief, robot)[0] < 0.1
    return belief


def known_robot(seed: int = 1, start: Pose2D = Pose2D(3.0, 2.5, 0.5)) -> tuple[Belief, Wanderer]:
    robot = Wanderer(flat(), start, seed)
    belief = wander(localise.begin((start,), told(robot)), robot, 2.0)[-1]
    assert off(belief, robot)[0] < 0.03
    return belief, robot


@pytest.mark.parametrize("seed", range(3))
def test_a_robot_started_anywhere_finds_itself_by_driving(seed: int) -> None:
    place = lidarland.somewhere(flat(), np.random.default_rng(seed))
    robot = Wanderer(flat(), place, seed)
    beliefs = wander(localise.begin((), told(robot)), robot, 15.0)
    assert not any(b.known for b in beliefs[:4])  # not by one scan
    assert off(beliefs[-1], robot)[0] < 0.1


def test_a_robot_carried_off_while_it_drives_finds_itself_and_says_nothing_wrong() -> None:
    belief, robot = known_robot()
    robot.put(Pose2D(8.2, 1.5, 2.0))
    told_s, belief = noticed_after(belief, robot)
    assert told_s < HOLD_S + 0.25
    belief = wander_right(belief, robot, 10.0)
    assert max(off(belief, robot)) < 0.1


def test_a_robot_carried_off_while_it_stands_notices_at_once() -> None:
    belief, robot = known_robot()
    belief = wander(belief, robot, 0.5, stands=True)[-1]
    robot.put(Pose2D(8.2, 1.5, 2.0))
    after = wander(belief, robot, 0.15, stands=True)[-1]
    assert localise.pose(after) is None
    assert after.knowing.why == CARRIED
    wander_right(after, robot, 4.0, stands=True)


def test_twin_rooms_stay_unknown_until_told_apart() -> None:
    """In either room all that it sees fits the other as well; only the corridor tells them apart."""
    robot = Wanderer(flat("twins"), Pose2D(5.6, 1.6, 0.0), 5)
    belief = localise.begin((), told(robot))
    inside, counts = True, []
    for _ in range(12):
        belief = wander(belief, robot, 1.0)[-1]
        inside = inside and robot.pose.y < 2.4 and robot.pose.x > 4.2
        if not inside:
            break
        assert localise.pose(belief) is None
        counts.append(len(belief.places))
    assert len(counts) >= 3
    assert counts[-1] >= 2
    robot.put(Pose2D(1.2, 3.7, 0.0))  # the wheels did not turn: found again beside the cupboard
    belief = wander_right(noticed_after(belief, robot)[1], robot, 8.0)
    assert off(belief, robot)[0] < 0.1


def test_in_another_home_it_says_that_the_map_does_not_fit() -> None:
    robot = Wanderer(flat("other"), lidarland.somewhere(flat("other"), np.random.default_rng(2)), 4)
    robot_map = flat()
    belief = localise.begin((Pose2D(0.45, 3.6, 0.0),), told(robot))
    states = []
    for _ in range(round(10.0 / lidarland.DT)):
        odometry, scan = robot.tick()
        belief = localise.moved(belief, odometry)
        if scan is not None:
            points = lidarland.MOUNT.transform(scan.points_in_lidar())
            belief = localise.corrected(belief, scan, points, robot_map.field)
            states.append(belief.knowing.state)
    assert State.KNOWN not in states


def test_a_scan_that_fits_nowhere_ends_in_lost_with_that_reason() -> None:
    belief, robot = known_robot()
    rng = np.random.default_rng(1)

    def noise(scan: Scan) -> Scan:
        return replace(scan, ranges=rng.uniform(0.3, 9.0, len(scan.ranges)))

    after = wander(belief, robot, 8.0, noise)[-1]
    assert after.knowing.state is State.LOST
    assert after.told == f"not known, lost: {NOWHERE}"
    assert after.wants_to_look_around == NOWHERE
    assert off(wander(after, robot, 12.0)[-1], robot)[0] < 0.1  # and it finds itself once it sees again


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
    for belief in wander(belief, robot, driven_s):
        pass
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


# Of every run the same


def test_the_same_readings_give_the_same_poses_bit_for_bit() -> None:
    def run() -> list[Pose2D | None]:
        robot = Wanderer(flat(), Pose2D(3.0, 2.5, 0.5), 6)
        beliefs = wander(localise.begin((), told(robot), seed=4), robot, 4.0)
        return [None if (p := localise.pose(b)) is None else p.pose_in_map for b in beliefs]

    first = run()
    assert any(p is not None for p in first)
    assert first == run()


def test_an_odometry_that_comes_later_than_the_scan_changes_nothing() -> None:
    """The scan waits for it (see the node): used one odometry later it gives the same pose."""
    belief, robot = known_robot()
    odometry, scan = robot.tick()
    while scan is None:
        belief = localise.moved(belief, odometry)
        odometry, scan = robot.tick()
    later, _ = robot.tick()
    at_once = localise.moved(use(localise.moved(belief, odometry), scan, robot), later)
    waited = use(localise.moved(localise.moved(belief, odometry), later), scan, robot)
    assert at_once.map_from_odom == waited.map_from_odom


def test_returns_at_people_are_left_out_where_they_were_seen_before() -> None:
    points = np.array([[1.0, 0.0], [1.1, 0.1], [3.0, 0.0], [0.0, 2.0], [0.0, -2.0]])
    body = np.array([[1.2, 0.0, 0.5]])
    person = Person(1, True, Posture.STANDING, 1.0, None, None, None, body, None, None)
    seen = Persons(1.0, (person,))
    assert len(senses.without_people(points, seen, Pose2D(0.1, 0.0, 0.0))) == 3
    assert len(senses.without_people(points, seen, Pose2D(0.0, 0.0, math.pi))) == 5  # it has turned away from her
    crowd = replace(person, points_in_base=np.column_stack([points, np.zeros(5)]))
    assert len(senses.without_people(points, Persons(1.0, (crowd,)), ORIGIN)) == 5  # they would leave nothing


def test_the_variances_of_a_beginning_tell_it() -> None:
    grown, fresh = Covariance2D(1e-3, 0, 0, 1e-3, 0, 1e-3), Covariance2D(0, 0, 0, 0, 0, 0)
    before = Odometry(1.0, Pose2D(0.1, 0.0, 0.0), lidarland.STILL, grown)
    assert motion.began_anew(before, replace(before, stamp=1.5, pose_covariance=fresh))
    assert not motion.began_anew(before, replace(before, stamp=1.5))
    silent = replace(before, pose_covariance=None)
    assert motion.perhaps_anew(silent, replace(silent, stamp=1.5))
    assert not motion.perhaps_anew(silent, replace(silent, stamp=1.05))
