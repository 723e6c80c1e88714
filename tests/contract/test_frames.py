"""Where the sensors sit on the robot, as a viewer reads it: one tree of frames, and each looks where its mount says."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from tf2_msgs.msg import TFMessage
from transforms3d.quaternions import quat2mat

from kangban.config import load_profile
from kangban.conversions import BASE, CAMERA, LIDAR, robot_frames
from tests.contract.bridge_world import configured, world_of

ROBOTS = ("companion", "hub", "lekiwi", "turtlebot3")


def place(frames: Any, child: str) -> np.ndarray:
    """Of a frame in base_link, (4, 4), through all its parents."""
    if child == BASE:
        return np.eye(4)
    (found,) = [t for t in frames if t.child_frame_id == child]  # exactly one parent
    at, turn, here = found.transform.translation, found.transform.rotation, np.eye(4)
    here[:3, :3] = quat2mat([turn.w, turn.x, turn.y, turn.z])
    here[:3, 3] = at.x, at.y, at.z
    return place(frames, found.header.frame_id) @ here


@pytest.mark.parametrize("robot", ROBOTS)
def test_each_sensor_stands_and_looks_as_its_mount_says(robot: str) -> None:
    profile = load_profile(robot)
    frames = robot_frames(profile, 0.0).transforms
    for child, mount in ((LIDAR, profile.lidar.mount), (CAMERA, profile.camera.mount)):
        at = place(frames, child)
        assert at[:3, 3] == pytest.approx((mount.x_m, mount.y_m, mount.z_m))
        level = math.cos(mount.pitch_rad)
        ahead = (level * math.cos(mount.yaw_rad), level * math.sin(mount.yaw_rad), -math.sin(mount.pitch_rad))
        right = (math.sin(mount.yaw_rad), -math.cos(mount.yaw_rad), 0.0)
        forward, sideways = (at[:3, 2], at[:3, 0]) if child == CAMERA else (at[:3, 0], -at[:3, 1])
        assert forward == pytest.approx(ahead)
        assert sideways == pytest.approx(right)


def test_whoever_comes_late_is_told_too(tmp_path: Path) -> None:
    with world_of(configured("companion", tmp_path), tmp_path) as world:
        heard: list[TFMessage] = []
        late = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        world.around.create_subscription(TFMessage, "/tf_static", heard.append, late)
        assert world.spin_until(lambda: heard), "no frames came"
        assert {t.child_frame_id for t in heard[0].transforms} == {LIDAR, "camera", CAMERA}
