"""Links, shapes and joints of a robot description (URDF) as XML: small builders that the bodies are made of."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from kangban.frame_names import BASE
from kangban.profile import Mount

Triple = tuple[float, float, float]
FRAME_MASS_KG = 0.001
WHITE, GREY, DARK, RED, BLUE = (
    "0.93 0.93 0.92 1",
    "0.6 0.62 0.65 1",
    "0.15 0.16 0.18 1",
    "0.8 0.1 0.1 1",
    "0.2 0.4 0.6 1",
)


def link(robot: Xml.Element, name: str, mass: float, middle: Triple, inertia: Triple) -> Xml.Element:
    """A body of `mass` (kg) about `middle` (m); `inertia` is its diagonal (kg·m²)."""
    made = Xml.SubElement(robot, "link", name=name)
    inertial = Xml.SubElement(made, "inertial")
    Xml.SubElement(inertial, "origin", xyz=_text(middle))
    Xml.SubElement(inertial, "mass", value=f"{mass:.4g}")
    ixx, iyy, izz = (f"{number:.5g}" for number in inertia)
    Xml.SubElement(inertial, "inertia", ixx=ixx, iyy=iyy, izz=izz, ixy="0", ixz="0", iyz="0")
    return made


def shape(
    to: Xml.Element,
    geometry: str,
    at: Triple,
    colour: str,
    turn: Triple = (0, 0, 0),
    kinds: tuple[str, ...] = ("visual", "collision"),
) -> None:
    for kind in kinds:
        element = Xml.SubElement(to, kind)
        Xml.SubElement(element, "origin", xyz=_text(at), rpy=_text(turn))
        Xml.SubElement(element, "geometry").append(Xml.fromstring(geometry))
        if kind == "visual":
            material = Xml.SubElement(element, "material", name=f"colour_{colour.replace(' ', '_').replace('.', '')}")
            Xml.SubElement(material, "color", rgba=colour)


def joint(
    robot: Xml.Element,
    name: str,
    kind: str,
    parent: str,
    child: str,
    at: Triple,
    axis: Triple | None = None,
    turn: Triple = (0, 0, 0),
) -> Xml.Element:
    made = Xml.SubElement(robot, "joint", name=name, type=kind)
    Xml.SubElement(made, "parent", link=parent)
    Xml.SubElement(made, "child", link=child)
    Xml.SubElement(made, "origin", xyz=_text(at), rpy=_text(turn))
    if axis is not None:
        Xml.SubElement(made, "axis", xyz=_text(axis))
    return made


def sensor(robot: Xml.Element, name: str, mount: Mount, geometry: str, mass: float) -> None:
    made = link(robot, name, mass, (0, 0, 0), (1e-4,) * 3)
    shape(made, geometry, (0, 0, 0), DARK, kinds=("visual",))
    at, turn = (mount.x_m, mount.y_m, mount.z_m), (0.0, mount.pitch_rad, mount.yaw_rad)
    joint(robot, f"{name}_joint", "fixed", BASE, name, at, turn=turn)


def frame(robot: Xml.Element, name: str, parent: str, at: Triple, turn: Triple = (0, 0, 0)) -> None:
    # A frame has no body, but physics wants a mass for every link.
    link(robot, name, FRAME_MASS_KG, (0, 0, 0), (1e-6,) * 3)
    joint(robot, f"{name.removesuffix('_link')}_joint", "fixed", parent, name, at, turn=turn)


def cylinder_inertia(radius: float, height: float, mass: float) -> Triple:
    """Upright."""
    across = mass * (3 * radius**2 + height**2) / 12
    return across, across, mass * radius**2 / 2


def box_inertia(size: Triple, mass: float) -> Triple:
    x, y, z = (side**2 for side in size)
    return mass * (y + z) / 12, mass * (x + z) / 12, mass * (x + y) / 12


def ball_inertia(radius: float, mass: float) -> Triple:
    return (0.4 * mass * radius**2,) * 3


def mass_of(robot: Xml.Element) -> float:
    """kg of everything in it so far."""
    return sum(float(element.get("value", "nan")) for element in robot.iter("mass"))


def _text(numbers: tuple[float, ...]) -> str:
    return " ".join(f"{number:.6g}" for number in numbers)
