"""The map of the home and the way through it, as messages and back."""

from __future__ import annotations

from array import array

import numpy as np
from geometry_msgs.msg import Pose as RosPose
from geometry_msgs.msg import PoseStamped
from nav_msgs.msg import OccupancyGrid, Path

from kangban import values as v
from kangban.conversions.pieces import MAP, Conversions, header_at, point_of, pose_from_ros, pose_to_ros, time_from_ros


def _grid(value: v.GridMap) -> OccupancyGrid:
    message = OccupancyGrid(header=header_at(value.stamp, MAP))
    message.info.resolution = float(value.resolution)
    message.info.height, message.info.width = value.cells.shape
    message.info.origin = pose_to_ros(value.origin_in_map)
    message.data = array("b", np.ascontiguousarray(value.cells, dtype=np.int8).tobytes())
    return message


def _grid_back(m: OccupancyGrid) -> v.GridMap:
    cells = np.frombuffer(m.data, np.int8).reshape(m.info.height, m.info.width)
    # The message holds 32-bit floats: give back the resolution as it was written, not 0.05000000074505806.
    resolution = round(m.info.resolution, 6)
    return v.GridMap(time_from_ros(m.header.stamp), resolution, pose_from_ros(m.info.origin), cells)


def _plan(value: v.Plan) -> Path:
    header = header_at(value.stamp, MAP)
    points = [PoseStamped(header=header, pose=RosPose(position=point_of((x, y, 0.0)))) for x, y in value.points_in_map]
    return Path(header=header, poses=points)


def _plan_back(m: Path) -> v.Plan:
    points = [(p.pose.position.x, p.pose.position.y) for p in m.poses]
    return v.Plan(time_from_ros(m.header.stamp), np.array(points, dtype=float).reshape(-1, 2))


CONVERSIONS: Conversions = {
    v.GridMap: (OccupancyGrid, _grid, _grid_back),
    v.Plan: (Path, _plan, _plan_back),
}
