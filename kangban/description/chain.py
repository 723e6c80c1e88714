"""Where each frame of a robot is in the one before it: those that stay, and those that turn with an axis. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as Xml

from transforms3d.euler import euler2quat
from transforms3d.quaternions import axangle2quat, qmult

from kangban.description.parts import Triple

Quaternion = tuple[float, float, float, float]
FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Placed:
    """`child` sits at `at` (m) in `parent`, turned by `turn` (w, x, y, z)."""

    parent: str
    child: str
    at: Triple
    turn: Quaternion


@dataclass(frozen=True, slots=True)
class Joint:
    """`axis`: what it turns about, in its own frame; None: it stays."""

    name: str
    placed: Placed
    axis: Triple | None


def joints(urdf: str) -> tuple[Joint, ...]:
    """All joints of a description, in its order."""
    return tuple(_joint(element) for element in Xml.fromstring(urdf).iter("joint"))


def staying(chain: tuple[Joint, ...]) -> tuple[Placed, ...]:
    return tuple(joint.placed for joint in chain if joint.axis is None)


def turned(chain: tuple[Joint, ...], angles: Mapping[str, float]) -> tuple[Placed, ...]:
    """Every frame that can turn, with its joint at `angles` (rad, by name).

    A joint that nobody measures (the roller of a wheel) is told at zero: its frame only joins others to the robot.
    """
    return tuple(_turned(joint, angles.get(joint.name, 0.0)) for joint in chain if joint.axis is not None)


def _turned(joint: Joint, angle: float) -> Placed:
    placed, axis = joint.placed, joint.axis
    assert axis is not None
    turn = qmult(placed.turn, axangle2quat(axis, angle))
    return Placed(placed.parent, placed.child, placed.at, _quaternion(turn))


def _joint(element: Xml.Element) -> Joint:
    origin, axis = element.find("origin"), element.find("axis")
    parent, child = element.find("parent"), element.find("child")
    assert origin is not None and parent is not None and child is not None
    roll, pitch, yaw = _triple(origin.get("rpy", "0 0 0"))
    placed = Placed(
        parent.get("link", ""),
        child.get("link", ""),
        _triple(origin.get("xyz", "0 0 0")),
        _quaternion(euler2quat(roll, pitch, yaw, "sxyz")),
    )
    moves = element.get("type") != FIXED and axis is not None
    return Joint(element.get("name", ""), placed, _triple(axis.get("xyz", "")) if moves and axis is not None else None)


def _triple(numbers: str) -> Triple:
    x, y, z = (float(number) for number in numbers.split())
    return x, y, z


def _quaternion(numbers: object) -> Quaternion:
    w, x, y, z = (float(number) for number in numbers)  # type: ignore[attr-defined]
    return w, x, y, z
