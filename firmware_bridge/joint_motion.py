"""One joint's next step within its limits: velocity, acceleration, jerk and range, in steps of fixed length.

A motion is (position, velocity, acceleration) after each step; acceleration changes by at most `jerk` times the step.
`toward_velocity` reaches a velocity without overshooting it. `toward_position` picks the velocity from which the joint,
braking as hard as it may from the next step on, comes to rest where it shall: so it arrives without overshoot, and no
step is taken from which it could not stop within its range. Nothing here knows time or a clock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

REST = 1e-9  # rad/s, rad/s^2: below it a joint stands
SETTLED = 1e-5  # rad: near enough, far below what an encoder tells
HALVINGS = 20  # of the span of velocities, when one is sought
LONGEST_BRAKING = 2000  # steps; more than any profile's limits need


@dataclass(frozen=True, slots=True)
class JointLimits:
    name: str
    lower: float  # rad
    upper: float  # rad
    velocity: float  # rad/s
    acceleration: float  # rad/s^2
    jerk: float  # rad/s^3
    torque: float  # N·m
    step: float  # s


@dataclass(frozen=True, slots=True)
class Motion:
    position: float  # rad
    velocity: float = 0.0  # rad/s
    acceleration: float = 0.0  # rad/s^2

    @property
    def resting(self) -> bool:
        return abs(self.velocity) < REST and abs(self.acceleration) < REST


def toward_velocity(motion: Motion, velocity: float, limits: JointLimits) -> Motion:
    """One step towards `velocity`; the acceleration fades in time, so that it is reached and not overshot."""
    most = limits.jerk * limits.step
    wanted = _fading(velocity - motion.velocity, most, limits.step)
    wanted = max(motion.acceleration - most, min(motion.acceleration + most, wanted))
    acceleration = max(-limits.acceleration, min(limits.acceleration, wanted))
    reached = motion.velocity + acceleration * limits.step
    return Motion(motion.position + reached * limits.step, reached, acceleration)


def _fading(gap: float, most: float, step: float) -> float:
    """The acceleration that, falling by `most` (rad/s^2) a step from now on, gains exactly `gap` (rad/s)."""
    left = abs(gap) / step
    steps = math.floor((math.sqrt(1.0 + 8.0 * left / most) - 1.0) / 2.0)
    return math.copysign((left + most * steps * (steps + 1) / 2.0) / (steps + 1), gap)


def rest_after(motion: Motion, limits: JointLimits) -> tuple[float, float, float]:
    """Where it comes to rest when it brakes from now on, and the lowest and highest it is on the way (rad)."""
    lowest = highest = motion.position
    for _ in range(LONGEST_BRAKING):
        if motion.resting:
            break
        motion = toward_velocity(motion, 0.0, limits)
        lowest, highest = min(lowest, motion.position), max(highest, motion.position)
    return motion.position, lowest, highest


def toward_position(motion: Motion, position: float, limits: JointLimits) -> Motion:
    """One step towards a position, as fast as it may."""

    def rests_at(velocity: float) -> float:
        return rest_after(toward_velocity(motion, velocity, limits), limits)[0]

    if abs(rest_after(motion, limits)[0] - position) < SETTLED:
        return toward_velocity(motion, 0.0, limits)
    slow, fast = -limits.velocity, limits.velocity
    if rests_at(fast) <= position:
        return toward_velocity(motion, fast, limits)
    if rests_at(slow) >= position:
        return toward_velocity(motion, slow, limits)
    for _ in range(HALVINGS):
        middle = (slow + fast) / 2.0
        slow, fast = (middle, fast) if rests_at(middle) <= position else (slow, middle)
    return toward_velocity(motion, slow, limits)


def within_range(motion: Motion, wanted: Motion, limits: JointLimits) -> tuple[Motion, bool]:
    """`wanted`, or the nearest to it from which the joint can still stop within its range; True: it had to be less.

    A joint that begins outside may stay or come back, but not go further out.
    """
    braking = toward_velocity(motion, 0.0, limits)
    _, lowest, highest = rest_after(motion, limits)
    lower, upper = min(limits.lower, lowest) - REST, max(limits.upper, highest) + REST

    def safe(candidate: Motion) -> bool:
        _, low, high = rest_after(candidate, limits)
        return lower <= low and high <= upper

    if safe(wanted):
        return wanted, False
    good, bad = 0.0, 1.0  # shares of the way from braking (always safe) to what was wanted
    for _ in range(HALVINGS):
        middle = (good + bad) / 2.0
        good, bad = (middle, bad) if safe(_between(motion, braking, wanted, middle, limits)) else (good, middle)
    return _between(motion, braking, wanted, good, limits), True


def _between(motion: Motion, a: Motion, b: Motion, share: float, limits: JointLimits) -> Motion:
    acceleration = a.acceleration + share * (b.acceleration - a.acceleration)
    velocity = motion.velocity + acceleration * limits.step
    return Motion(motion.position + velocity * limits.step, velocity, acceleration)
