"""A console with a desk in this process, fed with real values: for the browser tests and the picture in the docs."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path

from kangban import config, streams
from kangban.clock import ManualClock, MonotonicClock
from kangban.values import (
    AlarmLevel,
    Battery,
    ChainState,
    ControllerState,
    Diagnostic,
    Diagnostics,
    Health,
    Incident,
    Incidents,
    IncidentState,
    Mission,
    Screen,
    Twist2D,
)
from teleop.app import Console
from teleop.audit import Audit
from teleop.bell import Bell
from teleop.desk import Answer, Board, Situation
from teleop.home import HomeScreen
from teleop.outbox import Outbox
from teleop.pictures import Pictures
from teleop.records import open_records
from teleop.server import ConsoleServer

TOKEN = "right-token-of-the-demonstration"
SCREEN_TOKEN = "token-of-the-robots-own-screen"
OPENED_WALL = 1_790_000_000.0
STORY = (
    "14:13:20 A fall was seen",
    "14:13:21 The robot goes there",
    "14:13:40 The robot is beside the person",
    "14:13:41 The robot asked aloud whether all is well",
    "14:13:51 No answer: the nurse was called",
)
STORY_ZH = (
    "14:13:20 看到跌倒",
    "14:13:21 机器人前往查看",
    "14:13:40 机器人到达身边",
    "14:13:41 机器人大声询问是否还好",
    "14:13:51 无人回答，已通知护士",
)


def fall(incident_id: str, state: IncidentState, opened: float, **changes: object) -> Incident:
    """A fall in the living room, alarmed at the nurse unless said otherwise."""
    incident = Incident(
        id=incident_id,
        kind="fall",
        state=state,
        level=AlarmLevel.NURSE,
        opened=opened,
        opened_wall=OPENED_WALL,
        changed=opened,
        person_id=1,
        place_in_map=(3.1, 2.0, 0.0),
        room="living_room",
        evidence=("went down within 0.8 s", "on the floor for 1.0 s"),
        log=STORY,
        acknowledged_by="",
        fall_ids=(incident_id,),
    )
    return dataclasses.replace(incident, **changes)  # type: ignore[arg-type]


class House:
    """A desk whose robot answers as behaviors does: it takes an acknowledgement into the incident."""

    def __init__(self) -> None:
        self.clock = ManualClock(1000.0)
        self.board = Board(self.clock, self.clock)
        self.incidents: tuple[Incident, ...] = ()
        self.refuses: str | None = None
        self.doing = "the alarm is out; stays until somebody takes over"
        self.bell = Bell()
        self.screen_bell = Bell()
        self.page: Screen | None = None
        self.chosen: list[tuple[str, str, str]] = []
        self._lock = threading.Lock()
        self.speak()

    def situation(self) -> Situation:
        return self.board.situation()

    def screen(self) -> Screen | None:
        return self.board.screen()

    def choose(self, screen_id: str, choice: str, who: str) -> Answer:
        if self.refuses is not None:
            return Answer(False, "robot", self.refuses)
        self.chosen.append((screen_id, choice, who))
        return Answer(True, "robot", "")

    def show(self, screen: Screen) -> None:
        """What the robot's own screen shows from now on, said again as time passes."""
        self.page = screen
        self.speak()

    def acknowledge(self, incident_id: str, who: str, note: str) -> Answer:
        if self.refuses is not None:
            return Answer(False, "robot", self.refuses)
        taken = {"state": IncidentState.ACKNOWLEDGED, "acknowledged_by": who}
        with self._lock:
            self.incidents = tuple(
                dataclasses.replace(i, **taken) if i.id == incident_id else i  # type: ignore[arg-type]
                for i in self.incidents
            )
        self.speak()
        return Answer(True, "robot", "noted")

    def happen(self, *incidents: Incident) -> None:
        self.incidents = incidents
        self.speak()

    def pass_time(self, seconds: float) -> None:
        """The robot's clock runs on and the robot goes on speaking."""
        self.clock.advance(seconds)
        self.speak()

    def speak(self) -> None:
        """All streams once, as of now."""
        now, still = self.clock.now(), Twist2D()
        self.board.put(streams.INCIDENTS, Incidents(now, self.incidents))
        called = any(i.state is not IncidentState.RESOLVED for i in self.incidents)
        mission = Mission(now, "incident", "stay", self.doing) if called else Mission(now, "idle", "", "")
        self.board.put(streams.MISSION, mission)
        self.board.put(streams.CHAIN, ChainState(now, None, still, still, (), False, ""))
        controller = ControllerState(now, True, True, False, False, (), (), still, 24.8, 0, 0, 0, 0.004)
        self.board.put(streams.CONTROLLER, controller)
        self.board.put(streams.BATTERY, Battery(now, 24.8, 0.86))
        names = ("behaviors", "bridge", "navigation", "perception", "safety")
        lines = tuple(Diagnostic(f"{name}: reads odom", Health.OK, "fresh") for name in names)
        self.board.put(streams.DIAGNOSTICS, Diagnostics(now, lines))
        if self.page is not None:
            self.board.put(streams.SCREEN, dataclasses.replace(self.page, stamp=now))
        self.bell.ring()
        self.screen_bell.ring()


@dataclasses.dataclass
class Running:
    house: House
    console: Console
    server: ConsoleServer
    audit: Audit


@contextlib.contextmanager
def running_console(folder: Path, port: int = 0, language: str = "en") -> Iterator[Running]:
    """The real server on a free loopback port, its files in `folder`."""
    house, lock = House(), threading.Lock()
    database = open_records(folder / "console.sqlite")
    failures: list[str] = []
    audit = Audit(database, lock, failures.append)
    site = config.load_site("demo_flat", [f"language={language}"])
    outbox = Outbox(database, lock)
    pictures = Pictures(folder / "pictures")
    home = HomeScreen(house, site, SCREEN_TOKEN, MonotonicClock(), house.screen_bell)
    console = Console(
        house, site, "companion", TOKEN, MonotonicClock(), pictures, audit, outbox.deliveries, house.bell, home
    )
    server = ConsoleServer(console, "127.0.0.1", port, folder, failures.append)
    server.start()
    try:
        yield Running(house, console, server, audit)
    finally:
        server.close()
        database.close()
    assert failures == []
