"""The flat as the physics has it: solid where the site file says so, open at the doors."""

import math

import pybullet as p
import pytest

from kangban.site import Site
from sim.home.furniture import BUILDERS, parts
from sim.home.home import MOST_BOXES, Home
from sim.home.walls import LINTEL_M, panels

LIDAR_HEIGHT = 0.18


def hit(client: int, start, end) -> float | None:
    """Distance to the first thing between two points, None where the way is free."""
    body, _, fraction, _, _ = p.rayTest(start, end, physicsClientId=client)[0]
    return None if body < 0 else fraction * math.dist(start, end)


def test_every_door_is_open_at_robot_height_and_has_a_lintel(client: int, home: Home, site: Site) -> None:
    for door in site.doors:
        x, y = door.at_m
        for dx, dy in ((0.0, 0.3), (0.3, 0.0)):
            wall_runs_along_x = dy > 0.0
            free = hit(client, [x - dx, y - dy, LIDAR_HEIGHT], [x + dx, y + dy, LIDAR_HEIGHT]) is None
            across = any(
                abs(math.sin(q.yaw)) < 0.5 if wall_runs_along_x else abs(math.sin(q.yaw)) > 0.5
                for q in panels(site)
                if q.bottom == LINTEL_M and math.hypot(q.x - x, q.y - y) < 0.1
            )
            if across:
                assert free, door.name
                above = [x - dx, y - dy, LINTEL_M + 0.2], [x + dx, y + dy, LINTEL_M + 0.2]
                assert hit(client, *above) is not None, door.name


def test_doors_cut_as_much_wall_as_they_are_wide(site: Site) -> None:
    lintels = [panel for panel in panels(site) if panel.bottom == LINTEL_M]
    assert sorted(round(panel.length, 6) for panel in lintels) == sorted(door.width_m for door in site.doors)


def test_walls_stop_rays_on_every_side_of_every_room(client: int, home: Home, site: Site) -> None:
    middle_x, middle_y = 2.6, 2.6  # free floor of the living room
    for target in ((-2.0, middle_y), (middle_x, -2.0)):
        distance = hit(client, [middle_x, middle_y, 1.9], [*target, 1.9])
        assert distance is not None and distance == pytest.approx(2.6 - 0.06, abs=0.02)


@pytest.mark.parametrize("kind", ["bed", "sofa", "chair"])
def test_people_rest_at_the_height_the_site_says(client: int, home: Home, site: Site, kind: str) -> None:
    for thing in (f for f in site.furniture if f.kind == kind):
        x, y = thing.at_m
        distance = hit(client, [x, y, 1.5], [x, y, 0.0])
        assert distance is not None
        assert 1.5 - distance == pytest.approx(thing.rest_height_m, abs=0.01), thing.name


def test_every_kind_can_be_built_and_fits_in_one_body(site: Site) -> None:
    assert {f.kind for f in site.furniture} <= set(BUILDERS)
    for thing in site.furniture:
        assert 0 < len([part for part in parts(thing) if part.solid]) <= MOST_BOXES


def test_the_floor_carries_and_is_told_apart_from_the_rest(client: int, home: Home) -> None:
    body, _, fraction, _, _ = p.rayTest([2.6, 2.6, 1.0], [2.6, 2.6, -1.0], physicsClientId=client)[0]
    assert body in home.floor_ids and fraction == pytest.approx(0.5, abs=1e-3)
    assert not home.floor_ids & home.body_ids
