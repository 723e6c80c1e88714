"""A drive through a made-up building: the truth, wheels that slip, and a lidar with noise, glass and people walking."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba as nb
import numpy as np

from bench.worlds.mapworld import World
from kangban.values import Array, Pose2D

SPEED, TURN = 0.45, 0.8  # m/s, rad/s
DT = 0.02
SLIP, VEER, NOISE = 0.05, 0.01, 0.02  # share of way and turn, rad/m, share at random
LEG_M, STRIDE_M = 0.07, 0.11
PASSES = 0.7  # of the beams that meet glass other than straight on
STRAIGHT = math.cos(0.25)  # nearer to straight on than this, glass is seen


@dataclass(frozen=True)
class Lidar:
    beams: int
    fov: float
    reach: float
    noise: float
    rate: float


HOME = Lidar(360, math.tau, 10.0, 0.015, 10.0)
SICK = Lidar(180, math.pi, 30.0, 0.015, 5.0)


@dataclass(frozen=True)
class Drive:
    """`truth` and `odometry` (n, 3): x, y, yaw of the robot at `stamps` (n,); `ranges` (n, beams), inf: nothing."""

    lidar: Lidar
    angles: Array
    stamps: Array
    truth: Array
    odometry: Array
    ranges: Array


@nb.njit(cache=True)
def cast(segments, glass, x, y, angles, reach, discs, luck):  # type: ignore[no-untyped-def]
    """Ranges (n,) to the nearest segment or disc, inf beyond `reach`; glass lets most beams through."""
    out = np.empty(len(angles))
    for i in range(len(angles)):
        c, s = math.cos(angles[i]), math.sin(angles[i])
        r = reach
        for k in range(len(segments)):
            ex, ey = segments[k, 2] - segments[k, 0], segments[k, 3] - segments[k, 1]
            wx, wy = segments[k, 0] - x, segments[k, 1] - y
            cross = c * ey - s * ex
            if abs(cross) < 1e-12:
                continue
            t = (wx * ey - wy * ex) / cross
            if t <= 0.0 or t >= r:
                continue
            u = (wx * s - wy * c) / cross
            if u < 0.0 or u > 1.0:
                continue
            if glass[k] and abs(cross) / math.sqrt(ex * ex + ey * ey) < STRAIGHT and luck[i] < PASSES:
                continue
            r = t
        for k in range(len(discs)):
            dx, dy = discs[k, 0] - x, discs[k, 1] - y
            along = dx * c + dy * s
            beside = dx * dx + dy * dy - along * along
            if along > 0.0 and beside < discs[k, 2] ** 2:
                r = min(r, along - math.sqrt(discs[k, 2] ** 2 - beside))
        out[i] = r if r < reach else np.inf
    return out


def drive(world: World, lidar: Lidar, seed: int, people: int = 3, sparse: int = 1) -> Drive:
    """The round of a world. `sparse`: only each so many-th scan is kept."""
    rng = np.random.default_rng((seed, 21))
    angles = -lidar.fov / 2.0 + (np.arange(lidar.beams) + 0.5) * lidar.fov / lidar.beams
    path = _path(world.way)
    slip, turned, veer = (
        1.0 + SLIP * rng.choice([-1.0, 1.0]),
        1.0 + SLIP * rng.choice([-1.0, 1.0]),
        VEER * rng.choice([-1.0, 1.0]),
    )
    walkers = [_Walker(path, float(rng.uniform(0.0, len(path))), rng) for _ in range(people)]
    odometry = Pose2D(*(float(v) for v in rng.uniform(-1.0, 1.0, 3)))
    every = round(1.0 / (lidar.rate * DT))
    stamps, truths, told, seen = [], [], [], []
    before = Pose2D(*path[0])
    for n, row in enumerate(path):
        here = Pose2D(*row)
        step = before.inverse() @ here
        way = math.hypot(step.x, step.y)
        a, b = 1.0 + rng.normal(0.0, NOISE, 2)
        odometry = odometry @ Pose2D(step.x * slip * a, step.y * slip * a, step.yaw * turned * b + veer * way)
        before = here
        for walker in walkers:
            walker.step(DT)
        if n % every == 0 and (n // every) % sparse == 0:
            discs = np.array([leg for w in walkers for leg in w.legs()]).reshape(-1, 3)
            ranges = cast(
                world.segments,
                world.glass,
                here.x,
                here.y,
                angles + here.yaw,
                lidar.reach,
                discs,
                rng.random(lidar.beams),
            )
            ranges += rng.normal(0.0, lidar.noise, lidar.beams)
            ranges[rng.random(lidar.beams) < 0.01] = np.inf
            stamps.append(1000.0 + n * DT)
            truths.append(row)
            told.append([odometry.x, odometry.y, odometry.yaw])
            seen.append(ranges)
    return Drive(lidar, angles, np.array(stamps), np.array(truths), np.array(told), np.array(seen))


def _path(way: Array) -> Array:
    """Poses (n, 3) each DT: along the corners by a point that is followed, so that it turns as wheels turn."""
    legs = np.diff(way, axis=0)
    fine = np.concatenate(
        [
            a + legs[k] * np.linspace(0, 1, max(2, int(np.hypot(*legs[k]) / 0.02)))[:, None]
            for k, a in enumerate(way[:-1])
        ]
    )
    x, y = map(float, fine[0])
    yaw = math.atan2(fine[5, 1] - y, fine[5, 0] - x)
    at = 0
    out: list[tuple[float, float, float]] = []
    vx = wz = 0.0
    while at < len(fine) - 10 and len(out) < 200_000:
        while at < len(fine) - 1 and math.hypot(fine[at, 0] - x, fine[at, 1] - y) < 0.25:
            at += 1
        off = math.remainder(math.atan2(fine[at, 1] - y, fine[at, 0] - x) - yaw, math.tau)
        want_w = max(-TURN, min(TURN, 2.5 * off))
        want_v = SPEED * max(0.0, 1.0 - abs(off) / 0.6)
        vx += max(-0.5 * DT, min(0.5 * DT, want_v - vx))
        wz += max(-2.0 * DT, min(2.0 * DT, want_w - wz))
        yaw = math.remainder(yaw + wz * DT, math.tau)
        x, y = x + vx * DT * math.cos(yaw), y + vx * DT * math.sin(yaw)
        out.append((x, y, yaw))
    return np.array(out)


class _Walker:
    """Walks on the robot's round, to and fro, beside its middle."""

    def __init__(self, path: Array, at: float, rng: np.random.Generator) -> None:
        self.path, self.at, self.rng = path, at, rng
        self.pace = float(rng.choice([-1.0, 1.0]) * rng.uniform(0.5, 1.2))
        self.beside = float(rng.uniform(0.25, 0.45) * rng.choice([-1.0, 1.0]))
        self.phase, self.rest = 0.0, 0.0

    def step(self, dt: float) -> None:
        if self.rest > 0.0:
            self.rest -= dt
            return
        if self.rng.random() < 0.1 * dt:
            self.rest = float(self.rng.uniform(1.0, 8.0))
        if self.rng.random() < 0.05 * dt:
            self.pace = -self.pace
        self.at = (self.at + self.pace * dt / (0.35 * DT)) % len(self.path)
        self.phase += 5.0 * dt

    def legs(self) -> list[tuple[float, float, float]]:
        x, y, yaw = self.path[int(self.at)]
        swing = 0.18 * math.sin(self.phase)
        middle = Pose2D(x, y, yaw)
        found = []
        for sign in (-1.0, 1.0):
            leg = middle.transform(np.array([sign * swing, self.beside + sign * STRIDE_M]))
            found.append((float(leg[0]), float(leg[1]), LEG_M))
        return found
