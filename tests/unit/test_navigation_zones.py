"""Zones of the site file: what is refused, where the robot does not go, and how fast it goes where it may."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import ValidationError

from kangban.config import load_profile
from kangban.site import Site
from kangban.values import Pose2D, Twist2D
from kangban.zone import Zone
from navigation import sitemap, surroundings
from navigation.costs import Costs, Sizes, costs
from navigation.planner import NoRoute, Route, plan
from navigation.zones import slowed
from tests.unit.navigation_world import SITE

SIZES = Sizes.of(load_profile("companion"))
MAP = sitemap.build(SITE, 0.05)
RUG = Zone(name="rug", kind="keep_out", min_m=(2.0, 1.5), max_m=(4.0, 2.8))
SILL = Zone(name="sill", kind="slow", points_m=((5.4, 3.1), (5.8, 3.1), (5.8, 4.1), (5.4, 4.1)), speed_mps=0.2)


def with_zones(*zones: Zone) -> Costs:
    return costs(MAP, surroundings.NOTHING, surroundings.NOTHING, SIZES, zones)


def test_the_way_leads_around_a_keep_out_zone_with_the_whole_robot() -> None:
    start, goal = (1.2, 2.2), (4.8, 2.2)
    straight, around = plan(with_zones(), start, goal, 0.05), plan(with_zones(RUG), start, goal, 0.05)
    assert isinstance(straight, Route) and isinstance(around, Route)
    assert around.cost > straight.cost + 0.2
    for (x0, y0), (x1, y1) in zip(around.points_in_map, around.points_in_map[1:], strict=False):
        for k in range(101):
            x, y = x0 + (x1 - x0) * k / 100, y0 + (y1 - y0) * k / 100
            apart = math.hypot(max(2.0 - x, 0.0, x - 4.0), max(1.5 - y, 0.0, y - 2.8))
            assert apart >= SIZES.body - 0.05


def test_a_goal_or_a_robot_in_a_keep_out_zone_is_told_by_its_name() -> None:
    inside = plan(with_zones(RUG), (1.2, 2.2), (3.0, 2.2), 0.05)
    assert isinstance(inside, NoRoute) and "keep-out zone rug" in inside.sentence
    shut_in = plan(with_zones(RUG), (3.0, 2.2), (4.8, 2.2), 0.05)
    assert isinstance(shut_in, NoRoute) and "keep-out zone rug" in shut_in.sentence


def test_in_a_slow_zone_a_wish_is_lowered_and_keeps_its_curve() -> None:
    there, elsewhere = Pose2D(5.6, 3.6, 0.0), Pose2D(3.0, 2.0, 0.0)
    assert slowed((SILL,), there, Twist2D(0.4, 0.0, 0.3)) == Twist2D(0.2, 0.0, 0.15)
    assert slowed((SILL,), there, Twist2D(0.1, 0.0, 0.9)) == Twist2D(0.1, 0.0, 0.9)
    assert slowed((SILL,), elsewhere, Twist2D(0.4, 0.0, 0.3)) == Twist2D(0.4, 0.0, 0.3)


@pytest.mark.parametrize(
    ("held", "word"),
    [
        ({"kind": "keep_out", "min_m": [1, 1]}, "either min_m and max_m, or points_m"),
        ({"kind": "keep_out", "min_m": [2, 2], "max_m": [1, 3]}, "above and right"),
        ({"kind": "slow", "min_m": [1, 1], "max_m": [2, 2]}, "speed_mps"),
        ({"kind": "keep_out", "min_m": [1, 1], "max_m": [2, 2], "speed_mps": 0.2}, "speed_mps"),
        ({"kind": "keep_out", "points_m": [[1, 1], [2, 2], [3, 3]]}, "holds no ground"),
        ({"kind": "keep_out", "min_m": [30, 30], "max_m": [31, 31]}, "lies in no room"),
        ({"kind": "keep_out", "min_m": [0.1, 3.2], "max_m": [0.9, 4.0]}, "out of its own dock"),
    ],
)
def test_a_zone_that_makes_no_sense_is_refused_by_name(held: dict[str, Any], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        Site.model_validate({**SITE.model_dump(exclude={"hours"}), "zones": [{"name": "odd", **held}]})
