"""A robot's description (URDF) from its profile.

`python -m kangban.description.urdf` writes companion.urdf, the description of the companion for people and other tools;
a test holds it and the profile together.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

from kangban.config import load_profile
from kangban.description.bodies import TALL_FROM_M, low, tall
from kangban.profile import Profile

PATH = Path(__file__).with_name("companion.urdf")


def text(profile: Profile) -> str:
    """Raises ConfigError where the profile's numbers make no robot."""
    robot = Xml.Element("robot", name=profile.name)
    (tall if profile.base.height_m >= TALL_FROM_M else low)(robot, profile)
    Xml.indent(robot)
    return '<?xml version="1.0"?>\n' + Xml.tostring(robot, encoding="unicode") + "\n"


if __name__ == "__main__":
    PATH.write_text(text(load_profile("companion")), encoding="utf-8")
