"""Small signs with head and arm, laid over the posture she is in."""

from __future__ import annotations

import math

from sim.person.clip import Clip, Situation
from sim.person.pose import Pose
from sim.person.rotation import ease
from sim.person.skeleton import DOF

GESTURES = {"wave": 3.0, "nod": 1.6, "shake_head": 2.0, "turn_page": 2.0}
"""Kinds and how long they take, s."""


def gesture(now: Situation, kind: str) -> Clip:
    seconds, start = GESTURES[kind], now.pose

    def at(t: float) -> Pose:
        angles = start.angles.copy()
        shown = ease(t / 0.6) * (1 - ease((t - seconds + 0.6) / 0.6))
        if kind == "nod":
            angles[DOF["neck_flex"]] += 0.25 * shown * (1 - math.cos(2 * math.pi * t / 0.8)) / 2
        elif kind == "shake_head":
            angles[DOF["neck_turn"]] += 0.45 * shown * math.sin(2 * math.pi * t / 0.9)
        elif kind == "turn_page":  # a hand goes from the lap across the book and back
            held = {"shoulder_r_flex": 0.75, "shoulder_r_abd": 0.1, "elbow_r": 1.5}
            for name, value in held.items():
                angles[DOF[name]] += shown * (value - angles[DOF[name]])
            angles[DOF["shoulder_r_rot"]] += 0.6 * shown * math.sin(2 * math.pi * t / seconds)
        else:
            raised = {"shoulder_r_flex": 2.1, "shoulder_r_abd": 0.35, "elbow_r": 0.9, "shoulder_r_rot": 0.0}
            for name, value in raised.items():
                angles[DOF[name]] += shown * (value - angles[DOF[name]])
            angles[DOF["shoulder_r_rot"]] += 0.45 * shown * math.sin(2 * math.pi * t / 0.7)
        return Pose(start.root, start.turn, angles)

    return Clip(seconds, at, now.posture, now.posture, now.support_height)
