"""What the local control needs of the profile: what the base can do, and the rules that the guard holds it to."""

from __future__ import annotations

from dataclasses import dataclass

from kangban.profile import Profile
from navigation.control.smooth import Ramp

COMFORT = 0.5  # of what it can brake and turn with; the rest is for what comes unexpected


@dataclass(frozen=True, slots=True)
class ControlLimits:
    """Speeds in m/s and rad/s; distances in m from the robot's centre to a return, or to a point of a person."""

    sideways: bool
    cruise: float
    back: float  # the fastest backwards and sideways: it looks ahead
    turn_rate: float
    ramp: Ramp
    footprint: float
    touching: float  # the guard stops for returns within it
    clearance: float  # wished beyond it
    person_stop: float
    person_near: float
    near_speed: float
    horizon: float  # s
    rollouts: int

    @classmethod
    def of(cls, profile: Profile) -> ControlLimits:
        navigation, limits, base, guard = profile.navigation, profile.limits, profile.base, profile.safety.guard
        return cls(
            sideways=base.sideways,
            cruise=min(navigation.cruise_speed_mps, guard.clear_speed_mps),
            back=min(navigation.back_speed_mps, navigation.cruise_speed_mps),
            turn_rate=min(navigation.turn_rate_radps, limits.turn_rate_radps),
            ramp=Ramp(
                limits.acceleration_mps2,
                COMFORT * limits.deceleration_mps2,
                COMFORT * limits.turn_acceleration_radps2,
                limits.jerk_mps3,
            ),
            footprint=base.footprint_radius_m,
            touching=base.footprint_radius_m + guard.obstacle_margin_m,
            clearance=navigation.clearance_m,
            person_stop=base.footprint_radius_m + guard.person_stop_m,
            person_near=base.footprint_radius_m + guard.near_person_m,
            near_speed=guard.near_person_speed_mps,
            horizon=navigation.horizon_s,
            rollouts=navigation.rollouts,
        )
