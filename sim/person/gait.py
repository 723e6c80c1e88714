"""Walking by footsteps: each standing foot stays where it landed, the pelvis follows the way, the legs follow both.

Numbers for old people's gait (step length, width, double support, clearance) after Hollman et al., Gait & Posture 34
(2011), and Winter et al., Physical Therapy 70 (1990).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.person.body import Body
from sim.person.pose import SIDES, Foot, Pose, feet_of, with_feet
from sim.person.poses import upright_angles, upright_root
from sim.person.rotation import about_y, about_z, ease, length
from sim.person.skeleton import DOF, LINK
from sim.person.way import Way

Array = NDArray[np.float64]

DOUBLE_SUPPORT = 0.3
"""Share of a step during which both feet stand."""
STEP_WIDTH = 0.11
_CLEARANCE = 0.045
_HEEL_STRIKE, _TOE_OFF = 0.26, -0.5
"""Foot pitch (rad, toes up) on landing and on leaving, at a step of `_FULL_STEP` metres."""
_FULL_STEP = 0.55
_SWAY, _DIP = 0.022, 0.014
_SETTLE_S = 0.45


@dataclass(frozen=True)
class Step:
    """One foot's flight: leaves at `lift` s and lands at `land` s."""

    side: int
    lift: float
    land: float
    start: Foot
    end: Foot

    @cached_property
    def stride(self) -> float:
        """Its length as a share of a full step, at most 1."""
        return min(length(self.end.ankle - self.start.ankle) / _FULL_STEP, 1.0)


class Gait:
    """A walk along a `Way`, sampled by `at(t)`; `duration` in seconds."""

    def __init__(self, body: Body, pose: Pose, way: Way, step_time: float, first: int) -> None:
        self._body, self._way, self._start = body, way, pose
        self._step_time = step_time
        self._feet = feet_of(body, pose)
        self._sole = _pivots(body)
        self._steps = self._plan(first)
        self._neutral = upright_angles(body)
        self.duration = max(self._steps[-1].land, way.duration) + _SETTLE_S
        self._start_offset = pose.root - self._root_at(0.0)[0]

    def _plan(self, first: int) -> list[Step]:
        period = self._step_time
        flight = period * (1 - DOUBLE_SUPPORT)
        standing = list(self._feet)
        steps: list[Step] = []
        side, lift, settled = first, 0.15, 0
        while settled < 2:
            land = lift + flight
            place = self._landing(side, land + period * (1 + DOUBLE_SUPPORT) / 2)
            settled = settled + 1 if lift >= self._way.duration - 0.5 * period else 0
            steps.append(Step(side, lift, land, standing[side], place))
            standing[side] = place
            side, lift = 1 - side, lift + period
        return steps

    def _landing(self, side: int, when: float) -> Foot:
        """Where a foot lands that the pelvis will pass at time `when`; feet stand apart once the walk is over."""
        x, y, yaw = self._way.at(when)
        width = 0.17 if when >= self._way.duration else STEP_WIDTH
        out = (-1.0 if side == 0 else 1.0) * width / 2
        left = about_z(yaw)[:, 1]
        ankle = np.array([x, y, self._body.ankle_height]) + left * out
        return Foot(ankle, yaw + math.copysign(0.08, out))

    def _root_at(self, t: float) -> tuple[Array, Array]:
        return upright_root(self._body, *self._way.at(t))

    def at(self, t: float) -> Pose:
        feet = (self._foot(0, t), self._foot(1, t))
        root, turn = self._root_at(t)
        root = root + self._start_offset * (1 - ease(t / 0.5))
        phase, moving = self._phase(t)
        left = turn[:, 1]
        root = root + left * (_SWAY * moving * phase) - np.array([0.0, 0.0, _DIP * moving * (1 - phase * phase)])
        root[2] = min(root[2], self._highest(root, turn, feet))
        angles = self._upper_body(turn, root, feet, moving, t)
        return with_feet(self._body, root, turn, angles, feet)

    def _phase(self, t: float) -> tuple[float, float]:
        """Sway (-1 over the right foot, 1 over the left) and how much the person is walking (0..1)."""
        first, last = self._steps[0], self._steps[-1]
        moving = ease(t / max(first.land, 1e-6)) * (1 - ease((t - last.lift) / (last.land - last.lift + _SETTLE_S)))
        over = 1.0 if first.side == 0 else -1.0
        middle = (first.lift + first.land) / 2
        return over * math.cos(math.pi * (t - middle) / self._step_time), moving

    def _highest(self, root: Array, turn: Array, feet: tuple[Foot, Foot]) -> float:
        """The most the pelvis can be lifted with both feet in reach."""
        reach = 0.994 * (self._body.thigh + self._body.shin)
        limits = []
        for side, foot in zip(SIDES, feet, strict=True):
            hip = turn @ self._body.offsets[LINK[f"thigh_{side}"]]
            away = foot.ankle[:2] - (root[:2] + hip[:2])
            limits.append(foot.ankle[2] + math.sqrt(max(reach**2 - float(away @ away), 0.01)) - hip[2])
        return float(min(limits))

    def _foot(self, side: int, t: float) -> Foot:
        """The foot at time t: flat, rolling over the toes before it leaves, in flight, or landing on the heel."""
        resting = self._feet[side]
        landed = -math.inf
        ended: Step | None = None
        for step in self._steps:
            if step.side != side:
                continue
            roll = DOUBLE_SUPPORT * self._step_time * 1.1
            if t < step.lift - roll:
                break
            share = step.stride
            if t < step.lift:
                return self._pivoted(resting, _TOE_OFF * share * ease((t - step.lift + roll) / roll), "toes")
            if t < step.land:
                return self._flying(step, share, (t - step.lift) / (step.land - step.lift))
            resting, landed, ended = step.end, step.land, step
        if ended is not None and t < landed + 0.3 * self._step_time:
            share = ended.stride
            down = 1 - ease((t - landed) / (0.3 * self._step_time))
            return self._pivoted(resting, _HEEL_STRIKE * share * down, "heel")
        return resting

    def _flying(self, step: Step, share: float, u: float) -> Foot:
        leave = self._pivoted(step.start, _TOE_OFF * share, "toes")
        arrive = self._pivoted(step.end, _HEEL_STRIKE * share, "heel")
        go = ease(u)
        ankle = leave.ankle + go * (arrive.ankle - leave.ankle)
        ankle[2] += _CLEARANCE * (0.5 + 0.5 * share) * math.sin(math.pi * min(u * 1.05, 1.0)) ** 2
        swing = math.remainder(step.end.yaw - step.start.yaw, math.tau)
        pitch = leave.pitch + ease(min(u * 1.15, 1.0)) * (arrive.pitch - leave.pitch)
        return Foot(ankle, step.start.yaw + go * swing, pitch)

    def _pivoted(self, foot: Foot, pitch: float, about: str) -> Foot:
        """A flat foot pitched about its toes or heel, which stays on the floor."""
        pivot = self._sole[about]
        flat = about_z(foot.yaw)
        ankle = foot.ankle + flat @ (pivot - about_y(-pitch) @ pivot)
        return Foot(ankle, foot.yaw, pitch)

    def _upper_body(self, turn: Array, root: Array, feet: tuple[Foot, Foot], moving: float, t: float) -> Array:
        angles = self._neutral + (self._start.angles - self._neutral) * (1 - ease(t / 0.5))
        ahead = turn[:, 0]
        swing = [float((foot.ankle - root) @ ahead) for foot in feet]
        for side, own in zip(SIDES, swing, strict=True):
            angles[DOF[f"shoulder_{side}_flex"]] -= 0.75 * moving * own
            angles[DOF[f"elbow_{side}"]] += moving * max(0.0, 0.1 - 0.4 * own)
        angles[DOF["spine_turn"]] += 0.18 * moving * (swing[0] - swing[1])
        return angles


def _pivots(body: Body) -> dict[str, Array]:
    """Toes and heel of the foot, in the foot's frame (m): both on the sole."""
    points = body.touch[LINK["foot_r"]]
    low = points[points[:, 2] < points[:, 2].min() + 0.02]
    toe, heel = float(low[:, 0].max()), float(low[:, 0].min())
    sole = -body.ankle_height
    return {"toes": np.array([toe - 0.005, 0.0, sole]), "heel": np.array([heel + 0.005, 0.0, sole])}
