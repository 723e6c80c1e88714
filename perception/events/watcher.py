"""Runs the state machines of every person, bed, exit and rule, frame by frame, and keeps what they say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from kangban.profile import Care
from kangban.values import CareEvent, CareEventKind, Pose2D
from perception.events import bed_exit, help_gesture, inactivity, left_home, long_lie, night_wandering, notes
from perception.events.home import Home, looks_at
from perception.events.seen import Seen
from perception.events.telling import Telling
from perception.place import View


@dataclass(frozen=True)
class Moment:
    """What is known of a frame beside its people. `time_of_day`: s since midnight; None: unknown."""

    stamp: float
    time_of_day: float | None = None
    view: View | None = None
    robot_in_map: Pose2D | None = None
    blind: bool = False


class Watcher:
    """One per camera; from one thread."""

    def __init__(self, care: Care, home: Home, new_id: Callable[[], str]) -> None:
        self._care, self._home, self._new_id = care, home, new_id
        self._notes: notes.Notes = {}
        self._lies: dict[int, long_lie.Lie] = {}
        self._helps: dict[int, help_gesture.Help] = {}
        self._sitting: dict[int, inactivity.Motionless] = {}
        self._beds = {bed.name: bed_exit.Bed() for bed in home.beds}
        self._ways = {door.name: left_home.Way() for door in home.exits}
        self._wander = night_wandering.Wander()
        self._quiet = [inactivity.Quiet() for _ in (home.hours.movement if home.hours else ())]

    def step(self, people: Sequence[Seen], moment: Moment) -> tuple[CareEvent, ...]:
        """Take the people of a frame, seen or remembered; returns all that is going on or ended lately."""
        for e in people:
            self._person(e, moment.stamp)
        self._forget_all_but({e.person for e in people})
        self._of_the_home(people, moment)
        self._notes = notes.step(self._notes, dict(self._tellings()), moment.stamp, self._new_id)
        return self.events()

    def events(self) -> tuple[CareEvent, ...]:
        return notes.events(self._notes)

    def _person(self, e: Seen, now: float) -> None:
        care, who = self._care, e.person
        self._lies[who] = long_lie.step(self._lies.get(who, long_lie.Lie()), e, now, care)
        before = self._helps.get(who, help_gesture.Help())
        self._helps[who] = help_gesture.step(before, e, now, care.wave_s)
        self._sitting[who] = inactivity.sit_still(self._sitting.get(who, inactivity.Motionless()), e, now, care)

    def _of_the_home(self, people: Sequence[Seen], moment: Moment) -> None:
        hours, care, now, day = self._home.hours, self._care, moment.stamp, moment.time_of_day
        if hours is None:
            return
        if hours.bed_exit is not None:
            for bed in self._home.beds:
                before = self._beds[bed.name]
                self._beds[bed.name] = bed_exit.step(before, bed, people, now, day, hours.bed_exit, care)
        if hours.left_home is not None:
            for door in self._home.exits:
                looks = not moment.blind and looks_at(moment.view, moment.robot_in_map, door)
                way = self._ways[door.name]
                self._ways[door.name] = left_home.step(way, door, people, looks, now, day, hours.left_home, care)
        if hours.night is not None:
            self._wander = night_wandering.step(self._wander, people, now, day, hours.night, care)
        room = self._home.room_of(moment.robot_in_map)
        for k, rule in enumerate(hours.movement):
            self._quiet[k] = inactivity.step(self._quiet[k], rule, people, room, moment.blind, now, day)

    def _tellings(self) -> Iterator[tuple[notes.Key, Telling]]:
        kind = CareEventKind
        found = [
            *((kind.LONG_LIE, str(who), s.telling) for who, s in self._lies.items()),
            *((kind.HELP_GESTURE, str(who), s.telling) for who, s in self._helps.items()),
            *((kind.INACTIVITY, f"person {who}", s.telling) for who, s in self._sitting.items()),
            *((kind.INACTIVITY, f"rule {k}", s.telling) for k, s in enumerate(self._quiet)),
            *((kind.BED_EXIT, name, s.telling) for name, s in self._beds.items()),
            *((kind.LEFT_HOME, name, s.telling) for name, s in self._ways.items()),
            (kind.NIGHT_WANDERING, "", self._wander.telling),
        ]
        for what, which, telling in found:
            if telling is not None:
                yield (what, which), telling

    def _forget_all_but(self, people: Collection[int]) -> None:
        self._lies = {who: s for who, s in self._lies.items() if who in people}
        self._helps = {who: s for who, s in self._helps.items() if who in people}
        self._sitting = {who: s for who, s in self._sitting.items() if who in people}
