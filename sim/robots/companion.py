"""The companion robot in the physics: wheels driven as the motor controller decides, contacts, and the truth."""

from __future__ import annotations

from pathlib import Path

import pybullet as p

from kangban.profile import Profile
from kangban.values import Pose2D, Twist2D
from sim.motors.wheel import WheelDrive, WheelReading

URDF = Path(__file__).with_name("companion.urdf")
WHEELS = ("left_wheel_joint", "right_wheel_joint")
# The robot's links are in a group of their own, which lidar rays leave out: it does not see itself. Bullet's own groups
# (1 moving, 2 static) are what the rays meet.
ROBOT_GROUP, SEEN_BY_RAYS, EVERYTHING = 64, 3, -1
WHEEL_FRICTION, CASTER_FRICTION = 1.1, 0.02
TOUCH_M = 0.001  # bodies nearer than this touch


class Companion:
    def __init__(self, client: int, profile: Profile, start: Pose2D) -> None:
        self._client = client
        flags = p.URDF_MAINTAIN_LINK_ORDER
        turn = p.getQuaternionFromEuler([0, 0, start.yaw])
        at = [start.x, start.y, 0.001]
        self.body: int = p.loadURDF(str(URDF), at, turn, flags=flags, physicsClientId=client)
        self._links: dict[str, int] = {}
        self._joints: dict[str, int] = {}
        for index in range(p.getNumJoints(self.body, physicsClientId=client)):
            info = p.getJointInfo(self.body, index, physicsClientId=client)
            self._joints[info[1].decode()], self._links[info[12].decode()] = index, index
        self._wheels = [self._joints[name] for name in WHEELS]
        for link in (-1, *self._links.values()):
            p.setCollisionFilterGroupMask(self.body, link, ROBOT_GROUP, EVERYTHING, physicsClientId=client)
        for wheel in self._wheels:
            p.changeDynamics(self.body, wheel, lateralFriction=WHEEL_FRICTION, physicsClientId=client)
            p.setJointMotorControl2(self.body, wheel, p.VELOCITY_CONTROL, force=0.0, physicsClientId=client)
        for name in ("front_caster_link", "rear_caster_link"):
            p.changeDynamics(self.body, self._links[name], lateralFriction=CASTER_FRICTION, physicsClientId=client)
        # The base's own frame is at its centre of mass in PyBullet; poses are given for base_link on the floor.
        offset = p.getDynamicsInfo(self.body, -1, physicsClientId=client)
        self._to_link = p.invertTransform(offset[3], offset[4])
        p.resetBasePositionAndOrientation(
            self.body, *p.multiplyTransforms(at, turn, offset[3], offset[4]), physicsClientId=client
        )

    def wheels(self) -> tuple[WheelReading, WheelReading]:
        left, right = (
            WheelReading(state[0], state[1], state[3])
            for state in p.getJointStates(self.body, self._wheels, physicsClientId=self._client)
        )
        return left, right

    def drive(self, left: WheelDrive, right: WheelDrive) -> None:
        p.setJointMotorControlArray(
            self.body,
            self._wheels,
            p.VELOCITY_CONTROL,
            targetVelocities=[left.velocity, right.velocity],
            forces=[left.torque_limit, right.torque_limit],
            physicsClientId=self._client,
        )

    def base(self) -> tuple[tuple[float, float, float], tuple[float, float, float, float]]:
        """Position and quaternion (x, y, z, w) of base_link in the world: the truth."""
        position, turn = p.getBasePositionAndOrientation(self.body, physicsClientId=self._client)
        at, facing = p.multiplyTransforms(position, turn, *self._to_link)
        return at, facing

    def pose(self) -> Pose2D:
        at, facing = self.base()
        return Pose2D(at[0], at[1], p.getEulerFromQuaternion(facing)[2])

    def velocity(self) -> Twist2D:
        """In the base frame: the truth."""
        linear, angular = p.getBaseVelocity(self.body, physicsClientId=self._client)
        turned = Pose2D(0.0, 0.0, -self.pose().yaw) @ Pose2D(linear[0], linear[1], 0.0)
        return Twist2D(turned.x, turned.y, angular[2])

    def touched(self, floor_ids: frozenset[int]) -> list[tuple[int, bool]]:
        """What the robot touches but the floor: (body, was it the bumper)."""
        bumper = self._links["bumper_link"]
        found = p.getContactPoints(bodyA=self.body, physicsClientId=self._client)
        return [(c[2], c[3] == bumper) for c in found if c[2] not in floor_ids and c[2] != self.body and c[8] < TOUCH_M]
