"""The robot as a viewer reads it: one tree of frames, each sensor looks where its mount says, wheels and arm turn."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage
from transforms3d.quaternions import quat2mat

from kangban import streams
from kangban.config import load_profile
from kangban.conversions import BASE, CAMERA, LIDAR, ODOM, frames_to_ros
from kangban.description import chain, urdf
from kangban.values import Array, Twist2D
from tests.contract.bridge_world import configured, world_of

ROBOTS = ("companion", "hub", "lekiwi", "turtlebot3")
LATE = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def place(frames: Any, child: str, root: str = BASE) -> Array:
    """Of a frame in `root`, (4, 4), through all its parents."""
    if child == root:
        return np.eye(4)
    (found,) = [t for t in frames if t.child_frame_id == child]  # exactly one parent
    at, turn, here = found.transform.translation, found.transform.rotation, np.eye(4)
    here[:3, :3] = quat2mat([turn.w, turn.x, turn.y, turn.z])
    here[:3, 3] = at.x, at.y, at.z
    return place(frames, found.header.frame_id, root) @ here


@pytest.mark.parametrize("robot", ROBOTS)
def test_each_sensor_stands_and_looks_as_its_mount_says(robot: str) -> None:
    profile = load_profile(robot)
    frames = frames_to_ros(chain.staying(chain.joints(urdf.text(profile))), 0.0).transforms
    for child, mount in ((LIDAR, profile.lidar.mount), (CAMERA, profile.camera.mount)):
        at = place(frames, child)
        assert at[:3, 3] == pytest.approx((mount.x_m, mount.y_m, mount.z_m))
        level = math.cos(mount.pitch_rad)
        ahead = (level * math.cos(mount.yaw_rad), level * math.sin(mount.yaw_rad), -math.sin(mount.pitch_rad))
        right = (math.sin(mount.yaw_rad), -math.cos(mount.yaw_rad), 0.0)
        forward, sideways = (at[:3, 2], at[:3, 0]) if child == CAMERA else (at[:3, 0], -at[:3, 1])
        assert forward == pytest.approx(ahead, abs=1e-5)
        assert sideways == pytest.approx(right, abs=1e-5)


@pytest.mark.parametrize("robot", ["companion", "lekiwi"])
def test_whoever_comes_late_sees_the_whole_robot_and_it_moves(robot: str, tmp_path: Path) -> None:
    config = configured(robot, tmp_path)
    with world_of(config, tmp_path) as world:
        world.armed()
        world.wish = Twist2D(0.1, 0.0, 0.3)
        world.run(1.0)
        described: list[String] = []
        still: list[TFMessage] = []
        moving: list[TFMessage] = []
        world.around.create_subscription(String, streams.ROBOT_DESCRIPTION, described.append, LATE)
        world.around.create_subscription(TFMessage, "/tf_static", still.append, LATE)
        world.around.create_subscription(TFMessage, "/tf", moving.append, QoSProfile(depth=100))
        assert world.spin_until(lambda: described and still), "the robot was not told"
        world.until(lambda: len(moving) >= 5, "frames that move")
        first, last = moving[0].transforms, moving[-1].transforms
        links = {link.get("name") for link in Xml.fromstring(described[0].data).iter("link")}
        for link in links:
            place([*still[0].transforms, *last], str(link), ODOM)  # each hangs on odom, by one way
        assert links == {BASE} | {t.child_frame_id for t in (*still[0].transforms, *last)} - {ODOM}
        wheel = config.profile.motors.wheels[0].name.replace("_joint", "_link")
        turned = np.linalg.inv(place(first, wheel, BASE)) @ place(last, wheel, BASE)
        assert np.trace(turned[:3, :3]) < 2.99  # it has turned
        assert all(t.header.stamp == last[0].header.stamp for t in last)


def test_a_robot_that_cannot_be_described_drives_all_the_same(tmp_path: Path) -> None:
    config = configured("companion", tmp_path)
    light = config.profile.base.model_copy(update={"mass_kg": 2.0})
    config = replace(config, profile=config.profile.model_copy(update={"base": light}))
    with world_of(config, tmp_path) as world:
        world.armed()
        world.wish = Twist2D(0.1, 0.0, 0.0)
        world.run(1.0)
        assert not world.standing
        world.until(lambda: "bridge: description" in world.around.lines, "the reason")
        assert "mass_kg" in world.around.lines["bridge: description"].message
