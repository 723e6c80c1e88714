"""Made-up buildings for mapping: walls, furniture and glass as line segments, turned any way, and a round through them.

A flat of rooms along a corridor, an office ring with rooms on both sides (a loop of corridors), and one hall.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from kangban.values import Array, Pose2D

CLEAR_M = 0.42  # furniture stays so far from the robot's way
KINDS = ((2.0, 1.5), (1.9, 0.85), (1.2, 0.55), (1.2, 0.8), (1.0, 0.35), (0.5, 0.5), (0.6, 0.6), (0.45, 0.4))
WALL_M = 0.12


@dataclass(frozen=True)
class World:
    """`segments` (n, 4): x1, y1, x2, y2, m; `glass` (n,) says which are. `way` (k, 2): corners of the robot's round."""

    name: str
    segments: Array
    glass: np.ndarray
    way: Array


class Plan:
    """Collects walls and furniture in the building's own axes; `world` turns them."""

    def __init__(self, name: str, rng: np.random.Generator) -> None:
        self.name, self.rng = name, rng
        self.lines: list[tuple[float, float, float, float]] = []
        self.panes: list[bool] = []

    def line(self, x1: float, y1: float, x2: float, y2: float, glass: bool = False) -> None:
        self.lines.append((x1, y1, x2, y2))
        self.panes.append(glass)

    def box(self, x: float, y: float, along: float, across: float, yaw: float = 0.0) -> None:
        corners = Pose2D(x, y, yaw).transform(
            np.array([[-along, -across], [along, -across], [along, across], [-along, across]]) / 2.0
        )
        for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            self.line(float(a[0]), float(a[1]), float(b[0]), float(b[1]))

    def wall(self, a: tuple[float, float], b: tuple[float, float], doors: list[float] = (), wide: float = 0.9,  # type: ignore[assignment]
             glass: float = 0.0) -> None:  # fmt: skip
        """A wall of two faces along x or y, open at the doors (metres along it); some stretches are glass."""
        along = np.array(b) - np.array(a)
        length = float(np.hypot(*along))
        along /= length
        side = np.array([-along[1], along[0]]) * WALL_M / 2.0
        cuts = [0.0]
        for d in sorted(doors):
            cuts += [d - wide / 2.0, d + wide / 2.0]
        cuts.append(length)
        for start, stop in zip(cuts[::2], cuts[1::2], strict=True):
            pane = bool(self.rng.random() < glass)
            p, q = np.array(a) + along * start, np.array(a) + along * stop
            for u, v in ((p + side, q + side), (p - side, q - side)):
                self.line(float(u[0]), float(u[1]), float(v[0]), float(v[1]), pane)
            for end in (p, q):
                u, v = end + side, end - side
                self.line(float(u[0]), float(u[1]), float(v[0]), float(v[1]))

    def furnish(self, low: tuple[float, float], high: tuple[float, float], way: Array, count: int) -> None:
        for _ in range(count):
            along, across = KINDS[int(self.rng.integers(len(KINDS)))]
            yaw = float(self.rng.choice([0.0, math.pi / 2])) + float(self.rng.normal(0.0, 0.05))
            if self.rng.random() < 0.25:
                yaw = float(self.rng.uniform(-math.pi, math.pi))
            for _ in range(20):
                x, y = (float(self.rng.uniform(low[k] + 0.2, high[k] - 0.2)) for k in (0, 1))
                if from_way(way, np.array([x, y])) > CLEAR_M + math.hypot(along, across) / 2.0:
                    if self.rng.random() < 0.3:  # it stands on legs
                        for dx in (-1, 1):
                            for dy in (-1, 1):
                                leg = Pose2D(x, y, yaw).transform(np.array([dx * along / 2.2, dy * across / 2.2]))
                                self.box(float(leg[0]), float(leg[1]), 0.05, 0.05, yaw)
                    else:
                        self.box(x, y, along, across, yaw)
                    break

    def world(self, way: Array) -> World:
        x, y = (float(v) for v in self.rng.uniform(-5.0, 5.0, 2))
        turned = Pose2D(x, y, float(self.rng.uniform(-math.pi, math.pi)))
        flat = np.array(self.lines)
        segments = np.column_stack([turned.transform(flat[:, :2]), turned.transform(flat[:, 2:])])
        return World(self.name, np.ascontiguousarray(segments), np.array(self.panes), turned.transform(way))


def from_way(way: Array, point: Array) -> float:
    """How far a point is from the polyline, m."""
    a, b = way[:-1], way[1:]
    along = b - a
    t = np.clip(((point - a) * along).sum(1) / np.maximum((along**2).sum(1), 1e-9), 0.0, 1.0)
    return float(np.hypot(*(a + along * t[:, None] - point).T).min())


def flat(seed: int) -> World:
    """Two rows of rooms along a corridor; the round goes into each room and back, and ends where it began."""
    rng = np.random.default_rng((seed, 11))
    plan = Plan("flat", rng)
    length = float(rng.uniform(8.0, 13.0))
    south, corridor, north = (float(rng.uniform(*s)) for s in ((2.8, 4.5), (1.2, 1.8), (2.8, 4.5)))
    mid = south + corridor / 2.0
    way: list[tuple[float, float]] = [(0.7, mid)]
    rooms, doors = [], {0: [], 1: []}  # type: ignore[var-annotated]
    cuts = {}
    for row in (0, 1):
        cut = np.linspace(0.0, length, int(rng.integers(3, 5)))
        cut[1:-1] += rng.uniform(-0.5, 0.5, len(cut) - 2)
        cuts[row] = cut
        for a, b in itertools.pairwise(cut):
            at = float(rng.uniform(a + 0.8, b - 0.8))
            doors[row].append(at)
            rooms.append((row, float(a), float(b), at))
    for row, a, b, at in sorted(rooms, key=lambda r: r[3]) + sorted(rooms, key=lambda r: -r[3])[:3]:
        inner = south - 0.75 if row == 0 else south + corridor + 0.75
        deep = south * 0.4 if row == 0 else south + corridor + north * 0.6
        left, right = a + (b - a) * 0.28, b - (b - a) * 0.28
        way += [
            (at, mid),
            (at, inner),
            (left, inner),
            (left, deep),
            (right, deep),
            (right, inner),
            (at, inner),
            (at, mid),
        ]
    way.append((0.7, mid))
    round_ = np.array(way)
    for y, row in ((south, 0), (south + corridor, 1)):
        plan.wall((0.0, y), (length, y), doors[row])
    for y in (0.0, south + corridor + north):
        plan.wall((0.0, y), (length, y), glass=0.15)
    for x in (0.0, length):
        plan.wall((x, 0.0), (x, south + corridor + north))
    for row, (low, high) in enumerate(((0.0, south), (south + corridor, south + corridor + north))):
        for x in cuts[row][1:-1]:
            plan.wall((float(x), low), (float(x), high))
        for a, b in zip(cuts[row][:-1], cuts[row][1:], strict=True):
            plan.furnish((float(a), low), (float(b), high), round_, int(rng.integers(3, 7)))
    return plan.world(round_)


def office(seed: int) -> World:
    """Corridors around a block of rooms, rooms outside too; the round goes about one and a half times."""
    rng = np.random.default_rng((seed, 12))
    plan = Plan("office", rng)
    wide, high = float(rng.uniform(20.0, 30.0)), float(rng.uniform(12.0, 18.0))
    corridor, deep = float(rng.uniform(1.6, 2.2)), float(rng.uniform(3.0, 4.5))
    low_x, low_y, top_x, top_y = deep, deep, deep + wide, deep + high
    c = corridor
    inner = (low_x + c, low_y + c, top_x - c, top_y - c)
    h = c / 2.0
    ring = [(low_x + h, low_y + h), (top_x - h, low_y + h), (top_x - h, top_y - h), (low_x + h, top_y - h)]
    sides = [((low_x, low_y), (top_x, low_y)), ((top_x, low_y), (top_x, top_y)),
             ((top_x, top_y), (low_x, top_y)), ((low_x, top_y), (low_x, low_y))]  # fmt: skip
    way: list[tuple[float, float]] = [ring[0]]
    rooms = []
    for k, (a, b) in enumerate(sides):
        a_, b_ = np.array(a), np.array(b)
        length = float(np.hypot(*(b_ - a_)))
        along = (b_ - a_) / length
        out = np.array([along[1], -along[0]])
        count = int(length // float(rng.uniform(3.5, 5.0)))
        cut = np.linspace(0.0, length, count + 1)
        doors = [float(rng.uniform(u + 0.9, v - 0.9)) for u, v in itertools.pairwise(cut)]
        plan.wall(tuple(a_), tuple(b_), doors)
        plan.wall(tuple(a_ + out * deep), tuple(b_ + out * deep), glass=0.1)
        for u in cut:
            plan.wall(tuple(a_ + along * u), tuple(a_ + along * u + out * deep))
        for n, (u, v) in enumerate(itertools.pairwise(cut)):
            rooms.append((a_ + along * u, along, out, v - u))
            if rng.random() < 0.35 and n != 0:
                at = a_ + along * doors[n]
                inside = at + out * 0.9
                left = a_ + along * (u + (v - u) * 0.3) + out * deep * 0.55
                right = a_ + along * (u + (v - u) * 0.7) + out * deep * 0.55
                way += [tuple(p) for p in (at - out * h, inside, left, right, inside, at - out * h)]
        way.append(ring[(k + 1) % 4])
    way += [ring[1], ring[2], ring[1]]
    round_ = np.array(way)
    for a, b in zip(np.array([[inner[0], inner[1]], [inner[2], inner[1]], [inner[2], inner[3]], [inner[0], inner[3]]]),
                    np.array([[inner[2], inner[1]], [inner[2], inner[3]], [inner[0], inner[3]], [inner[0], inner[1]]]),
                    strict=True):  # fmt: skip
        plan.wall(tuple(a), tuple(b), glass=0.2)
    for at, along, out, size in rooms:
        corners = np.array([at, at + along * size + out * deep])
        low, high_ = corners.min(0), corners.max(0)
        plan.furnish(tuple(low), tuple(high_), round_, int(rng.integers(1, 5)))
    for _ in range(int(rng.integers(4, 9))):  # things that stand about in the corridors, at the walls
        k = int(rng.integers(4))
        a_, b_ = np.array(sides[k][0]), np.array(sides[k][1])
        at = a_ + (b_ - a_) * float(rng.uniform(0.1, 0.9))
        along = (b_ - a_) / np.hypot(*(b_ - a_))
        into = at + np.array([-along[1], along[0]]) * 0.25
        if from_way(round_, into) > 0.5:
            plan.box(float(into[0]), float(into[1]), 0.4, 0.3, math.atan2(along[1], along[0]))
    return plan.world(round_)


def hall(seed: int) -> World:
    """One wide room with pillars and stands; the lidar does not reach from wall to wall."""
    rng = np.random.default_rng((seed, 13))
    plan = Plan("hall", rng)
    wide, high = float(rng.uniform(16.0, 24.0)), float(rng.uniform(12.0, 18.0))
    xs, ys = (1.5, wide / 2, wide - 1.5), (1.5, high / 2, high - 1.5)
    way = np.array([(xs[0], ys[0]), (xs[2], ys[0]), (xs[2], ys[2]), (xs[0], ys[2]), (xs[0], ys[1]), (xs[1], ys[1]),
                    (xs[1], ys[0]), (xs[0], ys[0]), (xs[0], ys[2]), (xs[1], ys[2]), (xs[1], ys[1])])  # fmt: skip
    for a, b in (((0, 0), (wide, 0)), ((wide, 0), (wide, high)), ((wide, high), (0, high)), ((0, high), (0, 0))):
        plan.wall(a, b, glass=0.3)
    for x in np.arange(4.0, wide - 2.0, 5.0):
        for y in np.arange(4.0, high - 2.0, 5.0):
            if from_way(way, np.array([x, y])) > 0.8:
                plan.box(float(x), float(y), 0.5, 0.5)
    plan.furnish((0.0, 0.0), (wide, high), way, int(rng.integers(12, 22)))
    return plan.world(way)


WORLDS = {"flat": flat, "office": office, "hall": hall}
