"""Dropping onto a sofa or chair: quick, hardly leaning, and rocking back as the cushion gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.person.body import Body
from sim.person.clip import Clip, Situation, mean_yaw
from sim.person.motion import Maker, must
from sim.person.pose import Pose, feet_of, with_feet
from sim.person.rotation import about_y, about_z, ease, matrix
from sim.person.seat import between, pitch_of, seated
from sim.person.skeleton import DOF, LOWER, UPPER

_ROCK_S = 0.7


@dataclass(frozen=True)
class DropOnSeat:
    """Onto a seat right behind her, all at once. `seconds` None: 0.6 to 1.0 s. The rest as for `SitDown`."""

    seat_height: float
    hip_xy: tuple[float, float] | None = None
    seconds: float | None = None

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("standing",), "drop onto a seat")
        return (self._clip,)

    def _clip(self, body: Body, now: Situation, rng: np.random.Generator) -> Clip:
        seconds = self.seconds or float(rng.uniform(0.6, 1.0))
        rock, lean = float(rng.uniform(0.1, 0.35)), float(rng.uniform(0.15, 0.4))
        yaw, feet = mean_yaw(body, now.pose), feet_of(body, now.pose)
        goal = seated(body, now.pose, yaw, self.seat_height, self.hip_xy)
        down = between(body, now.pose, goal, yaw, feet, lean, seconds, down=True)
        heading, level = about_z(yaw), pitch_of(goal, yaw)

        def at(t: float) -> Pose:
            pose = down(min(t, seconds))
            back = rock * ease((t - 0.75 * seconds) / (0.6 * _ROCK_S))
            if back == 0.0:
                return pose
            angles = pose.angles.copy()
            angles[DOF["spine_flex"]] -= 0.4 * back
            angles[DOF["neck_flex"]] += 0.7 * back
            turn = matrix(pose.turn) if t < seconds else heading @ about_y(level)
            return with_feet(body, pose.root, turn @ about_y(-back), np.clip(angles, LOWER, UPPER), feet)

        return Clip(seconds + _ROCK_S, at, "sitting_down", "sitting", self.seat_height)
