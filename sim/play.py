"""A scenario being played: cast, faults, nurse, timeline, pictures, and in the end the verdict. No ROS.

The node tells it what the stack said (`falls`, `said`, `mission`, `incidents`) and calls `step` after each slice.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kangban.config import Config
from kangban.dock import docked_in_dock
from kangban.values import CareEvents, Falls, Incidents, Mission, Note, Persons, Plan, Screen, Speech
from sim import judge
from sim.cast import Line, Player, Voices
from sim.company import Accompanied, reminded
from sim.docks import Docks
from sim.drives import Drives
from sim.faults import Strikes
from sim.nurse import acknowledge
from sim.rounds import Rounds
from sim.scenario import Scenario
from sim.strip import Strip
from sim.timeline import Timeline
from sim.world import SLICE_S, World

SETTLES_S = 1.0  # after the last incident is resolved
LOOKS_MPS = 0.05


class Play:
    def __init__(
        self, scenario: Scenario, seed: int, world: World, config: Config, camera: Callable[[bool], None]
    ) -> None:
        self.scenario, self.seed, self.world, self._config = scenario, seed, world, config
        self._rng = rng = world.generator()
        self.players: list[Player] = []
        self._nurse_after = None if scenario.nurse is None else float(rng.uniform(*scenario.nurse.acknowledges_after_s))
        self.timeline = Timeline(config.profile.behaviors.approach_distance_m)
        self.strikes = Strikes(scenario.faults, world, config.run_dir, camera)
        self._voices = Voices(scenario.voices, rng)
        self._strip = Strip(world.client, world.light)
        self._pictured = 0
        self.watching = False  # the robot, as it says itself
        self._looking = False  # on a round, as it says itself
        self._rounds = Rounds(config.state_dir)
        self._begun = False
        self._idle_since: float | None = None
        self._nearest: float | None = None
        self._fastest_near = 0.0
        self._drives = Drives.of(config.profile)
        self._accompanied = Accompanied()
        self._docks = Docks()
        self._fill_battery()

    def _fill_battery(self) -> None:
        pack, battery = self.scenario.battery, self.world.controller.battery
        if pack is not None and battery is not None:
            battery.resize(pack.capacity_ah)
            battery.set_charge(pack.charge)
            self.world.charger_a = pack.charger_a

    def enter(self) -> None:
        """The stack is ready, the robot stands: the people come in, and the sensors' noise begins anew."""
        self.players = [Player(actor, self.world, self._rng) for actor in self.scenario.people]
        self.world.begin()

    def begin(self) -> None:
        """The scenario's clock starts."""
        self._begun = True
        self.timeline.zero = self.world.now
        if self.watching:
            self.timeline.add("watching", self.world.now)
        for player in self.players:
            player.begin(self._config.site)

    # What the stack said

    def falls(self, falls: Falls) -> None:
        self.timeline.falls(falls, self.world.now)

    def care(self, care: CareEvents) -> None:
        self.timeline.care(care, self.world.now)

    def mission(self, mission: Mission) -> None:
        self.watching = mission.name == "idle" and mission.phase == "watch"
        self._looking = mission.name == "patrol" and mission.phase == "look"
        if self._begun:
            self._accompanied.mission(mission.name, mission.phase, self.world.now)
            self.timeline.mission(mission, self.world.now)
            report = self._rounds.new_report()
            if report is not None:
                self.timeline.add("report", self.world.now, report.name)

    def incidents(self, incidents: Incidents) -> None:
        self.timeline.incidents(incidents, self.world.now)

    def note(self, note: Note) -> None:
        if self._begun:
            self.timeline.note(note, self.world.now)

    def screen(self, screen: Screen) -> None:
        if self._begun:
            self.timeline.screen(screen, self.world.now)

    def persons(self, persons: Persons) -> None:
        if self._begun and self.players:
            self._accompanied.seen(persons, self._hip(0))

    def plan(self, plan: Plan) -> None:
        self._drives.plan(plan, self._begun)

    def said(self, speech: Speech) -> None:
        self.timeline.said(speech, self.world.now)
        for player in self.players:
            player.hear(speech, self.world.now)

    # What happens

    def step(self) -> list[Line]:
        """After each slice: returns what is to be heard now."""
        if not self._begun:
            return []
        now, timeline = self.world.now, self.timeline
        for player in self.players:
            impact = player.person.state.impact_time
            if impact is not None:
                timeline.add("fell", impact, player.person.state.posture)
        self._measure(now)
        self._dock(now)
        self.strikes.step(timeline, now)
        self._nurse(now)
        self._picture()
        return [*self._voices.speak(now - timeline.zero), *(line for p in self.players for line in p.speak(now))]

    def _measure(self, now: float) -> None:
        velocity, pose = self.world.speed(), self.world.robot.pose()
        room = self._config.site.room_at(pose.x, pose.y) if self._looking else None
        if room is not None and velocity.speed < LOOKS_MPS:
            self.timeline.add(f"looked:{room.name}", now)
        distances = [self.world.distance_to(player.actor.name) for player in self.players]
        self._drives.step(pose, velocity, distances, SLICE_S)
        if not distances:
            return
        x, y = self._hip(0)
        self._accompanied.step(pose.distance_to(x, y), now)
        nearest = min(distances)
        self._nearest = nearest if self._nearest is None else min(self._nearest, nearest)
        if nearest < 1.0:
            self._fastest_near = max(self._fastest_near, velocity.speed)
        self.timeline.robot(nearest, velocity, now)

    def _dock(self, now: float) -> None:
        """By the truth: the dock may stand elsewhere than the robot's map has it."""
        world, docking = self.world, self._config.profile.docking
        battery = world.controller.battery
        if world.dock is None or docking is None or battery is None:
            return
        docked = world.dock.pose @ docked_in_dock(docking)
        off, speed = docked.inverse() @ world.robot.pose(), world.speed().speed
        for event in self._docks.step(off, speed, world.fed, battery.share, now, SLICE_S):
            self.timeline.add(event, now, f"battery {battery.share:.0%}")

    def _hip(self, player: int) -> tuple[float, float]:
        hip = self.players[player].person.state.hip_in_world
        return float(hip[0]), float(hip[1])

    def _nurse(self, now: float) -> None:
        alarm = self.timeline.at("alarm")
        if self._nurse_after is None or alarm is None or now - self.timeline.zero < alarm + self._nurse_after:
            return
        assert self.scenario.nurse is not None
        self._nurse_after = None
        acknowledge(self._config.run_dir, self._config.state_dir, self.scenario.nurse.name)

    def _picture(self) -> None:
        events = self.timeline.events
        for event in events[self._pictured :]:
            if self.players and self._strip.wants(event):
                self._strip.take(event, self.world.robot.pose(), self._hip(0))
        self._pictured = len(events)

    def over(self) -> bool:
        now = self.world.now
        if not self._begun:
            return False
        if now - self.timeline.zero > self.scenario.limit_s:
            return True
        until = self.scenario.until
        if until is not None and self.timeline.at(until) is None:
            return False
        if not self.players and any(self.timeline.at(event) is None for event in self.scenario.expect.events):
            return False  # nobody acts: it lasts until the robot has done what is expected
        acting = any(player.person.busy for player in self.players) or not self._voices.silent
        busy = (acting and until is None) or not self.timeline.settled
        unseen = self.timeline.at("fell") is not None and not self.timeline.states
        if busy or unseen:
            self._idle_since = None
            return False
        self._idle_since = now if self._idle_since is None else self._idle_since
        return now - self._idle_since > (SETTLES_S if self.timeline.states else self.scenario.linger_s)

    def _from_watch(self) -> float:
        """Where the robot really stands, from where it shall watch, m."""
        watch = self._config.site.watch
        return self.world.robot.pose().distance_to(watch.x_m, watch.y_m)

    def verdict(self, figures: dict[str, Any]) -> dict[str, Any]:
        timeline, run_dir = self.timeline, self._config.run_dir
        events = sorted(timeline.events, key=lambda e: e.t)
        metrics: dict[str, Any] = {
            **judge.delays(timeline),
            "falls_seen": len(timeline.fall_ids),
            "incidents": len(timeline.states),
            "collisions": len(self.world.collisions),
            "nearest_m": None if self._nearest is None else round(self._nearest, 2),
            "fastest_within_1m_mps": round(self._fastest_near, 2),
            "from_watch_m": round(self._from_watch(), 2),
            "simulated_s": round(self.world.now - timeline.zero, 1),
            "outages": [outage.figures() for outage in self.strikes.outages],
            **self._rounds.figures(),
            **self._accompanied.figures(),
            **reminded(self._config.state_dir),
            **(self._docks.figures() if self.world.dock is not None else {}),
            **self._drives.figures(self.world.robot.pose(), self._config.site.watch),
            **figures,
        }
        missed = judge.missed(self.scenario.expect, timeline.outcome, events, metrics)
        artifacts = {"run_dir": str(run_dir), "log": str(run_dir / "log"), **self._rounds.artifacts()}
        if self._strip.save(run_dir / "strip.png"):
            artifacts["strip"] = str(run_dir / "strip.png")
        return {
            "scenario": self.scenario.name,
            "seed": self.seed,
            "outcome": timeline.outcome,
            "passed": not missed,
            "missed": missed,
            "events": [{"t": e.t, "event": e.event, "detail": e.detail} for e in events],
            "alarmed": timeline.alarmed_levels,
            "metrics": metrics,
            "collided_with": [{"t": round(t - timeline.zero, 2), "what": what} for t, what in self.world.collisions],
            "artifacts": artifacts,
        }


def write_result(run_dir: Path, result: dict[str, Any]) -> None:
    """In one step, so that a reader never sees half of it."""
    part = run_dir / "result.json.part"
    part.write_text(json.dumps(result, indent=1), encoding="utf-8")
    part.replace(run_dir / "result.json")
