"""Going with somebody in the flat world: the real machine that follows, the real drive, guard and gate; she walks.

She is lost as the scenarios judge it: so long since a picture in which she is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from behaviors.approach.grid import Ground
from behaviors.follow import machine
from behaviors.follow.values import Inputs, Limits, Phase, Sighting
from behaviors.tree.follow import BESIDE_M, LOOK_RADPS, MARGIN_M, TURN_RADPS
from behaviors.turn import turn_rate
from bench.worlds.flathome import DT, Figure
from bench.worlds.flatland import Flatland
from bench.worlds.strolls import Strolls
from firmware_bridge import gate
from kangban.config import Config
from kangban.values import (
    STILL,
    ControllerState,
    Odometry,
    Pose2D,
    Twist2D,
    VelocityCommand,
)
from navigation import drive
from navigation.control.arrive import Goal
from navigation.drive import Maps, Situation
from safety import chain as chains
from safety.arbiter import accept
from safety.guard import Readings
from safety.latch import Latch

TICKS = 2  # of the world for one of the tree
MOVING_MPS = 0.1
HERS_M = 0.8  # whom perception places so near to where she is, is her


@dataclass
class Followed:
    """How well it kept with her; distances from middle to middle, m.

    `trace`: time, her, robot, phase, lost, new goal.
    """

    lost_s: float = 0.0
    distances_m: list[float] = field(default_factory=list)
    over: str | None = None
    trace: list[tuple[float, Pose2D, Pose2D, str, float, Pose2D | None]] = field(default_factory=list)

    @property
    def p90_m(self) -> float:
        return float(np.quantile(self.distances_m, 0.9))


class Followland(Flatland):
    """She walks, the robot follows; `run` until she has stood at the end for a while."""

    def __init__(self, config: Config, figures: list[Figure], seed: int, start: Pose2D) -> None:
        super().__init__(config, start, figures, seed, start)
        profile, company = config.profile, config.profile.company
        self.going: drive.Drive | None = None
        self.turning: float | None = None
        self.follow_limits = Limits(
            company.behind_m, company.lost_after_s, company.give_up_after_s, company.wait_for_me_m, company.outside_s
        )
        self.ground = Ground(self.map, profile.base.footprint_radius_m + MARGIN_M)
        self.state = machine.start(0, self.now)
        self.followed, self.seen_at = Followed(), self.now
        self.failed = False

    def follow(self, limit_s: float, stays_s: float = 4.0) -> Followed:
        end, left = self.now + limit_s, stays_s
        while self.now < end and left > 0.0 and self.followed.over is None:
            self.tick()
            her = self.figures[0]
            left -= DT if isinstance(her, Strolls) and her.done else 0.0
        return self.followed

    def tick(self) -> None:
        self.ticks += 1
        self.now += DT
        for figure in self.figures:
            figure.step(self.pose)
        self._sense()
        if self.ticks % TICKS == 0:
            self._think()
        odometry, wish = Odometry(self.now, self.pose, self.velocity), STILL
        self.failed = False
        if self.going is not None:
            situation = Situation(self.told(), None, self.velocity, self.chain)
            maps = Maps(self._around, lambda: self._around(False), self.bare, self._surroundings)
            self.going, wish, outcome = drive.step(self.going, situation, maps, self.limits, self.now)
            if self.going.asks is not None:
                self._ask(self.going.asks)
            if outcome is not None:
                self.going, self.failed = None, not outcome.reached
            self.arbiter, _ = accept(self.arbiter, "nav", VelocityCommand(self.now, wish), self.now)
        elif self.turning is not None:
            wish = Twist2D(0.0, 0.0, self.turning)
            self.arbiter, _ = accept(self.arbiter, "behavior", VelocityCommand(self.now, wish), self.now)
        else:
            self.arbiter, _ = accept(self.arbiter, "nav", VelocityCommand(self.now, wish), self.now)
        self._obey(odometry, wish)

    def _obey(self, odometry: Odometry, wish: Twist2D) -> None:
        calm = ControllerState(self.now, True, True, False, False, (), (), STILL, None, 0, 0, 0, None)
        readings = Readings(self.scan, self.persons, odometry, calm, self.watch.frozen)
        self.chain = chains.step(self.arbiter, readings, Latch(), self.chain_limits, self.now)
        self.late.append(self.chain.sent)
        command = VelocityCommand(self.now, self.late.popleft())
        self.gate, passed = gate.step(self.gate, command, self.now, self.gate_limits)
        self.velocity = passed.velocity_in_base
        v, turn = self.velocity, self.velocity.wz * DT
        before = self.pose
        self.pose = self.pose @ Pose2D(0, 0, turn / 2) @ Pose2D(v.vx * DT, v.vy * DT, turn / 2)
        self._measure(before, wish)

    def _think(self) -> None:
        """One tick of the leaf, without the tree."""
        pose = self.told()
        seen = tuple(
            Sighting(person.id, _on_map(pose, person.position_in_base))
            for person in self.persons.people
            if person.seen and person.position_in_base is not None
        )
        her = self.figures[0].pose
        if any(math.dist(each.place, (her.x, her.y)) <= HERS_M for each in seen):
            self.seen_at = self.persons.stamp
        inputs = Inputs(pose, seen, self._free, self._private, self.failed, self._sees)
        self.state, orders = machine.step(self.state, inputs, self.follow_limits, self.now)
        self.followed.over = self.followed.over or orders.over
        if orders.stand:
            self.going = None
            ends = math.copysign(LOOK_RADPS, orders.face or 0.0) if orders.look_around else None
            self.turning = ends or turn_rate(self.turning is not None, orders.face, TURN_RADPS)
        else:
            self.turning = None
            if orders.goal is not None:
                self._lead(orders.goal)
        if self.state.phase is Phase.FIND:
            self.seen_at = self.now
            return
        if self.state.phase is Phase.OUTSIDE:
            self.seen_at = self.now
        lost = self.now - self.seen_at
        self.followed.lost_s = max(self.followed.lost_s, lost)
        self.followed.distances_m.append(self.pose.distance_to(her.x, her.y))
        self.followed.trace.append((self.now, her, self.pose, self.state.phase.value, lost, orders.goal))

    def _lead(self, goal: Pose2D) -> None:
        navigation = self.config.profile.navigation
        to = Goal(goal, navigation.position_tolerance_m, navigation.heading_tolerance_rad)
        if self.going is None:
            self.going = drive.begin(to, self.now)
        else:
            self.going = drive.moved_on(self.going, to, self.velocity.speed > MOVING_MPS, self.now)

    def _free(self, place: tuple[float, float]) -> bool:
        cells, inside = self.ground.cells(np.array([place]))
        fits = bool(inside[0]) and bool(self.ground.drivable[cells[0, 0], cells[0, 1]])
        return fits and not self._private(place)

    def _sees(self, eye: tuple[float, float], place: tuple[float, float]) -> bool:
        return self.ground.sees(np.array(eye), np.array(place), BESIDE_M)

    def _private(self, place: tuple[float, float]) -> bool:
        return self.config.site.no_look_at(*place)


def _on_map(pose: Pose2D, at: tuple[float, float, float]) -> tuple[float, float]:
    point = pose.transform(np.array([at[:2]]))[0]
    return float(point[0]), float(point[1])
