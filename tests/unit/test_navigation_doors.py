"""Doors as the lidar sees them, what is remembered of them, and zones: what both do to the plan."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from kangban.config import ConfigError, load, load_site
from kangban.rooms import doorways
from kangban.values import Array, Pose2D, Scan
from kangban.zone import Zone
from navigation import doors, sitemap
from navigation.costs import Costs, Sizes, costs
from navigation.doors import Doors, DoorState, in_the_way, look, observe, shut
from navigation.planner import NoRoute, Route, plan
from navigation.zones import speed_limit_at
from tests.unit.navigation_world import MOUNT, SITE, scan_at

CONFIG = load("companion", "demo_flat", Path(), Path())
SIZES, NONE = Sizes.of(CONFIG.profile), np.empty((0, 2))
FLAT = sitemap.build(SITE, 0.05)
DOORS = {door.name: door for door in doorways(SITE)}
CORRIDOR = DOORS["living_corridor"]  # at (5.6, 3.6), 1 m wide, in a wall along y
BEFORE_IT = Pose2D(4.3, 3.5, 0.0)
PASSAGE = 2.0 * SIZES.keep_off
DOCK, BEDROOM = (SITE.dock.x_m, SITE.dock.y_m), (7.2, 5.0)


def closed(share: float = 1.0, turned: float = 0.0) -> Array:
    """A leaf hung at the lower end of the door, as posts close together."""
    out = np.arange(0.0, share * 1.0, 0.04)
    low = np.array([5.6, 3.1])
    return low + out[:, None] * np.array([math.sin(turned), math.cos(turned)])


def seen(things: Array | None, pose: Pose2D = BEFORE_IT, stamp: float = 10.0) -> Scan:
    return scan_at(pose, stamp, np.random.default_rng(4), things)


@pytest.mark.parametrize(
    ("things", "state"),
    [
        (None, DoorState.OPEN),
        (closed(), DoorState.SHUT),
        (closed(0.25), DoorState.OPEN),  # there is still room to go through
        (closed(0.7), DoorState.SHUT),
        (closed(1.0, math.pi / 2), DoorState.OPEN),  # the leaf stands open at a right angle
        (np.array([[5.6, 3.5], [5.6, 3.72]]), DoorState.SHUT),  # somebody stands in the middle
        (np.array([[5.2, y] for y in np.arange(2.6, 4.2, 0.04)]), None),  # something before it hides it
    ],
)
def test_a_door_is_told_by_rays(things: Array | None, state: DoorState | None) -> None:
    lidar = BEFORE_IT @ Pose2D(MOUNT.x_m, MOUNT.y_m, MOUNT.yaw_rad)
    assert look(CORRIDOR, seen(things), lidar, PASSAGE) is state


@pytest.mark.parametrize(
    ("door", "pose"),
    [
        ("living_corridor", Pose2D(6.8, 3.6, 3.0)),  # from its other side
        ("living_study", Pose2D(4.0, 2.9, 1.2)),
        ("living_study", Pose2D(4.4, 5.2, -1.6)),
        ("corridor_kitchen", Pose2D(6.5, 2.0, 0.4)),
    ],
)
def test_from_either_side_and_in_walls_of_either_direction(door: str, pose: Pose2D) -> None:
    lidar = pose @ Pose2D(MOUNT.x_m, MOUNT.y_m, MOUNT.yaw_rad)
    assert look(DOORS[door], seen(None, pose), lidar, PASSAGE) is DoorState.OPEN
    leaf = doors.leaf(DOORS[door], 0.1)
    assert look(DOORS[door], seen(leaf, pose), lidar, PASSAGE) is DoorState.SHUT


@pytest.mark.parametrize(
    "change",
    [
        lambda r: np.full_like(r, math.nan),  # a blind lidar
        lambda r: np.where(np.arange(len(r)) % 12 == 0, r, math.nan),  # too few rays
    ],
)
def test_without_readings_nothing_is_told(change) -> None:  # type: ignore[no-untyped-def]
    scan = seen(closed())
    blind = Scan(scan.stamp, scan.angle_min, scan.angle_increment, scan.range_min, scan.range_max, change(scan.ranges))
    lidar = BEFORE_IT @ Pose2D(MOUNT.x_m, MOUNT.y_m, MOUNT.yaw_rad)
    assert look(CORRIDOR, blind, lidar, PASSAGE) is None
    far = Pose2D(1.0, 1.0, 0.0)
    assert observe(Doors(), (CORRIDOR,), seen(closed(), Pose2D(0.4, 3.5, 0.0)), far, MOUNT, PASSAGE).of("x") is None


def watched(things: Array | None, *stamps: float, known: Doors = Doors()) -> Doors:
    for stamp in stamps:
        known = observe(known, (CORRIDOR,), seen(things, stamp=stamp), BEFORE_IT, MOUNT, PASSAGE)
    return known


def test_shut_is_believed_after_a_while_and_remembered_for_a_while() -> None:
    names = [door.name for door in shut(watched(closed(), 10.0, 10.5, 11.0), (CORRIDOR,), 11.0, 60.0)]
    assert names == []  # somebody may just be walking through
    sure = watched(closed(), 10.0, 10.5, 11.0, 11.6)
    assert shut(sure, (CORRIDOR,), 12.0, 60.0) == (CORRIDOR,)
    assert shut(sure, (CORRIDOR,), 71.0, 60.0) == (CORRIDOR,)
    assert shut(sure, (CORRIDOR,), 72.0, 60.0) == ()
    assert shut(watched(None, 13.0, known=sure), (CORRIDOR,), 13.0, 60.0) == ()  # seen open: at once
    assert shut(watched(closed(), 10.0, 11.6), (CORRIDOR,), 12.0, 60.0) == ()  # not watched in between
    assert shut(Doors(), (CORRIDOR,), 12.0, 60.0) == ()


def test_a_shut_door_is_driven_around_or_named() -> None:
    open_flat = costs(FLAT, NONE, NONE, SIZES)
    held = costs(FLAT, NONE, NONE, SIZES, shut=(CORRIDOR,))
    assert isinstance(plan(open_flat, DOCK, BEDROOM, 0.08), Route)
    found = plan(held, DOCK, BEDROOM, 0.08)
    assert isinstance(found, NoRoute)
    assert found.where == "between"
    free = plan(open_flat, DOCK, BEDROOM, 0.08)
    assert isinstance(free, Route)
    assert in_the_way(free.points_in_map, held.shut) == "the door living_corridor is shut"
    assert in_the_way(free.points_in_map, (DOORS["living_study"],)) == ""
    both = (CORRIDOR, DOORS["corridor_bedroom"])
    assert in_the_way(free.points_in_map, both) == "the doors living_corridor, corridor_bedroom are shut"
    second = SITE.model_copy(update={"doors": (*SITE.doors, SITE.doors[3].model_copy(
        update={"name": "study_bedroom", "at_m": (5.6, 5.2)}
    ))})  # fmt: skip
    around = plan(costs(sitemap.build(second, 0.05), NONE, NONE, SIZES, shut=(CORRIDOR,)), DOCK, BEDROOM, 0.08)
    assert isinstance(around, Route)
    assert in_the_way(around.points_in_map, (CORRIDOR,)) == ""


# Zones

AREA = Zone(name="rug", kind="keep_out", min_m=(2.0, 1.6), max_m=(3.2, 3.4))
CORNER = Zone(name="ramp", kind="slow", points_m=((5.6, 3.0), (9.6, 3.0), (5.6, 4.2)), speed_mps=0.2)


def zoned(*zones: Zone) -> Costs:
    return costs(FLAT, NONE, NONE, SIZES, zones)


def test_a_keep_out_zone_is_driven_around_with_the_whole_body() -> None:
    before, after = plan(zoned(), DOCK, (4.6, 2.2), 0.08), plan(zoned(AREA), DOCK, (4.6, 2.2), 0.08)
    assert isinstance(before, Route)
    assert isinstance(after, Route)
    assert after.length > before.length
    centres = zoned(AREA).grid.centres(np.argwhere(np.isfinite(zoned(AREA).weight)))
    gap = np.hypot(*np.maximum(0.0, np.maximum([2.0, 1.6] - centres, centres - [3.2, 3.4])).T)
    assert gap.min() >= CONFIG.profile.base.footprint_radius_m - 0.01
    assert zoned(CORNER).weight.tolist() == zoned().weight.tolist()  # only keep-out zones forbid


def test_a_goal_and_a_robot_in_a_keep_out_zone_are_told_why() -> None:
    found = plan(zoned(AREA), DOCK, (2.6, 2.5), 0.08)
    assert isinstance(found, NoRoute)
    assert "lies in the keep-out zone rug" in found.sentence
    wide = Zone(name="yard", kind="keep_out", min_m=(0.0, 0.0), max_m=(5.6, 4.2))
    found = plan(zoned(wide), (2.6, 2.5), BEDROOM, 0.08)
    assert isinstance(found, NoRoute)
    assert (found.where, "stands in the keep-out zone yard" in found.sentence) == ("start", True)


def test_slow_zones_limit_the_speed_where_they_lie() -> None:
    zones = (AREA, CORNER, CORNER.model_copy(update={"name": "sill", "speed_mps": 0.1}))
    assert speed_limit_at(zones, 6.0, 3.2) == 0.1
    assert speed_limit_at((CORNER,), 6.0, 3.2) == 0.2
    assert speed_limit_at(zones, 9.4, 4.1) is None  # beyond the slanted side
    assert speed_limit_at(zones, 2.6, 2.5) is None


@pytest.mark.parametrize(
    ("zone", "says"),
    [
        ("{name: z, kind: keep_out}", "give either min_m and max_m, or points_m"),
        ("{name: z, kind: keep_out, min_m: [1, 1]}", "give either min_m and max_m, or points_m"),
        ("{name: z, kind: slow, min_m: [1, 1], max_m: [2, 2]}", "speed_mps belongs to a slow zone"),
        ("{name: z, kind: no_look, min_m: [1, 1], max_m: [2, 2], speed_mps: 0.2}", "speed_mps belongs to a slow zone"),
        ("{name: z, kind: slow, min_m: [2, 1], max_m: [1, 2], speed_mps: 0.2}", "above and right"),
        ("{name: z, kind: keep_out, points_m: [[1, 1], [2, 1]]}", "points_m"),
        ("{name: z, kind: keep_out, points_m: [[1, 1], [2, 1], [3, 1]]}", "holds no ground"),
        ("{name: z, kind: keep_out, min_m: [1, 1], max_m: [30, 2]}", "its corner (30.0, 1.0) lies in no room"),
        ("{name: z, kind: keep_out, min_m: [0, 3], max_m: [2, 4]}", "keeps the robot out of its own dock"),
        ("{name: z, kind: parking, min_m: [1, 1], max_m: [2, 2]}", "'parking' is not allowed"),
    ],
)
def test_a_zone_that_cannot_be_meant_is_refused(zone: str, says: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_site("demo_flat", [f"zones=[{zone}]"])
    assert says in str(error.value)


def test_a_no_look_zone_is_as_a_no_look_room() -> None:
    home = load_site("demo_flat", ["zones=[{name: z, kind: no_look, points_m: [[1, 1], [3, 1], [1, 3]]}]"])
    assert home.no_look_at(1.5, 1.5)
    assert home.no_look_at(1.0, 5.0)  # the bathroom
    assert not home.no_look_at(2.8, 2.8)
    assert SITE.keeps_looks_away
    assert not load_site("demo_flat", ["privacy.no_look=[]"]).keeps_looks_away
    bare = load_site(
        "demo_flat", ["privacy.no_look=[]", "zones=[{name: z, kind: no_look, min_m: [1,1], max_m: [2,2]}]"]
    )
    assert bare.keeps_looks_away
