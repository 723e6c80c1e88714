"""A robot that is lost, carried off or in another home finds itself, and is never sure of the wrong place."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from bench.worlds import lidarland
from bench.worlds.lidarland import Wanderer
from kangban.values import STILL, Covariance2D, Odometry, Person, Persons, Pose2D, Posture, Scan
from navigation import localise
from navigation.locating import candidates, motion, senses
from navigation.locating.knowing import CARRIED, HOLD_S, NOWHERE, RIVALS, State
from tests.unit.navigation_wander import ORIGIN, flat, known_robot, noticed_after, off, told, use, wander, wander_right


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


def test_a_known_pose_that_another_place_may_claim_as_well_is_told_no_more() -> None:
    robot = Wanderer(flat("twins"), Pose2D(5.6, 1.6, 0.4), 5, people=0)
    belief = wander(localise.begin((robot.pose,), told(robot)), robot, 0.3, stands=True)[-1]
    assert belief.known
    own = belief.places[0]
    at = own.fit.pose_in_map
    twin = replace(own.fit, pose_in_map=Pose2D(8.0 - at.x, 7.4 - at.y, at.yaw + math.pi))
    both = candidates.certain(twin, np.random.default_rng(0))
    belief = replace(belief, places=(own, *both))
    after = wander(belief, robot, HOLD_S + 0.2, stands=True)
    assert after[0].known
    assert localise.pose(after[-1]) is None
    assert after[-1].knowing.why == RIVALS


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
    before = Odometry(1.0, Pose2D(0.1, 0.0, 0.0), STILL, grown)
    assert motion.began_anew(before, replace(before, stamp=1.5, pose_covariance=fresh))
    assert not motion.began_anew(before, replace(before, stamp=1.5))
    silent = replace(before, pose_covariance=None)
    assert motion.perhaps_anew(silent, replace(silent, stamp=1.5))
    assert not motion.perhaps_anew(silent, replace(silent, stamp=1.05))
