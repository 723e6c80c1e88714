"""Clouds of particles and the places they stand for: numbers that follow the spread, evidence, who is a contender."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from kangban.values import Array, Pose2D
from navigation.locating import candidates, everywhere, particles
from navigation.locating.candidates import HOPELESS, Place
from navigation.locating.particles import FEWEST, MOST, Cloud
from navigation.matching import Fit, fit, scores, thinned
from tests.unit.navigation_world import FIELD, points_at

TRUE = Pose2D(3.0, 2.5, 0.5)
TIGHT = np.diag([0.02**2, 0.02**2, 0.02**2])


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def cloud(spread: float, number: int = 200) -> Cloud:
    return particles.drawn(Fit(TRUE, np.diag([spread**2] * 3), 1.0), rng(), number)


def place(pose: Pose2D, evidence: float, agreement: float = 0.9) -> Place:
    made = candidates.certain(Fit(pose, TIGHT, agreement), rng())[0]
    return replace(made, evidence=evidence)


def test_the_number_of_particles_follows_the_spread() -> None:
    narrow, wide, wider = (particles.wanted(cloud(s, 500)) for s in (0.001, 0.05, 0.5))
    assert FEWEST <= narrow < wide < wider == MOST


def test_a_step_moves_the_cloud_and_widens_it() -> None:
    before, step = cloud(0.01), Pose2D(0.5, 0.0, 0.3)
    middle, covariance = particles.mean(particles.moved(before, step, rng()))
    there = TRUE @ step
    assert middle.distance_to(there.x, there.y) < 0.02
    assert abs(middle.yaw - there.yaw) < 0.02
    assert covariance[0, 0] > particles.mean(before)[1][0, 0]


def test_the_mean_heading_is_right_across_the_seam() -> None:
    poses = np.array([[0.0, 0.0, math.pi - 0.1], [0.0, 0.0, -math.pi + 0.1]])
    middle, covariance = particles.mean(Cloud(poses, np.full(2, 0.5)))
    assert abs(abs(middle.yaw) - math.pi) < 1e-9
    assert math.sqrt(covariance[2, 2]) < 0.11


def test_a_scan_draws_the_cloud_to_where_it_was_taken() -> None:
    returns = thinned(points_at(TRUE, rng()), 90)
    wide = particles.drawn(Fit(TRUE @ Pose2D(0.1, 0.1, 0.05), np.diag([0.1**2, 0.1**2, 0.05**2]), 1.0), rng(), 400)
    weighed = particles.weighed(wide, FIELD, returns, 0.3)
    assert weighed.weights.sum() == pytest.approx(1.0)
    before, after = (particles.mean(c)[0].distance_to(TRUE.x, TRUE.y) for c in (wide, weighed))
    assert after < 0.05 < before


def test_even_weights_are_not_drawn_anew_and_uneven_ones_are() -> None:
    even = cloud(0.1)
    assert particles.resampled(even, None, rng()) is even
    weights = np.where(np.arange(200) < 5, 0.2, 0.0)
    drawn = particles.resampled(Cloud(even.poses, weights), None, rng())
    assert len(np.unique(drawn.poses[:, 0])) == 5
    assert drawn.weights.sum() == pytest.approx(1.0)
    elsewhere = Fit(Pose2D(9.0, 9.0, 0.0), TIGHT, 1.0)
    mixed = particles.resampled(Cloud(even.poses, weights), elsewhere, rng())
    assert 0 < (mixed.poses[:, 0] > 8.0).sum() < 0.2 * len(mixed.poses)


@pytest.mark.parametrize("pose", [TRUE, Pose2D(8.2, 1.5, 2.0), Pose2D(7.3, 5.2, -2.0), Pose2D(3.4, 5.5, 1.0)])
def test_a_look_all_over_the_map_finds_where_a_scan_was_taken(pose: Pose2D) -> None:
    points = points_at(pose, rng())
    found = everywhere.look(FIELD, points, thinned(points, 90))
    first = found[0].fit.pose_in_map
    assert first.distance_to(pose.x, pose.y) < 0.1
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)


def test_a_scan_that_is_too_empty_is_found_nowhere() -> None:
    few: Array = np.zeros((5, 2))
    assert everywhere.look(FIELD, few, few) == ()
    assert fit(FIELD, few, TRUE, TIGHT) is None


def test_returns_off_the_map_say_nothing_for_a_pose() -> None:
    points = points_at(TRUE, rng())
    here, off = scores(FIELD, points, np.array([[TRUE.x, TRUE.y, TRUE.yaw], [500.0, 500.0, 0.0]]))
    assert off == pytest.approx(len(points) * math.log(0.1))
    assert here > off


def test_the_likeliest_comes_first_without_the_hopeless_and_the_same_again() -> None:
    near = Pose2D(3.05, 2.5, 0.5)
    places = (place(TRUE, -1.0), place(Pose2D(5, 5, 0), 2.0), place(near, -1.5), place(Pose2D(1, 1, 0), 1.0 - HOPELESS))
    kept = candidates.sorted_out((*places, place(Pose2D(8, 1, 0), 1.9 - HOPELESS)))
    assert [p.evidence for p in kept] == [0.0, -3.0]
    assert [p.fit.pose_in_map for p in kept] == [Pose2D(5, 5, 0), TRUE]
    assert candidates.certainty(kept) == pytest.approx(1.0 / (1.0 + math.exp(-3.0)))
    assert candidates.certainty(()) == 0.0


def test_a_place_that_explains_clearly_less_is_no_contender() -> None:
    own, equal, poor = place(TRUE, -2.0, 0.9), place(Pose2D(8, 1, 0), 0.0, 0.89), place(Pose2D(1, 6, 0), 0.0, 0.7)
    found, others = candidates.contenders((equal, poor, own), TRUE)
    assert found is own
    assert others == (equal,)
    assert candidates.contenders((equal, poor), TRUE) == (None, (equal, poor))


def test_evidence_comes_with_the_way_and_not_with_time() -> None:
    points = points_at(TRUE, rng())
    returns = thinned(points, 90)
    right, wrong = place(TRUE, 0.0), place(Pose2D(7.0, 5.2, 0.5), 0.0)
    stood = candidates.weighed((right, wrong), Pose2D(0.0, 0.0, 0.0), FIELD, points, returns, rng())
    assert [p.evidence for p in stood] == [0.0, 0.0]
    back = replace(
        right, fit=replace(right.fit), cloud=particles.drawn(Fit(TRUE @ Pose2D(-0.1, 0, 0), TIGHT, 1.0), rng())
    )
    drove = candidates.weighed((back, wrong), Pose2D(0.1, 0.0, 0.0), FIELD, points, returns, rng())
    assert drove[0].fit.pose_in_map.distance_to(TRUE.x, TRUE.y) < 0.03
    assert len(drove) == 1 or drove[1].evidence < -1.0
