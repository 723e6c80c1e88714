"""Tries the places where the robot is likely to stand while its pose is not known: the dock, the last known pose."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from kangban.values import Array, Odometry, Pose2D, wrap_angle
from navigation.field import Field
from navigation.locating import everywhere
from navigation.locating.belief import Belief
from navigation.locating.candidates import GUESSED, is_elsewhere
from navigation.locating.knowing import State
from navigation.matching import Fit, scores, search

CONFIRM = 0.70  # share of explained returns that confirms a tried pose
AGAIN = 0.60  # and the pose that was only doubted
TRUSTED = 1.5  # a tried pose holds against a place elsewhere that is likelier by no more than this
CLEARLY = 2.0  # one that can't be trusted (scans spoke against it) must be likelier than all others by this
MOST_TRIED = 6  # poses; each is looked at with every scan, and each gap of the odometry could double them
SAME_M, SAME_RAD = 0.05, 0.05  # places nearer to each other are one
STRAYED_M = 0.5  # moved since: then only what is seen on the way tells


@dataclass(frozen=True, slots=True)
class Seen:
    """A scan that can be used: all its `points` (n, 2) and the `returns` (m, 2) that are scored, in the base."""

    at: Odometry
    points: Array
    returns: Array
    on_map: Field
    rng: np.random.Generator


def likely(belief: Belief, seen: Seen) -> Fit | None:
    """The best fit near a place where the robot is likely to stand, if it holds against all other places."""
    if belief.strayed > STRAYED_M:
        return None
    at = seen.at.pose_in_odom
    near = [*(tried @ at for tried in belief.tried), *belief.homes]
    if belief.knowing.state is State.DOUBTFUL and belief.map_from_odom is not None:
        near.append(belief.map_from_odom @ at)
    fits = [f for f in (search(seen.on_map, seen.points, p) for p in near) if f is not None]
    best = max(fits, key=lambda f: f.agreement, default=None)
    wanted = AGAIN if belief.knowing.state is State.DOUBTFUL else CONFIRM
    if best is None or best.agreement < wanted:
        return None
    lead = -TRUSTED if belief.trusted else CLEARLY
    return best if _leads(best, seen) > lead else None


def distinct(tried: Iterable[Pose2D], at: Pose2D) -> tuple[Pose2D, ...]:
    """Of these poses of the odom frame the first few that put a robot, which is `at` in odom, at different places."""
    kept: list[Pose2D] = []
    for pose in tried:
        if len(kept) < MOST_TRIED and not any(_same(pose @ at, other @ at) for other in kept):
            kept.append(pose)
    return tuple(kept)


def _same(a: Pose2D, b: Pose2D) -> bool:
    return a.distance_to(b.x, b.y) < SAME_M and abs(wrap_angle(a.yaw - b.yaw)) < SAME_RAD


def _leads(found: Fit, seen: Seen) -> float:
    """By how much a fit is likelier than the best elsewhere on the map."""
    pose = found.pose_in_map
    own = float(scores(seen.on_map, seen.returns, np.array([[pose.x, pose.y, pose.yaw]]))[0])
    others = everywhere.look(seen.on_map, seen.points, seen.returns)
    away = [c.score for c in others if is_elsewhere(c.fit.pose_in_map, pose)]
    return GUESSED * (own - max(away, default=-math.inf))
