"""The owner of the incidents: takes what was seen, heard and answered, applies `machine.step`, writes, then tells.

The order is always: decide, write to disk, keep, speak and publish. After a restart the open incidents go on where
they were. A robot clock that began anew (the machine was restarted) is recognised by stamps from its future; such an
incident is moved so that its last event is now: its waits begin again, which delays a repeat and loses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from behaviors.incidents.courses import course_of
from behaviors.incidents.due import due
from behaviors.incidents.events import Announcement, Event, What
from behaviors.incidents.ledger import Ledger
from behaviors.incidents.machine import step
from behaviors.incidents.matching import incident_of, incident_of_care, is_new_fall, just_closed, just_resolved
from behaviors.incidents.moves import UNALARMED, moved
from behaviors.incidents.order import as_value, most_urgent
from behaviors.incidents.record import Entry, Record, shifted
from behaviors.incidents.store import StoreError
from behaviors.speech.hear import Meaning
from kangban.clock import Clock
from kangban.evidence import names_of
from kangban.profile import Behaviors
from kangban.site import Site
from kangban.values import (
    AlarmLevel,
    CareEvent,
    CareEventKind,
    CareEvents,
    Fall,
    Falls,
    FallState,
    Incident,
    Incidents,
    Point3,
)

REMEMBERED_S = 3600.0  # a resolved incident is published for an hour
REMEMBERED_COUNT = 20
RESOLVED_WORDS = ("resolved", "已解决")
_HEARD = {
    Meaning.FINE: What.ANSWERED_FINE,
    Meaning.NOT_FINE: What.ANSWERED_NOT_FINE,
    Meaning.UNCLEAR: What.ANSWER_UNCLEAR,
    Meaning.CRY_FOR_HELP: What.CRY_FOR_HELP,
}


class IncidentDesk:
    """`revision` grows with every change; `say` gets what an event makes the robot say aloud."""

    def __init__(
        self,
        ledger: Ledger,
        times: Behaviors,
        site: Site,
        clock: Clock,
        wall: Callable[[], float],
        say: Callable[[Announcement], None],
    ) -> None:
        self._ledger, self._times, self._site = ledger, times, site
        self._clock, self._wall, self._say = clock, wall, say
        self._records: dict[str, Record] = {}
        self._rendered: dict[str, tuple[Record, Incident]] = {}
        self._names = names_of(site)
        self._restored = False
        self._falls_named: dict[str, int] = {}  # what perception names now -> its person
        self._care_named: dict[str, int] = {}
        self._wished: dict[str, AlarmLevel] = {kind: AlarmLevel(level) for kind, level in site.told.items()}
        self.revision = 0
        self._ready()

    def current(self) -> Record | None:
        """The incident the robot attends to."""
        return most_urgent(self._records.values())

    def halts(self) -> bool:
        """Is there an open incident that no mission goes on beside?"""
        return self.halting() is not None

    def halting(self) -> Record | None:
        """The open incident that no mission goes on beside, the gravest first."""
        grave = (r for r in self._records.values() if r.is_open and course_of(r.kind).halts)
        return min(grave, key=lambda r: (course_of(r.kind).urgency, r.opened), default=None)

    def get(self, incident_id: str) -> Record | None:
        return self._records.get(incident_id)

    def note(self, incident_id: str, what: What, text: str = "") -> None:
        """Something the robot did about an incident, or failed to do (`text`: why)."""
        record = self._records.get(incident_id)
        if record is not None:
            self._apply(record, Event(what, self._wall(), text=text))

    def take_falls(self, falls: Falls) -> None:
        if not self._ready():
            return  # they are repeated
        self._falls_named = {fall.id: fall.person_id for fall in falls.falls}
        for fall in falls.falls:
            if fall.state is FallState.CONFIRMED:
                self._confirmed(fall, falls)
            elif (record := self._incident_of(fall, falls)) is not None:
                what = What.FALL_RECOVERED if fall.state is FallState.RECOVERED else What.FALL_SUSPECTED
                self._apply(record, Event(what, self._wall(), fall=fall))

    def take_care(self, care: CareEvents) -> None:
        """What perception noticed beside falls. The order within a message: what went on before what has ended."""
        if not self._ready():
            return  # they are repeated
        self._care_named = {event.id: event.person_id for event in care.events}
        for event in sorted(care.events, key=lambda e: e.over):
            self._take_event(event)

    def take_home(self, event: CareEvent) -> None:
        """What a sensor of the home, or a round, says. Told once when it begins and once when it is over."""
        if self._ready() and not (event.over and self._care_incident(event) is None):
            self._take_event(event)

    def _take_event(self, event: CareEvent) -> None:
        record = self._care_incident(event)
        if record is None and not (event.over and course_of(event.kind).ends_when_over):
            record = self._care_opens(event)
        elif record is not None and not event.over:
            self._apply(record, self._care(What.CARE_SEEN, event))
        if record is not None and event.over:
            self._apply(self._records.get(record.id, record), self._care(What.CARE_OVER, event))

    def hear(self, meaning: Meaning, text: str, place_in_map: Point3 | None, person_id: int = 0) -> None:
        """Something a person said. The place and person are the nearest one seen, for a cry that opens an incident."""
        if not self._ready():
            return
        record = self.current()
        if record is None and meaning is not Meaning.CRY_FOR_HELP:
            return
        wall = self._wall()
        name = "" if record else self._free_id(f"cry-{round(wall * 1000)}")
        room = self._room(place_in_map)
        event = Event(_HEARD[meaning], wall, name, None, person_id, place_in_map, room, text=text.strip()[:200])
        self._apply(record, event)

    def acknowledge(self, incident_id: str, who: str, note: str) -> tuple[bool, str]:
        """A human takes an incident over, or ends it (the note says exactly `resolved`). (accepted, why not)."""
        if not self._ready():
            return False, "the robot is just starting; try again in a moment"
        record = self._records.get(incident_id)
        who, note = who.strip()[:80], note.strip()[:500]
        if record is None:
            return False, f"no open incident is called {incident_id!r}"
        if not who:
            return False, "say who takes the incident over"
        if not record.is_open:
            return False, "the incident is already resolved"
        ends = note.casefold() in RESOLVED_WORDS
        what = What.MARKED_RESOLVED if ends else What.ACKNOWLEDGED
        self._apply(record, Event(what, self._wall(), who=who, text="" if ends else note))
        return True, ""

    def tick(self) -> None:
        """Let time pass: repeat, raise, resolve, forget; try again what the disk refused."""
        if not self._ready():
            return
        now = self._clock.now()
        self._ledger.retry(now)
        for record in list(self._records.values()):
            while record.is_open and (what := due(record, self._times, now)) is not None:
                record = self._apply(record, Event(what, self._wall()))
            if not record.is_open and now - record.changed > REMEMBERED_S:
                del self._records[record.id]
                self._rendered.pop(record.id, None)

    def snapshot(self) -> Incidents:
        """What is published: the open incidents and those resolved within the hour, oldest first."""
        records = sorted(self._records.values(), key=lambda r: (r.opened, r.id))
        return Incidents(self._clock.now(), tuple(self._value(record) for record in records))

    def _value(self, record: Record) -> Incident:
        held = self._rendered.get(record.id)
        if held is None or held[0] is not record:
            held = self._rendered[record.id] = (record, as_value(record, self._site.language, self._names))
        return held[1]

    def _confirmed(self, fall: Fall, falls: Falls) -> None:
        record = self._incident_of(fall, falls)
        if record is not None and is_new_fall(fall, record):
            record = None
        elif record is None and (ended := just_resolved(fall, falls, self._records.values())) is not None:
            self._keep(replace(ended, fall_ids=(*ended.fall_ids, fall.id)), ())
            return
        name = "" if record else self._free_id(_plain_name(fall.id, "fall"))
        room = self._room(fall.place_in_map)
        event = Event(What.FALL_CONFIRMED, self._wall(), name, fall, place_in_map=fall.place_in_map, room=room)
        self._apply(record, event)

    def _care(self, what: What, event: CareEvent, name: str = "") -> Event:
        room = event.room or self._room(event.place_in_map)
        place, level = event.place_in_map, self._told(event)
        return Event(what, self._wall(), name, None, event.person_id, place, room, care=event, level=level)

    def _told(self, event: CareEvent) -> AlarmLevel:
        """Who is called at once: what the home says, else the kind's row."""
        return self._wished.get(event.kind, course_of(event.kind).at_once)

    def _care_incident(self, event: CareEvent) -> Record | None:
        named = {**self._falls_named, **self._care_named}
        record = incident_of_care(event, named, self._records.values())
        if record is not None:
            return record
        try:
            record = self._ledger.by_event(event.id)
        except StoreError:
            pass  # unknown: rather a second record than none
        current = self.current()
        if record is not None or current is None:
            return record
        if event.kind is CareEventKind.CRY_FOR_HELP and event.place_in_map is None:
            return current  # as with a cry that the robot hears itself: who would it be but her
        # A button: of whom nobody was called for yet, she or who is with her calls; else it is somebody else's.
        called = event.kind is CareEventKind.EMERGENCY_CALL and current.state in UNALARMED
        return current if called else None

    def _care_opens(self, event: CareEvent) -> Record:
        named = {**self._falls_named, **self._care_named}
        ended = just_closed(event, named, self._records.values(), self._clock.now())
        if ended is not None:
            renamed = replace(ended, event_ids=(*ended.event_ids, event.id))
            self._keep(renamed, ())
            return renamed
        return self._apply(None, self._care(What.CARE_SEEN, event, self._free_id(_plain_name(event.id, event.kind))))

    def _incident_of(self, fall: Fall, falls: Falls) -> Record | None:
        record = incident_of(fall, falls, self._records.values(), self._care_named)
        if record is not None and (record.is_open or fall.id in record.fall_ids):
            return record
        try:
            return self._ledger.by_fall(fall.id)
        except StoreError:
            return None  # unknown: rather a second record than none

    def _apply(self, record: Record | None, event: Event) -> Record:
        """Decide, write, keep, speak."""
        now = self._clock.now()
        after, said = step(record, event, now)
        if after is None or after == record:
            return record  # type: ignore[return-value]  # only a caller without a record gets None, and ignores it
        entries = after.log[len(record.log) if record else 0 :]
        if record is not None and not entries and not moved(record, after):
            return record
        self._keep(after, entries)
        for announcement in said:
            self._say(announcement)
        return after

    def _keep(self, record: Record, entries: tuple[Entry, ...]) -> None:
        """To disk first; where that fails, the ledger tells and tries again."""
        self._ledger.write(record, entries, self._clock.now())
        self._records[record.id] = record
        self.revision += 1

    def _ready(self) -> bool:
        """False until the clock runs: a clock that follows another one stands at 0 before it has heard from it."""
        if self._clock.now() <= 0.0:
            return False
        if not self._restored and self._ledger.is_open:
            self._restore()
        return True

    def _restore(self) -> None:
        """Take over what an earlier process left: once, as soon as the clock runs and the file is open."""
        now = self._clock.now()
        try:
            left = [*self._ledger.last_resolved(REMEMBERED_COUNT), *self._ledger.open_records()]
        except StoreError:
            return
        self._restored = True
        for record in left:
            if record.id in self._records:  # opened in memory while the file could not be
                continue
            ours = shifted(record, now - record.changed) if record.changed > now else record
            self._records[ours.id] = ours
            if ours.is_open:
                self._apply(ours, Event(What.RESTARTED, self._wall()))
        self.revision += 1

    def _free_id(self, wished: str) -> str:
        names = (wished, *(f"{wished}-{n}" for n in range(2, 1000)))
        return next(name for name in names if name not in self._records and not self._on_disk(name))

    def _on_disk(self, name: str) -> bool:
        try:
            return self._ledger.has(name)
        except StoreError:
            return False

    def _room(self, place: Point3 | None) -> str:
        room = None if place is None else self._site.room_at(place[0], place[1])
        return room.name if room else ""


def _plain_name(name: str, otherwise: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", name).strip("-_")[:60] or otherwise
