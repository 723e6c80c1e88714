"""The whole mapper on a small home: online and at the end, slipping wheels, gaps, a stranger's odometry, and twins."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bench.worlds.maperror import errors, relations, rms
from kangban.values import Pose2D, Scan
from navigation.mapping import closures, raster
from navigation.mapping.build import lie_of_walls, turned
from navigation.mapping.closures import Closures, earlier
from navigation.mapping.drift import Drift
from navigation.mapping.graph import Graph
from navigation.mapping.mapper import Mapper, Reading
from navigation.mapping.surfaces import Cloud
from tests.unit.mapping.mapping_world import (
    HOME,
    MIDDLE,
    ROUND,
    along,
    box,
    cloud,
    driven,
    from_first,
    home_drive,
    mapped,
    readings,
)


def off(poses: np.ndarray, truth: np.ndarray) -> float:
    return float(np.hypot(*(from_first(poses) - from_first(truth))[:, :2].T).max())


def test_every_scan_has_its_pose_as_soon_as_it_comes() -> None:
    drive, mapper = home_drive(), Mapper(MIDDLE)
    truth = from_first(drive.truth)
    for k, reading in enumerate(readings(drive)):
        pose = mapper.add(reading)
        assert math.hypot(pose.x - truth[k, 0], pose.y - truth[k, 1]) < 0.08
    stamps, poses = mapper.trajectory()
    assert np.array_equal(stamps, drive.stamps)
    assert len(poses) == len(drive.stamps)


def test_slipping_wheels_do_not_bend_the_way() -> None:
    drive, mapper = home_drive(), mapped()
    assert off(drive.odometry, drive.truth) > 0.5
    assert len(mapper.graph.closures) > 3
    near, again = relations(drive.stamps, drive.truth)
    mapper.finish()
    for pairs in (near, again):
        metres, radians = errors(pairs, drive.truth, mapper.trajectory()[1])
        assert len(pairs) > 50
        assert rms(metres) < 0.015
        assert math.degrees(rms(radians)) < 0.4
    assert abs(mapper.wheels.scale - 1 / 1.05) < 0.01


def test_the_map_has_walls_where_walls_are_and_floor_where_it_drove() -> None:
    drive, mapper = home_drive(), mapped()
    _stamps, poses = mapper.trajectory()
    start = Pose2D(*map(float, drive.truth[0]))
    world = np.array([[p.x, p.y, p.yaw] for p in (start @ Pose2D(*map(float, row)) for row in poses)])
    grid = raster.draw([r.scan for r in readings(drive)], world, MIDDLE, 0.05)
    x = grid.origin_in_map.x + (np.arange(grid.cells.shape[1]) + 0.5) * 0.05
    y = grid.origin_in_map.y + (np.arange(grid.cells.shape[0]) + 0.5) * 0.05
    solid = np.argwhere(grid.cells == 100)
    points = np.stack([x[solid[:, 1]], y[solid[:, 0]]], axis=1)
    a, b = HOME[:, :2], HOME[:, 2:]
    t = np.clip(((points[:, None] - a) * (b - a)).sum(2) / ((b - a) ** 2).sum(1), 0.0, 1.0)
    to_wall = np.hypot(*np.moveaxis(a + t[..., None] * (b - a) - points[:, None], 2, 0)).min(axis=1)
    assert np.quantile(to_wall, 0.95) < 0.06
    assert len(points) > 300
    columns, rows = ((world[:, 0] - x[0]) / 0.05 + 0.5).astype(int), ((world[:, 1] - y[0]) / 0.05 + 0.5).astype(int)
    assert (grid.cells[rows, columns] == 0).all()


def test_whoever_walked_through_is_not_on_the_map() -> None:
    """A person crosses behind the robot's first scans; later beams pass where he was."""
    poses = np.array([[1.0 + 0.06 * k, 0.8, 0.0] for k in range(60)])
    with_him = np.vstack([HOME, np.array(box(1.6, 0.2, 0.3, 0.3))])
    early, late = driven(with_him, poses[:4]), driven(HOME, poses[4:])
    scans = [r.scan for r in (*readings(early), *readings(late))]
    grid = raster.draw(scans, poses, MIDDLE, 0.05)
    row, column = int((0.5 - grid.origin_in_map.y) / 0.05), int((1.75 - grid.origin_in_map.x) / 0.05)
    assert grid.cells[row - 1 : row + 2, column - 2 : column + 3].max() == 0


def test_blind_scans_are_carried_by_odometry() -> None:
    drive, mapper = home_drive(), Mapper(MIDDLE)
    few = readings(drive)[:120]
    for k, reading in enumerate(few):
        scan = reading.scan
        if 50 <= k < 60:
            scan = Scan(scan.stamp, scan.angle_min, scan.angle_increment, 0.05, 8.0, np.full(len(scan.ranges), np.nan))
        mapper.add(Reading(scan, reading.odometry))
    assert mapper.unmatched == 10
    assert off(mapper.trajectory()[1], drive.truth[:120]) < 0.08


@pytest.mark.parametrize("jump", [Pose2D(0.35, -0.3, 0.3), Pose2D(0.9, -0.8, 0.5)])
def test_odometry_that_jumps_is_overruled(jump: Pose2D) -> None:
    drive, mapper = home_drive(), Mapper(MIDDLE)
    for k, reading in enumerate(readings(drive)[:100]):
        told = reading.odometry if k < 50 else reading.odometry @ jump
        mapper.add(Reading(reading.scan, told))
    assert off(mapper.trajectory()[1], drive.truth[:100]) < 0.08


def test_odometry_that_says_otherwise_refuses_a_closure() -> None:
    """The same place, found by the same scans: taken where the drift may be that large, refused where it can't be."""
    mapper = Mapper(MIDDLE)
    for reading in readings(home_drive()):
        mapper.add(reading)
    graph, drift, key = mapper.graph, mapper.drift, len(mapper.graph) - 1
    other = earlier(graph, drift, key, 1.0)[0]
    graph.poses[key - 8 :, :2] += 0.6
    query = closures._query(graph, mapper.clouds, drift, key)
    assert query is not None
    told = {}
    for spread in (0.3, 0.03):
        drift.covariances[key] = np.diag([spread**2, spread**2, 0.02**2])
        judge = Closures()
        told[spread] = judge._judge(graph, mapper.clouds, drift, other, query, 1.2, 0.2), dict(judge.refused)
    assert told[0.3][0] is not None
    assert told[0.03] == (None, {"odometry says otherwise": 1})


def test_a_place_that_fits_twice_is_refused() -> None:
    """Two rooms alike side by side, both seen at first; back in one of them after a long way."""
    rooms = np.array(box(0, 0, 2, 2) + box(0.0, 1.4, 0.5, 0.6) + box(2.2, 0, 2, 2) + box(2.2, 1.4, 0.5, 0.6))
    graph, drift, seen = Graph(), Drift(), []
    nothing = Cloud(np.empty((0, 2)), np.empty((0, 2)))
    stops = [(1.0, 0.8, True), (3.2, 0.8, True), (3.2, -9.0, False), (1.0, -9.0, False), (1.0, 0.8, True)]
    for k, (x, y, looks) in enumerate(stops):
        here = Pose2D(x, y, 0.0)
        seen.append(cloud(rooms, here, k) if looks else nothing)
        if k == 0:
            graph.begin(here)
            continue
        before = graph.pose(k - 1)
        graph.extend(before.inverse() @ here, np.eye(3) * 1e4)
        drift.extend(before, here, False)
    drift.covariances[4] = np.diag([1.0, 1.0, 0.01])
    judge = Closures()
    assert judge._judge(graph, seen, drift, 0, seen[4], 3.0, 0.2) is None
    assert dict(judge.refused) == {"fits elsewhere as well": 1}


@pytest.mark.parametrize("yaw", [0.3, -0.6])
def test_how_most_walls_lie(yaw: float) -> None:
    mapper = Mapper(MIDDLE)
    truth = along(ROUND)[:4] + [0.0, 0.0, yaw]
    for reading in readings(driven(HOME, truth)):
        mapper.add(reading)
    assert lie_of_walls(mapper) == pytest.approx(-yaw, abs=0.02)
    straight = turned(np.array([[1.0, 0.0, yaw]]), -yaw)[0]
    assert straight == pytest.approx([math.cos(yaw), -math.sin(yaw), 0.0])


def test_sparse_scans_are_looked_for() -> None:
    """One scan in seven, half a metre and more apart, as in old logs."""
    drive, mapper = home_drive(), Mapper(MIDDLE)
    for reading in readings(drive)[::7]:
        mapper.add(reading)
    mapper.finish()
    assert off(mapper.trajectory()[1], drive.truth[::7]) < 0.06


def test_a_second_room_that_looks_the_same_is_not_taken_for_the_first() -> None:
    """Twin rooms 9 m apart, the same to a hair, joined by a corridor that the robot drives along."""
    room = box(0, 0, 3, 3) + box(0.0, 2.2, 0.8, 0.8)
    walls = [s for s in room if s != (3, 0, 3, 3)]
    shifted = [(x1 + 12.0, y1, x2 + 12.0, y2) for x1, y1, x2, y2 in room if (x1, y1, x2, y2) != (0, 3, 0, 0)]
    corridor = [
        (3, 0.4, 12, 0.4),
        (3, 1.6, 12, 1.6),
        (3, 0, 3, 0.4),
        (3, 1.6, 3, 3),
        (12, 0, 12, 0.4),
        (12, 1.6, 12, 3),
    ]
    twins = np.array([*walls, *shifted, *corridor, *box(6.0, 0.4, 0.5, 0.2)], dtype=float)
    way = np.array([[1.5, 0.8], [1.5, 1.9], [2.4, 1.0], [13.4, 1.0], [13.5, 0.8], [13.5, 1.9], [14.2, 1.0]])
    drive, mapper = driven(twins, along(way), slip=0.1), Mapper(MIDDLE)
    for reading in readings(drive):
        mapper.add(reading)
    mapper.finish()
    assert off(mapper.trajectory()[1], drive.truth) < 0.25
    near = [link for link in mapper.graph.closures if abs(mapper.drift.way[link.to] - mapper.drift.way[link.of]) > 9.0]
    assert near == []


def test_a_robot_that_stands_still_makes_one_keyframe() -> None:
    truth = np.repeat(along(ROUND)[:1], 30, axis=0)
    mapper = Mapper(MIDDLE)
    for reading in readings(driven(HOME, truth)):
        mapper.add(reading)
    assert len(mapper.graph) == 1
    mapper.finish()
    assert np.abs(mapper.trajectory()[1][:, :2]).max() < 0.01
