"""Where the robot is on the map, and whether that is known.

Odometry carries the pose from scan to scan, scans correct it against the map, and the share of returns that the map
explains says whether it still holds. Unknown stays unknown: while scans do not confirm a pose there is none. Then
poses where the robot may stand (the dock, the last known one) are tried against each new scan.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field, replace

import numpy as np

from kangban.values import Array, MapPose, Odometry, Pose2D, Scan, wrap_angle
from navigation.field import Field
from navigation.matching import Fit, agreement, fit, search

CONFIRM = 0.70  # share of explained returns that confirms a tried pose
DOUBT, DOUBT_S = 0.45, 1.5  # less than this for so long: the pose is given up
WIDEST_STD_M = 0.30  # less sure than this is not known
LARGEST_STEP_M, LARGEST_STEP_RAD = 0.10, 0.10  # of one correction
HISTORY_S = 1.0  # odometry kept, to know where the robot was when a scan was taken
JUMP_M, JUMP_SPEED, JUMP_RAD, JUMP_RATE = 0.05, 1.0, 0.2, 3.0  # odometry may move so far at once, plus so fast
GAP_S = 0.5  # odometry that was away for longer may have begun anew, wherever it says it is
MOST_TRIED = 6  # places; each is looked at with every scan, and each gap could double them
SAME_M, SAME_RAD = 0.05, 0.05  # places nearer to each other are one
PER_METRE_STD, PER_RADIAN_STD, DRIFT_STD = 0.05, 0.05, 0.02  # wheel slip: m per m, rad per rad, rad per m


@dataclass(frozen=True, slots=True)
class Belief:
    """`map_from_odom` is the odom frame's pose on the map, None before any odometry.

    `known`: confirmed by scans. `tried`: poses of the odom frame that may be true while it is not known. `agreement`:
    the last scan's share of explained returns. `covariance` (3, 3): of x, y, yaw of the base on the map.
    """

    known: bool = False
    map_from_odom: Pose2D | None = None
    covariance: Array = field(default_factory=lambda: np.diag([0.05**2, 0.05**2, 0.05**2]))
    history: tuple[Odometry, ...] = ()
    tried: tuple[Pose2D, ...] = ()
    agreement: float | None = None
    doubted_since: float | None = None

    @property
    def odometry(self) -> Odometry | None:
        return self.history[-1] if self.history else None


def begin(places_in_map: tuple[Pose2D, ...], odometry: Odometry) -> Belief:
    """Nothing confirmed yet; at `odometry` the robot may stand at one of these places."""
    back = odometry.pose_in_odom.inverse()
    tried = tuple(place @ back for place in places_in_map)
    return Belief(map_from_odom=tried[0] if tried else None, history=(odometry,), tried=tried)


def pose(belief: Belief, stamp: float | None = None) -> MapPose | None:
    """The known pose at the last odometry, or at a stamp within the history; None while unknown."""
    at = belief.odometry if stamp is None else _at(belief.history, stamp)
    if not belief.known or belief.map_from_odom is None or at is None:
        return None
    return MapPose(at.stamp, belief.map_from_odom @ at.pose_in_odom, position_std(belief))


def position_std(belief: Belief) -> float:
    return math.sqrt(max(0.0, float(np.linalg.eigvalsh(belief.covariance[:2, :2])[-1])))


def moved(belief: Belief, odometry: Odometry) -> Belief:
    """Carry the pose on by odometry. After a jump (it began anew) the robot stands where it stood, to be confirmed;
    after a gap it stands there, or where the odometry says that it went.
    """
    last = belief.odometry
    if last is None or belief.map_from_odom is None:
        return replace(belief, history=(odometry,))
    if jumped(last, odometry):
        return _begin_again(belief, odometry, (last,))
    if odometry.stamp - last.stamp > GAP_S:
        return _begin_again(belief, odometry, (odometry, last))
    step = last.pose_in_odom.inverse() @ odometry.pose_in_odom
    kept = tuple(o for o in belief.history if o.stamp > odometry.stamp - HISTORY_S)
    covariance = _spread(belief.covariance, belief.map_from_odom @ last.pose_in_odom, step)
    carried = replace(belief, history=(*kept, odometry), covariance=covariance)
    if carried.known and position_std(carried) > WIDEST_STD_M:
        return _give_up(carried)
    return carried


def _begin_again(belief: Belief, odometry: Odometry, stood: tuple[Odometry, ...]) -> Belief:
    """Unconfirmed, at each place where the odometry said that it `stood`, the likeliest first."""
    assert belief.map_from_odom is not None  # there was odometry before
    frames = (belief.map_from_odom,) if belief.known else belief.tried
    places: list[Pose2D] = []
    for place in (frame @ one.pose_in_odom for frame in frames for one in stood):
        if len(places) < MOST_TRIED and not any(_same(place, other) for other in places):
            places.append(place)
    return replace(begin(tuple(places), odometry), covariance=belief.covariance)


def _same(a: Pose2D, b: Pose2D) -> bool:
    return a.distance_to(b.x, b.y) < SAME_M and abs(wrap_angle(a.yaw - b.yaw)) < SAME_RAD


def jumped(before: Odometry, after: Odometry) -> bool:
    """Whether no robot could have moved like that: then the odometry began anew or slipped its frame."""
    seconds = max(0.0, after.stamp - before.stamp)
    a, b = before.pose_in_odom, after.pose_in_odom
    too_far = a.distance_to(b.x, b.y) > JUMP_M + JUMP_SPEED * seconds
    return too_far or abs(wrap_angle(b.yaw - a.yaw)) > JUMP_RAD + JUMP_RATE * seconds


def corrected(belief: Belief, scan: Scan, points_in_base: Array, on_map: Field) -> Belief:
    """Use a scan (its returns as (n, 2), m, in the base) taken at a time that the odometry covers."""
    at = _at(belief.history, scan.stamp)
    if at is None or belief.map_from_odom is None:
        return belief
    if not belief.known:
        return _try(belief, at, points_in_base, on_map)
    guess = belief.map_from_odom @ at.pose_in_odom
    found = fit(on_map, points_in_base, guess, belief.covariance)
    if found is None or found.agreement < DOUBT:
        share = agreement(on_map, points_in_base, guess) if found is None else found.agreement
        return _doubt(belief, share, scan.stamp)
    bounded = _bounded(guess, found.pose_in_map)
    return replace(
        belief,
        map_from_odom=bounded @ at.pose_in_odom.inverse(),
        covariance=found.covariance,
        agreement=found.agreement,
        doubted_since=None,
    )


def _try(belief: Belief, at: Odometry, points: Array, on_map: Field) -> Belief:
    fits = [search(on_map, points, tried @ at.pose_in_odom) for tried in belief.tried]
    best = max((f for f in fits if f is not None), key=lambda f: f.agreement, default=None)
    if best is None:
        return replace(belief, agreement=None)
    if best.agreement < CONFIRM:
        return replace(belief, agreement=best.agreement)
    return _know(belief, best, at)


def _know(belief: Belief, found: Fit, at: Odometry) -> Belief:
    return Belief(
        known=True,
        map_from_odom=found.pose_in_map @ at.pose_in_odom.inverse(),
        covariance=found.covariance,
        history=belief.history,
        agreement=found.agreement,
    )


def _doubt(belief: Belief, share: float | None, stamp: float) -> Belief:
    """A scan that says nothing is no reason to doubt; the growing uncertainty of the odometry ends that."""
    if share is None:
        return replace(belief, agreement=None)
    since = stamp if belief.doubted_since is None else belief.doubted_since
    doubted = replace(belief, agreement=share, doubted_since=since)
    return _give_up(doubted) if stamp - since >= DOUBT_S else doubted


def _give_up(belief: Belief) -> Belief:
    assert belief.map_from_odom is not None  # a known pose has one
    return replace(belief, known=False, tried=(belief.map_from_odom,), doubted_since=None)


def _bounded(guess: Pose2D, found: Pose2D) -> Pose2D:
    """At most so much in one correction: the rest follows with the next scans, if they agree."""
    dx, dy, turn = found.x - guess.x, found.y - guess.y, wrap_angle(found.yaw - guess.yaw)
    share = min(1.0, LARGEST_STEP_M / max(math.hypot(dx, dy), 1e-12), LARGEST_STEP_RAD / max(abs(turn), 1e-12))
    return Pose2D(guess.x + share * dx, guess.y + share * dy, wrap_angle(guess.yaw + share * turn))


def _spread(covariance: Array, pose_in_map: Pose2D, step: Pose2D) -> Array:
    """The covariance after a step of odometry (in the base frame)."""
    c, s = math.cos(pose_in_map.yaw), math.sin(pose_in_map.yaw)
    dx, dy = c * step.x - s * step.y, s * step.x + c * step.y
    by_yaw = np.array([[1.0, 0.0, -dy], [0.0, 1.0, dx], [0.0, 0.0, 1.0]])
    length, turn = math.hypot(step.x, step.y), abs(step.yaw)
    place = PER_METRE_STD**2 * length + 1e-7
    heading = DRIFT_STD**2 * length + PER_RADIAN_STD**2 * turn + 1e-8
    return np.asarray(by_yaw @ covariance @ by_yaw.T + np.diag([place, place, heading]))


def _at(history: tuple[Odometry, ...], stamp: float) -> Odometry | None:
    """The odometry at a stamp, between two kept ones; None where the history does not cover it."""
    for before, after in itertools.pairwise(history):
        if before.stamp <= stamp <= after.stamp:
            share = (stamp - before.stamp) / max(after.stamp - before.stamp, 1e-9)
            a, b = before.pose_in_odom, after.pose_in_odom
            turn = wrap_angle(b.yaw - a.yaw)
            middle = Pose2D(a.x + share * (b.x - a.x), a.y + share * (b.y - a.y), wrap_angle(a.yaw + share * turn))
            return replace(after, stamp=stamp, pose_in_odom=middle)
    return history[-1] if history and history[-1].stamp == stamp else None
