"""A person's body as PyBullet moves it: hinges with limits and tiring muscles. It exists only while she falls."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pybullet as p
from numpy.typing import NDArray

from sim.person.body import Body
from sim.person.pose import Pose
from sim.person.rotation import angular_velocity
from sim.person.skeleton import DOFS, LINK, LINKS, TORQUE

Array = NDArray[np.float64]

FRICTION = 0.8
_DAMPING = {"linearDamping": 0.04, "angularDamping": 0.3, "jointDamping": 0.1, "restitution": 0.0}
_POSITION_GAIN, _VELOCITY_GAIN = 0.08, 1.0
_STRONG = 1.5
"""Torque, as a share of `TORQUE`, with which full strength holds: bracing people co-contract."""

_MEET = (
    *combinations(("thigh_r", "thigh_l", "shin_r", "shin_l", "foot_r", "foot_l"), 2),
    *[(arm, other) for arm in ("farm_r", "farm_l") for other in ("pelvis", "chest", "head", "thigh_r", "thigh_l")],
    *[(leg, trunk) for leg in ("thigh_r", "thigh_l", "shin_r", "shin_l") for trunk in ("chest", "head")],
    ("farm_r", "farm_l"), ("uarm_r", "pelvis"), ("uarm_l", "pelvis"), ("uarm_r", "head"), ("uarm_l", "head"),
)  # fmt: skip
_NEIGHBOURS = {(f"thigh_{s}", f"shin_{s}") for s in "rl"} | {(f"shin_{s}", f"foot_{s}") for s in "rl"}
SELF_COLLISIONS = tuple(pair for pair in _MEET if pair not in _NEIGHBOURS)
"""Pairs of links that may not pass through each other."""

_FLOOR_REACH, _TOUCHING = 0.06, 0.005
"""A contact up to so high counts as the floor, with at most so large a gap (m)."""


@dataclass(frozen=True)
class Motion:
    """Pose and how fast it changes: velocity (3,) and spin (3,) of the pelvis in the world, rates (26,) rad/s."""

    pose: Pose
    velocity: Array
    spin: Array
    rates: Array


def motion_between(before: Pose, after: Pose, dt: float) -> Motion:
    return Motion(
        after, (after.root - before.root) / dt, angular_velocity(before.turn, after.turn, dt),
        (after.angles - before.angles) / dt,
    )  # fmt: skip


class Ragdoll:
    def __init__(self, client: int, body: Body, motion: Motion) -> None:
        self._client = client
        flags = (
            p.URDF_USE_SELF_COLLISION
            | p.URDF_USE_SELF_COLLISION_EXCLUDE_PARENT
            | p.URDF_USE_INERTIA_FROM_FILE
            | p.URDF_MAINTAIN_LINK_ORDER
        )
        self.id = int(p.loadURDF(str(body.urdf), flags=flags, globalScaling=body.scale, physicsClientId=client))
        self._weigh(body.scale)
        self._index_links()
        self._filter_self_collisions()
        for link in range(-1, len(DOFS)):
            p.changeDynamics(self.id, link, lateralFriction=FRICTION, physicsClientId=client, **_DAMPING)
        self._set(motion)

    def _weigh(self, scale: float) -> None:
        """PyBullet scales places and shapes; masses go with the volume, inertia with the size squared too."""
        for link in range(-1, len(DOFS)) if scale != 1.0 else ():
            mass, _, inertia = p.getDynamicsInfo(self.id, link, physicsClientId=self._client)[:3]
            p.changeDynamics(
                self.id, link, mass=mass * scale**3, localInertiaDiagonal=[x * scale**5 for x in inertia],
                physicsClientId=self._client,
            )  # fmt: skip

    def _index_links(self) -> None:
        self.links = {"pelvis": -1}
        joints = {}
        for index in range(p.getNumJoints(self.id, physicsClientId=self._client)):
            info = p.getJointInfo(self.id, index, physicsClientId=self._client)
            joints[info[1].decode()] = index
            if info[12].decode() in LINK:
                self.links[info[12].decode()] = index
        self._joints = [joints[dof.name] for dof in DOFS]
        centre = p.getDynamicsInfo(self.id, -1, physicsClientId=self._client)
        self._centre = centre[3], centre[4]
        self._pelvis_in_centre = p.invertTransform(*self._centre)

    def _filter_self_collisions(self) -> None:
        wanted = {frozenset(pair) for pair in SELF_COLLISIONS}
        for a, b in combinations(LINKS, 2):
            first, second, meets = self.links[a], self.links[b], int(frozenset((a, b)) in wanted)
            p.setCollisionFilterPair(self.id, self.id, first, second, meets, physicsClientId=self._client)

    def _set(self, motion: Motion) -> None:
        pose = motion.pose
        place, turn = p.multiplyTransforms(pose.root.tolist(), pose.turn.tolist(), *self._centre)
        p.resetBasePositionAndOrientation(self.id, place, turn, physicsClientId=self._client)
        lever = np.array(place) - pose.root
        velocity = motion.velocity + np.cross(motion.spin, lever)
        p.resetBaseVelocity(self.id, velocity.tolist(), motion.spin.tolist(), physicsClientId=self._client)
        for joint, angle, rate in zip(self._joints, pose.angles.tolist(), motion.rates.tolist(), strict=True):
            p.resetJointState(self.id, joint, angle, rate, physicsClientId=self._client)

    def pose(self) -> Pose:
        base = p.getBasePositionAndOrientation(self.id, physicsClientId=self._client)
        root, turn = p.multiplyTransforms(*base, *self._pelvis_in_centre)
        states = p.getJointStates(self.id, self._joints, physicsClientId=self._client)
        return Pose(np.array(root), np.array(turn), np.array([state[0] for state in states]))

    def speed(self) -> float:
        """The fastest of pelvis (m/s) and hinges (rad/s, a third of it): near zero when she lies still."""
        linear, angular = p.getBaseVelocity(self.id, physicsClientId=self._client)
        states = p.getJointStates(self.id, self._joints, physicsClientId=self._client)
        rates = max(abs(float(state[1])) for state in states)
        return max(float(np.linalg.norm(linear)), float(np.linalg.norm(angular)) / 3, rates / 3)

    def strive(self, goal: Array, strength: Array) -> None:
        """Muscles pull towards the angles `goal` (26,) rad with a share `strength` (26,) of what they have."""
        forces = (TORQUE * _STRONG * strength).tolist()
        count = len(self._joints)
        p.setJointMotorControlArray(
            self.id, self._joints, p.POSITION_CONTROL, targetPositions=goal.tolist(), forces=forces,
            positionGains=[_POSITION_GAIN] * count, velocityGains=[_VELOCITY_GAIN] * count,
            physicsClientId=self._client,
        )  # fmt: skip

    def set_grip(self, friction: float) -> None:
        for side in "rl":
            link = self.links[f"foot_{side}"]
            p.changeDynamics(self.id, link, lateralFriction=friction, physicsClientId=self._client)

    def push(self, link: str, impulse: Array) -> None:
        """A blow of `impulse` (3,) N s in the world at the link's centre, during the next physics step."""
        step = p.getPhysicsEngineParameters(physicsClientId=self._client)["fixedTimeStep"]
        index = self.links[link]
        if index < 0:
            place = p.getBasePositionAndOrientation(self.id, physicsClientId=self._client)[0]
        else:
            place = p.getLinkState(self.id, index, physicsClientId=self._client)[0]
        p.applyExternalForce(
            self.id, index, (impulse / step).tolist(), place, p.WORLD_FRAME, physicsClientId=self._client
        )

    def touching_floor(self, floor_height: float) -> set[str]:
        """Names of the links that touch something at the height of the floor."""
        names = {index: name for name, index in self.links.items()}
        contacts = p.getContactPoints(self.id, physicsClientId=self._client)
        return {
            names[c[3]]
            for c in contacts
            if c[2] != self.id and c[6][2] < floor_height + _FLOOR_REACH and c[8] < _TOUCHING and c[3] in names
        }

    def remove(self) -> None:
        p.removeBody(self.id, physicsClientId=self._client)
