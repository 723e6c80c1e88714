"""The collision guard: it only lowers, it stops for what it does not know, and it never lets the robot hit anything."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kangban.config import load
from kangban.values import (
    STILL,
    Array,
    ControllerState,
    Odometry,
    Person,
    Persons,
    Pose2D,
    Posture,
    Scan,
    Twist2D,
)
from safety.guard import GuardLimits, Readings, judge

PROFILE = load("companion", "demo_flat", Path(), Path()).profile
LIMITS, RULES = GuardLimits.of(PROFILE), PROFILE.safety.guard
OMNI = GuardLimits.of(load("lekiwi", "demo_flat", Path(), Path()).profile)
RADIUS = PROFILE.base.footprint_radius_m
NOW = 50.0
RAYS = 360
ANGLES = np.arange(RAYS) * math.tau / RAYS - math.pi
LIDAR = Pose2D(LIMITS.lidar.x_m, LIMITS.lidar.y_m, LIMITS.lidar.yaw_rad)
FORWARD = Twist2D(0.5, 0.0, 0.0)


def scan_of(points_in_base: Array, stamp: float = NOW, radius: float = 0.03) -> Scan:
    """What the lidar sees of thin posts of a radius around points (n, 2)."""
    ranges = np.full(RAYS, np.inf)
    for x, y in LIDAR.inverse().transform(np.asarray(points_in_base, float).reshape(-1, 2)):
        distance = math.hypot(x, y)
        off = np.abs(np.mod(ANGLES - math.atan2(y, x) + math.pi, math.tau) - math.pi)
        seen = off <= max(math.asin(min(1.0, radius / max(distance, radius))), math.pi / RAYS)
        ranges[seen] = np.minimum(ranges[seen], max(distance - radius, 0.11))
    return Scan(stamp, -math.pi, math.tau / RAYS, 0.10, 10.0, ranges)


def person_at(points_in_base: Array | None, seen: bool = True) -> Person:
    points = None if points_in_base is None else np.column_stack([points_in_base, np.full(len(points_in_base), 0.9)])
    return Person(1, seen, Posture.STANDING, 0.9, None, None, None, points, None, None)


def readings(
    things: Array | None = None, people: tuple[Person, ...] = (), velocity: Twist2D = STILL, **changed: object
) -> Readings:
    calm = ControllerState(NOW, True, True, False, False, (), (), STILL, None, 0, 0, 0, None)
    all_fresh = Readings(
        scan_of(np.empty((0, 2)) if things is None else things),
        Persons(NOW, people),
        Odometry(NOW, Pose2D(0.0, 0.0, 0.0), velocity),
        calm,
    )
    return replace(all_fresh, **changed)  # type: ignore[arg-type]


def keys(reasons: tuple[str, ...]) -> list[str]:
    return [reason.partition(":")[0] for reason in reasons]


def test_a_clear_way_passes_as_wished() -> None:
    assert judge(FORWARD, readings(), LIMITS, NOW).velocity == FORWARD
    assert judge(FORWARD, readings(), LIMITS, NOW).reasons == ()


def test_a_faster_wish_is_capped_and_keeps_its_curve() -> None:
    verdict = judge(Twist2D(1.0, 0.0, 0.8), readings(), LIMITS, NOW)
    assert verdict.velocity == Twist2D(RULES.clear_speed_mps, 0.0, 0.8 * RULES.clear_speed_mps)
    assert keys(verdict.reasons) == ["speed"]


@pytest.mark.parametrize("source", ["scan", "persons", "odometry", "controller"])
@pytest.mark.parametrize("fault", ["missing", "old", "future", "nan"])
def test_every_source_that_is_not_fresh_stops(source: str, fault: str) -> None:
    fresh = readings()
    value = getattr(fresh, source)
    stamp = {"old": NOW - RULES.source_timeout_s - 0.01, "future": NOW + 1.0, "nan": math.nan}.get(fault, NOW)
    broken = replace(fresh, **{source: None if fault == "missing" else replace(value, stamp=stamp)})
    for wish in (FORWARD, Twist2D(0.0, 0.0, 0.5), Twist2D(-0.1, 0.0, 0.0), STILL):
        verdict = judge(wish, broken, LIMITS, NOW)
        assert verdict.velocity == STILL
        assert keys(verdict.reasons)[0].startswith("odom" if source == "odometry" else source)


def test_a_blind_camera_stops() -> None:
    verdict = judge(FORWARD, readings(persons=Persons(NOW, (), blind=True)), LIMITS, NOW)
    assert verdict.velocity == STILL
    assert keys(verdict.reasons) == ["camera_blind"]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("axis", ["vx", "vy", "wz"])
def test_not_a_number_stops(bad: float, axis: str) -> None:
    assert judge(replace(FORWARD, **{axis: bad}), readings(), LIMITS, NOW).velocity == STILL
    moving = Odometry(NOW, Pose2D(0.0, 0.0, 0.0), replace(FORWARD, **{axis: bad}))
    assert judge(FORWARD, readings(odometry=moving), LIMITS, NOW).velocity == STILL


def test_the_bumper_lets_it_back_off_only() -> None:
    controller = readings().controller
    assert controller is not None
    pressed = readings(controller=replace(controller, bumper=True))
    assert judge(Twist2D(0.1, 0.0, 0.2), pressed, LIMITS, NOW).velocity == STILL
    assert judge(Twist2D(-0.1, 0.0, 0.0), pressed, LIMITS, NOW).velocity == Twist2D(-0.1, 0.0, 0.0)
    assert judge(Twist2D(0.0, 0.0, 0.5), pressed, LIMITS, NOW).velocity == Twist2D(0.0, 0.0, 0.5)


@pytest.mark.parametrize("wish", [Twist2D(0.0, 0.2), Twist2D(0.3, -0.1, 0.2), Twist2D(-0.2, 1e-6)])
def test_sideways_is_refused_by_name_where_the_base_can_not(wish: Twist2D) -> None:
    verdict = judge(wish, readings(), LIMITS, NOW)
    assert verdict.velocity == STILL
    assert keys(verdict.reasons) == ["sideways"]


def test_a_base_that_can_goes_sideways_as_far_as_the_way_there_is_free() -> None:
    wish, post = Twist2D(0.0, 0.15), np.array([[0.0, OMNI.footprint_radius_m + 0.1]])
    assert judge(wish, readings(), OMNI, NOW).velocity == wish
    assert judge(wish, readings(things=post), OMNI, NOW).velocity.speed < 0.13
    assert judge(wish, readings(things=np.array([[0.0, OMNI.footprint_radius_m + 0.06]])), OMNI, NOW).velocity.vy < 0.05
    assert judge(Twist2D(0.0, -0.15), readings(things=post), OMNI, NOW).velocity == Twist2D(0.0, -0.15)
    assert judge(Twist2D(0.15, 0.0), readings(things=post), OMNI, NOW).velocity == Twist2D(0.15, 0.0)
    gap = scan_of(np.empty((0, 2)))
    gap.ranges[np.abs(ANGLES - math.pi / 2) < 0.3] = np.nan
    blind = judge(wish, readings(scan=gap), OMNI, NOW)
    assert (blind.velocity, keys(blind.reasons)) == (STILL, ["lidar_gap"])
    her = person_at(np.array([[0.0, 0.9]]))
    assert keys(judge(Twist2D(0.0, 0.2), readings(people=(her,)), OMNI, NOW).reasons)[0].startswith("person")


def test_with_the_bumper_pressed_it_neither_goes_on_nor_scrapes_along() -> None:
    controller = readings().controller
    assert controller is not None
    pressed = readings(controller=replace(controller, bumper=True))
    for wish in (Twist2D(0.0, 0.1), Twist2D(0.05, -0.1), Twist2D(-0.05, 0.1)):
        assert judge(wish, pressed, OMNI, NOW).velocity == STILL
    away = Twist2D(-0.1, 0.05)
    assert judge(away, pressed, OMNI, NOW).velocity == away


def test_it_may_always_turn_and_leave_what_it_touches() -> None:
    touching = readings(things=np.array([[0.28, 0.0], [0.27, 0.1]]))
    assert judge(Twist2D(0.2, 0.0, 0.0), touching, LIMITS, NOW).velocity == STILL
    assert judge(Twist2D(0.0, 0.0, 0.8), touching, LIMITS, NOW).velocity == Twist2D(0.0, 0.0, 0.8)
    assert judge(Twist2D(-0.2, 0.0, 0.0), touching, LIMITS, NOW).velocity == Twist2D(-0.2, 0.0, 0.0)


def test_turning_in_place_cannot_creep() -> None:
    assert judge(Twist2D(0.0009, 0.0, 0.8), readings(), LIMITS, NOW).velocity == Twist2D(0.0, 0.0, 0.8)


# distance of a person's nearest point from the robot's edge -> the most it may drive towards her
@pytest.mark.parametrize(
    ("edge", "most"),
    [(0.30, 0.0), (0.44, 0.0), (0.5, 0.13), (0.6, 0.3), (1.0, 0.3), (1.19, 0.3), (1.21, 0.31), (3.0, 0.5)],
)
def test_people_slow_and_stop_it(edge: float, most: float) -> None:
    someone = person_at(np.array([[RADIUS + edge, 0.0]]))
    verdict = judge(FORWARD, readings(people=(someone,)), LIMITS, NOW)
    assert verdict.velocity.vx <= most
    assert (verdict.velocity == FORWARD) == (most == 0.5)


@pytest.mark.parametrize("edge", [0.1, 0.4])
def test_it_may_leave_a_person_slowly(edge: float) -> None:
    someone = person_at(np.array([[RADIUS + edge, 0.0]]))
    verdict = judge(Twist2D(-0.5, 0.0, 0.0), readings(people=(someone,)), LIMITS, NOW)
    assert verdict.velocity.vx == pytest.approx(-RULES.near_person_speed_mps)
    assert keys(verdict.reasons) == ["person_near"]


def test_someone_seen_at_an_unknown_distance_slows() -> None:
    verdict = judge(FORWARD, readings(people=(person_at(None),)), LIMITS, NOW)
    assert verdict.velocity.vx == RULES.near_person_speed_mps
    assert keys(verdict.reasons) == ["person_unplaced"]
    assert judge(FORWARD, readings(people=(person_at(None, seen=False),)), LIMITS, NOW).velocity == FORWARD


@pytest.mark.parametrize(
    ("first", "last", "passes"),
    [
        (175, 184, True),  # ten rays dark straight ahead
        (174, 186, False),  # thirteen: a leg could stand there
        (90, 99, True),
        (0, 60, True),  # dark behind, driving forwards
        (150, 210, False),
    ],
)
def test_rays_without_a_reading_stop_where_it_would_go(first: int, last: int, passes: bool) -> None:
    scan = scan_of(np.empty((0, 2)))
    ranges = scan.ranges.copy()
    ranges[first : last + 1] = math.nan
    verdict = judge(FORWARD, readings(scan=replace(scan, ranges=ranges)), LIMITS, NOW)
    assert (verdict.velocity == FORWARD) == passes
    assert passes or keys(verdict.reasons) == ["lidar_gap"]


def test_a_scan_of_nothing_but_unknown_stops_but_lets_it_turn() -> None:
    dark = readings(scan=replace(scan_of(np.empty((0, 2))), ranges=np.full(RAYS, math.nan)))
    assert judge(FORWARD, dark, LIMITS, NOW).velocity == STILL
    empty = readings(scan=replace(scan_of(np.empty((0, 2))), ranges=np.empty(0)))
    assert judge(FORWARD, empty, LIMITS, NOW).velocity == STILL
    assert judge(Twist2D(0.0, 0.0, 0.4), dark, LIMITS, NOW).velocity == Twist2D(0.0, 0.0, 0.4)


def test_too_near_to_measure_is_an_obstacle() -> None:
    scan = scan_of(np.empty((0, 2)))
    ranges = scan.ranges.copy()
    ranges[170:190] = -math.inf
    assert judge(FORWARD, readings(scan=replace(scan, ranges=ranges)), LIMITS, NOW).velocity == STILL


def test_points_are_judged_where_they_are_now() -> None:
    """A scan of 0.25 s ago, taken while driving at 0.5 m/s: what it saw is 0.125 m nearer now."""
    old = scan_of(np.array([[0.7, 0.0]]), stamp=NOW - 0.25)
    driving = Odometry(NOW, Pose2D(0.0, 0.0, 0.0), FORWARD)
    aged = judge(FORWARD, readings(scan=old, odometry=driving), LIMITS, NOW)
    fresh = judge(FORWARD, readings(things=np.array([[0.575, 0.0]])), LIMITS, NOW)
    assert aged.velocity.vx == pytest.approx(fresh.velocity.vx, abs=1e-6)
    assert aged.velocity.vx < FORWARD.vx


points = st.lists(st.tuples(st.floats(-2.0, 2.0), st.floats(-2.0, 2.0)), max_size=8)
wishes = st.builds(Twist2D, st.floats(-1.0, 1.0), st.just(0.0), st.floats(-2.0, 2.0))


@given(wishes, points, points, wishes)
@settings(max_examples=150)
def test_it_only_lowers(wish: Twist2D, things: object, people: object, driving: Twist2D) -> None:
    """|out| <= |in| on each axis, the same signs, and the same curve where it still translates."""
    at = np.array(people, float).reshape(-1, 2)
    given_now = readings(np.array(things, float).reshape(-1, 2), (person_at(at),) if len(at) else (), driving)
    out = judge(wish, given_now, LIMITS, NOW).velocity
    for before, after in ((wish.vx, out.vx), (wish.vy, out.vy), (wish.wz, out.wz)):
        assert abs(after) <= abs(before) + 1e-12
        assert after * before >= 0.0
    if out.speed > 0.0:
        assert out.wz * wish.vx == pytest.approx(wish.wz * out.vx, abs=1e-9)


class Wheels:
    """A base that obeys late and with bounded acceleration, as the gate before the motors lets it."""

    def __init__(self, delay_steps: int, dt: float) -> None:
        self.pose, self.velocity, self.dt = Pose2D(0.0, 0.0, 0.0), STILL, dt
        self._late = deque([STILL] * delay_steps)

    def drive(self, command: Twist2D) -> None:
        self._late.append(command)
        wished, limits = self._late.popleft(), PROFILE.limits
        slowing = abs(wished.vx) < abs(self.velocity.vx) or wished.vx * self.velocity.vx < 0
        most = (limits.deceleration_mps2 if slowing else limits.acceleration_mps2) * self.dt
        vx = self.velocity.vx + float(np.clip(wished.vx - self.velocity.vx, -most, most))
        turn = limits.turn_acceleration_radps2 * self.dt
        wz = self.velocity.wz + float(np.clip(wished.wz - self.velocity.wz, -turn, turn))
        self.velocity = Twist2D(vx, 0.0, wz)
        self.pose = self.pose @ Pose2D(vx * self.dt, 0.0, wz * self.dt)


@given(
    posts=st.lists(st.tuples(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5)), min_size=1, max_size=6),
    wished=st.lists(
        st.builds(Twist2D, st.floats(-0.5, 0.5), st.just(0.0), st.floats(-1.2, 1.2)), min_size=1, max_size=4
    ),
    scan_late=st.integers(0, 2),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_it_never_hits_anything(posts: list[tuple[float, float]], wished: list[Twist2D], scan_late: int) -> None:
    """Closed loop: scans at 10 Hz that come late, wheels that obey within the reaction time, any sequence of wishes."""
    dt, standing = 0.05, [p for p in posts if math.hypot(*p) > RADIUS + RULES.obstacle_margin_m + 0.04]
    if not standing:
        return
    wheels = Wheels(delay_steps=int(RULES.reaction_s / dt), dt=dt)
    scans: deque[Scan] = deque(maxlen=scan_late + 1)
    for k in range(80):
        now = NOW + k * dt
        if k % 2 == 0:
            scans.append(scan_of(wheels.pose.inverse().transform(np.array(standing)), now))
        given_now = readings(
            scan=scans[0],
            persons=Persons(now, ()),
            odometry=Odometry(now, wheels.pose, wheels.velocity),
        )
        controller = given_now.controller
        assert controller is not None
        verdict = judge(
            wished[k * len(wished) // 80], replace(given_now, controller=replace(controller, stamp=now)), LIMITS, now
        )
        wheels.drive(verdict.velocity)
        nearest = min(wheels.pose.distance_to(*post) for post in standing)
        assert nearest > RADIUS, f"touched after {now - NOW:.2f} s"
