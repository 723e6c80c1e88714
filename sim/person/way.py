"""Where the middle of a walking person is, over time: along a polyline, turning at corners, starting and stopping."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_DT = 0.02
_LOOK_AHEAD_M = 0.30
_TURN_RATE = 1.0
"""rad/s; old people turn slower than they could."""
_ACCELERATION = 0.7
_TURN_GAIN = 3.0
_LONGEST_S = 600.0


class Way:
    """Timed places: `at(t)` gives (x m, y m, yaw rad), still before 0 and after `duration` s."""

    def __init__(self, places: Array) -> None:
        self._places = places
        self.duration = (len(places) - 1) * _DT

    def at(self, t: float) -> tuple[float, float, float]:
        index = min(max(t / _DT, 0.0), len(self._places) - 1.0)
        low = min(int(index), len(self._places) - 2) if len(self._places) > 1 else 0
        high = min(low + 1, len(self._places) - 1)
        x, y, yaw = self._places[low] + (index - low) * (self._places[high] - self._places[low])
        return float(x), float(y), float(yaw)


def along(start: tuple[float, float, float], path: Array, speed: float) -> Way:
    """From `start` (x m, y m, yaw rad) along the points `path` (n, 2) at `speed` m/s, stopping at the last.

    Yaw is continuous (not wrapped). Raises ValueError on an empty path or a speed that is not positive.
    """
    points = np.asarray(path, dtype=float).reshape(-1, 2)
    if not len(points) or speed <= 0:
        raise ValueError(f"a walk needs at least one point and a positive speed, got {len(points)} points, {speed} m/s")
    line = np.vstack([np.array(start[:2]), points])
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    x, y, yaw = start
    velocity, done = 0.0, 0.0
    places = [(x, y, yaw)]
    while len(places) * _DT < _LONGEST_S:
        rest = math.hypot(line[-1, 0] - x, line[-1, 1] - y)
        if rest < 0.02:
            break
        done = _progress(line, lengths, np.array([x, y]), done)
        carrot = _point_at(line, lengths, done + _LOOK_AHEAD_M)
        error = math.remainder(math.atan2(carrot[1] - y, carrot[0] - x) - yaw, math.tau) if rest > 0.06 else 0.0
        wish = speed * max(0.0, math.cos(min(abs(error) * 1.3, math.pi / 2)))
        wish = min(wish, math.sqrt(2 * _ACCELERATION * rest) * 0.9 + 0.01)
        velocity += min(max(wish - velocity, -3 * _ACCELERATION * _DT), _ACCELERATION * _DT)
        yaw += min(max(_TURN_GAIN * error, -_TURN_RATE), _TURN_RATE) * _DT
        x, y = x + velocity * math.cos(yaw) * _DT, y + velocity * math.sin(yaw) * _DT
        if rest <= 0.06:
            x, y = x + (line[-1, 0] - x) * 0.1, y + (line[-1, 1] - y) * 0.1
        places.append((x, y, yaw))
    return Way(np.array(places))


def turning(start: tuple[float, float, float], yaw: float) -> Way:
    """On the spot to heading `yaw` rad, the shorter way round."""
    x, y, now = start
    swing = math.remainder(yaw - now, math.tau)
    steps = max(math.ceil(abs(swing) / (_TURN_RATE * 0.9) / _DT), 1)
    return Way(np.array([(x, y, now + swing * k / steps) for k in range(steps + 1)]))


def _progress(line: Array, lengths: Array, place: Array, done: float) -> float:
    """Length along the line of the point nearest to `place`, looking only a little ahead of `done`."""
    candidates = np.linspace(done, min(done + 0.3, float(lengths[-1])), 13)
    points = np.stack([_point_at(line, lengths, float(s)) for s in candidates])
    return float(candidates[np.linalg.norm(points - place, axis=1).argmin()])


def _point_at(line: Array, lengths: Array, s: float) -> Array:
    return np.array([np.interp(s, lengths, line[:, 0]), np.interp(s, lengths, line[:, 1])])
