"""The parts of the local control: people and how they move, smoothness, the guesses and their costs, the last metre."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kangban.config import load
from kangban.values import STILL, Array, Person, Persons, Pose2D, Posture, Twist2D, wrap_angle
from navigation.control import arrive, movers, mppi, people, pilot
from navigation.control.arrive import Goal, Phase
from navigation.control.limits import ControlLimits
from navigation.control.local import CELL_M, HALF_M, near
from navigation.control.mppi import Mind, Plight
from navigation.control.path import points_at
from navigation.control.pilot import Surroundings
from navigation.control.smooth import AT_REST, Motion, Ramp, towards
from navigation.zones import speed_limits
from tests.unit.navigation_world import CONFIG
from tests.unit.test_navigation_drive import BARE, PROFILE

LIMITS = replace(ControlLimits.of(PROFILE), rollouts=200)
OMNI = replace(ControlLimits.of(load("lekiwi", "demo_flat", CONFIG.state_dir, CONFIG.run_dir).profile), rollouts=200)
NONE = np.empty((0, 2))
ROBOT = Pose2D(2.0, 3.0, 0.0)
AHEAD = np.array([[2.0, 3.0], [5.0, 3.0]])
DT = 0.05


# People


def person(x: float, y: float, posture: Posture = Posture.STANDING, seen: bool = True, number: int = 1) -> Person:
    points = np.array([[x, y, 0.9], [x, y + 0.2, 1.2], [x, y - 0.2, 1.2]])
    return Person(number, seen, posture, 0.9, None, None, None, points, (x, y, 0.9), (x, y, 0.9))


def watched(way: Array, posture: Posture = Posture.STANDING, noise: float = 0.03) -> tuple[people.Walker, ...]:
    """Somebody seen at 10 Hz at these places (n, 2)."""
    rng, known = np.random.default_rng(3), ()
    for k, (x, y) in enumerate(way + rng.normal(0.0, noise, way.shape)):
        known = people.follow(known, Persons(10.0 + 0.1 * k, (person(x, y, posture),)), Pose2D(0.0, 0.0, 0.0))
    return known


def walk(speed: float, count: int = 25) -> Array:
    return np.array([[1.0 + 0.1 * k * speed, 2.0] for k in range(count)])


@pytest.mark.parametrize(("speed", "walks"), [(0.0, False), (0.1, False), (0.4, True), (0.7, True), (1.2, True)])
def test_who_walks_is_told_from_who_stands(speed: float, walks: bool) -> None:
    (walker,) = watched(walk(speed))
    assert walker.walks is walks
    if walks:
        assert walker.vx == pytest.approx(speed, abs=0.12)
        (body,) = people.bodies((walker,), walker.at + 0.2)
        assert body[0] == pytest.approx(1.0 + (2.4 + 0.2) * speed, abs=0.12)
    else:
        bodies = people.bodies((walker,), walker.at + 1.0)
        assert len(bodies) == 4  # her points
        assert not bodies[:, 2:4].any()


def test_somebody_who_sits_never_walks_and_can_not_step_aside() -> None:
    (walker,) = watched(walk(0.5), Posture.SITTING)
    assert not walker.walks
    assert len(people.low_points((walker,))) == len(walker.points)
    assert len(people.low_points(watched(walk(0.0)))) == 0


def test_her_place_gets_less_sure_while_nobody_sees_her_and_she_does_not_walk_on_for_ever() -> None:
    known = watched(walk(0.7))
    away = people.follow(known, Persons(12.5, (person(9.0, 9.0, seen=False),)), Pose2D(0.0, 0.0, 0.0))
    assert away == known  # what perception carries on is no new place
    first, later = people.bodies(known, 12.6)[0], people.bodies(known, 16.0)[0]
    assert later[4] > first[4]
    assert later[0] - known[0].x < 0.8
    assert abs(later[2]) < 0.1


def test_a_jump_is_somebody_else() -> None:
    (walker,) = people.follow(watched(walk(0.7)), Persons(12.5, (person(6.0, 5.0),)), Pose2D(0.0, 0.0, 0.0))
    assert (walker.x, walker.y, walker.speed, walker.walks) == (6.0, 5.0, 0.0, False)


def test_whoever_stands_out_of_the_picture_is_remembered_while_her_legs_are_there() -> None:
    known = watched(walk(0.0))
    legs = np.array([[known[0].x + 0.1, known[0].y]])
    assert people.remember(known, (), legs, 13.0) == known
    assert people.remember(known, (), legs + 1.0, 13.0) == ()
    assert people.remember(known, (), NONE, 13.0) == ()
    assert people.remember(known, (), legs, 13.0 + people.REMEMBERED_S) == ()
    assert people.remember(watched(walk(0.7)), (), legs, 13.0) == ()


def test_persons_without_any_place_are_nobody() -> None:
    nowhere = Person(1, True, Posture.STANDING, 0.9, None, None, None, None, None, None)
    assert people.follow((), Persons(1.0, (nowhere,)), ROBOT) == ()
    assert people.bodies((), 1.0).shape == (0, 6)


def legs_at(x: float, y: float) -> Array:
    return np.array([[x + dx, y + side + dy] for side in (0.1, -0.1) for dx, dy in ((0, 0.03), (0.02, 0), (0, -0.03))])


@pytest.mark.parametrize(("speed", "found"), [(0.0, False), (0.15, False), (0.6, True), (1.0, True)])
def test_the_lidar_finds_who_walks_out_of_the_picture(speed: float, found: bool) -> None:
    rng, known = np.random.default_rng(4), movers.NONE
    for k in range(15):
        legs = legs_at(1.0 + 0.1 * k * speed, 2.0)
        legs = legs + rng.normal(0.0, 0.01, legs.shape)
        known = movers.follow(known, np.concatenate([legs, [[4.0, 4.0], [4.02, 4.0], [4.04, 4.0]]]), 10.0 + 0.1 * k)
    assert len(known.known) == 2  # two legs are one, and the box
    assert bool(known.walking) is found
    if found:
        assert known.walking[0].vx == pytest.approx(speed, abs=0.2)
        (same,) = people.follow((), Persons(11.5, (person(2.0 - speed * 0.0, 2.0),)), ROBOT)
        close = replace(same, x=known.walking[0].x, y=known.walking[0].y)
        assert movers.unseen_by_camera(known, (close,), 11.4) == ()
        assert movers.unseen_by_camera(known, (replace(same, x=9.0),), 11.4) == known.walking


def test_whom_the_lidar_saw_walking_walks_on_when_she_comes_into_the_picture() -> None:
    (walker,) = watched(walk(0.7))
    (new,) = people.follow((), Persons(12.5, (person(walker.x, walker.y, number=7),)), ROBOT, (walker,))
    assert (new.id, new.walks, new.vx) == (7, True, walker.vx)


def test_returns_of_somebody_who_walks_are_no_thing() -> None:
    (walker,) = watched(walk(0.7))
    points = np.array([[walker.x + 0.1, walker.y], [walker.x + 1.5, walker.y]])
    assert people.beside(points, (walker,), walker.at).tolist() == [points[1].tolist()]


# Smoothness

RAMP = Ramp(0.6, 0.9, 2.0, 6.0)
wishes = st.builds(Twist2D, st.floats(-0.5, 0.5), st.floats(-0.2, 0.2), st.floats(-1.0, 1.0))


@given(st.lists(st.tuples(wishes, st.integers(1, 20)), min_size=1, max_size=6))
@settings(max_examples=60)
def test_acceleration_and_jerk_stay_within_their_bounds(wished: list[tuple[Twist2D, int]]) -> None:
    motion = AT_REST
    for wish, steps in wished:
        for _ in range(steps):
            before, motion = motion, towards(motion, wish, RAMP, DT)
            for axis in ("vx", "vy"):
                change = (getattr(motion.velocity, axis) - getattr(before.velocity, axis)) / DT
                assert abs(change) <= RAMP.deceleration + 1e-9
                assert change == pytest.approx(getattr(motion.change, axis))
                assert abs(change - getattr(before.change, axis)) <= RAMP.jerk * DT + 1e-9
            assert abs(motion.velocity.wz - before.velocity.wz) <= RAMP.turn_acceleration * DT + 1e-9


@given(wishes)
def test_a_wish_is_reached_without_running_far_past_it(wish: Twist2D) -> None:
    motion = AT_REST
    for _ in range(120):
        motion = towards(motion, wish, RAMP, DT)
        assert abs(motion.velocity.vx) <= abs(wish.vx) + 0.005
    assert motion.velocity.vx == pytest.approx(wish.vx, abs=1e-4)
    assert motion.velocity.wz == pytest.approx(wish.wz, abs=1e-4)
    assert towards(motion, wish, RAMP, 0.0) is motion


# The field of the lidar


def test_the_field_is_the_distance_to_the_nearest_return() -> None:
    points = np.array([[2.5, 3.0], [2.0, 4.1], [90.0, 0.0]])
    field = near(points, ROBOT)
    for x, y in ((2.0, 3.0), (2.4, 3.5), (1.2, 4.4)):
        assert field.at(x, y) == pytest.approx(np.hypot(*(points - [x, y]).T).min(), abs=1.5 * CELL_M)
    assert field.at(2.0 + 3 * HALF_M, 3.0) == HALF_M
    assert near(NONE, ROBOT).at(2.0, 3.0) == HALF_M


# Guesses


def plight(**changed: object) -> Plight:
    alone = Plight(ROBOT, STILL, STILL, AHEAD, Pose2D(5.0, 3.0, 0.0), near(NONE, ROBOT), BARE, people.NOBODY)
    return replace(alone, **changed)  # type: ignore[arg-type]


def settled(given_now: Plight, limits: ControlLimits = LIMITS, steps: int = 15) -> Twist2D:
    """What is wished after it has thought about the same plight for a while."""
    mind, wish = Mind(), STILL
    for _ in range(steps):
        mind, wish = mppi.step(mind, given_now, limits, 0.0)
    return wish


def body(x: float, y: float, vx: float = 0.0, vy: float = 0.0) -> Array:
    return np.array([[x, y, vx, vy, 0.05 if vx or vy else 0.0, 0.25 if vx or vy else 0.1]])


def test_the_same_plight_gives_the_same_wish_to_the_bit() -> None:
    here = plight(bodies=body(3.2, 3.3, 0.0, -0.4))
    first, second = mppi.step(Mind(), here, LIMITS, DT), mppi.step(Mind(), here, LIMITS, DT)
    assert first[1] == second[1]
    assert first[0].answer is not None
    assert second[0].answer is not None
    assert np.array_equal(first[0].answer, second[0].answer)


def test_on_a_free_path_it_drives_at_its_pace() -> None:
    wish = settled(plight(goes=Twist2D(0.4)))
    assert wish.vx == pytest.approx(LIMITS.cruise, abs=0.04)
    assert abs(wish.wz) < 0.15


@pytest.mark.parametrize("yaw", [2.0, -2.0, 3.0])
def test_away_from_the_path_it_turns_first(yaw: float) -> None:
    wish = settled(plight(pose_in_map=replace(ROBOT, yaw=yaw)))
    assert wish.wz * -yaw > 0.2 or abs(yaw) > 2.5
    assert abs(wish.wz) > 0.4
    assert wish.vx < 0.2


@pytest.mark.parametrize(
    "bodies",
    [body(2.95, 3.0), body(3.4, 3.5, 0.0, -0.5), body(4.2, 3.0, -0.6, 0.0)],
    ids=["stands before it", "steps into its path", "comes towards it"],
)
def test_people_slow_it_down_in_time(bodies: Array) -> None:
    free = settled(plight(goes=Twist2D(0.4)))
    wish = settled(plight(goes=Twist2D(0.4), bodies=bodies))
    assert wish.vx < 0.6 * free.vx


def test_nobody_who_is_gone_by_then_stops_it() -> None:
    """Somebody walks away ahead of it, quicker than it drives."""
    assert settled(plight(goes=Twist2D(0.3), bodies=body(3.6, 3.0, 0.8, 0.0))).vx > 0.2


def test_a_thing_the_map_does_not_show_is_kept_off() -> None:
    box = np.array([[2.5, y] for y in np.arange(2.6, 3.4, 0.04)])
    assert settled(plight(goes=Twist2D(0.4), near=near(box, ROBOT))).vx < 0.1


def test_a_slow_zone_is_driven_slowly() -> None:
    slow = plight(goes=Twist2D(0.2), speed_limits=lambda points: np.full(len(points), 0.2))
    assert settled(slow).vx < 0.26
    assert speed_limits((), AHEAD).tolist() == [math.inf, math.inf]


def test_a_base_that_goes_sideways_uses_it_and_one_that_can_not_does_not() -> None:
    beside = plight(path_in_map=np.array([[2.0, 3.0], [2.0, 3.4]]), goal_in_map=Pose2D(2.0, 3.4, 0.0))
    assert settled(beside, OMNI, 30).vy > 0.03
    assert settled(beside).vy == 0.0
    wish = settled(plight(path_in_map=np.array([[2.0, 3.0], [5.0, 4.0]])), OMNI)
    assert wish.speed <= OMNI.cruise + 1e-9


@given(
    st.lists(st.tuples(st.floats(0.5, 4.0), st.floats(1.5, 4.0), st.floats(-1, 1), st.floats(-1, 1)), max_size=3),
    st.floats(-3.1, 3.1),
    st.builds(Twist2D, st.floats(-0.15, 0.45), st.just(0.0), st.floats(-1.0, 1.0)),
)
@settings(max_examples=40, deadline=None)
def test_the_wish_is_always_one_the_base_can_drive(
    others: list[tuple[float, float, float, float]], yaw: float, goes: Twist2D
) -> None:
    bodies = np.concatenate([body(*other) for other in others]) if others else people.NOBODY
    _, wish = mppi.step(Mind(), plight(pose_in_map=replace(ROBOT, yaw=yaw), goes=goes, bodies=bodies), LIMITS, DT)
    assert wish.finite
    assert -LIMITS.back - 1e-9 <= wish.vx <= LIMITS.cruise + 1e-9
    assert abs(wish.wz) <= LIMITS.turn_rate + 1e-9


def test_beside_anybody_and_in_a_slow_zone_no_more_passes_than_there_is_allowed() -> None:
    def driven(bodies: Array, slow: float | None = None) -> float:
        limits_at = None if slow is None else lambda points: np.full(len(points), slow)
        around, state, wish = Surroundings(near(NONE, ROBOT), BARE, bodies, NONE, limits_at), pilot.READY, STILL
        for _ in range(40):
            state, wish = pilot.step(
                state, ROBOT, wish, AHEAD, Goal(Pose2D(5.0, 3.0, 0.0), 0.05, 0.05), around, LIMITS, DT
            )
        return wish.speed

    assert driven(people.NOBODY) > LIMITS.cruise - 0.06
    assert driven(body(1.0, 3.0)) <= LIMITS.near_speed + 0.005  # behind it
    assert driven(body(2.0 - LIMITS.person_near - 0.2, 3.0)) > LIMITS.near_speed + 0.05
    assert driven(people.NOBODY, 0.2) <= 0.205


def test_what_the_chain_let_pass_is_where_it_goes_on_from() -> None:
    fast = replace(pilot.READY, motion=Motion(Twist2D(0.4)))
    assert pilot.lowered(fast, Twist2D(0.4), Twist2D(0.1)).motion.velocity == Twist2D(0.1)
    assert pilot.lowered(fast, Twist2D(0.4), Twist2D(0.38)) is fast


def test_points_along_a_path() -> None:
    path = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 2.0]])
    assert points_at(path, np.array([-1.0, 0.5, 1.5, 9.0])).tolist() == [[0, 0], [0.5, 0], [1, 0.5], [1, 2]]


# The last centimetres

GOAL = Goal(Pose2D(1.0, 0.0, 0.0), 0.05, 0.05)


# phase, m and rad from the goal -> next phase
@pytest.mark.parametrize(
    ("phase", "left", "off", "after"),
    [
        (Phase.DRIVE, 0.20, 0.0, Phase.DRIVE),
        (Phase.ALIGN, 0.20, 0.0, Phase.ALIGN),
        (Phase.DRIVE, 0.04, 0.0, Phase.DRIVE),  # half of the tolerance is aimed at
        (Phase.DRIVE, 0.02, 0.04, Phase.DONE),  # arriving, all of the heading's is accepted
        (Phase.DRIVE, 0.02, 0.06, Phase.TURN),
        (Phase.TURN, 0.02, 0.04, Phase.TURN),
        (Phase.TURN, 0.045, 0.02, Phase.DONE),
        (Phase.TURN, 0.06, 0.02, Phase.ALIGN),  # it slipped away while it turned
        (Phase.DONE, 0.045, 0.04, Phase.DONE),
        (Phase.DONE, 0.045, 0.06, Phase.TURN),
        (Phase.DONE, 0.06, 0.0, Phase.ALIGN),
    ],
)
def test_phases_of_the_last_centimetres(phase: Phase, left: float, off: float, after: Phase) -> None:
    assert arrive.next_phase(phase, left, off, GOAL) is after


@pytest.mark.parametrize("limits", [LIMITS, OMNI], ids=["differential", "omni"])
@pytest.mark.parametrize("start", [Pose2D(0.75, 0.05, 0.3), Pose2D(1.08, 0.0, 0.2), Pose2D(1.0, 0.2, -2.0)])
def test_it_comes_to_stand_at_the_goal(limits: ControlLimits, start: Pose2D) -> None:
    pose, phase, motion = start, Phase.ALIGN, Motion()
    for _ in range(400):
        phase, wish = arrive.step(phase, pose, GOAL, limits)
        motion = towards(motion, wish, limits.ramp, DT)
        v = motion.velocity
        pose = pose @ Pose2D(v.vx * DT, v.vy * DT, v.wz * DT)
        if phase is Phase.DONE:
            break
    assert phase is Phase.DONE
    assert pose.distance_to(1.0, 0.0) <= GOAL.position_tolerance
    assert abs(wrap_angle(pose.yaw)) <= GOAL.heading_tolerance
