"""The next velocity on the way along a path: predictive control, and the last centimetres. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from kangban.values import STILL, Array, Pose2D, Twist2D
from navigation.control import arrive, mppi
from navigation.control.arrive import Goal, Phase
from navigation.control.courtesy import let_pass
from navigation.control.limits import ControlLimits
from navigation.control.local import Near
from navigation.control.mppi import Mind, Plight
from navigation.control.path import length_of, project, rest
from navigation.control.smooth import AT_REST, Motion, towards
from navigation.costs import Costs

ARRIVES_M, LEAVES_M = 0.30, 0.45  # the last centimetres begin within the first, and are given up beyond the second
LOWERED = 0.06  # m/s or rad/s less than wished came through: from there it goes on

NOWHERE: Array = np.empty((0, 2))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is about the robot now. `bodies` (k, 6): people as of `people.bodies`; `low` (k, 2): points, m, of those who
    can't step aside. `speed_limits`: of points (n, 2) on the map, m/s, (n,); None: there are none.
    """

    near: Near
    known: Costs
    bodies: Array
    low: Array = field(default_factory=lambda: NOWHERE)
    speed_limits: Callable[[Array], Array] | None = None


@dataclass(frozen=True, slots=True)
class Pilot:
    """`passed`: path length, m, already behind; `phase`: of the last centimetres, None before them."""

    mind: Mind = mppi.FRESH
    motion: Motion = AT_REST
    passed: float = 0.0
    phase: Phase | None = None

    @property
    def arrived(self) -> bool:
        return self.phase is Phase.DONE


READY = Pilot()


def step(
    pilot: Pilot,
    pose: Pose2D,
    velocity_in_base: Twist2D,
    path_in_map: Array,
    goal: Goal,
    surroundings: Surroundings,
    limits: ControlLimits,
    dt: float,
) -> tuple[Pilot, Twist2D]:
    """The next velocity in the base frame. `path_in_map` (n, 2), m, ends at the goal; velocity as measured."""
    passed = project(path_in_map, pose, pilot.passed)
    left = pose.distance_to(goal.pose_in_map.x, goal.pose_in_map.y)
    phase = _last_phase(pilot.phase, pose, left, length_of(path_in_map) - passed, goal, surroundings, limits)
    if phase is not None:
        roomy = _clear(pose, goal.pose_in_map, surroundings, limits, limits.touching)
        phase, wish = arrive.step(phase, pose, goal, limits, arrive.AIM if roomy else 1.0)
        wish = _held_back(wish, pose, surroundings, limits)
        if phase is Phase.DONE:
            return Pilot(mppi.FRESH, AT_REST, passed, phase), STILL
        motion = towards(pilot.motion, wish, limits.ramp, dt)
        return Pilot(mppi.FRESH, motion, passed, phase), motion.velocity
    plight = Plight(
        pose_in_map=pose,
        velocity_in_base=velocity_in_base,
        goes=pilot.motion.velocity,
        path_in_map=rest(path_in_map, passed),
        goal_in_map=goal.pose_in_map,
        near=surroundings.near,
        known=surroundings.known,
        bodies=surroundings.bodies,
        speed_limits=surroundings.speed_limits,
    )
    mind, wish = mppi.step(pilot.mind, plight, limits, dt)
    motion = towards(pilot.motion, _held_back(wish, pose, surroundings, limits), limits.ramp, dt)
    return Pilot(mind, motion, passed, None), motion.velocity


def lowered(pilot: Pilot, wished: Twist2D, sent: Twist2D) -> Pilot:
    """The safety chain let less pass than was wished: go on from what really drives."""
    off = max(abs(wished.vx - sent.vx), abs(wished.vy - sent.vy), abs(wished.wz - sent.wz))
    return replace(pilot, motion=Motion(sent)) if off > LOWERED else pilot


def stopped(pilot: Pilot) -> Pilot:
    """It stands: what it was about to do counts no more."""
    return Pilot(passed=pilot.passed)


def on_new_path(pilot: Pilot) -> Pilot:
    """What was passed belongs to the old one."""
    return replace(pilot, passed=0.0)


def _held_back(wish: Twist2D, pose: Pose2D, surroundings: Surroundings, limits: ControlLimits) -> Twist2D:
    """No faster than the slow zone that it is in, and than the guard would let it beside a person; on the same curve.

    The guard knows only people whom the camera has; who walks behind it, or was seen a moment ago, is known here too.
    """
    wish = let_pass(wish, pose, surroundings.bodies, limits)
    fastest = math.inf
    if surroundings.speed_limits is not None:
        fastest = float(surroundings.speed_limits(np.array([[pose.x, pose.y]]))[0])
    bodies = surroundings.bodies
    if len(bodies):
        apart = float((np.hypot(bodies[:, 0] - pose.x, bodies[:, 1] - pose.y) - bodies[:, 5]).min())
        if apart < limits.person_near:
            fastest = min(fastest, limits.near_speed)
    if wish.speed <= fastest:
        return wish
    share = fastest / wish.speed
    return Twist2D(wish.vx * share, wish.vy * share, wish.wz * share)


def _last_phase(
    phase: Phase | None, pose: Pose2D, left: float, along: float, goal: Goal, surroundings: Surroundings,
    limits: ControlLimits,
) -> Phase | None:  # fmt: skip
    if phase is not None and left <= LEAVES_M:
        return phase
    if left <= goal.position_tolerance:  # it is there: what is left is to turn
        return Phase.ALIGN
    # Beside the goal something may stand as near as the place may be missed by: the last of it is left out then.
    room = max(limits.footprint, limits.touching - goal.position_tolerance)
    if left > ARRIVES_M or along > LEAVES_M or not _clear(pose, goal.pose_in_map, surroundings, limits, room):
        return None
    return Phase.ALIGN


def _clear(pose: Pose2D, goal: Pose2D, surroundings: Surroundings, limits: ControlLimits, room: float) -> bool:
    """Whether nothing is within `room`, m, of the straight way to the goal, and nobody beside it."""
    along = np.linspace(0.0, 1.0, 5)[:, None]
    points = np.array([pose.x, pose.y]) * (1.0 - along) + np.array([goal.x, goal.y]) * along
    if any(surroundings.near.at(x, y) < room for x, y in points):
        return False
    bodies = surroundings.bodies
    apart = np.hypot(*(points[:, None, :] - bodies[None, :, :2]).transpose(2, 0, 1)) - bodies[None, :, 5]
    return bool((apart > limits.person_stop).all())
