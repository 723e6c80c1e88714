"""What the learned judge sees: signals of a body, made independent of the camera, over the last three seconds.

Heights are over the learned floor and lengths by the body's own size, so that neither distance, field of view nor
picture size matter; angles between limbs come from the model's body and do not depend on how the camera is turned;
left and right are not told apart. A grid in seconds makes the frame rate irrelevant.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from kangban.values import Array
from perception.landmarks import ANKLES, EARS, HIPS, KNEES, NOSE, SHOULDERS, TORSO, VISIBILITY, WRISTS, Pose
from perception.measure import Footing, Measure

VERSION = 1  # of the signals below; weights of another version are refused
STEP_S = 0.1
STEPS = 30
BRIDGE_S = 0.5  # a gap in sight up to this long is bridged by a straight line
SIGNALS = (
    "hip", "shoulder", "head", "knee", "wrist", "ankle",  # heights over the floor, m
    "torso_up", "torso_aside", "torso_lean",  # torso in the image, m; lean: the measure's tilt, rad
    "body_up", "body_aside", "body_depth",  # the same of the model's body, as shares of its length
    "thigh_down", "thigh_apart", "shin_down", "shin_apart",  # legs upright, -1..1; apart: left against right
    "knee_bend", "hip_bend",  # cosines: 1 straight, -1 folded
    "tall", "wide", "overhang", "size",  # extent, m; hips beside the feet, m; log of its size now against upright
    "torso_visible", "legs_visible", "cut",  # 0..1; cut: share of the body out of the picture
    "across", "floor_known",  # speed across the floor, m/s; 1 once the floor was learned from an upright body
)  # fmt: skip
CHANNELS = (*SIGNALS, "seen", "unseen_for")
LEGS = (*KNEES, *ANKLES)
LARGE = (NOSE, *SHOULDERS, 13, 14, *WRISTS, *HIPS, *KNEES, *ANKLES)
_GROUPS = (HIPS, SHOULDERS, (NOSE, *EARS), ANKLES)
_HIPS, _SHOULDERS, _HEAD, _ANKLES = range(4)
_MEANS = np.zeros((4, 33))
for _row, _group in enumerate(_GROUPS):
    _MEANS[_row, list(_group)] = 1.0 / len(_group)
_STARTS, _ENDS = np.array([*HIPS, *KNEES, *HIPS]), np.array([*KNEES, *ANKLES, *SHOULDERS])
_LARGE, _WRISTS, _TORSO, _LEGS = (np.array(group) for group in (LARGE, WRISTS, TORSO, LEGS))


def signals(
    pose: Pose, measure: Measure, footing: Footing, size: tuple[int, int], scale_now: float, across: float | None
) -> Array:
    """One frame's signals (len(SIGNALS),). `scale_now`: pixels of a metre at this body in this frame."""
    # Many small sums over few numbers, for every person in every frame: as few calls to NumPy as possible.
    image, body = pose.image, pose.body
    scale = max(footing.scale, 1e-6)
    at = image[:, :2] * (size[0] / scale, size[1] / scale)  # m at the body's distance
    means, lean = _MEANS @ at, _MEANS @ body
    rows = footing.floor_row / scale - means[:, 1]
    to_floor = measure.hip - rows[_HIPS]  # measured heights, where there are any, move them all
    torso, lean = means[_SHOULDERS] - means[_HIPS], lean[_SHOULDERS] - lean[_HIPS]
    lean = lean / max(math.sqrt(float(lean @ lean)), 1e-6)
    limbs = body[_ENDS] - body[_STARTS]  # left and right: thighs, shins, trunk
    limbs = limbs / np.maximum(np.sqrt((limbs * limbs).sum(axis=1, keepdims=True)), 1e-6)
    down = limbs[:, 1].tolist()
    knees, hips = (limbs[0:2] * limbs[2:4]).sum(), (limbs[0:2] * limbs[4:6]).sum()
    large, inside = at[_LARGE], image[_LARGE, :2]
    wide, tall = (large.max(axis=0) - large.min(axis=0)).tolist()
    outside = ((inside < 0.0) | (inside > 1.0)).any(axis=1).sum() / len(LARGE)
    overhang = abs(0.6 * means[_HIPS, 0] + 0.4 * means[_SHOULDERS, 0] - means[_ANKLES, 0])
    seen = image[:, VISIBILITY]
    out = np.array([
        measure.hip, measure.shoulder, rows[_HEAD] + to_floor, measure.knee,
        footing.floor_row / scale - at[_WRISTS, 1].max() + to_floor, rows[_ANKLES] + to_floor,
        -torso[1], abs(torso[0]), measure.tilt,
        -lean[1], abs(lean[0]), lean[2],
        0.5 * (down[0] + down[1]), abs(down[0] - down[1]), 0.5 * (down[2] + down[3]), abs(down[2] - down[3]),
        0.5 * knees, -0.5 * hips,
        tall, wide, overhang, math.log(max(scale_now, 1e-6) / scale),
        seen[_TORSO].sum() / 4, seen[_LEGS].sum() / 4, outside,
        0.0 if across is None else across, float(footing.learned),
    ])  # fmt: skip
    return np.asarray(np.minimum(np.maximum(np.nan_to_num(out), -3.0), 3.0))


@dataclass
class Window:
    """The signals of one person over the last seconds."""

    stamps: list[float] = field(default_factory=list)
    values: list[Array] = field(default_factory=list)

    def push(self, stamp: float, value: Array) -> None:
        """Add what was seen at `stamp` (rising)."""
        self.stamps.append(stamp)
        self.values.append(value)
        oldest = stamp - STEPS * STEP_S - BRIDGE_S
        while len(self.stamps) > 2 and self.stamps[1] < oldest:
            del self.stamps[0], self.values[0]

    def grid(self, now: float) -> Array | None:
        """The last STEPS moments up to `now`, (STEPS, len(CHANNELS)) float32; None: nobody was ever seen.

        Out of sight the last signals are held, and `seen` is 0.
        """
        if not self.stamps:
            return None
        stamps = np.array(self.stamps)
        at = now - STEP_S * np.arange(STEPS - 1, -1, -1)
        after = np.searchsorted(stamps, at, side="left")
        left, right = np.clip(after - 1, 0, len(stamps) - 1), np.clip(after, 0, len(stamps) - 1)
        gap = stamps[right] - stamps[left]
        bridged = (after > 0) & (after < len(stamps)) & (gap <= BRIDGE_S)
        share = np.where(bridged, (at - stamps[left]) / np.maximum(gap, 1e-6), 0.0)[:, None]
        held = np.where(after == 0, 0, left)  # before she was first seen: as she was then
        before, later = (np.array([self.values[k] for k in which]) for which in (held.tolist(), right.tolist()))
        body = np.where(bridged[:, None], (1 - share) * before + share * later, before)
        exact = np.abs(stamps[right] - at) < 1e-6
        body[exact] = later[exact]
        since = np.where(after == 0, STEPS * STEP_S, at - stamps[held])
        seen = bridged | exact | ((after > 0) & (since < STEP_S))
        unseen = np.where(seen, 0.0, np.minimum(since, 3.0))
        return np.concatenate([body, seen[:, None], unseen[:, None]], axis=1).astype(np.float32)
