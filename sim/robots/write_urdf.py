"""Writes companion.urdf from the robot's profile: `python -m sim.robots.write_urdf`. A test holds the two together.

Shape: a low round base with the drive wheels in its middle line, a column behind the lidar, a mast with a face and the
camera, a plate at table height for an arm. Masses are estimates for such a machine; they sum to the profile's mass.
"""

from __future__ import annotations

import math
from pathlib import Path
from xml.etree import ElementTree as Xml

from kangban.config import load_profile
from kangban.profile import Mount, Profile

PATH = Path(__file__).with_name("companion.urdf")
WHEEL_WIDTH_M, WHEEL_MASS_KG, CASTER_RADIUS_M, CASTER_MASS_KG = 0.04, 0.9, 0.03, 0.2
SENSOR_MASS_KG, FRAME_MASS_KG = 0.15, 0.001
BASE_BOTTOM_M, BASE_TOP_M = 0.04, 0.15
COLUMN_X_M, COLUMN_TOP_M = -0.10, 0.72
WHITE, GREY, DARK, RED, BLUE = (
    "0.93 0.93 0.92 1",
    "0.6 0.62 0.65 1",
    "0.15 0.16 0.18 1",
    "0.8 0.1 0.1 1",
    "0.2 0.4 0.6 1",
)


def companion(profile: Profile) -> Xml.Element:
    base = profile.base
    robot = Xml.Element("robot", name=profile.name)
    mast_top = base.height_m
    others = 2 * WHEEL_MASS_KG + 2 * CASTER_MASS_KG + 4.5 + 2.2 + 0.3 + 2 * SENSOR_MASS_KG + 2 * FRAME_MASS_KG
    trunk = _link(
        robot, "base_link", base.mass_kg - others, (0, 0, 0.09), _cylinder_inertia(base.footprint_radius_m, 0.11)
    )
    height = BASE_TOP_M - BASE_BOTTOM_M
    body = f'<cylinder radius="{base.footprint_radius_m - 0.01}" length="{height}"/>'
    _shape(trunk, body, (0, 0, (BASE_BOTTOM_M + BASE_TOP_M) / 2), WHITE)
    bumper = _link(robot, "bumper_link", 0.3, (0, 0, 0), _cylinder_inertia(base.footprint_radius_m, 0.04))
    _shape(bumper, f'<cylinder radius="{base.footprint_radius_m}" length="0.04"/>', (0, 0, 0), DARK)
    _joint(robot, "bumper_joint", "fixed", "base_link", "bumper_link", (0, 0, 0.09))
    column = _link(robot, "column_link", 4.5, (0, 0, 0), (0.15, 0.15, 0.04))
    column_height = COLUMN_TOP_M - BASE_TOP_M
    _shape(column, f'<box size="0.16 0.24 {column_height}"/>', (0, 0, 0), WHITE)
    _shape(column, '<cylinder radius="0.022" length="0.03"/>', (-0.02, 0.08, column_height / 2 + 0.015), RED)
    _joint(robot, "column_joint", "fixed", "base_link", "column_link", (COLUMN_X_M, 0, (COLUMN_TOP_M + BASE_TOP_M) / 2))
    _frame(robot, "estop_link", "column_link", (-0.02, 0.08, column_height / 2 + 0.03))
    _frame(robot, "arm_mount_link", "column_link", (0.06, 0, column_height / 2))
    mast = _link(robot, "mast_link", 2.2, (0, 0, 0), (0.06, 0.06, 0.01))
    mast_height = mast_top - COLUMN_TOP_M
    _shape(mast, f'<box size="0.06 0.08 {mast_height}"/>', (0, 0, 0), GREY)
    _shape(mast, '<box size="0.03 0.22 0.15"/>', (0.05, 0, 0.05), DARK)
    _shape(mast, '<box size="0.004 0.20 0.13"/>', (0.067, 0, 0.05), BLUE, solid=False)
    bracket = profile.camera.mount.x_m - COLUMN_X_M
    camera_up = profile.camera.mount.z_m - (mast_top + COLUMN_TOP_M) / 2
    _shape(mast, f'<box size="{bracket:.3f} 0.04 0.02"/>', (bracket / 2, 0, camera_up - 0.02), GREY)
    _joint(robot, "mast_joint", "fixed", "base_link", "mast_link", (COLUMN_X_M, 0, (mast_top + COLUMN_TOP_M) / 2))
    _sensor(robot, "camera_link", profile.camera.mount, '<box size="0.03 0.12 0.03"/>')
    _sensor(robot, "lidar_link", profile.lidar.mount, '<cylinder radius="0.035" length="0.05"/>')
    _wheels(robot, profile)
    _casters(robot)
    return robot


def _wheels(robot: Xml.Element, profile: Profile) -> None:
    radius, half = profile.base.wheel_radius_m, profile.base.track_m / 2
    lay = (math.pi / 2, 0, 0)
    for side, y in (("left", half), ("right", -half)):
        wheel = _link(robot, f"{side}_wheel_link", WHEEL_MASS_KG, (0, 0, 0), _wheel_inertia(radius))
        _shape(wheel, f'<cylinder radius="{radius}" length="{WHEEL_WIDTH_M}"/>', (0, 0, 0), DARK, turn=lay)
        _joint(
            robot, f"{side}_wheel_joint", "continuous", "base_link", wheel.get("name") or "", (0, y, radius), "0 1 0"
        )


def _casters(robot: Xml.Element) -> None:
    for name, x in (("front", 0.18), ("rear", -0.18)):
        inertia = 0.4 * CASTER_MASS_KG * CASTER_RADIUS_M**2
        ball = _link(robot, f"{name}_caster_link", CASTER_MASS_KG, (0, 0, 0), (inertia,) * 3)
        # Half a millimetre clear of the floor, so that the wheels carry the robot.
        _shape(ball, f'<sphere radius="{CASTER_RADIUS_M - 0.0005}"/>', (0, 0, 0), GREY)
        _joint(robot, f"{name}_caster_joint", "fixed", "base_link", f"{name}_caster_link", (x, 0, CASTER_RADIUS_M))


def _sensor(robot: Xml.Element, name: str, mount: Mount, shape: str) -> None:
    link = _link(robot, name, SENSOR_MASS_KG, (0, 0, 0), (1e-4,) * 3)
    _shape(link, shape, (0, 0, 0), DARK, solid=False)
    at, turn = (mount.x_m, mount.y_m, mount.z_m), (0.0, mount.pitch_rad, mount.yaw_rad)
    _joint(robot, name.replace("_link", "_joint"), "fixed", "base_link", name, at, turn=turn)


def _frame(robot: Xml.Element, name: str, parent: str, at: tuple[float, ...]) -> None:
    # A frame has no body, but physics wants a mass for every link.
    _link(robot, name, FRAME_MASS_KG, (0, 0, 0), (1e-6,) * 3)
    _joint(robot, name.replace("_link", "_joint"), "fixed", parent, name, at)


def _link(
    robot: Xml.Element, name: str, mass: float, middle: tuple[float, ...], inertia: tuple[float, ...]
) -> Xml.Element:
    link = Xml.SubElement(robot, "link", name=name)
    inertial = Xml.SubElement(link, "inertial")
    Xml.SubElement(inertial, "origin", xyz=_text(middle))
    Xml.SubElement(inertial, "mass", value=f"{mass:.4g}")
    ixx, iyy, izz = (f"{number:.5g}" for number in inertia)
    Xml.SubElement(inertial, "inertia", ixx=ixx, iyy=iyy, izz=izz, ixy="0", ixz="0", iyz="0")
    return link


def _shape(
    link: Xml.Element,
    geometry: str,
    at: tuple[float, ...],
    colour: str,
    turn: tuple[float, ...] = (0, 0, 0),
    solid: bool = True,
) -> None:
    for kind in ("visual", "collision") if solid else ("visual",):
        element = Xml.SubElement(link, kind)
        Xml.SubElement(element, "origin", xyz=_text(at), rpy=_text(turn))
        Xml.SubElement(element, "geometry").append(Xml.fromstring(geometry))
        if kind == "visual":
            material = Xml.SubElement(element, "material", name=f"colour_{colour.replace(' ', '_').replace('.', '')}")
            Xml.SubElement(material, "color", rgba=colour)


def _joint(
    robot: Xml.Element,
    name: str,
    kind: str,
    parent: str,
    child: str,
    at: tuple[float, ...],
    axis: str | None = None,
    turn: tuple[float, ...] = (0, 0, 0),
) -> None:
    joint = Xml.SubElement(robot, "joint", name=name, type=kind)
    Xml.SubElement(joint, "parent", link=parent)
    Xml.SubElement(joint, "child", link=child)
    Xml.SubElement(joint, "origin", xyz=_text(at), rpy=_text(turn))
    if axis is not None:
        Xml.SubElement(joint, "axis", xyz=axis)


def _text(numbers: tuple[float, ...]) -> str:
    return " ".join(f"{number:.6g}" for number in numbers)


def _cylinder_inertia(radius: float, height: float, mass: float = 15.0) -> tuple[float, float, float]:
    across = mass * (3 * radius**2 + height**2) / 12
    return across, across, mass * radius**2 / 2


def _wheel_inertia(radius: float) -> tuple[float, float, float]:
    across = WHEEL_MASS_KG * (3 * radius**2 + WHEEL_WIDTH_M**2) / 12
    return across, WHEEL_MASS_KG * radius**2 / 2, across


def text(profile: Profile) -> str:
    robot = companion(profile)
    Xml.indent(robot)
    return '<?xml version="1.0"?>\n' + Xml.tostring(robot, encoding="unicode") + "\n"


if __name__ == "__main__":
    PATH.write_text(text(load_profile("companion")), encoding="utf-8")
