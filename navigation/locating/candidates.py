"""The places where the robot may be, each with its cloud of particles and its evidence. Pure.

Evidence grows only while the robot moves: a robot that stands sees the same clutter again and again, and would be surer
and surer of what it only saw once. No place is lost by the luck of a draw: each keeps particles of its own, so alike
rooms stay alike until something is seen that tells them apart (as in clustered Monte Carlo, Milstein et al. 2002).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from kangban.values import Array, Pose2D
from navigation.field import Field
from navigation.locating import particles
from navigation.locating.everywhere import Candidate
from navigation.locating.motion import novelty
from navigation.locating.particles import Cloud
from navigation.matching import Fit, fit, scores

MOST = 16
RETURNS = 90  # scored for each place
EVIDENCE_PER_M = 0.3  # what one return counts for a place, per metre driven
TURNED_M = 0.1  # a lidar that sees all around sees little that is new when it is turned by a radian
CLOUD_PER_M, CLOUD_MOST = 2.0, 0.3  # and for one particle among its neighbours, at most so much a scan
FORGOTTEN_M = 4.0  # evidence fades with the way
GUESSED = 0.15  # what one return counts for a place that was found by a single scan
LATE, UNLIKELY = 3.0, 6.0  # how much less likely a place is that was found later, and than a pose that is known
HOPELESS = 10.0  # so much less likely than the likeliest is given up
SMOOTHED_M = 0.3
ELSEWHERE_M, ELSEWHERE_RAD = 0.5, 0.5
ALIKE = 0.03  # two shares of explained returns that say the same
NEAR_M, NEAR_RAD = 0.25, 0.25  # two places nearer than this are one


@dataclass(frozen=True, slots=True)
class Place:
    """`evidence`: log likelihood beside the other places. `seen`: m moved since it was first thought of.

    `agreement`: share of returns that the map explains from there, smoothed over the way.
    """

    cloud: Cloud
    fit: Fit
    evidence: float
    seen: float
    agreement: float


def begun(candidates: tuple[Candidate, ...], rng: np.random.Generator) -> tuple[Place, ...]:
    """Places from a look all over the map, with nothing known before."""
    if not candidates:
        return ()
    best = candidates[0].score
    near = [c for c in candidates[:MOST] if GUESSED * (best - c.score) < HOPELESS]
    return tuple(_new(c.fit, GUESSED * (c.score - best), rng) for c in near)


def certain(found: Fit, rng: np.random.Generator) -> tuple[Place, ...]:
    return (_new(found, 0.0, rng),)


def carried(places: tuple[Place, ...], step: Pose2D, rng: np.random.Generator) -> tuple[Place, ...]:
    """Every place goes a step of odometry, without looking."""
    return tuple(
        replace(p, cloud=particles.moved(p.cloud, step, rng), fit=replace(p.fit, pose_in_map=p.fit.pose_in_map @ step))
        for p in places
    )


def weighed(
    places: tuple[Place, ...], step: Pose2D, field: Field, points: Array, returns: Array, rng: np.random.Generator
) -> tuple[Place, ...]:
    """Every place goes a step of odometry and is weighed by a scan (n, 2); `returns` (m, 2) of it are scored."""
    way = novelty(step)
    looked = [_weighed(p, step, way, field, points, returns, rng) for p in places]
    return sorted_out(tuple(looked))


def joined(
    places: tuple[Place, ...],
    candidates: tuple[Candidate, ...],
    field: Field,
    returns: Array,
    late: float,
    rng: np.random.Generator,
) -> tuple[Place, ...]:
    """Add what a look all over the map found elsewhere, less likely by `late`: perhaps none of the places is true."""
    if not places:
        return begun(candidates, rng)
    first = places[0]
    now = float(scores(field, returns, _row(first.fit.pose_in_map))[0])
    new = [
        _new(c.fit, first.evidence + GUESSED * (c.score - now) - late, rng)
        for c in candidates
        if not any(_near(p.fit.pose_in_map, c.fit.pose_in_map) for p in places)
    ]
    return sorted_out((*places, *new))


def sorted_out(places: tuple[Place, ...]) -> tuple[Place, ...]:
    """The likeliest first, with evidence 0; without the hopeless and without those that came to be the same."""
    kept: list[Place] = []
    for place in sorted(places, key=lambda p: -p.evidence):
        alive = not kept or place.evidence > kept[0].evidence - HOPELESS
        if alive and len(kept) < MOST and not any(_near(p.fit.pose_in_map, place.fit.pose_in_map) for p in kept):
            kept.append(place)
    return tuple(replace(p, evidence=p.evidence - kept[0].evidence) for p in kept)


def certainty(places: tuple[Place, ...]) -> float:
    """How likely the first place is, if it is one of these; 0 where there is none."""
    return 1.0 / sum(math.exp(p.evidence - places[0].evidence) for p in places) if places else 0.0


def contenders(places: tuple[Place, ...], here: Pose2D) -> tuple[Place | None, tuple[Place, ...]]:
    """The place at a pose that is held for true, and the others that explain a scan as well as it does.

    A place that explains clearly less is no contender, whatever its evidence: evidence is made of many small errors.
    """
    own = next((p for p in places if not is_elsewhere(p.fit.pose_in_map, here)), None)
    least = 0.0 if own is None else own.agreement - ALIKE
    others = tuple(p for p in places if is_elsewhere(p.fit.pose_in_map, here) and p.agreement >= least)
    return own, others


def is_elsewhere(a: Pose2D, b: Pose2D) -> bool:
    return a.distance_to(b.x, b.y) > ELSEWHERE_M or abs(math.remainder(a.yaw - b.yaw, math.tau)) > ELSEWHERE_RAD


def _weighed(
    place: Place, step: Pose2D, way: float, field: Field, points: Array, returns: Array, rng: np.random.Generator
) -> Place:
    cloud, new = particles.moved(place.cloud, step, rng), math.hypot(step.x, step.y) + TURNED_M * abs(step.yaw)
    trust = min(CLOUD_MOST, CLOUD_PER_M * way)
    cloud = particles.weighed(cloud, field, returns, trust)
    middle, covariance = particles.mean(cloud)
    found = fit(field, points, middle, covariance)
    cloud = particles.resampled(cloud, found, rng)
    if found is None:
        found = Fit(middle, covariance, 0.0)
    score = float(scores(field, returns, _row(found.pose_in_map))[0])
    fresh = 1.0 - math.exp(-new / SMOOTHED_M)
    return Place(
        cloud,
        found,
        evidence=place.evidence * math.exp(-new / FORGOTTEN_M) + EVIDENCE_PER_M * new * score,
        seen=place.seen + new,
        agreement=place.agreement + fresh * (found.agreement - place.agreement),
    )


def _new(found: Fit, evidence: float, rng: np.random.Generator) -> Place:
    return Place(particles.drawn(found, rng), found, evidence, 0.0, found.agreement)


def _near(a: Pose2D, b: Pose2D) -> bool:
    return a.distance_to(b.x, b.y) < NEAR_M and abs(math.remainder(a.yaw - b.yaw, math.tau)) < NEAR_RAD


def _row(pose: Pose2D) -> Array:
    return np.array([[pose.x, pose.y, pose.yaw]])
