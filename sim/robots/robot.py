"""A robot in the physics: its axes driven as the motor controller decides, contacts, and the truth."""

from __future__ import annotations

import math
from pathlib import Path

import pybullet as p

from kangban.description.arm import resting
from kangban.description.urdf import text
from kangban.description.wheels import ROLLER
from kangban.profile import Profile
from kangban.values import Pose2D, Twist2D
from sim.motors.simulated import AxisDrive, AxisReading

# The robot's links are in a group of their own, which lidar rays leave out: it does not see itself. Bullet's own groups
# (1 moving, 2 static) are what the rays meet.
ROBOT_GROUP, SEEN_BY_RAYS, EVERYTHING = 64, 3, -1
WHEEL_FRICTION, CASTER_FRICTION = 1.1, 0.02
ROLLER_FRICTION_NM = 0.002  # of a roller's bearing
GEAR_FRICTION_NM = 0.15  # what holds a joint of an arm whose motor is without power; a geared bus servo turns hard
TOUCH_M = 0.001  # bodies nearer than this touch
UNHINDERED = {"linearDamping": 0.0, "angularDamping": 0.0, "jointDamping": 0.0}


class Robot:
    """`description` is where its URDF is written, from the profile."""

    def __init__(self, client: int, profile: Profile, start: Pose2D, description: Path) -> None:
        self._client = client
        description.write_text(text(profile), encoding="utf-8")
        turn = p.getQuaternionFromEuler([0, 0, start.yaw])
        at = [start.x, start.y, 0.001]
        self.body: int = p.loadURDF(
            str(description), at, turn, flags=p.URDF_MAINTAIN_LINK_ORDER, physicsClientId=client
        )
        self._links: dict[str, int] = {}
        self._joints: dict[str, int] = {}
        for index in range(p.getNumJoints(self.body, physicsClientId=client)):
            info = p.getJointInfo(self.body, index, physicsClientId=client)
            self._joints[info[1].decode()], self._links[info[12].decode()] = index, index
        for link in (-1, *self._links.values()):
            p.setCollisionFilterGroupMask(self.body, link, ROBOT_GROUP, EVERYTHING, physicsClientId=client)
        self._set_wheels_and_joints(profile)
        # The base's own frame is at its centre of mass in PyBullet; poses are given for base_link on the floor.
        offset = p.getDynamicsInfo(self.body, -1, physicsClientId=client)
        self._to_link = p.invertTransform(offset[3], offset[4])
        p.resetBasePositionAndOrientation(
            self.body, *p.multiplyTransforms(at, turn, offset[3], offset[4]), physicsClientId=client
        )

    def _set_wheels_and_joints(self, profile: Profile) -> None:
        client = self._client
        wheels = [self._joints[wheel.name] for wheel in profile.motors.wheels]
        joints = [self._joints[joint.name] for joint in profile.motors.joints]
        self._axes = [*wheels, *joints]
        self._joint_count = len(joints)
        self._rollers = [index for name, index in self._joints.items() if name.endswith(ROLLER)]
        for roller in self._rollers:
            for link in (roller, roller + 1):  # the hub and the ball on it
                p.changeDynamics(self.body, link, **UNHINDERED, physicsClientId=client)
        for axis, rubs in (*((a, 0.0) for a in self._axes), *((r, ROLLER_FRICTION_NM) for r in self._rollers)):
            p.setJointMotorControl2(self.body, axis, p.VELOCITY_CONTROL, force=rubs, physicsClientId=client)
        for wheel in wheels:
            p.changeDynamics(self.body, wheel, lateralFriction=WHEEL_FRICTION, physicsClientId=client)
        for name, link in self._links.items():
            if name.endswith("_caster_link"):
                p.changeDynamics(self.body, link, lateralFriction=CASTER_FRICTION, physicsClientId=client)
        for joint, angle in zip(joints, resting(profile.motors.joints), strict=True):
            p.resetJointState(self.body, joint, angle, physicsClientId=client)

    def link(self, name: str) -> int:
        """PyBullet's number of a link. Raises KeyError."""
        return self._links[name]

    def axes(self) -> tuple[AxisReading, ...]:
        """Wheels, then joints, as the profile lists them."""
        return tuple(
            AxisReading(state[0], state[1], state[3])
            for state in p.getJointStates(self.body, self._axes, physicsClientId=self._client)
        )

    def drive(self, drives: tuple[AxisDrive, ...]) -> None:
        """Before each physics step, in the order of `axes`."""
        wheels = len(drives) - self._joint_count
        braked = [d if d.torque_limit > GEAR_FRICTION_NM else _unpowered(d) for d in drives[wheels:]]
        told = [*drives[:wheels], *braked]
        p.setJointMotorControlArray(
            self.body,
            self._axes,
            p.VELOCITY_CONTROL,
            targetVelocities=[drive.velocity for drive in told],
            forces=[drive.torque_limit for drive in told],
            physicsClientId=self._client,
        )
        if self._rollers:
            self._next_rollers()

    def _next_rollers(self) -> None:
        """The wheels stand on their next rollers: see `wheels.py`."""
        states = p.getJointStates(self.body, self._rollers, physicsClientId=self._client)
        for roller, state in zip(self._rollers, states, strict=True):
            p.resetJointState(self.body, roller, 0.0, state[1], physicsClientId=self._client)

    def base(self) -> tuple[tuple[float, float, float], tuple[float, float, float, float]]:
        """Position and quaternion (x, y, z, w) of base_link in the world: the truth."""
        position, turn = p.getBasePositionAndOrientation(self.body, physicsClientId=self._client)
        at, facing = p.multiplyTransforms(position, turn, *self._to_link)
        return at, facing

    def pose(self) -> Pose2D:
        at, facing = self.base()
        return Pose2D(at[0], at[1], p.getEulerFromQuaternion(facing)[2])

    def tilt(self) -> float:
        """rad off upright."""
        _, facing = self.base()
        up = p.getMatrixFromQuaternion(facing)[8]
        return math.acos(max(-1.0, min(1.0, up)))

    def velocity(self) -> Twist2D:
        """In the base frame: the truth."""
        linear, angular = p.getBaseVelocity(self.body, physicsClientId=self._client)
        turned = Pose2D(0.0, 0.0, -self.pose().yaw) @ Pose2D(linear[0], linear[1], 0.0)
        return Twist2D(turned.x, turned.y, angular[2])

    def touched(self, floor_ids: frozenset[int]) -> list[tuple[int, bool]]:
        """What the robot touches but the floor: (body, was it the bumper). Low robots have no bumper."""
        bumper = self._links.get("bumper_link")
        found = p.getContactPoints(bodyA=self.body, physicsClientId=self._client)
        return [(c[2], c[3] == bumper) for c in found if c[2] not in floor_ids and c[2] != self.body and c[8] < TOUCH_M]


def _unpowered(drive: AxisDrive) -> AxisDrive:
    """A joint's motor gives less than its gear rubs: only the gear holds."""
    return AxisDrive(drive.velocity if drive.torque_limit > 0 else 0.0, GEAR_FRICTION_NM)
