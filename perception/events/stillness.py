"""How long somebody has kept still, from where her joints are about her hips: pure.

Positions are taken about the hips, so that a robot that drives does not make people move; walking is told by postures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kangban.values import Array
from perception.landmarks import HIPS, NOSE, SHOULDERS, VISIBILITY, WRISTS, Pose, middle, pixels

WATCHED = (NOSE, *SHOULDERS, 13, 14, *WRISTS, 25, 26, 27, 28)
CLEAR = 0.6  # visibility from which a joint is believed
SMOOTH_S = 0.4  # jitter of the pose model is shorter than a movement
MOVED_M = 0.12  # farther than breathing and jitter carry a joint
REMEMBER_S = 30.0
APART_S = 1.0  # a movement that goes on is noted so often
LOST_S = 3.0  # unseen for so long: she may have moved meanwhile


@dataclass(frozen=True, slots=True)
class Stillness:
    """`since`: still since then, robot time; None: nothing is known. `moves`: times of her latest movements.

    `ever_moved`: she was seen to move, so she is no picture on the wall.
    """

    since: float | None = None
    last: float = 0.0
    smooth: Array | None = None  # (k, 2), m about the hips; NaN where unseen
    before: Array | None = None  # the same, when she last moved
    moves: tuple[float, ...] = ()
    ever_moved: bool = False

    def for_s(self, now: float) -> float:
        return 0.0 if self.since is None else now - self.since

    def moved_within(self, seconds: float, now: float) -> int:
        """How often she moved lately."""
        return sum(t > now - seconds for t in self.moves)


def joints_about_hips(pose: Pose, size: tuple[int, int], pixels_per_m: float) -> Array:
    """The watched joints about the hips, (k, 2), m across the line of sight; NaN where a joint is not clearly seen."""
    at = pixels(pose, *size)
    out = (at[list(WATCHED)] - middle(at, HIPS)) / max(pixels_per_m, 1e-6)
    out[pose.image[list(WATCHED), VISIBILITY] < CLEAR] = np.nan
    return np.asarray(out)


def step(state: Stillness, joints: Array | None, walks: bool, now: float) -> Stillness:
    """The state a moment later; `joints`: None while she is not seen."""
    moves = tuple(t for t in state.moves if t > now - REMEMBER_S)
    if joints is None:
        if now - state.last > LOST_S and state.since is not None:
            return Stillness(None, state.last, None, None, moves, state.ever_moved)
        return state
    if state.smooth is None or state.before is None:
        return Stillness(now, now, joints, joints, moves, state.ever_moved or walks)
    share = 1.0 - float(np.exp(-max(0.0, now - state.last) / SMOOTH_S))
    smooth = state.smooth + share * (joints - state.smooth)
    smooth = np.where(np.isfinite(smooth), smooth, np.where(np.isfinite(joints), joints, state.smooth))
    before = np.where(np.isfinite(state.before), state.before, smooth)
    off = np.linalg.norm(smooth - before, axis=1)
    moved = walks or bool(np.nanmax(np.where(np.isfinite(off), off, 0.0)) > MOVED_M)
    if moved:
        more = moves if moves and now - moves[-1] < APART_S else (*moves, now)
        return Stillness(now, now, smooth, smooth, more, True)
    return Stillness(state.since, now, smooth, before, moves, state.ever_moved)
