"""Motions through key poses that touch the floor: what bears the weight stays in place, nothing sinks in.

A key says how the pelvis is turned, the hinges, and what bears the weight on the way to it. Between keys every value
follows a monotone cubic, so she stops only where she turns back or is told to wait. Where the pelvis is follows from
touch: the bearing link's lowest points do not slide, and the lowest point of all lies on the support.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.person.body import Body
from sim.person.pose import Pose
from sim.person.rotation import about_x, about_y, about_z, matrix, quaternion
from sim.person.skeleton import DOF, DOFS, LINK, LOWER, UPPER

Array = NDArray[np.float64]

RATE = 60.0
"""Samples of a motion a second; between them it is interpolated."""
_TOUCH_M = 0.012
"""Points of the bearing link so far over its lowest one count a third as much."""
_SINK = 3.5
"""How far she sinks onto what bears her next by the next key: all but exp(-_SINK)."""
_NOTHING: tuple[str, ...] = ("nothing yet",)
_TRUNK = ("pelvis", "chest", "head")
_CLEAR_ROUNDS, _CLEAR_M, _NUDGE = 6, 0.002, 1e-3
_SMOOTH = 6
"""Samples to each side over which corrections are smoothed."""


def _limb(start: tuple[str, ...], bends: tuple[str, ...]) -> tuple[frozenset[str], tuple[int, ...]]:
    return frozenset(start), tuple(DOF[name] for name in bends)


_LIMBS = tuple(
    _limb(tuple(f"{name}_{s}" for name in links), tuple(f"{a}_{s}_{b}" if b else f"{a}_{s}" for a, b in bends))
    for s in "rl"
    for links, bends in (
        (("thigh", "shin", "foot"), (("hip", "flex"), ("knee", ""), ("ankle", "flex"))),
        (("uarm", "farm"), (("shoulder", "flex"), ("shoulder", "abd"), ("elbow", ""))),
    )
)
"""Each limb: its links, and the hinges (indices) that take it out of the floor."""


@dataclass(frozen=True)
class Key:
    """At `at` s the pelvis is turned by `turn` (4,) and the hinges stand at `angles` (26,).

    `bears`: links that bear the weight, and so stay in place, on the way here. `over`: how far the lowest point is
    over the support, m.
    """

    at: float
    turn: Array
    angles: Array
    bears: tuple[str, ...] = ("foot_r", "foot_l")
    over: float = 0.0


def tipped(yaw: float, pitch: float, roll: float = 0.0, lean: float = 0.0) -> Array:
    """Quaternion (4,) of a pelvis facing `yaw`, tipped forward by `pitch`, leant to its right by `lean`, and rolled
    about its own long axis by `roll`, rad. Lying on the back is a pitch of -pi/2, on the belly of pi/2."""
    return quaternion(about_z(yaw) @ about_x(lean) @ about_y(pitch) @ about_z(roll))


def waits(keys: Sequence[Key], seconds: float) -> list[Key]:
    """The keys and a wait in the last of them."""
    return [*keys, replace(keys[-1], at=keys[-1].at + seconds)]


def keyed(
    body: Body, start: Pose, keys: Sequence[Key], rng: np.random.Generator, sway: float = 0.012, support: float = 0.0
) -> Callable[[float], Pose]:
    """Poses over time from `start` (at 0 s) through the keys. `sway` (rad): how much trunk and arms stir by the way."""
    keys = [replace(key, angles=_cleared(body, key)) for key in keys]
    times = np.array([0.0, *(key.at for key in keys)])
    count = max(math.ceil(times[-1] * RATE), 2) + 1
    grid = np.linspace(0.0, times[-1], count)
    angles = monotone(times, np.stack([start.angles, *(key.angles for key in keys)]), grid)
    angles += sway * stirring(rng, grid)
    angles = np.clip(angles, np.minimum(LOWER, start.angles), np.maximum(UPPER, start.angles))
    turns = monotone(times, _same_side([start.turn, *(key.turn for key in keys)]), grid)
    turns /= np.linalg.norm(turns, axis=1, keepdims=True)
    overs = monotone(times, np.array([[0.0], *([key.over] for key in keys)]), grid)[:, 0]
    roots = _roots(body, start, keys, grid, turns, angles, overs, support)
    last = count - 1

    def at(t: float) -> Pose:
        place = min(max(t / times[-1], 0.0), 1.0) * last
        i = min(int(place), last - 1)
        share = place - i
        turn = (1 - share) * turns[i] + share * turns[i + 1]
        return Pose(
            (1 - share) * roots[i] + share * roots[i + 1],
            turn / np.linalg.norm(turn),
            (1 - share) * angles[i] + share * angles[i + 1],
        )

    return at


def _cleared(body: Body, key: Key) -> Array:
    """The key's angles with limbs that bear nothing taken out of the floor."""
    height = key.over - _lowest(body, key.turn, key.angles, key.bears)
    return clear(body, height, matrix(key.turn), key.angles, key.bears)


def _lowest(body: Body, turn: Array, angles: Array, bears: tuple[str, ...]) -> float:
    points = body.surface(np.zeros(3), matrix(turn), angles)
    return float(points[[LINK[name] for name in {*bears, *_TRUNK}], :, 2].min())


def _roots(
    body: Body, start: Pose, keys: Sequence[Key], grid: Array, turns: Array, angles: Array, overs: Array, support: float
) -> Array:
    """Where the pelvis is (n, 3): what bears the weight does not slide, it and the trunk lie on the support.

    Limbs in the floor are bent out of it (in `angles`). Where the bearing changes, she sinks to the new in a moment.
    """
    ends = np.array([key.at for key in keys])
    roots = np.empty((len(grid), 3))
    place, height, gap, since, bears = start.root[:2].copy(), float(start.root[2]), 0.0, 0.0, _NOTHING
    rate = 0.0
    bent = np.zeros_like(angles)
    before: Array | None = None
    points = body.surface(start.root, matrix(start.turn), start.angles)
    sunk = min(float(points[..., 2].min()) - support, 0.0)
    for i, t in enumerate(grid):
        number = min(int(np.searchsorted(ends, t)), len(keys) - 1)
        now = keys[number].bears
        turn = matrix(turns[i])
        points = body.surface(np.zeros(3), turn, angles[i])
        level = support + overs[i] - float(points[[LINK[name] for name in {*now, *_TRUNK}], :, 2].min())
        if now != bears:
            gap, since, bears = height - level, t, now
            rate = _SINK / max(ends[number] - t, 0.1)
        height = level + gap * math.exp(-rate * (t - since))
        rows = [LINK[name] for name in now]
        if before is not None and rows:
            feet, were = points[rows].reshape(-1, 3), before[rows].reshape(-1, 3)
            depth = np.minimum(feet[:, 2], were[:, 2])
            weight = np.exp(-(depth - depth.min()) / _TOUCH_M)
            place = place - (weight[:, None] * (feet - were)[:, :2]).sum(0) / weight.sum()
        before = points
        roots[i] = *place, height
        bent[i] = clear(body, height - support, turn, angles[i], now) - angles[i]
    angles += smoothed(bent)
    np.clip(angles, np.minimum(LOWER, start.angles), np.maximum(UPPER, start.angles), out=angles)
    roots[:, 2] = smoothed(roots[:, 2:])[:, 0]
    return _lifted(body, roots, turns, angles, support + sunk * np.exp(-3 * grid))


def _lifted(body: Body, roots: Array, turns: Array, angles: Array, floor: Array) -> Array:
    """The roots (n, 3) where nothing is under the `floor` (n,); what little lifting that takes comes and goes."""
    lows = np.array([body.surface(r, matrix(q), a)[..., 2].min() for r, q, a in zip(roots, turns, angles, strict=True)])
    missing = np.maximum(floor - lows, 0.0)
    shifts = range(-_SMOOTH, _SMOOTH + 1)
    wide = np.max([np.roll(np.pad(missing, _SMOOTH), k)[_SMOOTH:-_SMOOTH] for k in shifts], axis=0)
    result = roots.copy()
    result[:, 2] += smoothed(wide[:, None])[:, 0]
    return result


def smoothed(values: Array) -> Array:
    """Values (n, k) over time without corners; the ends stay near where they are."""
    kernel = np.exp(-0.5 * (np.arange(-_SMOOTH, _SMOOTH + 1) / (_SMOOTH / 2.2)) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(values, ((_SMOOTH, _SMOOTH), (0, 0)), mode="edge")
    result: Array = np.stack([np.convolve(column, kernel, "valid") for column in padded.T], axis=1)
    return result


def clear(body: Body, height: float, turn: Array, angles: Array, bears: tuple[str, ...]) -> Array:
    """The angles with arms and legs that bear nothing bent out of the floor, the pelvis being so high over it."""
    result = angles
    root = np.array([0.0, 0.0, height])
    for links, hinges in _LIMBS:
        if links & set(bears):
            continue
        for _ in range(_CLEAR_ROUNDS):
            low = _limb_low(body, root, turn, result, links)
            if low > -_CLEAR_M:
                break
            steps = []
            for hinge in hinges:
                moved = result.copy()
                moved[hinge] += _NUDGE
                steps.append((_limb_low(body, root, turn, moved, links) - low) / _NUDGE)
            slope = np.array(steps)
            change = np.clip(-low * slope / max(float(slope @ slope), 1e-3), -0.25, 0.25)
            result = result.copy()
            index = list(hinges)
            result[index] = np.clip(result[index] + change, LOWER[index], UPPER[index])
    return result


def _limb_low(body: Body, root: Array, turn: Array, angles: Array, links: frozenset[str]) -> float:
    points = body.surface(root, turn, angles)
    return float(points[[LINK[name] for name in links], :, 2].min())


def _same_side(turns: Sequence[Array]) -> Array:
    """Quaternions (n, 4), each on the side of the one before it."""
    chosen = [np.asarray(turns[0], dtype=float)]
    for turn in turns[1:]:
        chosen.append(turn if float(turn @ chosen[-1]) >= 0 else -turn)
    return np.stack(chosen)


def stirring(rng: np.random.Generator, grid: Array) -> Array:
    """Small slow movements (n, 26) of trunk, head and arms, none at the beginning; nobody holds quite still."""
    upper = np.array([dof.name.startswith(("spine", "neck", "shoulder", "elbow")) for dof in DOFS])
    total = np.zeros((len(grid), len(DOFS)))
    for period in (3.6, 1.7, 0.8):
        phase, size = rng.uniform(0, 2 * np.pi, len(DOFS)), rng.normal(0, 0.6, len(DOFS)) * math.sqrt(period / 3.6)
        swing = 2 * np.pi / (period * rng.uniform(0.85, 1.15, len(DOFS)))
        total += size * (np.sin(grid[:, None] * swing + phase) - np.sin(phase))
    result: Array = total * upper
    return result


def monotone(times: Array, values: Array, grid: Array) -> Array:
    """Values (n, k) at `times` (n,), interpolated at `grid` (m,): F. N. Fritsch and R. E. Carlson, SIAM J. Numerical
    Analysis 17 (1980), with no speed at both ends, and none where a value turns back."""
    gaps = np.diff(times)[:, None]
    rises = np.diff(values, axis=0) / gaps
    slopes = np.zeros_like(values)
    if len(times) > 2:
        first, second = rises[:-1], rises[1:]
        onward = first * second > 0
        one, two = 2 * gaps[1:] + gaps[:-1], gaps[1:] + 2 * gaps[:-1]
        safe_first, safe_second = np.where(onward, first, 1.0), np.where(onward, second, 1.0)
        slopes[1:-1] = np.where(onward, (one + two) / (one / safe_first + two / safe_second), 0.0)
    i = np.clip(np.searchsorted(times, grid, side="right") - 1, 0, len(times) - 2)
    gap = gaps[i]
    u = ((grid - times[i]) / gap[:, 0])[:, None]
    result: Array = (
        values[i] * (1 + 2 * u) * (1 - u) ** 2
        + slopes[i] * gap * u * (1 - u) ** 2
        + values[i + 1] * u * u * (3 - 2 * u)
        + slopes[i + 1] * gap * u * u * (u - 1)
    )
    return result
