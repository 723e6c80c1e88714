"""An arm for the joints of the profile, on top of the body: lengths and masses of a small desk arm with bus servos.

At 0 rad everywhere the upper arm stands, the forearm points forwards and the jaw is shut. Positive leans forwards and
down. All of it weighs 0.65 kg and reaches 0.41 m from its shoulder. It begins folded to the side, low: within the
footprint and out of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as Xml

from kangban.config import ConfigError
from kangban.description.parts import DARK, GREY, Triple, box_inertia, joint, link, shape
from kangban.motor_profile import Joint


@dataclass(frozen=True)
class Piece:
    """One moving piece: where its hinge sits on the piece before, the hinge's axis, and its body as a box."""

    hinge: Triple
    axis: Triple
    size: Triple
    middle: Triple
    mass: float  # kg, with the servo of the next hinge
    rest: float = 0.0  # rad: where it lies when the robot is switched on


X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
PIECES = (
    Piece((0, 0, 0), Z, (0.06, 0.05, 0.055), (0, 0, 0.028), 0.16, 1.9),
    Piece((0, 0, 0.055), Y, (0.035, 0.045, 0.116), (0, 0, 0.058), 0.15, -1.7),
    Piece((0, 0, 0.116), Y, (0.135, 0.04, 0.035), (0.068, 0, 0), 0.13, 1.65),
    Piece((0.135, 0, 0), Y, (0.06, 0.035, 0.035), (0.03, 0, 0), 0.09, 0.4),
    Piece((0.06, 0, 0), X, (0.10, 0.03, 0.02), (0.05, -0.02, 0), 0.08),
    Piece((0.03, 0.01, 0), Z, (0.08, 0.012, 0.025), (0.04, 0.006, 0), 0.04),
)


def arm(robot: Xml.Element, joints: tuple[Joint, ...], parent: str, at: Triple) -> None:
    """Raises ConfigError for more joints than this arm has."""
    if len(joints) > len(PIECES):
        raise ConfigError(f"motors.joints: the simulated arm has at most {len(PIECES)} joints, not {len(joints)}")
    for axis, piece in zip(joints, PIECES, strict=False):
        name = axis.name.replace("_joint", "") + "_link"
        body = link(robot, name, piece.mass, piece.middle, box_inertia(piece.size, piece.mass))
        x, y, z = piece.size
        shape(body, f'<box size="{x} {y} {z}"/>', piece.middle, DARK if piece is PIECES[-1] else GREY)
        hinge = at if piece is PIECES[0] else piece.hinge
        made = joint(robot, axis.name, "revolute", parent, name, hinge, piece.axis)
        limits = {"lower": axis.lower_rad, "upper": axis.upper_rad}
        most = {"effort": axis.torque_nm, "velocity": axis.velocity_radps}
        Xml.SubElement(made, "limit", {key: f"{value:.6g}" for key, value in {**limits, **most}.items()})
        parent = name


def resting(joints: tuple[Joint, ...]) -> tuple[float, ...]:
    """Where each joint stands when the robot is switched on, rad, within the profile's range."""
    return tuple(
        min(axis.upper_rad, max(axis.lower_rad, piece.rest)) for axis, piece in zip(joints, PIECES, strict=False)
    )
