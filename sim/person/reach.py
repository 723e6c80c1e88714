"""Reaching up, forwards and sideways, and hopping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.person.body import Body
from sim.person.clip import Clip, Situation, mean_yaw
from sim.person.keyed import keyed, waits
from sim.person.kneel import FEET
from sim.person.low_poses import Low, clipped, set_leg, squat, upper, upright
from sim.person.motion import Maker, must
from sim.person.skeleton import DOF

WHERE = ("up", "forward", "side")


@dataclass(frozen=True)
class Reach:
    """Reach for something `where` (one of `WHERE`) with one arm or, up, both, for `hold_s`, and come back. None: as it
    happens; `seconds` is the time there, 0.6 to 1.6 s."""

    where: str | None = None
    seconds: float | None = None
    hold_s: float | None = None

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("standing",), "reach")
        if self.where is not None and self.where not in WHERE:
            raise ValueError(f"nobody reaches {self.where!r}; possible: {', '.join(WHERE)}")
        return (self._clip,)

    def _clip(self, body: Body, now: Situation, rng: np.random.Generator) -> Clip:
        drawn = float(rng.uniform(0.6, 1.6)), float(rng.uniform(0.3, 3.0))
        there, hold = self.seconds or drawn[0], drawn[1] if self.hold_s is None else self.hold_s
        where = self.where or str(rng.choice(WHERE))
        hands = "rl" if where == "up" and rng.random() < 0.4 else ("r" if rng.random() < 0.6 else "l")
        yaw = mean_yaw(body, now.pose)
        keys = waits([_reaching(body, where, hands).key(there, yaw, FEET)], hold)
        keys.append(replace(upright(body).key(0.0, yaw, FEET), at=keys[-1].at + 1.1 * there))
        return Clip(keys[-1].at, keyed(body, now.pose, keys, rng), "reaching", "standing")


def _reaching(body: Body, where: str, hands: str) -> Low:
    low = upright(body)
    angles, pitch, lean = low.angles.copy(), low.pitch, 0.0
    out = 1.0 if hands[0] == "r" else -1.0
    if where == "up":
        for side in "rl":
            set_leg(angles, side, pitch, 0.0, 0.03, 0.45)
        upper(angles, spine_flex=-0.15, neck_flex=-0.35)
        for side in hands:
            upper(angles, **{f"shoulder_{side}_flex": 2.75, f"elbow_{side}": 0.15})
    elif where == "forward":
        pitch = 0.55
        for side in "rl":
            set_leg(angles, side, pitch, -0.20, -0.05, 0.0)
        upper(angles, spine_flex=0.45, neck_flex=-0.5)
        for side in hands:
            upper(angles, **{f"shoulder_{side}_flex": 2.1, f"elbow_{side}": 0.1})
    else:
        lean = 0.15 * out
        upper(angles, spine_side=0.45 * out, neck_side=-0.2 * out)
        for side in "rl":
            sign = 1.0 if side == "r" else -1.0
            angles[DOF[f"hip_{side}_abd"]] = 0.06 - sign * lean
        upper(angles, **{f"shoulder_{hands[0]}_abd": 1.4, f"shoulder_{hands[0]}_flex": 0.5, f"elbow_{hands[0]}": 0.1})
    return clipped(Low(pitch, angles, lean=lean))


@dataclass(frozen=True)
class Hop:
    """Jump on the spot `count` times, `height` m high; None: as it happens. Children do."""

    count: int | None = None
    height: float | None = None

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("standing",), "hop")
        return (self._clip,)

    def _clip(self, body: Body, now: Situation, rng: np.random.Generator) -> Clip:
        count, height = self.count or int(rng.integers(1, 6)), self.height or float(rng.uniform(0.06, 0.22))
        flight = (8 * height / 9.81) ** 0.5
        yaw = mean_yaw(body, now.pose)
        low, high = squat(body, 0.35), upright(body)
        upper(high.angles, shoulder_flex=0.9, elbow=0.6)
        keys = [low.key(0.3, yaw, FEET)]
        for _ in range(count):
            up = keys[-1].at + 0.18
            keys.append(high.key(up, yaw, FEET))
            keys.append(high.key(up + flight / 2, yaw, FEET, over=height))
            keys.append(high.key(up + flight, yaw, FEET))
            keys.append(low.key(up + flight + 0.2, yaw, FEET))
        keys.append(upright(body).key(keys[-1].at + 0.4, yaw, FEET))
        return Clip(keys[-1].at, keyed(body, now.pose, keys, rng), "hopping", "standing")
