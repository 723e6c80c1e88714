"""How the robot drove, by the truth: how near to people, how fast there, how far, and where it came to stand. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from kangban.profile import Profile
from kangban.site import Place
from kangban.values import Plan, Pose2D, Twist2D, wrap_angle

MOVES_MPS = 0.05


@dataclass
class Drives:
    """Distances to people are from the robot's edge to her nearest joint on the floor plane, m."""

    stop_m: float
    near_m: float
    radius_m: float
    nearest_m: float | None = None
    inside_s: float = 0.0  # nearer to somebody than the guard's stop
    inside_moving_s: float = 0.0
    fastest_near_mps: float = 0.0  # within the guard's near distance
    driven_m: float = 0.0
    planned_m: float | None = None  # of the first plan
    _last: Pose2D | None = field(default=None, repr=False)

    @classmethod
    def of(cls, profile: Profile) -> Drives:
        guard = profile.safety.guard
        return cls(guard.person_stop_m, guard.near_person_m, profile.base.footprint_radius_m)

    def plan(self, plan: Plan, begun: bool) -> None:
        """The way that is driven when the story begins, or else the first one in it."""
        if (self.planned_m is None or not begun) and len(plan.points_in_map) > 1:
            ways = plan.points_in_map[1:] - plan.points_in_map[:-1]
            self.planned_m = float(sum(math.hypot(x, y) for x, y in ways))

    def step(self, pose: Pose2D, velocity: Twist2D, from_middle_m: list[float], seconds: float) -> None:
        """`from_middle_m`: from the robot's middle to each person's nearest joint."""
        if self._last is not None:
            self.driven_m += pose.distance_to(self._last.x, self._last.y)
        self._last = pose
        if not from_middle_m:
            return
        gap = min(from_middle_m) - self.radius_m
        self.nearest_m = gap if self.nearest_m is None else min(self.nearest_m, gap)
        if gap < self.stop_m:
            self.inside_s += seconds
            self.inside_moving_s += seconds * (velocity.speed > MOVES_MPS)
        if gap < self.near_m:
            self.fastest_near_mps = max(self.fastest_near_mps, velocity.speed)

    def figures(self, pose: Pose2D, goal: Place) -> dict[str, float | None]:
        """`goal`: where it shall stand at the end. The path ratio compares the way driven with the first plan."""
        ratio = None if not self.planned_m else round(self.driven_m / self.planned_m, 3)
        return {
            "nearest_edge_m": None if self.nearest_m is None else round(self.nearest_m, 3),
            "inside_person_stop_s": round(self.inside_s, 3),
            "inside_person_stop_moving_s": round(self.inside_moving_s, 3),
            "fastest_near_person_mps": round(self.fastest_near_mps, 3),
            "driven_m": round(self.driven_m, 2),
            "planned_m": None if self.planned_m is None else round(self.planned_m, 2),
            "path_ratio": ratio,
            "goal_off_m": round(pose.distance_to(goal.x_m, goal.y_m), 3),
            "goal_off_rad": round(abs(wrap_angle(pose.yaw - goal.yaw_rad)), 4),
        }
