"""The floor, a hole in it, and what the range sensors that look down see of both."""

from __future__ import annotations

import math

import pybullet as p
import pytest

from kangban.profile import Cliff
from kangban.site import Drop
from kangban.values import Pose2D
from sim.home.drops import cut
from sim.home.mesh import Box
from sim.sensors.floor import FloorSensors

SLAB = Box((2.0, 1.0, -0.05), 0.0, (4.0, 2.0, 0.1), "grey")
STAIRS = Drop(name="stairs", min_m=(2.0, 0.5), max_m=(3.0, 1.5))
MOUNT = {"x_m": 0.2, "y_m": 0.0, "z_m": 0.4, "yaw_rad": 0.0, "pitch_rad": math.pi / 4}
CLIFF = Cliff.model_validate(
    {"rate_hz": 20.0, "range_max_m": 1.5, "max_drop_m": 0.04, "sensors": [{"name": "middle", "mount": MOUNT}]}
)


def area(boxes: list[Box]) -> float:
    return sum(box.size[0] * box.size[1] for box in boxes)


def test_the_floor_is_whole_but_for_the_drop() -> None:
    assert cut([SLAB], ()) == [SLAB]
    pieces = cut([SLAB], (STAIRS,))
    assert area(pieces) == pytest.approx(8.0 - 1.0)
    for piece in pieces:  # none reaches into the drop
        assert abs(piece.centre[0] - 2.5) >= piece.size[0] / 2 + 0.5 - 1e-9 or (
            abs(piece.centre[1] - 1.0) >= piece.size[1] / 2 + 0.5 - 1e-9
        )
    beside = Drop(name="beside", min_m=(9.0, 9.0), max_m=(10.0, 10.0))
    assert cut([SLAB], (beside,)) == [SLAB]


def test_it_measures_the_floor_and_nothing_over_the_drop() -> None:
    client = p.connect(p.DIRECT)
    try:
        for box in cut([SLAB], (STAIRS,)):
            shape = p.createCollisionShape(p.GEOM_BOX, halfExtents=[s / 2 for s in box.size], physicsClientId=client)
            p.createMultiBody(0, shape, -1, list(box.centre), physicsClientId=client)
        sensors = FloorSensors(client, CLIFF)
        (floor,) = sensors.measure(Pose2D(1.0, 1.0, 0.0), 5.0)  # looks at x = 1.6
        (hole,) = sensors.measure(Pose2D(1.6, 1.0, 0.0), 5.0)  # at x = 2.2
        assert (floor.stamp, floor.range_max) == (5.0, 1.5)
        assert floor.range_m == pytest.approx(0.4 * math.sqrt(2.0), abs=1e-3)
        assert hole.range_m == math.inf
    finally:
        p.disconnect(client)
