"""The collision guard: lowers a velocity so that the robot neither hits anything nor comes too near to anyone.

It looks at the raw scan, people, the bumper and the robot's own motion, and knows no map. It scales a velocity as a
whole, so the path that was examined is the path that is driven. It never raises or turns a velocity. Turning in place
passes while all readings are fresh, because the robot is round. Numbers: docs/safety.md; braking as in ISO 13855 (a
delay, then constant deceleration).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kangban.inputs import FUTURE_TOLERANCE_S
from kangban.profile import Cliff, Guard, Mount, Profile
from kangban.range_values import Range
from kangban.values import STILL, Array, ControllerState, Odometry, Persons, Scan, Twist2D
from safety import arc, cliff, sight

STANDING = 1e-3  # m/s; translation below this is dropped, so that turning in place cannot creep
SLOWEST = 0.01  # m/s; a velocity lowered to less is zero


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """The guard's share of the profile; `delay_s` holds the reaction and the ramp of the brakes."""

    rules: Guard
    footprint_radius_m: float
    deceleration_mps2: float
    turn_deceleration_radps2: float
    delay_s: float
    lidar: Mount
    sideways: bool  # can this base move sideways?
    cliff: Cliff | None = None

    @classmethod
    def of(cls, profile: Profile) -> GuardLimits:
        limits, rules = profile.limits, profile.safety.guard
        # Braking that builds up by a bounded jerk stops like full braking that begins half the ramp later.
        ramp = limits.deceleration_mps2 / limits.jerk_mps3
        return cls(
            rules=rules,
            footprint_radius_m=profile.base.footprint_radius_m,
            deceleration_mps2=limits.deceleration_mps2,
            turn_deceleration_radps2=limits.turn_acceleration_radps2,
            delay_s=rules.reaction_s + ramp / 2.0,
            lidar=profile.lidar.mount,
            sideways=profile.base.sideways,
            cliff=profile.cliff,
        )


@dataclass(frozen=True, slots=True)
class Readings:
    """The newest of each source, None before the first. `scan_frozen`: as of `scan_watch.py`."""

    scan: Scan | None = None
    persons: Persons | None = None
    odometry: Odometry | None = None
    controller: ControllerState | None = None
    scan_frozen: bool = False
    floor: tuple[Range | None, ...] = ()  # of each cliff sensor, in the profile's order


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may pass and why it is less than wished; no reasons: passed as it came."""

    velocity: Twist2D
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Limit:
    speed: float  # m/s
    reason: str


def judge(wish: Twist2D, readings: Readings, limits: GuardLimits, now: float) -> Verdict:
    """The velocity that may pass now: `wish` scaled by a factor in 0..1 (translation below 1 mm/s dropped)."""
    if not wish.finite:
        return Verdict(STILL, ("not_a_number: the wished velocity is not finite",))
    stale = _stale(readings, limits.rules.source_timeout_s, now)
    if stale or wish == STILL:
        return Verdict(STILL, stale)
    assert readings.scan and readings.persons and readings.odometry and readings.controller  # none is stale
    if wish.speed < STANDING:
        return Verdict(Twist2D(0.0, 0.0, wish.wz), ())
    if wish.vy != 0.0 and not limits.sideways:
        # Without its sideways part it would take another path than the one that is examined here.
        return Verdict(STILL, ("sideways: this base can't move sideways; leave vy zero",))
    if readings.controller.bumper and not _backs_off(wish):
        return Verdict(STILL, ("bumper: pressed; only backing off passes",))
    found = [
        _Limit(limits.rules.clear_speed_mps, f"speed: at most {limits.rules.clear_speed_mps} m/s"),
        _view(wish, readings.scan, limits),
        _things(wish, readings.scan, readings.odometry, limits, now),
        *_people(wish, readings.persons, readings.odometry, limits, now),
        *_steps_down(wish, readings.floor, limits, now),
    ]
    return _lower(wish, found)


def _backs_off(wish: Twist2D) -> bool:
    """Backwards, and less sideways than that: along a thing it touches it would scrape."""
    return wish.vx < 0.0 and abs(wish.vy) <= -wish.vx


def _stale(readings: Readings, timeout: float, now: float) -> tuple[str, ...]:
    reasons = []
    sources = (
        ("scan", readings.scan),
        ("persons", readings.persons),
        ("odom", readings.odometry),
        ("controller", readings.controller),
    )
    for name, value in sources:
        if value is None:
            reasons.append(f"{name}_missing: nothing has come yet")
        elif not -FUTURE_TOLERANCE_S <= now - value.stamp <= timeout:
            reasons.append(f"{name}_stale: {now - value.stamp:.2f} s old, limit {timeout} s")
    if readings.scan_frozen:
        reasons.append("scan_frozen: the lidar sends the same picture again and again while the robot moves")
    if readings.persons is not None and readings.persons.blind:
        reasons.append("camera_blind: nobody would be seen")
    if readings.odometry is not None and not readings.odometry.velocity_in_base.finite:
        reasons.append("odom_not_a_number: the measured velocity is not finite")
    return tuple(reasons)


def _view(wish: Twist2D, scan: Scan, limits: GuardLimits) -> _Limit:
    """What the lidar does not see is unknown, not free."""
    heading = math.atan2(wish.vy, wish.vx)
    share, gap = sight.known_share(scan, limits.lidar, heading), sight.widest_gap(scan, limits.lidar, heading)
    if share < sight.LEAST_KNOWN:
        return _Limit(0.0, f"scan_blind: the lidar tells only {share:.0%} of what lies that way")
    if gap > sight.WIDEST_GAP:
        return _Limit(0.0, f"lidar_gap: no readings over {math.degrees(gap):.0f} degrees that way")
    return _Limit(math.inf, "")


def _things(wish: Twist2D, scan: Scan, odometry: Odometry, limits: GuardLimits, now: float) -> _Limit:
    points = _now(sight.obstacles_in_base(scan, limits.lidar), odometry, scan.stamp, now)
    radius = limits.footprint_radius_m + limits.rules.obstacle_margin_m
    distance = _free(points, radius, wish)
    return _Limit(_stopping(distance, wish, limits), f"obstacle: {distance:.2f} m ahead on this path")


def _people(wish: Twist2D, persons: Persons, odometry: Odometry, limits: GuardLimits, now: float) -> list[_Limit]:
    rules = limits.rules
    points, unplaced = sight.people_in_base(persons)
    points = _now(points, odometry, persons.stamp, now)
    near = _free(points, limits.footprint_radius_m + rules.near_person_m, wish)
    edge = float(np.hypot(points[:, 0], points[:, 1]).min()) - limits.footprint_radius_m if len(points) else math.inf
    if edge <= rules.near_person_m:
        near = 0.0  # within it whichever way it moves
    slow = _stopping(near, wish, limits, rules.near_person_speed_mps)
    stop = _stopping(_free(points, limits.footprint_radius_m + rules.person_stop_m, wish), wish, limits)
    found = [
        _Limit(slow, f"person_near: {edge:.2f} m away, at most {rules.near_person_speed_mps} m/s"),
        _Limit(stop, f"person_close: {edge:.2f} m away, not nearer than {rules.person_stop_m} m"),
    ]
    if unplaced:
        found.append(_Limit(rules.near_person_speed_mps, "person_unplaced: seen, but how far away is unknown"))
    return found


def _steps_down(wish: Twist2D, floor: tuple[Range | None, ...], limits: GuardLimits, now: float) -> list[_Limit]:
    """Not over a step, nor towards a floor that is unknown, nor faster than it could stand before what comes next."""
    if limits.cliff is None:
        return []
    found = []
    sights = cliff.sights(limits.cliff, floor, wish, now, limits.rules.source_timeout_s)
    for seen in sights:
        if seen.trouble is not None:
            found.append(_Limit(0.0, seen.trouble))
        else:
            ahead = max(0.0, seen.ahead_m - limits.footprint_radius_m)
            found.append(_Limit(_stopping(ahead, wish, limits), f"cliff_sight: sees {ahead:.2f} m of floor ahead"))
    return found


def _now(points_in_base: Array, odometry: Odometry, stamp: float, now: float) -> Array:
    """The points as they lie after the robot's own motion since `stamp`."""
    return arc.moved(points_in_base, odometry.velocity_in_base, max(0.0, now - stamp))


def _free(points_in_base: Array, radius: float, wish: Twist2D) -> float:
    return arc.free_distance(arc.in_travel_frame(points_in_base, wish), radius, arc.curvature(wish))


def _stopping(distance: float, wish: Twist2D, limits: GuardLimits, end_speed: float = 0.0) -> float:
    """On a tight arc the wheels must slow the turn as well, which may be what takes longer."""
    curve = abs(arc.curvature(wish))
    deceleration = limits.deceleration_mps2
    if curve > 0.0:
        deceleration = min(deceleration, limits.turn_deceleration_radps2 / curve)
    return arc.speed_to_stop(distance, limits.delay_s, deceleration, end_speed)


def _lower(wish: Twist2D, found: list[_Limit]) -> Verdict:
    allowed = min(limit.speed for limit in found)
    reasons = tuple(limit.reason for limit in found if limit.speed < wish.speed)
    if allowed >= wish.speed:
        return Verdict(wish, ())
    if allowed < SLOWEST:
        return Verdict(STILL, reasons)
    scale = allowed / wish.speed
    return Verdict(Twist2D(wish.vx * scale, wish.vy * scale, wish.wz * scale), reasons)
