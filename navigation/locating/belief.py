"""What is believed of where the robot is: a frozen value that `../localise.py` replaces with each reading."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from kangban.values import Array, Odometry, Pose2D
from navigation.locating import knowing
from navigation.locating.candidates import Place
from navigation.locating.knowing import Knowing, State
from navigation.locating.senses import Senses

UNSURE = np.diag([0.05**2, 0.05**2, 0.05**2])


@dataclass(frozen=True, slots=True)
class Belief:
    """`map_from_odom` is the odom frame's pose on the map, None before any odometry.

    `tried`: poses of the odom frame that may be true while it is not known. `homes`: poses on the map where a robot is
    put. `places`: where it may be, as of `at` in odom, the likeliest first. `agreement`: the last scan's share of
    explained returns, `usual` over a long time. `covariance` (3, 3): of x, y, yaw of the base on the map.
    """

    knowing: Knowing = field(default_factory=Knowing)
    map_from_odom: Pose2D | None = None
    covariance: Array = field(default_factory=lambda: UNSURE)
    history: tuple[Odometry, ...] = ()
    tried: tuple[Pose2D, ...] = ()
    homes: tuple[Pose2D, ...] = ()
    places: tuple[Place, ...] = ()
    at: Pose2D | None = None
    senses: Senses = field(default_factory=Senses)
    agreement: float | None = None
    usual: float | None = None
    looked_at: float | None = None  # when the whole map was looked over
    looked_seen: float = 0.0  # and what the likeliest place had seen by then
    trusted: bool = True  # nothing speaks against the tried poses
    strayed: float = 0.0  # m moved since they were last likely
    seed: int = 0

    @property
    def known(self) -> bool:
        return self.knowing.state is State.KNOWN

    @property
    def odometry(self) -> Odometry | None:
        return self.history[-1] if self.history else None

    @property
    def wants_to_look_around(self) -> str | None:
        """Why it would help if the robot turned in place now, in words; None where it would not."""
        return None if self.odometry is None else knowing.wish_to_look_around(self.knowing, self.odometry.stamp)

    @property
    def told(self) -> str:
        """The state in words, for people who look after the robot."""
        state = self.knowing.state
        return state.value if state is State.KNOWN else f"not known, {state}: {self.knowing.why}"

    def figures(self) -> dict[str, str]:
        """What the state stands on, for `diagnostics`."""
        agreement, around = self.agreement, self.wants_to_look_around
        return {
            "state": self.knowing.state.value,
            "agreement": "unknown" if agreement is None else f"{agreement:.2f}",
            "std_m": f"{math.sqrt(max(0.0, float(np.linalg.eigvalsh(self.covariance[:2, :2])[-1]))):.3f}",
            "places": str(len(self.places)),
            "particles": str(sum(len(p.cloud.poses) for p in self.places)),
            "wants_to_look_around": around or "no",
        }
