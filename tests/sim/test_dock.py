"""The dock in the simulated home: the robot starts in it, is fed by it, and its lidar and its map see the same V."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pybullet as p
import pytest

from kangban.config import Config, load
from kangban.dock import dock_in_map, docked_in_dock
from kangban.values import Pose2D
from navigation import sitemap
from navigation.docking import shape
from navigation.field import Field
from sim.sensors.camera import intrinsics
from sim.world import World

STATION = "site.dock={x_m: 0.56, y_m: 3.3, yaw_rad: 3.1416, station: {tag: 7, tag_size_m: 0.16, tag_height_m: 1.12}}"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("dock")
    return load("companion", "demo_flat", folder, folder, [STATION])


@pytest.fixture(scope="module")
def world(config: Config) -> Iterator[World]:
    dock = config.site.dock
    start = Pose2D(dock.x_m, dock.y_m, dock.yaw_rad)
    made = World(p.connect(p.DIRECT), config, start, config.run_dir / "motors.tty", 1)
    yield made
    made.close()


def test_a_robot_in_its_dock_is_fed_and_touches_nothing_else(world: World) -> None:
    battery = world.controller.battery
    assert battery is not None
    battery.set_charge(0.5)
    for _ in range(40):
        world.step()
    assert world.fed and battery.charging and battery.share > 0.5
    assert world.collisions == []


def test_its_lidar_finds_the_v_where_it_stands(world: World, config: Config) -> None:
    assert world.dock is not None and config.profile.docking is not None
    off = []
    for y in (-0.1, 0.0, 0.1):
        robot = world.dock.pose @ Pose2D(-0.85, y, 0.05)
        scan = world.lidar.measure(robot, 1.0)
        points = Pose2D(config.profile.lidar.mount.x_m, 0.0, 0.0).transform(scan.points_in_lidar())
        about = robot.inverse() @ dock_in_map(config.site.dock, config.profile.docking) @ Pose2D(0.1, 0.1, 0.1)
        found = shape.search(points, about, 0.3, 0.35)
        assert len(found) == 1
        off.append((robot @ found[0].dock_in_base).distance_to(world.dock.pose.x, world.dock.pose.y))
    assert max(off) < 0.03


def test_the_map_shows_what_the_lidar_sees_of_it(world: World, config: Config) -> None:
    docking = config.profile.docking
    assert docking is not None
    dock = dock_in_map(config.site.dock, docking)
    with_dock, without = (Field.of(sitemap.build(config.site, 0.02, dock_in_map=d)) for d in (dock, None))
    robot = dock @ docked_in_dock(docking)
    scan = world.lidar.measure(robot, 1.0)
    mount = config.profile.lidar.mount
    points = (robot @ Pose2D(mount.x_m, mount.y_m, 0.0)).transform(scan.points_in_lidar())
    far = [float((field.nearest(points) > 0.1).mean()) for field in (with_dock, without)]
    assert far[0] < far[1] - 0.1, "else a docked robot would not know where it is"


def test_the_camera_looks_over_the_v_at_the_tag(config: Config) -> None:
    """From where it stages down to its docked place the whole tag is in the picture."""
    from kangban.dock import tag_corners_in_dock
    from perception.place import View

    camera, station = config.profile.camera, config.site.dock.station
    assert station is not None
    view = View.of(intrinsics(camera), camera.mount, camera.depth_min_m, camera.depth_max_m)
    eye = np.array([camera.mount.x_m, camera.mount.y_m, camera.mount.z_m])
    for x in (-0.85, -0.5, -0.26):
        points = Pose2D(x, 0.0, 0.0).inverse().transform(tag_corners_in_dock(station)) - eye
        ahead = points @ view.turn_to_base(np.eye(3)).T
        u, v = view.cx + view.fx * ahead[:, 0] / ahead[:, 2], view.cy + view.fy * ahead[:, 1] / ahead[:, 2]
        assert (u > 0).all() and (u < view.width).all() and (v > 0).all() and (v < view.height).all()


def test_a_dock_that_is_moved_away_feeds_nobody(world: World) -> None:
    """The last: the others want it where it is."""
    world.step()
    assert world.dock is not None and world.fed
    world.dock.move(world.dock.pose @ Pose2D(-0.05, 0.19, 0.17))
    world.step()
    battery = world.controller.battery
    assert not world.fed and battery is not None and not battery.charging
