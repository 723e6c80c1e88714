"""Up, down, and how quickly from one to the other: a person's recent measures, and what they say.

The figures come from bodies and furniture, not from clips: an adult's shoulders are at 1.2-1.5 m standing and 0.9-1.1
m on a chair, 0.55-0.65 m sitting upright on the floor, and within 0.45 m of it lying; a bed is 0.4-0.6 m high, so
whoever lies on one keeps her hips above 0.45 m. Lying down on purpose takes two seconds and more, because the muscles
hold; once they do not, the way from upright to the floor takes 0.3-1.0 s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from perception.measure import Measure

REMEMBER_S = 4.0
DOWN_HIP_M = 0.45
DOWN_SHOULDER_M = 0.52
FLAT_SHOULDER_M = 0.35  # so low that no lean needs to be known
DOWN_TILT_RAD = math.radians(45)
UP_SHOULDER_M = 0.75  # above the shoulders of who sits upright on the floor
UP_HIP_M = 0.20
QUICK_MPS = 0.55  # of the shoulders over that drop: on purpose old people go at half of this; falls at 1 and more
QUICK_DROP_M = 0.40
HIP_DROP_M = 0.25  # of who falls; in bending the hips stay up
JUST_S = 2.0
AS_LOW_M = 0.15
LATELY_S = 3.0
LEAST_DROP_M = 0.25  # rolling out of a low bed
SWAY_M = 0.1
HIPS_TOO_M = 0.15  # whoever sits on the floor already, and lies back, brings down her shoulders alone
TOPPLING_M = 0.5  # the feet reach 0.2 m from their middle; a body's middle so far beyond them can only go down
TOPPLING_TILT_RAD = math.radians(35)
STRAIGHT_HIP_M = 0.62  # not sitting: whoever sits has her feet before her as well
LAST_MOMENT_S = 0.25
# Bending sinks the shoulders, sitting down sinks both, at half of these at most: muscles hold until the seat is felt.
VANISH_MPS = {"shoulder": 1.0, "hip": 0.5}


@dataclass(frozen=True, slots=True)
class WayDown:
    """How the shoulders came down: by how much (m), in what time (s); `ago`: for how long they have been there, s."""

    drop: float
    seconds: float
    ago: float = 0.0

    @property
    def speed(self) -> float:
        return self.drop / max(self.seconds, 0.1)

    @property
    def quick(self) -> bool:
        return self.drop >= QUICK_DROP_M and self.speed >= QUICK_MPS


def is_down(m: Measure) -> bool:
    """Lying, or as good as: hips and shoulders near the floor and the torso not held upright."""
    if m.hip > DOWN_HIP_M or m.shoulder > DOWN_SHOULDER_M:
        return False
    return m.tilt > DOWN_TILT_RAD or m.shoulder < FLAT_SHOULDER_M


def is_up(m: Measure) -> bool:
    """Standing, sitting or kneeling with the torso held upright."""
    return m.shoulder > UP_SHOULDER_M and m.hip > UP_HIP_M and m.tilt < DOWN_TILT_RAD


def remember(history: tuple[Measure, ...], newest: Measure) -> tuple[Measure, ...]:
    return (*(m for m in history if m.stamp > newest.stamp - REMEMBER_S), newest)


def way_down(history: tuple[Measure, ...]) -> WayDown | None:
    """The fastest part, at least QUICK_DROP_M long, of the way to the first moment down; all of it if it is shorter.

    None if the way was not seen, or the hips were as low before. Standing or sitting before, and bending on the way, do
    not make a fall slower.
    """
    up = next((i for i in range(len(history) - 1, -1, -1) if not is_down(history[i])), None)
    if up is None or up + 1 == len(history):
        return None
    end = history[up + 1]
    if max(m.hip for m in history[: up + 1]) - end.hip < HIPS_TOO_M:
        return None
    ways = [WayDown(m.shoulder - end.shoulder, end.stamp - m.stamp) for m in history[: up + 1]]
    long_enough = [way for way in ways if way.drop >= QUICK_DROP_M]
    return max(long_enough, key=lambda way: way.speed) if long_enough else max(ways, key=lambda way: way.drop)


def came_down(history: tuple[Measure, ...]) -> WayDown | None:
    """The last way down in sight, to where the shoulders are at the end; None: they, or the hips with them, did not."""
    if not history:
        return None
    last = history[-1]
    lately = [m for m in history if m.stamp > last.stamp - LATELY_S]
    top = max(m.shoulder for m in lately)
    if top - last.shoulder < LEAST_DROP_M or max(m.hip for m in lately) - last.hip < HIPS_TOO_M:
        return None
    began = max(i for i, m in enumerate(lately) if m.shoulder >= top - SWAY_M)
    ended = next(m for m in lately[began:] if m.shoulder <= last.shoulder + SWAY_M)
    drop = lately[began].shoulder - ended.shoulder
    return WayDown(drop, ended.stamp - lately[began].stamp, last.stamp - ended.stamp)


def was_going_down(history: tuple[Measure, ...]) -> bool:
    """At the end of what was seen: toppling, sinking too fast for a purpose, or just come down fast, not up again."""
    if not history:
        return False
    return _toppling(history) or _sinking(history) or _just_came_down(history)


def _sinking(history: tuple[Measure, ...]) -> bool:
    return all(sinking_speed(history, LAST_MOMENT_S, joint) >= fast for joint, fast in VANISH_MPS.items())


def _just_came_down(history: tuple[Measure, ...]) -> bool:
    last = history[-1]
    if is_up(last):
        return False
    arrival = len(history) - 1  # the first moment from which the shoulders have been as low as at the end
    while arrival > 0 and history[arrival - 1].shoulder <= last.shoulder + AS_LOW_M:
        arrival -= 1
    end = history[arrival]
    if last.stamp - end.stamp > JUST_S:
        return False
    return any(
        m.hip - end.hip >= HIP_DROP_M and WayDown(m.shoulder - end.shoulder, end.stamp - m.stamp).quick
        for m in history[:arrival]
    )


def _toppling(history: tuple[Measure, ...]) -> bool:
    """Leaning out of balance on straight legs: in bending down the hips go back and the middle stays over the feet."""
    last = history[-1]
    return any(
        m.overhang is not None
        and m.overhang > TOPPLING_M
        and m.tilt > TOPPLING_TILT_RAD
        and m.hip > STRAIGHT_HIP_M
        and last.shoulder <= m.shoulder
        for m in history
        if m.stamp >= last.stamp - 0.5
    )


def sinking_speed(history: tuple[Measure, ...], within_s: float = 0.35, joint: str = "shoulder") -> float:
    """How fast the shoulders (or the hips) sank over the last moments, m/s; negative when rising."""
    last = history[-1]
    earlier = [m for m in history[:-1] if m.stamp >= last.stamp - within_s]
    if not earlier or last.stamp - earlier[0].stamp < 0.08:
        return 0.0
    fallen: float = getattr(earlier[0], joint) - getattr(last, joint)
    return fallen / (last.stamp - earlier[0].stamp)
