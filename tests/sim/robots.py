"""A mecanum robot for tests, made from the companion's profile, and a way to drive any robot in the physics alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pybullet as p
import yaml

from firmware_bridge.kinematics import Kinematics, kinematics_of
from kangban.config import config_dir
from kangban.profile import Profile
from kangban.values import Pose2D, Twist2D
from sim.motors.simulated import AxisDrive
from sim.robots.robot import Robot
from sim.world import PHYSICS_HZ

ORIGIN = Pose2D(0.0, 0.0, 0.0)


def profile_of(base: dict[str, Any], wheels: tuple[str, ...]) -> Profile:
    """The companion with another base, and sensors low enough for it."""
    data = yaml.safe_load((config_dir() / "profiles" / "companion.yaml").read_text(encoding="utf-8"))
    data["base"] = base
    data["limits"]["wheel_speed_radps"] = 40.0
    data["motors"]["wheels"] = [{"name": f"{name}_wheel_joint", "id": number} for number, name in enumerate(wheels)]
    for sensor in ("camera", "lidar"):
        data[sensor]["mount"].update(x_m=0.0, z_m=min(data[sensor]["mount"]["z_m"], base["height_m"]))
    return Profile.model_validate(data)


MECANUM = profile_of(
    {
        "kind": "mecanum",
        "wheel_radius_m": 0.05,
        "track_m": 0.3,
        "wheelbase_m": 0.34,
        "footprint_radius_m": 0.3,
        "height_m": 0.25,
        "mass_kg": 12.0,
    },
    ("front_left", "front_right", "rear_left", "rear_right"),
)


@dataclass
class Drive:
    """A robot on an endless floor, its wheels told by the bridge's kinematics; where its encoders say it went."""

    client: int
    profile: Profile
    folder: Path
    odometry: Pose2D = ORIGIN
    tilt: float = 0.0  # rad, the most so far
    robot: Robot = field(init=False)
    kinematics: Kinematics = field(init=False)

    def __post_init__(self) -> None:
        box = p.createCollisionShape(p.GEOM_BOX, halfExtents=[20, 20, 0.1], physicsClientId=self.client)
        floor = p.createMultiBody(0, box, -1, [0, 0, -0.1], physicsClientId=self.client)
        p.changeDynamics(floor, -1, lateralFriction=0.9, physicsClientId=self.client)
        self.robot = Robot(self.client, self.profile, ORIGIN, self.folder / "robot.urdf")
        self.kinematics = kinematics_of(self.profile.base)

    @property
    def wheel_count(self) -> int:
        return len(self.profile.motors.wheels)

    def angles(self) -> tuple[float, ...]:
        return tuple(axis.angle for axis in self.robot.axes()[: self.wheel_count])

    def go(self, velocity: Twist2D, seconds: float, torque: float = 6.0, since: Twist2D = Twist2D()) -> None:
        """From velocity `since` to `velocity` within the gate's acceleration, then on; joints hold still."""
        limits = self.profile.limits
        change = math.hypot(velocity.vx - since.vx, velocity.vy - since.vy)
        ramp_s = max(
            change / (limits.deceleration_mps2 if velocity == Twist2D() else limits.acceleration_mps2),
            abs(velocity.wz - since.wz) / limits.turn_acceleration_radps2,
            1.0 / PHYSICS_HZ,
        )
        joints = (AxisDrive(0.0, 2.0),) * len(self.profile.motors.joints)
        for step in range(round(seconds * PHYSICS_HZ)):
            share = min(1.0, step / PHYSICS_HZ / ramp_s)
            wished = Twist2D(*(a + share * (b - a) for a, b in zip(_parts(since), _parts(velocity), strict=True)))
            before = self.angles()
            wheels = (AxisDrive(w, torque) for w in self.kinematics.wheel_velocities(wished))
            self.robot.drive((*wheels, *joints))
            p.stepSimulation(physicsClientId=self.client)
            self._measure(before)

    def _measure(self, before: tuple[float, ...]) -> None:
        moved = self.kinematics.base_velocity(tuple(n - o for n, o in zip(self.angles(), before, strict=True)))
        half = Pose2D(0.0, 0.0, moved.wz / 2)
        self.odometry = self.odometry @ half @ Pose2D(moved.vx, moved.vy, 0.0) @ half
        roll, pitch, _ = p.getEulerFromQuaternion(self.robot.base()[1])
        self.tilt = max(self.tilt, abs(roll), abs(pitch))


def _parts(twist: Twist2D) -> tuple[float, float, float]:
    return twist.vx, twist.vy, twist.wz
