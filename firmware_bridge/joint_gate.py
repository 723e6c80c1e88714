"""The gate for joints: wishes for named joints in, a position for each joint out, with the reasons for the change.

Pure: `step(state, command, ready, positions, now, limits) -> state, passed`. A joint without a wish, or with one that
is too old, brakes and holds where it is; so do all while the stop is latched or the safety chain is silent. While the
motors are not ready the gate follows where the joints really are, so that nothing leaps when they are armed again. How
a joint moves within its limits: `joint_motion.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from firmware_bridge.joint_motion import JointLimits, Motion, toward_position, toward_velocity, within_range
from kangban.inputs import FUTURE_TOLERANCE_S
from kangban.motor_profile import Motors
from kangban.values import JointCommand, JointGoal

EARLY = 0.25  # share of a step that may be taken early: setpoints are not exactly in step
LONG_AGO = -math.inf
MOST_STEPS = 2  # after a longer pause a joint makes up no more than this


@dataclass(frozen=True, slots=True)
class JointGateLimits:
    joints: tuple[JointLimits, ...]
    stale_after: float  # s
    step: float  # s

    @staticmethod
    def of(motors: Motors, stale_after: float) -> JointGateLimits:
        step = 1.0 / motors.control_hz
        joints = tuple(
            JointLimits(
                name=joint.name,
                lower=joint.lower_rad,
                upper=joint.upper_rad,
                velocity=joint.velocity_radps,
                acceleration=joint.acceleration_radps2,
                jerk=joint.jerk_radps3,
                torque=joint.torque_nm,
                step=step,
            )
            for joint in motors.joints
        )
        return JointGateLimits(joints, stale_after, step)


@dataclass(frozen=True, slots=True)
class JointGateState:
    """`motions`: what was sent last; empty before the joints' places are known. `wishes`: the newest of each joint."""

    at: float
    motions: tuple[Motion, ...] = ()
    wishes: Mapping[str, tuple[float, JointGoal]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JointsPassed:
    """Positions (rad) and torque limits (N·m) in the profile's order; empty while the joints' places are unknown."""

    positions: tuple[float, ...]
    torque_limits: tuple[float, ...]
    reasons: tuple[str, ...]


def accept(
    state: JointGateState, command: JointCommand, now: float, limits: JointGateLimits
) -> tuple[JointGateState, tuple[str, ...]]:
    """Take the goals of a command that just came; what can't be taken is left out and said."""
    if not math.isfinite(command.stamp) or command.stamp - now > FUTURE_TOLERANCE_S:
        return state, ("joint_command: stamped in the future; set the sender's clock",)
    known = {joint.name for joint in limits.joints}
    wishes, refused = dict(state.wishes), []
    for goal in command.goals:
        number = goal.position if goal.velocity is None else goal.velocity
        if goal.name not in known:
            refused.append(f"{goal.name}: no such joint; the profile has {', '.join(sorted(known)) or 'none'}")
        elif number is None or not math.isfinite(number):
            refused.append(f"{goal.name}: the goal is not a number")
            wishes.pop(goal.name, None)
        else:
            wishes[goal.name] = (command.stamp, goal)
    return JointGateState(state.at, state.motions, wishes), tuple(refused)


def step(
    state: JointGateState,
    ready: bool,
    positions: tuple[float, ...] | None,
    now: float,
    limits: JointGateLimits,
    hold: str = "",
) -> tuple[JointGateState, JointsPassed]:
    """`positions` (rad): where the joints are, as last read; None: unknown. `ready`: the motors are armed.

    `hold`: why no joint may move now, whatever is wished; wishes of that time are forgotten.
    """
    torques = tuple(joint.torque for joint in limits.joints)
    if positions is not None and (not ready or not state.motions):
        state = JointGateState(now, tuple(Motion(place) for place in positions))
    if not state.motions or not ready:
        return state, JointsPassed(tuple(m.position for m in state.motions), torques, ())
    state = JointGateState(state.at, state.motions) if hold else _buried(state, now, limits)
    due = math.floor((now - state.at) / limits.step + EARLY)
    if due < 0:  # the clock began anew
        state, due = JointGateState(now, state.motions, state.wishes), 0
    motions, reasons = state.motions, [f"joints: {hold}"] if hold and limits.joints else []
    for joint, motion in zip(limits.joints, motions, strict=True):
        reasons += _reasons(state, joint, motion, now, limits)
    for _ in range(min(due, MOST_STEPS)):
        pairs = zip(limits.joints, motions, strict=True)
        motions = tuple(_moved(motion, _wish(state, joint, now, limits), joint) for joint, motion in pairs)
    at = now if due > MOST_STEPS else state.at + due * limits.step
    return JointGateState(at, motions, state.wishes), JointsPassed(
        tuple(m.position for m in motions), torques, tuple(dict.fromkeys(reasons))
    )


def _wish(state: JointGateState, joint: JointLimits, now: float, limits: JointGateLimits) -> JointGoal | None:
    """The joint's wish while it counts."""
    stamp, goal = state.wishes.get(joint.name, (math.nan, None))
    return goal if _counts(stamp, now, limits) else None


def _counts(stamp: float, now: float, limits: JointGateLimits) -> bool:
    """A wish that lies ahead is from before our clock was put back."""
    return -FUTURE_TOLERANCE_S <= now - stamp <= limits.stale_after


def _buried(state: JointGateState, now: float, limits: JointGateLimits) -> JointGateState:
    """Wishes that don't count now never will again, wherever the clock goes."""
    wishes = {
        name: (stamp if _counts(stamp, now, limits) else LONG_AGO, goal) for name, (stamp, goal) in state.wishes.items()
    }
    return JointGateState(state.at, state.motions, wishes)


def _moved(motion: Motion, goal: JointGoal | None, joint: JointLimits) -> Motion:
    if goal is None or (goal.position is None and goal.velocity is None):
        return toward_velocity(motion, 0.0, joint)
    if goal.position is not None:
        place = max(joint.lower, min(joint.upper, goal.position))
        return within_range(motion, toward_position(motion, place, joint), joint)[0]
    velocity = max(-joint.velocity, min(joint.velocity, goal.velocity or 0.0))
    return within_range(motion, toward_velocity(motion, velocity, joint), joint)[0]


def _reasons(
    state: JointGateState, joint: JointLimits, motion: Motion, now: float, limits: JointGateLimits
) -> list[str]:
    """Why this joint does less than it was told, in words."""
    goal, said = _wish(state, joint, now, limits), []
    if goal is None:
        if joint.name in state.wishes and not motion.resting:
            said.append(f"{joint.name}: the wish is too old")
        return said
    if goal.position is not None and not joint.lower <= goal.position <= joint.upper:
        said.append(f"{joint.name}: its range {joint.lower:.2f}..{joint.upper:.2f} rad")
    if goal.velocity is not None and abs(goal.velocity) > joint.velocity:
        said.append(f"{joint.name}: its velocity_radps {joint.velocity}")
    if goal.velocity is not None:
        wanted = toward_velocity(motion, max(-joint.velocity, min(joint.velocity, goal.velocity)), joint)
        if within_range(motion, wanted, joint)[1]:
            said.append(f"{joint.name}: its range {joint.lower:.2f}..{joint.upper:.2f} rad")
        elif abs(wanted.velocity - goal.velocity) > 1e-6 and abs(goal.velocity) <= joint.velocity:
            said.append(f"{joint.name}: its acceleration_radps2 and jerk_radps3")
    elif goal.position is not None and abs(motion.velocity) >= joint.velocity - 1e-6:
        said.append(f"{joint.name}: its velocity_radps {joint.velocity}")
    return said
