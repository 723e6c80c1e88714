"""A small world for the behaviour tests: fakes of the tree's ports around the real desk, store, speaker and tree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import py_trees

from behaviors.company import Company
from behaviors.eyes import Eyes, bearing_to_nearest
from behaviors.incidents.desk import IncidentDesk
from behaviors.incidents.events import Announcement
from behaviors.incidents.ledger import Ledger
from behaviors.incidents.record import Record
from behaviors.missions.desk import Missions
from behaviors.patrol.book import Book
from behaviors.reminders.desk import Reminders, Told
from behaviors.speech.hear import meaning_of
from behaviors.speech.manner import Manner
from behaviors.speech.speaker import Silent, Speaker
from behaviors.still import Why
from behaviors.texts import text
from behaviors.tree.ports import Going, Ports, Progress
from behaviors.tree.root import Companion
from kangban.clock import ManualClock
from kangban.config import load_profile, load_site
from kangban.cron import HomeClock
from kangban.site import Site
from kangban.values import (
    Array,
    CareEvent,
    CareEventKind,
    CareEvents,
    Fall,
    Falls,
    FallState,
    GridMap,
    HomeReading,
    Person,
    Persons,
    Pose2D,
    Speech,
    SpeechKind,
)

TICK_S = 0.1
PROFILE, SITE = load_profile("companion"), load_site("demo_flat")
TIMES = PROFILE.behaviors
LIVING_ROOM = (3.0, 2.2, 0.1)
WALL_AT_ZERO = 1_750_000_000.0


def empty_room(resolution: float = 0.05) -> GridMap:
    """A room of 6 m x 4.2 m with walls; the origin is its south-west corner."""
    cells = np.zeros((84, 120), dtype=np.int8)
    cells[[0, -1], :] = 100
    cells[:, [0, -1]] = 100
    return GridMap(0.0, resolution, Pose2D(0.0, 0.0, 0.0), cells)


def fall(state: FallState = FallState.CONFIRMED, id_: str = "fall-a", since: float = 0.0, **changes: object) -> Fall:
    made = Fall(id_, 1, state, since, 0.9, LIVING_ROOM, ("went down in 0.6 s",))
    return replace(made, **changes)  # type: ignore[arg-type]


def care(kind: CareEventKind = CareEventKind.LONG_LIE, id_: str = "care-a", **changes: object) -> CareEvent:
    made = CareEvent(id_, kind, 1, 90.0, 100.0, False, 0.8, LIVING_ROOM, "living_room", ("seen for 20 s",))
    return replace(made, **changes)  # type: ignore[arg-type]


class FakeNavigator:
    """Drives at 0.4 m/s in a straight line; can be away, or refuse goals for a reason."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.pose = Pose2D(1.0, 3.5, -0.45)
        self.goals: list[Pose2D] = []
        self.away = False
        self.docked = 0  # times it was asked to dock
        self.refuse: list[str] = []  # a reason for each coming goal
        self._goal: Pose2D | None = None
        self._why = ""
        self._since = 0.0

    def go(self, target_in_map: Pose2D) -> None:
        self.goals.append(target_in_map)
        self._goal, self._since = target_in_map, self._clock.now()
        self._why = self.refuse.pop(0) if self.refuse else ""

    def dock(self, dock_in_map: Pose2D) -> None:
        self.docked += 1
        self.go(dock_in_map)

    def lead(self, target_in_map: Pose2D) -> None:
        self.go(target_in_map)

    def progress(self) -> Progress:
        if self.away or self._goal is None:
            return Progress(Going.AWAY, "why_no_navigation")
        if self._why:
            return Progress(Going.FAILED, self._why)
        if self._clock.now() - self._since < self.pose.distance_to(self._goal.x, self._goal.y) / 0.4:
            return Progress(Going.RUNNING)
        self.pose = self._goal
        return Progress(Going.REACHED)

    def cancel(self, target_in_map: Pose2D | None) -> None:
        if target_in_map is not None and target_in_map is self._goal:
            self._goal = None

    @property
    def driving(self) -> bool:
        return self._goal is not None and self.progress().going is Going.RUNNING


class FakeSenses:
    def __init__(self, navigator: FakeNavigator) -> None:
        self._navigator = navigator
        self.eyes = Eyes()
        self.grid: GridMap | None = empty_room()
        self.still: Why | None = None
        self.level: float | None = 0.8
        self.fed: bool | None = None
        self.persons: Persons | None = None
        self.lost = False
        self.suspected = False
        self.blind: str | None = None
        self.scan: tuple[float, Array] | None = None
        self.sensors: tuple[HomeReading, ...] = ()

    def pose_in_map(self) -> Pose2D | None:
        return None if self.lost else self._navigator.pose

    def map(self) -> GridMap | None:
        return self.grid

    def body_in_map(self, record: Record) -> Array | None:
        return self.eyes.body(record.place_in_map, record.person_id)

    def bearing_to_person(self) -> float | None:
        return None if self.persons is None else bearing_to_nearest(self.persons)

    def fall_suspected(self) -> bool:
        return self.suspected

    def charge(self) -> float | None:
        return self.level

    def charging(self) -> bool | None:
        return self.fed

    def why_still(self) -> Why | None:
        return self.still

    def why_blind(self) -> str | None:
        return self.blind

    def people(self) -> tuple[Person, ...]:
        return () if self.persons is None else self.persons.people

    def nearest_body(self) -> Array | None:
        places = [] if self.persons is None else [p for p in self.persons.people if p.position_in_map]
        return None if not places else np.array([places[0].position_in_map[:2]])

    def scan_in_map(self) -> tuple[float, Array] | None:
        return self.scan

    def readings(self) -> tuple[HomeReading, ...]:
        return self.sensors


class FakeRequests:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.said: list[str] = []
        self.begun: list[str] = []
        self.lasts = 0  # ticks that a sentence takes
        self._left = 0

    def waiting(self) -> bool:
        return bool(self.asked)

    def begin(self) -> None:
        self.begun.append(self.asked.pop(0))
        self._left = self.lasts

    def done(self) -> bool:
        if self._left > 0:
            self._left -= 1
            return False
        self.said = list(self.begun)
        return True


@dataclass
class Turns:
    rates: list[float]

    def turn(self, rate_radps: float) -> None:
        self.rates.append(rate_radps)


class Pictures:
    """Perception that keeps every picture at once."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.wished: list[str] = []

    def wish(self, name: str) -> None:
        self.wished.append(name)
        self._book.picture_kept(name, "")


class World:
    """The behaviours as one process runs them, on a state folder that outlives it."""

    def __init__(
        self,
        folder: Path,
        clock: ManualClock | None = None,
        navigator: FakeNavigator | None = None,
        site: Site = SITE,
    ) -> None:
        self.folder = folder
        self.clock = clock or ManualClock(100.0)
        self.navigator = navigator or FakeNavigator(self.clock)
        self.senses = FakeSenses(self.navigator)
        self.requests = FakeRequests()
        self.wheels = Turns([])
        self.said: list[Speech] = []
        self.doings: list[tuple[str, str]] = []
        self.falls: list[Fall] = []
        self._falls_at = float("-inf")
        self.events: list[CareEvent] = []
        self._events_at = float("-inf")
        self.speaker = Speaker(Silent(), self.said.append, self.clock)
        self.ledger = Ledger(folder, self.wall())
        self.desk = IncidentDesk(self.ledger, TIMES, site, self.clock, self.wall, self.announce)
        self.missions = Missions(self.clock)
        self.book = Book(site, folder / "reports", HomeClock(self.clock, 36_000.0), self.wall)
        self.pictures = Pictures(self.book)
        home = HomeClock(self.clock, 36_000.0)
        self.cried: list[str] = []
        self.cues: list[str] = []
        self.company = Company(
            site, self.clock, home, self.speaker, Manner(PROFILE.voice), self.missions, self.cried.append,
            self.cues.append,
        )  # fmt: skip
        self.told: list[Told] = []
        self.reminders = Reminders(folder, home, PROFILE.company, "en", self.missions, self.told.append)
        ports = Ports(
            self.clock, PROFILE, site, self.navigator, self.wheels, self, self.desk, self.senses, self.requests,
            self.missions, self.book, self.pictures, self.company.talk, self.reminders, self.company,
        )  # fmt: skip
        self.companion = Companion(ports)

    def wall(self) -> float:
        return WALL_AT_ZERO + self.clock.now()

    def announce(self, announcement: Announcement) -> None:
        self.speaker.say(text(announcement.code, "en", announcement.params), "en", announcement.kind)

    def run(self, seconds: float) -> World:
        """Tick for so long. Falls and care events are repeated once a second, as perception does."""
        for _ in range(round(seconds / TICK_S)):
            self.clock.advance(TICK_S)
            self.speaker.tick()
            if self.falls and self.clock.now() - self._falls_at >= 1.0:
                self.see(*self.falls)
            if self.events and self.clock.now() - self._events_at >= 1.0:
                self.notice(*self.events)
            self.desk.tick()
            self.companion.tick()
            self.company.talk.tick()
            self.reminders.tick()
            doing = (self.companion.doing.name, self.companion.doing.phase)
            if self.doings[-1:] != [doing]:
                self.doings.append(doing)
        return self

    def run_until(self, state: str, limit_s: float = 100.0) -> float:
        """Tick until the incident is in that state; the seconds it took."""
        begun = self.clock.now()
        while self.state() != state:
            assert self.clock.now() - begun < limit_s, f"not {state} after {limit_s} s but {self.state()}: {self.log()}"
            self.run(TICK_S)
        return self.clock.now() - begun

    def see(self, *falls: Fall) -> None:
        self.falls, self._falls_at = list(falls), self.clock.now()
        self.desk.take_falls(Falls(self.clock.now(), falls))

    def notice(self, *events: CareEvent) -> None:
        self.events, self._events_at = list(events), self.clock.now()
        self.desk.take_care(CareEvents(self.clock.now(), events))

    def hear(self, words: str) -> None:
        place, person = self.senses.eyes.nearest(self.clock.now())
        self.desk.hear(meaning_of(words), words, place, person)

    def kill(self) -> World:
        """The process is gone without a word, and a new one begins with what is on disk."""
        self.reminders.close()
        self.ledger.close()  # what the kernel does to a killed process: the lock goes, nothing is written
        py_trees.blackboard.Blackboard.clear()
        again = World(self.folder, self.clock, self.navigator)
        again.senses.grid, again.falls, again.events = self.senses.grid, self.falls, self.events
        return again

    def records(self) -> list[Record]:
        return [self.desk.get(i.id) for i in self.desk.snapshot().incidents]  # type: ignore[misc]

    def state(self) -> str:
        incidents = self.desk.snapshot().incidents
        return incidents[-1].state.value if incidents else "none"

    def log(self) -> list[str]:
        """The codes of the newest incident's log."""
        records = self.records()
        return [entry.code for entry in records[-1].log] if records else []

    def spoken(self, kind: SpeechKind | None = None) -> list[str]:
        return [s.text for s in self.said if kind is None or s.kind is kind]
