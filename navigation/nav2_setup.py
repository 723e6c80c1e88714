"""What Nav2 is given: its parameters from profile and site, and the ground that it may plan on.

launch/config/nav2/nav2.yaml holds what is the same for every robot; the robot's own figures are filled in here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import yaml

from kangban import streams
from kangban.config import Config, config_dir
from kangban.profile import Profile
from kangban.site import Site
from kangban.values import GridMap
from kangban.zone import Zone
from navigation import zones as rules
from navigation.grid import OCCUPIED, Grid

AIM = 0.5  # of our tolerances is Nav2's: it may coast a little once it says that it is there


def parameters(config: Config) -> dict[str, Any]:
    """The whole parameter file of Nav2 for this robot in this home."""
    fixed = yaml.safe_load((config_dir() / "nav2" / "nav2.yaml").read_text(encoding="utf-8"))
    own = _own(config.profile, config.site)
    return _merged(fixed, {node: {"ros__parameters": values} for node, values in own.items()})


def ground(home: GridMap, zones: Sequence[Zone]) -> GridMap:
    """The map with the keep-out zones occupied: Nav2 has no other way to know them."""
    away = rules.distance_to_keep_out(tuple(zones), Grid.of(home))
    if away is None:
        return home
    cells = home.cells.copy()
    cells[away <= 0.0] = OCCUPIED
    return replace(home, cells=cells)


def _own(profile: Profile, site: Site) -> dict[str, dict[str, Any]]:
    limits, navigation, base, name = profile.limits, profile.navigation, profile.base, profile.name
    radius, dock = base.footprint_radius_m, site.dock
    scan, local = f"/{name}/{streams.SCAN.name}", {"resolution": navigation.map_resolution_m, "robot_radius": radius}
    reach = {"topic": scan, "raytrace_max_range": profile.lidar.range_max_m, "obstacle_max_range": 5.0}
    clearance = profile.safety.guard.obstacle_margin_m + navigation.clearance_m
    costmap = {
        **local,
        "obstacle_layer": {"scan": reach},
        "inflation_layer": {"inflation_radius": radius + clearance, "cost_scaling_factor": 3.0},
    }
    sideways = min(navigation.back_speed_mps, navigation.cruise_speed_mps) if base.sideways else 0.0
    return {
        "/**/amcl": {
            "initial_pose": {"x": dock.x_m, "y": dock.y_m, "yaw": dock.yaw_rad},
            "laser_max_range": profile.lidar.range_max_m,
            "laser_min_range": profile.lidar.range_min_m,
            "robot_model_type": f"nav2_amcl::{'Omni' if base.sideways else 'Differential'}MotionModel",
        },
        "/**/controller_server": {
            "controller_frequency": navigation.rate_hz,
            "goal": {
                "xy_goal_tolerance": AIM * navigation.position_tolerance_m,
                "yaw_goal_tolerance": AIM * navigation.heading_tolerance_rad,
            },
            "progress": {"movement_time_allowance": navigation.blocked_after_s},
            "FollowPath": {
                "motion_model": "Omni" if base.sideways else "DiffDrive",
                "vx_max": navigation.cruise_speed_mps,
                "vx_min": -navigation.back_speed_mps,
                "vy_max": sideways,
                "wz_max": navigation.turn_rate_radps,
                "ax_max": limits.acceleration_mps2,
                "ax_min": -limits.deceleration_mps2,
                "ay_max": limits.acceleration_mps2,
                "az_max": limits.turn_acceleration_radps2,
            },
        },
        "/**/behavior_server": {
            "max_rotational_vel": navigation.turn_rate_radps,
            "rotational_acc_lim": limits.turn_acceleration_radps2,
        },
        "/**/global_costmap": {**costmap, "static_layer": {"map_topic": f"/{name}/{streams.NAV2_GROUND.name}"}},
        "/**/local_costmap": costmap,
    }


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """`other` over `one`, section by section."""
    both = dict(one)
    for key, value in other.items():
        before = both.get(key)
        both[key] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return both
