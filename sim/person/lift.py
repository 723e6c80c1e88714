"""A carer beside someone on the floor: down on a knee or bent, hands on her, a try to lift, and up again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.person.arm import reach
from sim.person.body import Body
from sim.person.clip import Clip, Situation, mean_yaw
from sim.person.keyed import keyed
from sim.person.kneel import FEET, kneeling_down
from sim.person.low_poses import Low, clipped, half_kneel, kneel, squat, upper, upright
from sim.person.motion import Maker, must
from sim.person.skeleton import DOF

WAYS = ("kneel", "bend")


@dataclass(frozen=True)
class CarerLift:
    """Care for someone lying ahead of her: `way` is one of `WAYS` (None: as it happens), hands `ahead` m in front of
    her at `height` m, for `hold_s` (None: 2 to 8 s), pulling up two or three times meanwhile."""

    way: str | None = None
    ahead: float = 0.45
    height: float = 0.2
    hold_s: float | None = None

    def steps(self, posture: str) -> Sequence[Maker]:
        must(posture, ("standing",), "care for someone on the floor")
        if self.way is not None and self.way not in WAYS:
            raise ValueError(f"nobody cares by {self.way!r}; possible: {', '.join(WAYS)}")
        return (self._clip,)

    def _clip(self, body: Body, now: Situation, rng: np.random.Generator) -> Clip:
        way, hold = self.way or str(rng.choice(WAYS)), self.hold_s or float(rng.uniform(2.0, 8.0))
        yaw, down = mean_yaw(body, now.pose), float(rng.uniform(1.0, 2.2))
        both = rng.random() < 0.5
        if way == "kneel":
            keys = kneeling_down(body, now, rng, "both" if both else "one", down, 0.4)
            bears = keys[-1].bears if not both else ("shin_r", "shin_l")
            low = kneel(body, 0.4) if both else half_kneel(body, "r" if keys[0].bears == ("foot_l",) else "l")
            bent = Low(low.pitch + 0.2, low.angles.copy())
            for side in "rl":
                bent.angles[DOF[f"hip_{side}_flex"]] += 0.2
        else:
            keys, bears, bent = [], FEET, squat(body, 0.55)
        working = self._hands(body, clipped(bent), 0.0)
        lifting = self._hands(body, clipped(bent), 0.12)
        at = keys[-1].at if keys else 0.0
        keys.append(working.key(at + (0.7 if keys else down), yaw, bears))
        pulls = int(rng.integers(2, 4))
        for _pull in range(pulls):
            begin = keys[-1].at
            keys.append(lifting.key(begin + 0.45 * hold / pulls, yaw, bears))
            keys.append(working.key(begin + hold / pulls, yaw, bears))
        if way == "kneel":
            side = "r" if both or keys[0].bears == ("foot_l",) else "l"
            front = "l" if side == "r" else "r"
            keys.append(half_kneel(body, side).key(keys[-1].at + 0.8, yaw, (f"shin_{side}",)))
            keys.append(upright(body).key(keys[-1].at + down, yaw, (f"foot_{front}",)))
        else:
            keys.append(replace(upright(body).key(0.0, yaw, FEET), at=keys[-1].at + down))
        return Clip(keys[-1].at, keyed(body, now.pose, keys, rng, 0.02), _during(way), "standing")

    def _hands(self, body: Body, low: Low, raised: float) -> Low:
        """Bent over with both hands on her."""
        angles = low.angles.copy()
        upper(angles, spine_flex=0.75 - 2 * raised, neck_flex=0.1, shoulder_flex=1.2, elbow=0.4)
        posed = clipped(Low(low.pitch, angles)).pose(body)
        for side, out in (("r", -0.14), ("l", 0.14)):
            posed = reach(body, posed, side, np.array([self.ahead, out, self.height + raised]))
        return Low(low.pitch, posed.angles)


def _during(way: str) -> str:
    return "kneeling" if way == "kneel" else "bending"
