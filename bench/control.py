"""The local control: milliseconds a step beside a plain numpy MPPI on the same plights, how quickly the guard stops,
the processor time of the parts of a drive, and that of each process when the whole stack plays one.

The plain reference samples as many guesses over the same horizon with as many people, written in numpy without a
dynamic model; it is here to compare with, and drives nothing.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from bench import stack
from bench.encounters import STORIES, configuration
from bench.worlds.flathome import DT, Figure
from bench.worlds.flatland import Flatland
from kangban.values import Array, Pose2D, Twist2D
from navigation import drive as drives
from navigation.control import mppi
from navigation.control.limits import ControlLimits
from navigation.control.mppi import Mind, Plight
from navigation.control.rollouts import judge
from safety import chain as chains
from sim.person.way import along

STORY, SEED = "crossing", 1
ROUNDS = 3
PERSON_M, THING_M = 0.40, 0.03  # from the robot's edge: nearer than the guard lets it come
REPEATS = 12  # of the sudden person, at other moments of the scan's and the chain's periods


def run() -> dict[str, object]:
    warm()
    plights, share = record()
    limits = ControlLimits.of(configuration("demo_flat", "companion").profile)
    ours = [t for _ in range(ROUNDS) for t in timed(plights, limits)]
    plain = [t for _ in range(ROUNDS) for t in timed_plain(plights, limits)]
    played = stack.run(STORY, SEED)
    return {
        "rollouts": limits.rollouts,
        "horizon_s": limits.horizon,
        "steps": len(ours),
        "mppi_ms": spread([wall for wall, _ in ours]),
        "mppi_cpu_ms": spread([cpu for _, cpu in ours]),
        "plain_numpy_mppi_ms": spread([wall for wall, _ in plain]),
        "plain_numpy_mppi_cpu_ms": spread([cpu for _, cpu in plain]),
        "ratio_of_medians": round(statistics.median(w for w, _ in ours) / statistics.median(w for w, _ in plain), 3),
        "p99_allowed_ms": 60.0,
        "cpu_share_of_one_core": share,
        "guard_reaction_s": reactions(),
        "guard_reaction_allowed_s": 0.3,
        "processes": {key: played[key] for key in ("scenario", "outcome", "cpu_s_by_process", "cpu_s_per_simulated_s")},
    }


def spread(milliseconds: list[float]) -> dict[str, float]:
    p50, p95, p99 = np.percentile(milliseconds, [50, 95, 99])
    return {"p50": round(float(p50), 2), "p95": round(float(p95), 2), "p99": round(float(p99), 2)}


def warm() -> None:
    """Compile, or read what was compiled, before anything is timed."""
    assert judge.signatures


def record() -> tuple[list[Plight], dict[str, float]]:
    """Every plight of one drive among people, and the processor time of its parts as a share of the time driven."""
    plights: list[Plight] = []
    spent: dict[str, float] = defaultdict(float)
    with watched(mppi, "step", plights, spent), counted(drives, "plan", "planning", spent), counted(
        chains, "judge", "collision guard", spent
    ):  # fmt: skip
        site, robot, start, goal, cast, _ = STORIES[STORY]
        world = Flatland(configuration(site, robot), goal, cast(np.random.default_rng(SEED)), SEED, start)
        trip = world.run()
    return plights, {name: round(seconds / trip.seconds, 4) for name, seconds in spent.items()}


@contextmanager
def watched(module: Any, name: str, plights: list[Plight], spent: dict[str, float]) -> Iterator[None]:
    original = getattr(module, name)

    def step(mind: Mind, plight: Plight, limits: ControlLimits, dt: float) -> tuple[Mind, Twist2D]:
        plights.append(plight)
        begun = time.process_time()
        answer: tuple[Mind, Twist2D] = original(mind, plight, limits, dt)
        spent["local control"] += time.process_time() - begun
        return answer

    setattr(module, name, step)
    try:
        yield
    finally:
        setattr(module, name, original)


@contextmanager
def counted(module: Any, name: str, label: str, spent: dict[str, float]) -> Iterator[None]:
    original: Callable[..., Any] = getattr(module, name)

    def call(*args: Any, **keys: Any) -> Any:
        begun = time.process_time()
        answer = original(*args, **keys)
        spent[label] += time.process_time() - begun
        return answer

    setattr(module, name, call)
    try:
        yield
    finally:
        setattr(module, name, original)


def timed(plights: list[Plight], limits: ControlLimits) -> list[tuple[float, float]]:
    """Wall and processor milliseconds of each step."""
    mind, found = Mind(), []
    for plight in plights:
        begun, used = time.perf_counter(), time.thread_time()
        mind, _ = mppi.step(mind, plight, limits, DT)
        found.append((1e3 * (time.perf_counter() - begun), 1e3 * (time.thread_time() - used)))
    return found


def timed_plain(plights: list[Plight], limits: ControlLimits) -> list[tuple[float, float]]:
    rng, steps = np.random.default_rng(1), round(limits.horizon / mppi.STEP_S)
    answer, found = np.zeros((steps, 2)), []
    for plight in plights:
        begun, used = time.perf_counter(), time.thread_time()
        answer = plain(answer, plight, limits, rng)
        found.append((1e3 * (time.perf_counter() - begun), 1e3 * (time.thread_time() - used)))
    return found


def plain(answer: Array, plight: Plight, limits: ControlLimits, rng: np.random.Generator) -> Array:
    """One step of MPPI as it is usually written in numpy: every quantity an array over guesses and steps."""
    count, steps, dt = limits.rollouts, len(answer), mppi.STEP_S
    guesses = answer + rng.standard_normal((count, steps, 2)) * [0.15, 0.4]
    guesses = np.clip(guesses, [0.0, -limits.turn_rate], [limits.cruise, limits.turn_rate])
    pose, field = plight.pose_in_map, plight.near
    yaw = pose.yaw + np.cumsum(guesses[..., 1] * dt, axis=1)
    x = pose.x + np.cumsum(guesses[..., 0] * np.cos(yaw) * dt, axis=1)
    y = pose.y + np.cumsum(guesses[..., 0] * np.sin(yaw) * dt, axis=1)
    top = field.distance.shape[0] - 1
    column = np.clip(((x - field.x) / field.resolution).astype(np.int64), 0, top)
    row = np.clip(((y - field.y) / field.resolution).astype(np.int64), 0, top)
    room = field.distance[row, column] - limits.touching
    costs = np.where(room < 0.0, 50.0, np.exp(-room / 0.2)).sum(axis=1)
    path = mppi.sampled(plight.path_in_map, None, limits)
    apart = (x[:, 3::4, None] - path[:, 0]) ** 2 + (y[:, 3::4, None] - path[:, 1]) ** 2
    costs += 4.0 * apart.min(axis=2).sum(axis=1) - 0.3 * apart[:, -1].argmin(axis=1)
    ahead = (np.arange(steps) + 1.0) * dt
    for body in plight.bodies:
        gap = np.hypot(x - body[0] - body[2] * ahead, y - body[1] - body[3] * ahead) - body[5]
        costs += (np.where(gap < limits.person_stop, 30.0, 0.0) + 3.0 * np.clip(1.2 - gap, 0.0, None)).sum(axis=1)
    weights = np.exp(-(costs - costs.min()) / 0.3)
    return np.asarray(np.einsum("n,nki->ki", weights / weights.sum(), guesses))


def reactions() -> dict[str, float]:
    """Simulated seconds from something appearing right before the robot to the chain sending zero."""
    return {"thing": sudden(person=False), "person": sudden(person=True)}


def sudden(person: bool) -> float:
    """The longest of several: somebody is suddenly there, seen by the lidar alone, or by the camera as well."""
    worst = 0.0
    for shift in range(REPEATS):
        start = Pose2D(1.0, 3.5, 0.0)
        world = Flatland(configuration("demo_flat", "companion"), Pose2D(4.9, 3.5, 0.0), [], shift, start)
        while world.velocity.vx < 0.44 or world.ticks % REPEATS != shift:
            world.tick()
        far = world.pose.x + world.config.profile.base.footprint_radius_m + (PERSON_M if person else THING_M)
        place = (far, world.pose.y, 3.14)
        world.figures.append(Figure(along(place, np.array([place[:2]]), 0.5)))
        world.blind = not person
        appeared = world.now
        while world.chain.sent.speed > 1e-6 and world.now < appeared + 2.0:
            world.tick()
        worst = max(worst, world.now - appeared)
    return round(worst, 3)
