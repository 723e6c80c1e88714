"""What Nav2 is given: its parameters follow the profile, and keep-out zones are no ground."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kangban.config import load
from kangban.processes import Mode, table
from kangban.zone import Zone
from navigation import nav2_setup, sitemap
from navigation.grid import FREE, OCCUPIED

CONFIG = load("companion", "demo_flat", Path(), Path())


def at(parameters: Any, *keys: str) -> Any:
    for key in keys:
        parameters = parameters[key]
    return parameters


def test_the_parameters_hold_the_robots_own_figures_and_what_is_the_same_for_all() -> None:
    given = nav2_setup.parameters(CONFIG)
    control = at(given, "/**/controller_server", "ros__parameters")
    navigation = CONFIG.profile.navigation
    assert control["FollowPath"]["vx_max"] == navigation.cruise_speed_mps
    assert control["FollowPath"]["critics"]
    assert 0.0 < control["goal"]["xy_goal_tolerance"] <= navigation.position_tolerance_m
    assert at(given, "/**", "ros__parameters", "enable_stamped_cmd_vel") is True
    for costmap in ("/**/local_costmap", "/**/global_costmap"):
        inside = at(given, costmap, "ros__parameters")
        assert inside["robot_radius"] == CONFIG.profile.base.footprint_radius_m
        assert inside["obstacle_layer"]["scan"]["topic"] == "/companion/scan"
        assert inside["obstacle_layer"]["plugin"]
    assert at(given, "/**/amcl", "ros__parameters", "initial_pose", "x") == CONFIG.site.dock.x_m


@pytest.mark.parametrize(
    ("profile", "model", "sideways"), [("companion", "DiffDrive", False), ("lekiwi", "Omni", True)]
)
def test_a_base_that_goes_sideways_is_told_so(profile: str, model: str, sideways: bool) -> None:
    given = nav2_setup.parameters(load(profile, "demo_flat", Path(), Path()))
    follow = at(given, "/**/controller_server", "ros__parameters", "FollowPath")
    assert follow["motion_model"] == model
    assert (follow["vy_max"] > 0.0) is sideways


def test_keep_out_zones_are_no_ground() -> None:
    home = sitemap.build(CONFIG.site, 0.05)
    zone = Zone(name="stairs", kind="keep_out", min_m=(1.5, 2.5), max_m=(2.5, 3.0))
    ground = nav2_setup.ground(home, (zone,))
    row, column = int((2.75 - home.origin_in_map.y) / 0.05), int((2.0 - home.origin_in_map.x) / 0.05)
    assert (home.cells[row, column], ground.cells[row, column]) == (FREE, OCCUPIED)
    assert nav2_setup.ground(home, ()) is home


@pytest.mark.parametrize(("engine", "module"), [("kangban", "navigation.node"), ("nav2", "navigation.nodes.nav2")])
def test_the_profile_chooses_who_navigates(engine: str, module: str) -> None:
    profile = load("companion", "demo_flat", Path(), Path(), [f"profile.navigation.engine={engine}"]).profile
    rows = [row for row in table(Mode.ROBOT, CONFIG.site, profile) if row.name == "navigation"]
    assert [row.module for row in rows] == [module]
    assert rows[0].safety_relevant
