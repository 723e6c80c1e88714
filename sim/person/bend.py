"""Deep bends: to the shoes, to the toes, and a look under the sofa."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.person.arm import reach
from sim.person.body import Body
from sim.person.clip import Clip, Situation, mean_yaw
from sim.person.keyed import Key, keyed, waits
from sim.person.kneel import FEET, SHINS, kneeling_down
from sim.person.low_poses import Low, all_fours, clipped, half_kneel, set_leg, upper, upright, varied
from sim.person.motion import Maker, must
from sim.person.poses import upright_angles
from sim.person.skeleton import DOF, LINK

KINDS = ("toes", "shoes", "under")


@dataclass(frozen=True)
class DeepBend:
    """Bend down to her `toes` with straight legs, to her `shoes` with bent ones, or look `under` something from hands
    and knees, for `hold_s`, and come back. Sitting she can only bend to her shoes. None: as it happens; `seconds` is
    the time down, 0.7 to 2 s."""

    kind: str | None = None
    seconds: float | None = None
    hold_s: float | None = None

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("standing", "sitting"), "bend down")
        if self.kind is not None and self.kind not in KINDS:
            raise ValueError(f"no bend {self.kind!r}; there are: {', '.join(KINDS)}")
        if posture == "sitting":
            return (self._seated,)
        return (self._clip,)

    def _clip(self, body: Body, now: Situation, rng: np.random.Generator) -> Clip:
        kind = self.kind or str(rng.choice(KINDS))
        down, hold = self._times(rng)
        if kind == "under":
            return _look_under(body, now, rng, down + 0.8, hold)
        yaw = mean_yaw(body, now.pose)
        low = toe_touch(body) if kind == "toes" else _shoes(body)
        keys = waits([varied(low, rng, 0.04).key(down, yaw, FEET)], hold)
        keys.append(replace(upright(body).key(0.0, yaw, FEET), at=keys[-1].at + 1.1 * down))
        return Clip(keys[-1].at, keyed(body, now.pose, keys, rng), "bending", "standing")

    def _times(self, rng: np.random.Generator) -> tuple[float, float]:
        drawn = float(rng.uniform(0.7, 2.0)), float(rng.uniform(0.3, 4.0))
        return self.seconds or drawn[0], drawn[1] if self.hold_s is None else self.hold_s

    def _seated(self, body: Body, now: Situation, rng: np.random.Generator) -> Clip:
        """Feet and seat stay where they are; the trunk comes down over the thighs."""
        down, hold = self._times(rng)
        tip = 0.55
        angles = now.pose.angles.copy()
        for side in "rl":
            angles[DOF[f"hip_{side}_flex"]] += tip
        upper(angles, spine_flex=1.0, neck_flex=-0.1, shoulder_flex=1.4, elbow=0.2, shoulder_abd=0.0)
        yaw = mean_yaw(body, now.pose)
        low = clipped(Low(-0.12 + tip, angles))
        low = _hands_at_feet(body, low)
        keys = waits([low.key(down, yaw, FEET)], hold)
        keys.append(Key(keys[-1].at + 1.1 * down, now.pose.turn, now.pose.angles, FEET))
        return Clip(keys[-1].at, keyed(body, now.pose, keys, rng), "bending", "sitting", now.support_height)


def toe_touch(body: Body) -> Low:
    """Legs nearly straight, hips back, hands at the toes or as near as she comes."""
    return _hands_at_feet(body, _bent(body, 0.95, -0.20, -0.12))


def _shoes(body: Body) -> Low:
    return _hands_at_feet(body, _bent(body, 0.75, -0.75, 0.25))


def _bent(body: Body, pitch: float, thigh: float, shin: float) -> Low:
    angles = upright_angles(body)
    for side in "rl":
        set_leg(angles, side, pitch, thigh, shin, 0.0)
        angles[DOF[f"hip_{side}_abd"]] = 0.03
    upper(angles, spine_flex=1.0, neck_flex=0.0, shoulder_flex=1.5, elbow=0.1, shoulder_abd=0.0)
    return clipped(Low(pitch, angles))


def _hands_at_feet(body: Body, low: Low) -> Low:
    pose = low.pose(body)
    positions, _ = pose.links(body)
    for side in "rl":
        ankle = positions[LINK[f"foot_{side}"]]
        pose = reach(body, pose, side, np.array([ankle[0] + 0.10, ankle[1], 0.10]))
    return Low(low.pitch, pose.angles)


def _look_under(body: Body, now: Situation, rng: np.random.Generator, down: float, hold: float) -> Clip:
    """Over the knees onto the hands, chest low, and back up over one knee."""
    yaw = mean_yaw(body, now.pose)
    keys = kneeling_down(body, now, rng, "both", 0.6 * down, 0.3)
    low = all_fours(body, -0.25)
    angles = low.angles.copy()
    upper(angles, spine_flex=0.3, neck_flex=-0.5, elbow=1.5, shoulder_abd=0.35)
    for side in "rl":
        angles[DOF[f"hip_{side}_flex"]] += 0.22
    peering = clipped(Low(low.pitch + 0.22, angles))
    keys = waits([*keys, varied(peering, rng, 0.04).key(down, yaw, SHINS)], hold)
    end = keys[-1].at
    side = "r" if rng.random() < 0.5 else "l"
    front = "l" if side == "r" else "r"
    keys.append(half_kneel(body, side).key(end + 0.6 * down, yaw, (f"shin_{side}",)))
    keys.append(upright(body).key(end + 1.3 * down, yaw, (f"foot_{front}",)))
    return Clip(keys[-1].at, keyed(body, now.pose, keys, rng), "bending", "standing")
