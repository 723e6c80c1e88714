"""The graph takes true closures and drops false ones; drift grows and shrinks; wheels are learned."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kangban.values import Pose2D
from navigation.mapping.closures import agree, earlier
from navigation.mapping.drift import Drift
from navigation.mapping.graph import Graph, Link, distance, off, turned
from navigation.mapping.wheels import Wheels

STEP_INFORMATION = np.diag([0.02**-2, 0.02**-2, 0.01**-2])
SURE = np.diag([0.01**-2, 0.01**-2, 0.005**-2])
SIDE = 20


def ring(bend: float = 0.0) -> tuple[Graph, Drift]:
    """Twice about a square of 5 m sides, each step turned too far by `bend`."""
    graph, drift = Graph(), Drift()
    graph.begin(Pose2D(0.0, 0.0, 0.0))
    for k in range(8 * SIDE):
        turn = math.pi / 2 if k % SIDE == SIDE - 1 else 0.0
        before = graph.pose(k)
        graph.extend(Pose2D(0.25, 0.0, turn + bend), STEP_INFORMATION)
        drift.extend(before, graph.pose(k + 1), False)
    return graph, drift


def true_links(graph: Graph) -> list[Link]:
    lap = 4 * SIDE
    return [Link(k, k + lap, Pose2D(0.0, 0.0, 0.0), SURE) for k in range(0, len(graph) - lap, 5)]


def test_closures_bend_a_drifted_way_back() -> None:
    graph, _ = ring(0.003)
    links = true_links(graph)
    apart = [float(np.hypot(*(graph.poses[link.of] - graph.poses[link.to])[:2])) for link in links]
    assert max(apart) > 0.5
    graph.close(links)
    assert graph.settle() == 0
    after = [float(np.hypot(*(graph.poses[link.of] - graph.poses[link.to])[:2])) for link in links]
    assert max(after) < 0.05


def test_a_false_closure_does_not_bend_the_map() -> None:
    graph, _ = ring()
    graph.close(true_links(graph))
    right = graph.poses.copy()
    false = Link(SIDE // 2, 7 * SIDE, Pose2D(0.2, 0.1, 0.0), SURE)
    assert off(graph, false) > 100.0
    graph.close([false])
    assert graph.settle() == 1
    assert false not in graph.closures
    assert np.abs(graph.poses[:, :2] - right[:, :2]).max() < 0.02


def test_information_turns_with_its_frame() -> None:
    along = np.diag([100.0, 1.0, 10.0])
    assert turned(along, math.pi / 2) == pytest.approx(np.diag([1.0, 100.0, 10.0]))
    assert distance(Pose2D(0.1, 0.0, 0.0), Pose2D(0.0, 0.0, 0.0), along) == pytest.approx(1.0)
    assert distance(Pose2D(0.0, 0.1, 0.0), Pose2D(0.0, 0.0, 0.0), along) == pytest.approx(0.01)


def test_drift_grows_and_a_closure_takes_it_back() -> None:
    graph, drift = ring()
    last = len(graph) - 1
    small, large = drift.window(5, (0.0, 9.0), (0.0, 1.0)), drift.window(last, (0.0, 9.0), (0.0, 1.0))
    assert small[0] < large[0] and small[1] < large[1]
    drift.closed(last, 5, np.linalg.inv(SURE))
    assert drift.window(last, (0.0, 9.0), (0.0, 1.0))[0] < small[0] + 0.05
    drift.closed(5, last - 1, np.linalg.inv(SURE))  # what is less sure teaches nothing
    assert drift.window(5, (0.0, 9.0), (0.0, 1.0)) == small
    assert drift.window(last, (0.3, 0.4), (0.1, 0.2))[0] == pytest.approx(0.3, abs=0.1)


def test_a_step_without_a_match_drifts_more() -> None:
    a, b = Drift(), Drift()
    for drift, blind in ((a, False), (b, True)):
        drift.extend(Pose2D(0.0, 0.0, 0.0), Pose2D(0.25, 0.0, 0.0), blind)
    assert b.window(1, (0.0, 9.0), (0.0, 1.0))[0] > a.window(1, (0.0, 9.0), (0.0, 1.0))[0]


def test_earlier_passes_come_nearest_first_and_not_the_way_just_driven() -> None:
    graph, drift = ring()
    last = len(graph) - 1
    found = earlier(graph, drift, last, 1.0)
    assert sorted(found) == [0, 4 * SIDE]  # the corner it is back at, once a lap; its last metres do not count
    middle = last - SIDE // 2
    passes = earlier(graph, drift, middle, 0.6)
    assert passes == [middle - 4 * SIDE]
    assert earlier(graph, drift, SIDE, 1.0) == [5 * SIDE]  # later ones too: the last pass over all needs them


@pytest.mark.parametrize(("slide", "true"), [(0.0, True), (0.05, True), (0.6, False), (-1.0, False)])
def test_closures_must_agree_with_each_other(slide: float, true: bool) -> None:
    graph, drift = ring()
    lap = 4 * SIDE
    a = Link(10, 10 + lap, Pose2D(0.0, 0.0, 0.0), SURE)
    b = Link(15, 15 + lap, Pose2D(slide, 0.0, 0.0), SURE)
    assert agree(graph, drift, a, b) is true


def test_two_closures_of_one_place_do_not_bear_each_other_out() -> None:
    graph, drift = ring()
    a = Link(10, 90, Pose2D(0.0, 0.0, 0.0), SURE)
    assert not agree(graph, drift, a, Link(10, 91, Pose2D(0.25, 0.0, 0.0), SURE))


def test_wheels_learn_what_is_always_wrong_and_forget_slips() -> None:
    wheels, rng = Wheels(), np.random.default_rng(1)
    sure = np.diag([0.002**-2, 0.002**-2, 0.001**-2])
    for k in range(200):
        turn = float(rng.normal(0.0, 0.15))
        measured = Pose2D(0.25, 0.0, turn)
        told = Pose2D(0.25 * 1.05, 0.0, turn * 0.95 + 0.02 * 0.25)
        if k % 20 == 0:
            told = Pose2D(1.5, 0.0, 0.0)
        elif k % 20 == 1:
            told = Pose2D(told.x, 0.0, told.yaw + 0.5)
        wheels.learn(told, measured, sure)
    assert wheels.scale == pytest.approx(1 / 1.05, abs=0.005)
    assert wheels.turn_scale == pytest.approx(1 / 0.95, abs=0.02)
    fixed = wheels.corrected(Pose2D(1.05, 0.0, 0.02))
    assert fixed.x == pytest.approx(1.0, abs=0.01)
    assert fixed.yaw == pytest.approx(0.0, abs=0.005)


def test_wheels_learn_nothing_from_what_a_scan_does_not_know() -> None:
    wheels = Wheels()
    for _ in range(50):
        wheels.learn(Pose2D(0.3, 0.0, 0.0), Pose2D(0.25, 0.0, 0.0), np.diag([1.0, 1e6, 1e6]))
    assert wheels.scale == 1.0
