"""How the robot docked, by the truth: how exactly, how often it tried, how fast it touched, how full it got. Pure.

The robot's sprung contacts have no body in the physics: they are two points that the dock's face must press in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from kangban import dock as shape
from kangban.profile import Docking
from kangban.values import Pose2D, wrap_angle

TRY_M, AWAY_M = 0.10, 0.25  # nearer to the docked pose than the first is a try; the next begins beyond the second
SETTLED_S = 1.0  # so long after the contacts touched it counts where it stands


def touches(robot: Pose2D, dock: Pose2D, docking: Docking) -> bool:
    """Both poses in one frame: is each contact on the dock's face, and not pressed beyond its travel?"""
    in_dock = dock.inverse() @ robot
    tips = np.array([[docking.contact_x_m, side * docking.contact_half_m] for side in (-1.0, 1.0)])
    x, y = in_dock.transform(tips).T
    facing = math.cos(in_dock.yaw) > 0.0
    return bool(
        facing and ((x >= 0.0) & (x <= docking.contact_travel_m) & (np.abs(y) <= shape.FOOT_HALF_WIDTH_M)).all()
    )


@dataclass
class Docks:
    """Standing in the dock at the start is no try. `charge`: of the battery, by its coulombs."""

    tries: int = 0
    error_m: float | None = None  # the worst of all times that it stood and was fed
    error_rad: float | None = None
    contact_speed_mps: float | None = None  # the fastest
    fed_s: float = 0.0
    times: int = 0  # it came to be fed
    charge: float | None = None
    _near: bool = field(default=False, repr=False)
    _fed_since: float | None = field(default=None, repr=False)
    _began: bool = field(default=False, repr=False)

    def step(self, off: Pose2D, speed: float, fed: bool, charge: float, now: float, seconds: float) -> list[str]:
        """`off`: the robot in the frame of where it would stand docked. Returns what happened: `undocked` from
        where it stood at the start, `docked`, `left_dock`."""
        first, self._began = not self._began, True
        self.charge = charge
        away = (off.x**2 + off.y**2) ** 0.5
        if away > AWAY_M:
            self._near = False
        elif away < TRY_M and not self._near:
            self._near = True
            self.tries += not first
        happened = []
        if fed and self._fed_since is None:
            self._fed_since = now
            if not first:
                happened.append("docked")
                self.times += 1
                self.contact_speed_mps = max(self.contact_speed_mps or 0.0, speed)
        elif not fed and self._fed_since is not None:
            self._fed_since = None
            happened.append("left_dock" if self.times else "undocked")
        if fed:
            self.fed_s += seconds
        if self._fed_since is not None and self.times and now - self._fed_since >= SETTLED_S:
            self.error_m = max(self.error_m or 0.0, away)
            self.error_rad = max(self.error_rad or 0.0, abs(wrap_angle(off.yaw)))
        return happened

    def figures(self) -> dict[str, float | int | None]:
        def rounded(value: float | None, digits: int) -> float | None:
            return None if value is None else round(value, digits)

        return {
            "dock_tries": self.tries,
            "docked_times": self.times,
            "dock_error_m": rounded(self.error_m, 4),
            "dock_error_rad": rounded(self.error_rad, 4),
            "contact_speed_mps": rounded(self.contact_speed_mps, 3),
            "fed_s": round(self.fed_s, 1),
            "charge_at_end": rounded(self.charge, 3),
        }
