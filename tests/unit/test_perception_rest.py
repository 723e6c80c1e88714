"""What carries a person: the hips decide where their height is measured, a line of sight where it is not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangban.site import Furniture
from kangban.values import Array, Point3
from perception.rest import NOWHERE, Rest, by_height, by_line

BED = Furniture(
    name="bed", kind="bed", at_m=(3.0, 1.0), yaw_rad=math.pi / 2, size_m=(2.0, 1.5, 0.5), rest_height_m=0.48
)
CHAIR = Furniture(name="chair", kind="chair", at_m=(3.0, -2.0), yaw_rad=0.0, size_m=(0.5, 0.5, 0.9), rest_height_m=0.45)
TABLE = Furniture(name="table", kind="table", at_m=(1.0, -2.0), yaw_rad=0.0, size_m=(1.0, 1.0, 0.7))
ALL = (TABLE, CHAIR, BED)
EYE = np.array([0.0, 1.0, 1.2])


def line_to(x: float, y: float, z: float, eye: Array = EYE) -> Array:
    return np.asarray(np.array([x, y, z]) - eye)


@pytest.mark.parametrize(
    ("hip", "under"),
    [
        ((3.0, 1.0, 0.55), "bed"),
        ((3.0, 1.9, 0.55), "bed"),  # along its length, which lies along y
        ((4.1, 1.0, 0.55), None),  # beside it
        ((3.85, 1.0, 0.12), None),  # half under the edge, on the floor
        ((3.0, 1.0, 0.12), None),  # right beneath: a bed is never lower than it is
        ((3.0, -2.0, 0.5), "chair"),
        ((1.0, -2.0, 0.8), None),  # nobody rests on a table
        (None, None),
    ],
)
def test_a_measured_height_decides(hip: Point3 | None, under: str | None) -> None:
    assert by_height(ALL, hip) == Rest(under, True)


@pytest.mark.parametrize("y", [0.4, 1.0, 1.6])
def test_without_a_height_the_middle_of_the_bed_is_rest(y: float) -> None:
    assert by_line(ALL, EYE, line_to(3.0, y, 0.58)) == Rest("bed", True)


def test_without_a_height_the_floor_before_the_bed_is_not_rest() -> None:
    assert by_line(ALL, EYE, line_to(1.5, 1.0, 0.1)).surely_on is None
    assert by_line(ALL, EYE, line_to(1.2, 1.0, 0.1)) == NOWHERE


def test_without_a_height_the_edge_is_not_claimed_either_way() -> None:
    found = by_line(ALL, EYE, line_to(3.72, 1.0, 0.58))
    assert found == Rest("bed", False)
    assert found.surely_on is None


def test_a_chair_leaves_no_doubt_about_who_lies_before_it() -> None:
    assert by_line(ALL, EYE, line_to(2.6, -1.7, 0.1)) == NOWHERE


@given(st.floats(-1.0, 7.0), st.floats(-4.0, 4.0))
def test_nobody_on_free_floor_in_sight_is_surely_on_a_bed(x: float, y: float) -> None:
    """Whoever lies on the floor where the camera can see her past the bed is never taken for resting."""
    hip = np.array([x, y, 0.1])
    along = hip - EYE
    if np.linalg.norm(along[:2]) < 0.3 or (2.0 < x < 4.0 and -0.25 < y < 2.25):
        return
    for share in np.linspace(0.0, 1.0, 200):
        px, py, pz = EYE + share * along
        if pz < 0.5 and 2.25 <= px <= 3.75 and 0.0 <= py <= 2.0:
            return  # the bed is in the way: she can't be seen there
    assert by_line((BED,), EYE, along).surely_on is None


@given(st.floats(-math.pi, math.pi), st.floats(0.05, 0.95))
def test_looking_up_or_level_meets_nothing(yaw: float, rise: float) -> None:
    assert by_line(ALL, EYE, np.array([math.cos(yaw), math.sin(yaw), rise])) == NOWHERE
