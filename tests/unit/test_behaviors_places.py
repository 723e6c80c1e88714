"""Where to stand beside a person, where people are, how to turn, and why the robot may not move."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from behaviors.approach.grid import Ground
from behaviors.approach.places import KEEP_M, near_enough, places
from behaviors.eyes import Eyes, bearing_to_nearest
from behaviors.settling import SETTLED_S
from behaviors.still import why_still
from behaviors.turn import ENOUGH_RAD, FASTEST_RADPS, START_RAD, turn_rate
from kangban.values import (
    STILL,
    ChainState,
    ControllerState,
    GridMap,
    MapPose,
    Person,
    Persons,
    Pose2D,
    Posture,
    wrap_angle,
)
from tests.unit.behaviors_world import empty_room

WISHED_M, FOOTPRINT_M = 1.2, 0.25
ROBOT = Pose2D(0.6, 0.6, 0.0)
LYING = np.array([[3.0, 2.0], [3.5, 2.0], [4.0, 2.1], [4.4, 2.0]])


def gap(place: Pose2D, body: np.ndarray) -> float:
    return float(np.hypot(body[:, 0] - place.x, body[:, 1] - place.y).min())


def with_wall(x: float, gap_at: tuple[float, float] | None = None) -> GridMap:
    room = empty_room()
    column = int(x / room.resolution)
    room.cells[:, column : column + 2] = 100
    if gap_at is not None:
        low, high = (int(y / room.resolution) for y in gap_at)
        room.cells[low:high, column : column + 2] = 0
    return room


def test_the_first_place_is_at_talking_distance_on_the_near_side_facing_the_body() -> None:
    best = places(LYING, ROBOT, empty_room(), WISHED_M, FOOTPRINT_M)[0]
    assert gap(best, LYING) == pytest.approx(WISHED_M, abs=1e-6)
    assert best.distance_to(ROBOT.x, ROBOT.y) < Pose2D(3.0, 2.0, 0.0).distance_to(ROBOT.x, ROBOT.y)
    middle = LYING.mean(axis=0)
    assert best.yaw == pytest.approx(math.atan2(middle[1] - best.y, middle[0] - best.x))


def test_the_best_place_moves_little_when_what_is_seen_of_her_does() -> None:
    best = places(LYING, ROBOT, empty_room(), WISHED_M, FOOTPRINT_M)[0]
    for shift in ((0.05, 0.0), (0.0, 0.05), (-0.05, 0.0), (0.0, -0.05)):
        other = places(LYING + shift, ROBOT, empty_room(), WISHED_M, FOOTPRINT_M)[0]
        assert other.distance_to(best.x, best.y) < 0.2
        assert abs(wrap_angle(other.yaw - best.yaw)) < 0.2


def test_turning_counts_as_well_as_the_way() -> None:
    """She lies across: the nearest place by way alone faces her over the shoulder of the drive."""
    body = np.array([[3.0, 1.0 + 0.2 * n] for n in range(9)])
    robot = Pose2D(1.0, 1.0, 0.0)
    found = places(body, robot, empty_room(), WISHED_M, FOOTPRINT_M)[0]
    heading = math.atan2(found.y - robot.y, found.x - robot.x)
    nearest_by_way = math.atan2(1.8 - 1.0, 3.0 - 1.8)  # from straight ahead, at her feet, to her middle
    turns = abs(heading - robot.yaw) + abs(wrap_angle(found.yaw - heading))
    assert turns < nearest_by_way - 0.03


def test_further_places_are_elsewhere() -> None:
    found = places(LYING, ROBOT, empty_room(), WISHED_M, FOOTPRINT_M)
    assert len(found) >= 4
    assert all(a.distance_to(b.x, b.y) >= 0.5 for i, a in enumerate(found) for b in found[:i])


@settings(max_examples=25, deadline=None)
@given(
    st.floats(0.5, 5.5), st.floats(0.5, 3.7), st.floats(-math.pi, math.pi), st.floats(0.0, 1.7),
    st.floats(0.4, 5.6), st.floats(0.4, 3.8),
)  # fmt: skip
def test_every_place_is_free_far_enough_from_the_body_and_faces_it(
    x: float, y: float, lie: float, length: float, robot_x: float, robot_y: float
) -> None:
    along = np.linspace(0.0, length, 5)[:, None] * np.array([math.cos(lie), math.sin(lie)])
    body = np.clip(np.array([x, y]) + along, 0.1, [5.9, 4.1])
    room = empty_room()
    free = Ground(room, FOOTPRINT_M)
    for place in places(body, Pose2D(robot_x, robot_y, 0.0), room, WISHED_M, FOOTPRINT_M):
        assert gap(place, body) >= KEEP_M - 1e-9
        middle = body.mean(axis=0)
        assert abs(wrap_angle(math.atan2(middle[1] - place.y, middle[0] - place.x) - place.yaw)) < 1e-6
        if (place.x, place.y) != (robot_x, robot_y):
            (cell,), (inside,) = free.cells(np.array([[place.x, place.y]]))
            assert inside and free.drivable[tuple(cell)]


def test_a_place_behind_a_wall_is_no_place() -> None:
    body = np.array([[4.0, 2.0]])
    found = places(body, ROBOT, with_wall(3.0, gap_at=(0.2, 1.2)), WISHED_M, FOOTPRINT_M)
    assert found and all(place.x > 3.1 for place in found), "she can't be seen through the wall"
    assert places(body, ROBOT, with_wall(3.0), WISHED_M, FOOTPRINT_M) == [], "no way leads there"


def test_a_narrow_gap_is_no_way() -> None:
    body = np.array([[5.0, 3.0]])
    assert places(body, ROBOT, with_wall(3.0, gap_at=(1.0, 1.4)), WISHED_M, FOOTPRINT_M) == []


def test_where_the_wished_distance_is_not_free_another_is_taken() -> None:
    room = empty_room()
    room.cells[:] = 100
    room.cells[20:44, 10:60] = 0  # a strip 2.5 m long and 1.2 m wide; she lies at its end
    found = places(np.array([[2.7, 1.6]]), Pose2D(1.0, 1.6, 0.0), room, 2.4, FOOTPRINT_M)
    assert found and all(KEEP_M <= gap(place, np.array([[2.7, 1.6]])) < 2.4 for place in found)


def test_unknown_ground_is_not_driven_on() -> None:
    room = empty_room()
    room.cells[:, 60:] = -1
    assert all(place.x < 3.0 for place in places(np.array([[3.2, 2.0]]), ROBOT, room, WISHED_M, FOOTPRINT_M))


def test_near_already_it_only_turns() -> None:
    robot = Pose2D(2.0, 2.0, 2.0)
    first = places(np.array([[3.0, 2.0]]), robot, empty_room(), WISHED_M, FOOTPRINT_M)[0]
    assert (first.x, first.y) == (2.0, 2.0) and first.yaw == pytest.approx(0.0)
    assert not near_enough(robot, np.array([[3.0, 2.0]]), WISHED_M)
    assert near_enough(first, np.array([[3.0, 2.0]]), WISHED_M)


def test_a_map_with_another_origin_and_heading() -> None:
    room = empty_room()
    turned = GridMap(0.0, room.resolution, Pose2D(10.0, -3.0, math.pi / 2), room.cells)
    body = turned.origin_in_map.transform(LYING)
    robot = turned.origin_in_map @ ROBOT
    best = places(body, robot, turned, WISHED_M, FOOTPRINT_M)[0]
    same = places(LYING, ROBOT, room, WISHED_M, FOOTPRINT_M)[0]
    assert gap(best, body) == pytest.approx(WISHED_M, abs=1e-6)
    assert best.distance_to(robot.x, robot.y) == pytest.approx(same.distance_to(ROBOT.x, ROBOT.y), abs=0.15)


def person(id_: int, base: tuple[float, float, float] | None, points: object = None, seen: bool = True) -> Person:
    located = None if points is None else np.array(points, dtype=float)
    return Person(id_, seen, Posture.LYING_FLOOR, 0.9, None, None, None, located, base, None)


def test_a_body_is_placed_with_the_pose_of_its_frame() -> None:
    eyes = Eyes()
    eyes.take_pose(MapPose(1.0, Pose2D(1.0, 1.0, math.pi / 2), 0.01))
    eyes.take_pose(MapPose(2.0, Pose2D(5.0, 1.0, 0.0), 0.01))
    eyes.take_persons(Persons(1.02, (person(3, (2.0, 0.0, 0.2), [[2.0, 0.0, 0.2], [2.0, -1.0, 0.2]]),)))
    eyes.settle(1.02 + SETTLED_S)
    body = eyes.body((1.0, 3.0, 0.0), 3)
    assert body is not None and body == pytest.approx(np.array([[1.0, 3.0], [2.0, 3.0]]))
    assert eyes.nearest(1.1)[1] == 3
    eyes.take_persons(Persons(9.0, (person(4, (2.0, 0.0, 0.2), [[2.0, 0.0, 0.2]]),)))
    eyes.settle(9.0 + SETTLED_S)
    assert eyes.body(None, 4) is None, "no pose at that time: no place"


def test_what_is_unknown_stays_unknown() -> None:
    eyes = Eyes()
    assert eyes.body(None, 1) is None and eyes.nearest(0.0) == (None, 0)
    assert eyes.body((1.0, 2.0, 0.0), 1) == pytest.approx(np.array([[1.0, 2.0]])), "the place alone"
    assert eyes.bearing_to_nearest() is None
    assert bearing_to_nearest(Persons(0.0, (person(1, None), person(2, (1.0, 1.0, 0.0), seen=False)))) is None
    assert bearing_to_nearest(Persons(0.0, (person(1, (3.0, 0.0, 0.0)), person(2, (1.0, 1.0, 0.0))))) == (
        pytest.approx(math.pi / 4)
    )


@pytest.mark.parametrize(
    ("turning", "bearing", "rate"),
    [
        (False, None, None), (True, None, None), (False, START_RAD, None), (False, 0.32, 0.38),
        (True, 0.2, 0.24), (True, ENOUGH_RAD, None), (True, -1.0, -FASTEST_RADPS), (False, 3.0, FASTEST_RADPS),
    ],
)  # fmt: skip
def test_turning(turning: bool, bearing: float | None, rate: float | None) -> None:
    assert turn_rate(turning, bearing) == (None if rate is None else pytest.approx(rate))


def chain(latched: bool = False, reason: str = "") -> ChainState:
    return ChainState(0.0, None, STILL, STILL, (), latched, reason)


def controller(
    connected: bool = True, armed: bool = True, stop: bool = False, bumper: bool = False, faults: tuple[str, ...] = ()
) -> ControllerState:
    return ControllerState(0.0, connected, armed, stop, bumper, faults, (), STILL, None, 0, 0, 0, None)


@pytest.mark.parametrize(
    ("safety", "motors", "code"),
    [
        (chain(), controller(), None),
        (None, controller(), "why_no_chain"),
        (chain(), None, "why_no_motors"),
        (chain(), controller(connected=False), "why_no_motors"),
        (chain(True, "nurse"), controller(), "why_latched"),
        (chain(True, "nurse"), None, "why_latched"),
        (None, controller(stop=True), "why_emergency_stop"),
        (chain(), controller(bumper=True), "why_bumper"),
        (chain(), controller(armed=False, faults=("over current",)), "why_fault"),
        (chain(), controller(armed=True, faults=("over current",)), None),
        (chain(), controller(armed=False), "why_not_armed"),
    ],
)
def test_why_it_stands_still(safety: ChainState | None, motors: ControllerState | None, code: str | None) -> None:
    why = why_still(safety, motors)
    assert (None if why is None else why.code) == code


def test_one_odd_view_of_a_body_decides_nothing() -> None:
    eyes = Eyes()
    lying = [[2.0, 0.0, 0.2], [2.0, -1.0, 0.2]]
    odd = [[2.0, 0.0, 0.2], [2.2, -0.6, 0.2]]
    for n, points in enumerate([lying, lying, lying, odd]):
        eyes.take_pose(MapPose(1.0 + 0.1 * n, Pose2D(0.0, 0.0, 0.0), 0.02))
        eyes.take_persons(Persons(1.0 + 0.1 * n, (person(3, (2.0, 0.0, 0.2), points),)))
    eyes.settle(1.3 + SETTLED_S)
    body = eyes.body(None, 3)
    assert body == pytest.approx(np.array(lying)[:, :2])
    for n in range(15):
        eyes.take_pose(MapPose(2.0 + 0.1 * n, Pose2D(0.0, 0.0, 0.0), 0.02))
        eyes.take_persons(Persons(2.0 + 0.1 * n, (person(3, (2.0, 0.0, 0.2), odd),)))
    eyes.settle(3.4 + SETTLED_S)
    assert eyes.body(None, 3) == pytest.approx(np.array(odd)[:, :2]), "but what stays is believed"


def test_how_long_perception_took_decides_nothing() -> None:
    """Two robots, one with quick and one with slow eyes, know the same at the same time, and turn the same way."""
    quick, slow = Eyes(), Eyes()
    one = Persons(1.0, (person(1, (2.0, 1.0, 0.2), [[2.0, 1.0, 0.2]]),))
    for eyes in (quick, slow):
        eyes.take_pose(MapPose(1.0, Pose2D(0.0, 0.0, 0.0), 0.01))
    quick.take_persons(one)
    quick.settle(1.1)
    assert quick.bearing_to_nearest() is None and quick.body(None, 1) is None, "seen, but too fresh to act on"
    slow.take_persons(one)
    for eyes in (quick, slow):
        eyes.take_pose(MapPose(1.2, Pose2D(0.0, 0.0, 0.1), 0.01))
        eyes.settle(1.05 + SETTLED_S)
        assert eyes.bearing_to_nearest() == pytest.approx(math.atan2(1.0, 2.0) - 0.1), "she is where she was; it turned"
        assert eyes.body(None, 1) is not None
