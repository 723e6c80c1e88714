"""The pictures of a scenario show the person, and the robot once it is near, with no wall between."""

import math

import numpy as np
import pybullet as p
import pytest

from kangban.values import Pose2D
from sim.home.home import Home
from sim.sensors.camera import View
from sim.strip import view_of


def in_picture(view: View, point: tuple[float, float, float]) -> bool:
    """Does a point of the world lie inside the picture, a little from its edge?"""
    looking = np.array(p.computeViewMatrix(view.eye, view.target, [0, 0, 1])).reshape(4, 4).T
    lens = p.computeProjectionMatrixFOV(math.degrees(view.vertical_fov_rad), view.width / view.height, 0.1, 20.0)
    x, y, _, w = np.array(lens).reshape(4, 4).T @ looking @ np.array([*point, 1.0])
    return bool(w > 0 and abs(x / w) < 0.95 and abs(y / w) < 0.95)


@pytest.mark.parametrize(
    ("robot", "person", "near"),
    [
        ((0.45, 3.6), (4.4, 2.0), False),
        ((0.45, 3.6), (3.3, 3.2), False),
        ((3.6, 2.6), (4.6, 1.9), True),
        ((2.0, 2.4), (3.0, 1.6), True),
        ((4.0, 3.5), (5.2, 3.8), True),
    ],
)
def test_she_is_in_the_picture_and_the_robot_when_it_is_near(
    client: int, home: Home, robot: tuple[float, float], person: tuple[float, float], near: bool
) -> None:
    view = view_of(client, Pose2D(*robot, 0.0), person)
    assert in_picture(view, (*person, 0.2))
    assert not near or in_picture(view, (*robot, 0.7))
    assert p.rayTest(view.eye, (*person, 1.9), physicsClientId=client)[0][0] < 0
