"""What the leaves know of the world: small protocols. `node.py` implements them over ROS, tests by fakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from behaviors.dialogue.machine import Answered, Question
from behaviors.dialogue.page import Activity
from behaviors.incidents.events import Announcement, What
from behaviors.incidents.record import Record
from behaviors.missions.desk import Missions
from behaviors.missions.wish import Wish
from behaviors.patrol.book import Book
from behaviors.still import Why
from kangban.clock import Clock
from kangban.profile import Profile
from kangban.site import Site
from kangban.values import Array, GridMap, HomeReading, Person, Pose2D


class Going(StrEnum):
    RUNNING = "running"
    REACHED = "reached"
    FAILED = "failed"  # this goal: another one may succeed
    AWAY = "away"  # navigation itself: the same goal may succeed later


@dataclass(frozen=True, slots=True)
class Progress:
    going: Going
    why: str = ""  # a code of texts.py, where it failed


class Navigator(Protocol):
    def go(self, target_in_map: Pose2D) -> None:
        """Drive there; replaces the goal before."""
        ...

    def dock(self, dock_in_map: Pose2D) -> None:
        """Into the site's dock, until it is charged there; replaces the goal before."""
        ...

    def lead(self, target_in_map: Pose2D) -> None:
        """Drive there; where it drives already it goes on to the new goal without a stop."""
        ...

    def progress(self) -> Progress:
        """How the last goal is doing. Never blocks."""
        ...

    def cancel(self, target_in_map: Pose2D | None) -> None:
        """Give this goal up, if it is still the one it drives to; None: nothing was begun.

        A leaf that loses its turn ends after the next one began: it must not cancel what that one has sent.
        """
        ...


class Wheels(Protocol):
    def turn(self, rate_radps: float) -> None:
        """Turn on the spot for this tick; zero ends it."""
        ...


class Voice(Protocol):
    def announce(self, announcement: Announcement) -> None: ...


class Desk(Protocol):
    def current(self) -> Record | None: ...
    def note(self, incident_id: str, what: What, text: str = "") -> None: ...
    def halts(self) -> bool: ...


class Senses(Protocol):
    """What is known now; None is unknown."""

    def pose_in_map(self) -> Pose2D | None: ...
    def map(self) -> GridMap | None: ...
    def body_in_map(self, record: Record) -> Array | None: ...
    def bearing_to_person(self) -> float | None: ...
    def fall_suspected(self) -> bool: ...
    def charge(self) -> float | None: ...
    def charging(self) -> bool | None: ...
    def why_still(self) -> Why | None: ...
    def why_blind(self) -> str | None: ...
    def people(self) -> tuple[Person, ...]: ...
    def nearest_body(self) -> Array | None:
        """The known points (k, 2), m, of the nearest person seen lately."""
        ...

    def scan_in_map(self) -> tuple[float, Array] | None:
        """Stamp and returns (n, 2) of the newest scan, m, where it is known where it was taken."""
        ...

    def readings(self) -> tuple[HomeReading, ...]:
        """What the home's sensors say; empty where that is not known."""
        ...


class Requests(Protocol):
    """What others asked the robot to say."""

    def waiting(self) -> bool: ...

    def begin(self) -> None:
        """Take the oldest request and begin with it."""
        ...

    def done(self) -> bool:
        """Is all that was begun over? What was begun is said to its end, whatever the tree does."""
        ...


class Camera(Protocol):
    """Pictures without anybody's looks: perception keeps them, the book is told what became of each."""

    def wish(self, name: str) -> None: ...


class Talk(Protocol):
    """Her words and the robot's: `dialogue/desk.py`."""

    def ask(self, question: Question) -> None: ...

    def answer(self, question_id: str) -> Answered | None:
        """None: none yet. A choice that is empty: she stayed silent."""
        ...

    def drop(self, question_id: str) -> None: ...
    def tell(self, code: str, params: tuple[tuple[str, str], ...] = ()) -> None: ...

    def quiet(self) -> bool:
        """Is all said that was to be said?"""
        ...

    def hush(self) -> None: ...


class Errands(Protocol):
    """What she is to be reminded of or asked: `reminders/desk.py`."""

    def question(self, wish: Wish) -> Question | None: ...
    def words(self, wish: Wish) -> tuple[str, tuple[tuple[str, str], ...]] | None: ...
    def asking(self, wish: Wish) -> None: ...
    def answered(self, wish: Wish, choice: str, text: str) -> str | None: ...


class Stage(Protocol):
    """What the page shows of what is done with her, and what others hear of it."""

    def show(self, activity: Activity | None) -> None: ...

    def following(self, seen: bool, distance_m: float | None) -> None:
        """Of the person who is followed: for whoever asked for it."""
        ...

    def play(self, cue: str) -> None:
        """A music cue for the home's own player."""
        ...


@dataclass(frozen=True)
class Ports:
    clock: Clock
    profile: Profile
    site: Site
    navigator: Navigator
    wheels: Wheels
    voice: Voice
    desk: Desk
    senses: Senses
    requests: Requests
    missions: Missions
    book: Book
    camera: Camera
    talk: Talk
    errands: Errands
    stage: Stage


@dataclass(frozen=True, slots=True)
class Doing:
    """What the robot is doing: the branch, its phase, and a code of texts.py for people."""

    name: str
    phase: str
    code: str
    params: tuple[tuple[str, str], ...] = ()


Condition = Callable[[], bool]
