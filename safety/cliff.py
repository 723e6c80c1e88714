"""Is there floor where the robot would go? What the profile's `cliff` sensors say about one wished motion. Pure.

A sensor meets the floor at a known place and distance. Farther by more than `max_drop_m` in height is a step down; a
reading that is missing, old or not a number is unknown, which is no floor. Only sensors that look where the wish
goes count, so the robot can back away; turning in place passes, since the wheels stay within the footprint.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kangban.inputs import FUTURE_TOLERANCE_S
from kangban.profile import Cliff, CliffSensor
from kangban.range_values import Range
from kangban.values import Twist2D


@dataclass(frozen=True, slots=True)
class Sight:
    """`ahead_m`: how far from the robot's middle, along the wish, this sensor meets the floor; trouble: why not on."""

    ahead_m: float
    trouble: str | None


def sights(cliff: Cliff, floor: Sequence[Range | None], wish: Twist2D, now: float, timeout: float) -> tuple[Sight, ...]:
    """What each sensor that looks the wish's way sees."""
    found = []
    for i, sensor in enumerate(cliff.sensors):
        ahead = _along(sensor, wish)
        if ahead > 0.0:
            reading = floor[i] if i < len(floor) else None
            found.append(Sight(ahead, _trouble(sensor, reading, cliff.max_drop_m, now, timeout)))
    return tuple(found)


def drop(sensor: CliffSensor, range_m: float) -> float:
    """How far below the floor the reading lies, m; below zero: something stands on it."""
    return range_m * math.sin(sensor.mount.pitch_rad) - sensor.mount.z_m


def floor_point(sensor: CliffSensor) -> tuple[float, float]:
    """Where the sensor meets the floor, in the base."""
    mount = sensor.mount
    reach = mount.z_m / math.tan(mount.pitch_rad)
    return mount.x_m + reach * math.cos(mount.yaw_rad), mount.y_m + reach * math.sin(mount.yaw_rad)


def _along(sensor: CliffSensor, wish: Twist2D) -> float:
    x, y = floor_point(sensor)
    return (x * wish.vx + y * wish.vy) / wish.speed


def _trouble(sensor: CliffSensor, reading: Range | None, max_drop: float, now: float, timeout: float) -> str | None:
    name = sensor.name
    if reading is None:
        return f"cliff_missing: nothing has come yet from {name}"
    if not -FUTURE_TOLERANCE_S <= now - reading.stamp <= timeout:
        return f"cliff_stale: {name} is {now - reading.stamp:.2f} s old, limit {timeout} s"
    if math.isnan(reading.range_m) or reading.range_m < 0.0:
        return f"cliff_blind: {name} gives no reading"
    depth = drop(sensor, reading.range_m)
    if depth > max_drop:
        deep = f"{depth:.2f} m" if math.isfinite(depth) else "deep"
        return f"cliff: the floor ends before {name} ({deep} down)"
    return None
