"""The bodies: a tall one with a column and a mast, and a low one, a round hull with posts for what sits higher.

Masses of the parts are estimates for such machines; the trunk makes up the rest of the profile's mass.
"""

from __future__ import annotations

import math
from xml.etree import ElementTree as Xml

from kangban.base_profile import DifferentialBase
from kangban.config import ConfigError
from kangban.description.arm import arm
from kangban.description.parts import (
    BLUE,
    DARK,
    GREY,
    RED,
    WHITE,
    Triple,
    cylinder_inertia,
    frame,
    joint,
    link,
    mass_of,
    sensor,
    shape,
)
from kangban.description.wheels import CASTER_RADIUS_M, casters, wheels
from kangban.frame_names import BASE, CAMERA, CAMERA_BODY, LIDAR
from kangban.profile import Mount, Profile

TALL_FROM_M = 0.8  # a robot as high as this has a column and a mast
BASE_BOTTOM_M, BASE_TOP_M = 0.04, 0.15
COLUMN_X_M, COLUMN_TOP_M = -0.10, 0.72
TALL_WHEEL_KG, TALL_CASTER_KG, SENSOR_KG = 0.9, 0.2, 0.15
TALL_TRUNK_SPREAD_KG = 15.0  # of the trunk, what is spread over the whole base
HULL_GAP_M = 0.01  # the hull stays this far inside the footprint
ARM_X = 0.6  # of the hull's radius: in front of a camera's post
POST_M = 0.02  # thickness of a post; it stands as far behind its sensor
OPTICAL: Triple = (-math.pi / 2, 0.0, -math.pi / 2)  # x to the right, y down, z forward
CAMERA_SHAPE, LIDAR_SHAPE = '<box size="0.03 0.12 0.03"/>', '<cylinder radius="0.035" length="0.05"/>'


def tall(robot: Xml.Element, profile: Profile) -> None:
    """A low round base with the drive wheels in its middle line, a column behind the lidar, a mast with a face and the
    camera, a plate at table height for an arm."""
    base = profile.base
    trunk = link(robot, BASE, base.mass_kg, (0, 0, 0.09), _tall_inertia(base.footprint_radius_m))
    body = f'<cylinder radius="{base.footprint_radius_m - HULL_GAP_M}" length="{BASE_TOP_M - BASE_BOTTOM_M}"/>'
    shape(trunk, body, (0, 0, (BASE_BOTTOM_M + BASE_TOP_M) / 2), WHITE)
    bumper = link(robot, "bumper_link", 0.3, (0, 0, 0), _bumper_inertia(base.footprint_radius_m))
    shape(bumper, f'<cylinder radius="{base.footprint_radius_m}" length="0.04"/>', (0, 0, 0), DARK)
    joint(robot, "bumper_joint", "fixed", BASE, "bumper_link", (0, 0, 0.09))
    _column(robot, profile)
    _mast(robot, profile)
    _sensors(robot, profile, SENSOR_KG)
    wheels(robot, profile, TALL_WHEEL_KG, broad=True)
    if isinstance(base, DifferentialBase):
        casters(robot, profile, CASTER_RADIUS_M, TALL_CASTER_KG)
    arm(robot, profile.motors.joints, "arm_mount_link", (0, 0, 0))
    _balance(robot, trunk, base.mass_kg)


def low(robot: Xml.Element, profile: Profile) -> None:
    """A round hull over the wheels; the camera and the lidar stand on it, or on posts; an arm on its front."""
    base, mass = profile.base, profile.base.mass_kg
    bottom, top = 0.6 * base.wheel_radius_m, _hull_top(profile)
    radius, middle = base.footprint_radius_m - HULL_GAP_M, (bottom + top) / 2
    trunk = link(robot, BASE, mass, (0, 0, middle), cylinder_inertia(radius, top - bottom, 0.6 * mass))
    shape(trunk, f'<cylinder radius="{radius:.6g}" length="{top - bottom:.6g}"/>', (0, 0, middle), WHITE)
    for mount in (profile.camera.mount, profile.lidar.mount):
        _post(trunk, mount, top)
    _sensors(robot, profile, min(SENSOR_KG, 0.05 * mass))
    wheels(robot, profile, 0.03 * mass)
    if isinstance(base, DifferentialBase):
        casters(robot, profile, min(CASTER_RADIUS_M, 0.35 * base.wheel_radius_m), 0.01 * mass)
    arm(robot, profile.motors.joints, BASE, (ARM_X * radius, 0, top))
    _balance(robot, trunk, mass)


def _sensors(robot: Xml.Element, profile: Profile, mass: float) -> None:
    """In the frames that the messages of the sensors name."""
    sensor(robot, CAMERA_BODY, profile.camera.mount, CAMERA_SHAPE, mass)
    frame(robot, CAMERA, CAMERA_BODY, (0, 0, 0), OPTICAL)
    sensor(robot, LIDAR, profile.lidar.mount, LIDAR_SHAPE, mass)


def _balance(robot: Xml.Element, trunk: Xml.Element, whole: float) -> None:
    """Give the trunk what the other parts leave of the whole mass (kg)."""
    mass = trunk.find("inertial/mass")
    assert mass is not None
    left = 2 * whole - mass_of(robot)  # the trunk was given the whole until now
    if left < 0.2 * whole:
        raise ConfigError(
            f"base.mass_kg {whole}: too little for this body; its parts alone weigh {whole - left:.2f} kg"
        )
    mass.set("value", f"{left:.4g}")


def _tall_inertia(radius: float) -> Triple:
    return cylinder_inertia(radius, BASE_TOP_M - BASE_BOTTOM_M, TALL_TRUNK_SPREAD_KG)


def _bumper_inertia(radius: float) -> Triple:
    return cylinder_inertia(radius, 0.04, TALL_TRUNK_SPREAD_KG)


def _column(robot: Xml.Element, profile: Profile) -> None:
    column = link(robot, "column_link", 4.5, (0, 0, 0), (0.15, 0.15, 0.04))
    height = COLUMN_TOP_M - BASE_TOP_M
    shape(column, f'<box size="0.16 0.24 {height}"/>', (0, 0, 0), WHITE)
    shape(column, '<cylinder radius="0.022" length="0.03"/>', (-0.02, 0.08, height / 2 + 0.015), RED)
    joint(robot, "column_joint", "fixed", BASE, "column_link", (COLUMN_X_M, 0, (COLUMN_TOP_M + BASE_TOP_M) / 2))
    frame(robot, "estop_link", "column_link", (-0.02, 0.08, height / 2 + 0.03))
    frame(robot, "arm_mount_link", "column_link", (0.06, 0, height / 2))


def _mast(robot: Xml.Element, profile: Profile) -> None:
    top = profile.base.height_m
    mast = link(robot, "mast_link", 2.2, (0, 0, 0), (0.06, 0.06, 0.01))
    shape(mast, f'<box size="0.06 0.08 {top - COLUMN_TOP_M}"/>', (0, 0, 0), GREY)
    shape(mast, '<box size="0.03 0.22 0.15"/>', (0.05, 0, 0.05), DARK)
    shape(mast, '<box size="0.004 0.20 0.13"/>', (0.067, 0, 0.05), BLUE, kinds=("visual",))
    bracket = profile.camera.mount.x_m - COLUMN_X_M
    camera_up = profile.camera.mount.z_m - (top + COLUMN_TOP_M) / 2
    shape(mast, f'<box size="{bracket:.3f} 0.04 0.02"/>', (bracket / 2, 0, camera_up - 0.02), GREY)
    joint(robot, "mast_joint", "fixed", BASE, "mast_link", (COLUMN_X_M, 0, (top + COLUMN_TOP_M) / 2))


def _hull_top(profile: Profile) -> float:
    """As high as the sensors leave it, but over the wheels."""
    lowest = min(profile.camera.mount.z_m, profile.lidar.mount.z_m) - 0.03
    return max(2 * profile.base.wheel_radius_m, min(profile.base.height_m, lowest))


def _post(trunk: Xml.Element, mount: Mount, top: float) -> None:
    height = mount.z_m - 0.02 - top
    if height > POST_M:
        at = (mount.x_m - POST_M, mount.y_m, top + height / 2)
        shape(trunk, f'<box size="{POST_M} {POST_M} {height:.6g}"/>', at, GREY)
