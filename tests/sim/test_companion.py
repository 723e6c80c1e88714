"""The robot in the physics: its description is the profile's, it drives as its wheels turn, and feels what it hits."""

import math
from pathlib import Path
from xml.etree import ElementTree as Xml

import pybullet as p
import pytest

from kangban.config import load_profile
from kangban.description import urdf
from kangban.profile import Profile
from kangban.values import Pose2D
from sim.home.home import Home
from sim.motors.simulated import AxisDrive
from sim.robots.robot import Robot

URDF = urdf.PATH
OPEN_FLOOR = Pose2D(2.6, 2.8, 0.0)


@pytest.fixture
def robot(client: int, home: Home, profile: Profile, tmp_path: Path) -> Robot:
    return Robot(client, profile, OPEN_FLOOR, tmp_path / "robot.urdf")


def drive(client: int, robot: Robot, left: float, right: float, seconds: float) -> None:
    for _ in range(round(240 * seconds)):
        robot.drive((AxisDrive(left, 6.0), AxisDrive(right, 6.0)))
        p.stepSimulation(physicsClientId=client)


def test_the_committed_description_is_what_the_profile_gives() -> None:
    assert URDF.read_text(encoding="utf-8") == urdf.text(load_profile("companion"))


def test_masses_sum_to_the_profile_s() -> None:
    masses = [float(m.get("value", "nan")) for m in Xml.parse(URDF).getroot().iter("mass")]
    assert sum(masses) == pytest.approx(load_profile("companion").base.mass_kg, rel=1e-3)


def test_it_stands_still_on_its_wheels(client: int, home: Home, robot: Robot) -> None:
    drive(client, robot, 0.0, 0.0, 2.0)
    pose = robot.pose()
    assert pose.distance_to(OPEN_FLOOR.x, OPEN_FLOOR.y) < 0.02
    assert abs(robot.base()[0][2]) < 0.005
    assert robot.touched(home.floor_ids) == []


def test_it_drives_straight_as_far_as_its_wheels_turn(client: int, robot: Robot, profile: Profile) -> None:
    drive(client, robot, 4.0, 4.0, 2.0)
    left, right = robot.axes()
    rolled = (left.angle + right.angle) / 2 * profile.base.wheel_radius_m
    pose = robot.pose()
    assert pose.x - OPEN_FLOOR.x == pytest.approx(rolled, rel=0.05)
    assert abs(pose.y - OPEN_FLOOR.y) < 0.06
    assert robot.velocity().vx == pytest.approx(4.0 * profile.base.wheel_radius_m, rel=0.05)


def test_it_turns_on_the_spot_counter_clockwise_when_the_right_wheel_leads(
    client: int, robot: Robot, profile: Profile
) -> None:
    drive(client, robot, -2.0, 2.0, 1.5)
    left, right = robot.axes()
    turned = (right.angle - left.angle) * profile.base.wheel_radius_m / profile.base.track_m
    assert robot.pose().yaw == pytest.approx(turned, rel=0.1)
    assert robot.pose().distance_to(OPEN_FLOOR.x, OPEN_FLOOR.y) < 0.05


def test_it_brakes_hard_without_tipping(client: int, robot: Robot, profile: Profile) -> None:
    top = profile.limits.speed_mps / profile.base.wheel_radius_m
    drive(client, robot, top, top, 1.5)
    drive(client, robot, 0.0, 0.0, 1.0)
    _, facing = robot.base()
    roll, pitch, _ = p.getEulerFromQuaternion(facing)
    assert max(abs(roll), abs(pitch)) < 0.05
    assert robot.velocity().speed < 0.02


def test_a_wall_is_felt_by_the_bumper(client: int, home: Home, profile: Profile, tmp_path: Path) -> None:
    robot = Robot(client, profile, Pose2D(2.6, 3.6, math.pi / 2), tmp_path / "robot.urdf")
    drive(client, robot, 3.0, 3.0, 3.0)
    assert any(bumper for _, bumper in robot.touched(home.floor_ids))


def test_the_description_holds_what_a_companion_needs() -> None:
    links = {link.get("name") for link in Xml.parse(URDF).getroot().iter("link")}
    assert {"camera", "camera_optical", "lidar", "bumper_link", "estop_link", "arm_mount_link", "mast_link"} <= links
