"""The wheels of each kind of base, and the casters of one that needs them.

An omni or mecanum wheel is a ball of the wheel's radius on two hinges: `NAME_roller` (free) about the axis of the
roller that touches the floor, then the driven axle. A real wheel changes from roller to roller as it turns, but the one
on the floor always has the same axis in the base; so the world sets the free hinge back to zero before each step and
keeps its speed, which for a ball is the same body in the same motion. The floor then holds the wheel along the roller's
axis, by friction, and lets it go across: `docs/simulation.md` says what this costs against wheels made of rollers.
"""

from __future__ import annotations

import math
from xml.etree import ElementTree as Xml

from kangban.base_profile import DifferentialBase, MecanumBase, OmniBase
from kangban.description.parts import DARK, GREY, Triple, ball_inertia, cylinder_inertia, joint, link, shape
from kangban.frame_names import BASE
from kangban.profile import Profile

WHEEL_WIDTH_M, CASTER_RADIUS_M = 0.04, 0.03
ROLLER = "_roller"  # ends the name of a free hinge
ROLLER_MASS_KG = 0.02
CASTER_CLEARANCE_M = 0.0005  # so that the wheels carry the robot
ROUNDING_M = 0.001  # Bullet rounds a cylinder's edges outwards by this
TREAD = 0.2  # of the width
CASTER_REACH = 0.72  # of the footprint's radius
LAY: Triple = (math.pi / 2, 0, 0)
Y: Triple = (0.0, 1.0, 0.0)


def wheels(robot: Xml.Element, profile: Profile, mass: float, broad: bool = False) -> None:
    """All wheels of the profile's base, `mass` kg each, in the names and the order of its motors.

    A plain wheel meets the floor with a narrow tread; `broad`: with its whole width, which scrubs as it turns.
    """
    base, names = profile.base, [wheel.name for wheel in profile.motors.wheels]
    if isinstance(base, DifferentialBase):
        for name, y in zip(names, (base.track_m / 2, -base.track_m / 2), strict=True):
            _plain(robot, name, (0, y, base.wheel_radius_m), base.wheel_radius_m, mass, broad)
    elif isinstance(base, OmniBase):
        for name, angle in zip(names, base.wheel_angles_rad, strict=True):
            at = base.wheel_distance_m * math.cos(angle), base.wheel_distance_m * math.sin(angle), base.wheel_radius_m
            inwards = (-math.cos(angle), -math.sin(angle), 0.0)
            rolls_along = (-math.sin(angle), math.cos(angle), 0.0)
            _rolling(robot, name, at, base.wheel_radius_m, mass, inwards, rolls_along)
    else:
        for name, (x, y), left in zip(names, _corners(base), (True, False, False, True), strict=True):
            # On the floor the rollers of front left and rear right point forwards and to the right.
            along = (math.sqrt(0.5), -math.sqrt(0.5) if left else math.sqrt(0.5), 0.0)
            _rolling(robot, name, (x, y, base.wheel_radius_m), base.wheel_radius_m, mass, Y, along)


def casters(robot: Xml.Element, profile: Profile, radius: float, mass: float) -> None:
    """Two balls before and behind the wheels of a differential base; they slide."""
    for name, sign in (("front", 1.0), ("rear", -1.0)):
        ball = link(robot, f"{name}_caster_link", mass, (0, 0, 0), ball_inertia(radius, mass))
        shape(ball, f'<sphere radius="{radius - CASTER_CLEARANCE_M:.6g}"/>', (0, 0, 0), GREY)
        at = (sign * CASTER_REACH * profile.base.footprint_radius_m, 0.0, radius)
        joint(robot, f"{name}_caster_joint", "fixed", BASE, f"{name}_caster_link", at)


def _corners(base: MecanumBase) -> tuple[tuple[float, float], ...]:
    x, y = base.wheelbase_m / 2, base.track_m / 2
    return (x, y), (x, -y), (-x, y), (-x, -y)


def _link_name(wheel: str) -> str:
    return wheel.replace("_joint", "") + "_link"


def _plain(robot: Xml.Element, name: str, at: Triple, radius: float, mass: float, broad: bool) -> None:
    width = min(WHEEL_WIDTH_M, radius)
    across, _, along = cylinder_inertia(radius, width, mass)
    wheel = link(robot, _link_name(name), mass, (0, 0, 0), (across, along, across))
    shape(wheel, _cylinder(radius, width), (0, 0, 0), DARK, LAY, kinds=("visual",))
    tread = _cylinder(radius, width) if broad else _cylinder(radius - ROUNDING_M, TREAD * width)
    shape(wheel, tread, (0, 0, 0), DARK, LAY, kinds=("collision",))
    joint(robot, name, "continuous", BASE, _link_name(name), at, Y)


def _cylinder(radius: float, length: float) -> str:
    return f'<cylinder radius="{radius:.6g}" length="{length:.6g}"/>'


def _rolling(
    robot: Xml.Element, name: str, at: Triple, radius: float, mass: float, axle: Triple, roller: Triple
) -> None:
    hub = _link_name(name).replace("_link", f"{ROLLER}_link")
    link(robot, hub, ROLLER_MASS_KG, (0, 0, 0), ball_inertia(radius, ROLLER_MASS_KG))
    joint(robot, name + ROLLER, "continuous", BASE, hub, at, roller)
    wheel = link(robot, _link_name(name), mass, (0, 0, 0), ball_inertia(radius, mass))
    shape(wheel, f'<sphere radius="{radius}"/>', (0, 0, 0), DARK, kinds=("collision",))
    lay = (math.pi / 2, 0.0, math.atan2(axle[1], axle[0]) - math.pi / 2)
    shape(wheel, _cylinder(radius, 0.6 * radius), (0, 0, 0), DARK, lay, kinds=("visual",))
    joint(robot, name, "continuous", hub, _link_name(name), (0, 0, 0), axle)
