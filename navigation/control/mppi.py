"""Model predictive path integral control (Williams et al. 2017): many guesses, each judged some seconds ahead, and
their mean weighted by what they cost. Pure and repeatable: the noise is drawn once, from one seed, and used in turn.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kangban.values import Array, Pose2D, Twist2D
from navigation.control.limits import ControlLimits
from navigation.control.local import Near
from navigation.control.path import length_of, points_at
from navigation.control.rollouts import judge, pursue
from navigation.costs import Costs
from navigation.zones import distance_to_keep_out

STEP_S = 0.1  # of the horizon
SPACING_M = 0.05  # of the points of the path that is followed
DELAY_S = 0.1  # until a wish moves the wheels: the guesses begin where the robot will be by then
KNOTS = 6  # the noise of a guess bends so often over the horizon: a smooth drive, and few numbers to search
BANKS = 8  # drawings of the noise, used in turn
SEED = 20
PACES = (1.0, 0.6, 0.3)  # of the plain guesses after the path
ABOUT_PLAIN = 0.25  # of all guesses vary the best plain one, the others the last answer
SHARPNESS = 0.04  # of the spread between the best guess and the middle one: how much worse may count
SOFTEST = 0.01


@dataclass(frozen=True, slots=True)
class Plight:
    """What one step looks at. `path_in_map` (n, 2), m, from beside the robot to the goal; `bodies` (k, 6) as of
    `people.bodies`; `speed_limits`: of points (n, 2), m/s. `velocity_in_base` is measured, `goes` was wished last: what
    the wheels will do when this wish reaches them."""

    pose_in_map: Pose2D
    velocity_in_base: Twist2D
    goes: Twist2D
    path_in_map: Array
    goal_in_map: Pose2D
    near: Near
    known: Costs
    bodies: Array
    speed_limits: Callable[[Array], Array] | None = None


@dataclass(frozen=True, slots=True)
class Mind:
    """The last answer (steps, 3), shifted on by each step; `count` picks the noise."""

    answer: Array | None = None
    count: int = 0
    cost: float = math.nan


FRESH = Mind()


@functools.lru_cache(maxsize=4)
def noise(count: int, steps: int, sideways: bool) -> Array:
    """Deviations (BANKS, count, steps, 3) of guesses, in m/s and rad/s for a spread of one: always the same numbers."""
    rng = np.random.default_rng(SEED)
    knots = rng.standard_normal((BANKS, count, KNOTS, 3))
    # Half of them search wide, half refine what is known.
    knots *= np.where(np.arange(count) % 2 == 0, 1.0, 0.35)[:, None, None]
    if not sideways:
        knots[..., 1] = 0.0
    where = np.linspace(0.0, KNOTS - 1.0, steps)
    low = np.minimum(where.astype(int), KNOTS - 2)
    share = (where - low)[:, None]
    drawn: Array = knots[:, :, low] * (1.0 - share) + knots[:, :, low + 1] * share
    drawn.setflags(write=False)
    return drawn


def step(mind: Mind, plight: Plight, limits: ControlLimits, dt: float) -> tuple[Mind, Twist2D]:
    """The next wished velocity in the base frame; `dt`, s, since the last step."""
    steps = round(limits.horizon / STEP_S)
    start, base, rules = _start(plight), _base(limits), _rules(limits)
    path = sampled(plight.path_in_map, plight.speed_limits, limits)
    plain = np.zeros((len(PACES) + 4, steps, 3))
    for k, pace in enumerate(PACES):
        pursue(start, base, path, limits.sideways, pace, STEP_S, plain[k])
    plain[-1, :, 2], plain[-2, :, 2], plain[-3, :, 0] = 0.7 * limits.turn_rate, -0.7 * limits.turn_rate, -limits.back
    # plain[-4] stands still
    known = plain[0] if mind.answer is None else _shifted(mind.answer, dt / STEP_S)
    first = _judged(plain, start, base, path, rules, plight)
    guesses = _guesses(mind, known, plain[int(first.argmin())], limits)
    guesses[: len(plain)] = plain
    guesses[len(plain)] = known
    costs = _judged(guesses, start, base, path, rules, plight)
    answer = _mean(guesses, costs)
    final = _judged(answer[None], start, base, path, rules, plight)
    best = int(costs.argmin())
    if final[0] > costs[best] + 0.25 * abs(costs[best]):  # between two good ways lies a bad one
        answer, final = guesses[best], costs[best : best + 1]
    wish = Twist2D(*(float(v) for v in answer[0]))
    return Mind(answer, mind.count + 1, float(final[0])), wish


def sampled(path: Array, speed_limits: Callable[[Array], Array] | None, limits: ControlLimits) -> Array:
    """The next part of a path as (n, 4): x, y, heading, highest speed; as far as it can be driven, and a little."""
    far = min(length_of(path), limits.cruise * limits.horizon + 1.0)
    lengths = np.linspace(0.0, far, max(2, math.ceil(far / SPACING_M) + 1))
    points = points_at(path, lengths)
    ahead = np.diff(points, axis=0)
    heading = np.arctan2(ahead[:, 1], ahead[:, 0])
    speed = np.full(len(points), limits.cruise)
    if speed_limits is not None:
        speed = np.minimum(speed, speed_limits(points))
    return np.ascontiguousarray(np.column_stack([points, np.append(heading, heading[-1]), speed]))


def _judged(guesses: Array, start: Array, base: Array, path: Array, rules: Array, plight: Plight) -> Array:
    goal, costs = plight.goal_in_map, np.empty(len(guesses))
    known = plight.known
    frame = np.array([known.grid.x, known.grid.y, known.grid.resolution])
    keep_out = distance_to_keep_out(known.zones, known.grid) if known.zones else None
    walls = known.distance if keep_out is None else np.minimum(known.distance, keep_out)
    judge(
        np.ascontiguousarray(guesses), start, base, path, np.array([goal.x, goal.y, goal.yaw]), rules,
        np.ascontiguousarray(plight.bodies), plight.near.distance, plight.near.frame,
        walls, frame, STEP_S, costs,
    )  # fmt: skip
    return costs


def _guesses(mind: Mind, known: Array, plain: Array, limits: ControlLimits) -> Array:
    drawn = noise(limits.rollouts, len(known), limits.sideways)[mind.count % BANKS]
    spread = np.array([0.35 * limits.cruise, 0.5 * limits.back, 0.45 * limits.turn_rate])
    about = np.empty_like(drawn)
    split = round(len(drawn) * (1.0 - ABOUT_PLAIN))
    about[:split], about[split:] = known, plain
    guesses: Array = about + drawn * spread
    side = limits.back if limits.sideways else 0.0
    low = np.array([-limits.back, -side, -limits.turn_rate])
    high = np.array([limits.cruise, side, limits.turn_rate])
    np.clip(guesses, low, high, out=guesses)
    if limits.sideways:
        speed = np.hypot(guesses[..., 0], guesses[..., 1])
        guesses[..., :2] *= np.minimum(1.0, limits.cruise / np.maximum(speed, limits.cruise))[..., None]
    return guesses


def _mean(guesses: Array, costs: Array) -> Array:
    over = costs - costs.min()
    soft = max(SOFTEST, SHARPNESS * float(np.median(over)))
    weights = np.exp(-over / soft)
    weights /= weights.sum()
    return np.asarray(np.einsum("n,nki->ki", weights, guesses))


def _shifted(answer: Array, share: float) -> Array:
    """The answer a part of a step later; the last wish stays."""
    share = min(max(share, 0.0), 1.0)
    later = np.concatenate([answer[1:], answer[-1:]])
    return np.asarray(answer * (1.0 - share) + later * share)


def _start(plight: Plight) -> Array:
    v, goes, pose = plight.velocity_in_base, plight.goes, plight.pose_in_map
    turned = 0.5 * v.wz * DELAY_S
    ahead = pose @ Pose2D(0.0, 0.0, turned) @ Pose2D(v.vx * DELAY_S, v.vy * DELAY_S, turned)
    return np.array([ahead.x, ahead.y, ahead.yaw, goes.vx, goes.vy, goes.wz])


def _base(limits: ControlLimits) -> Array:
    ramp, side = limits.ramp, limits.back if limits.sideways else 0.0
    return np.array(
        [ramp.acceleration, ramp.deceleration, ramp.turn_acceleration, limits.cruise, limits.back, side,
         limits.turn_rate]
    )  # fmt: skip


def _rules(limits: ControlLimits) -> Array:
    return np.array(
        [limits.footprint, limits.touching, limits.clearance, limits.person_stop, limits.person_near,
         limits.near_speed, float(limits.sideways)]
    )  # fmt: skip
