"""What happened, in simulated seconds: the truth of the world beside what the stack said in public. Pure.

Each event once: watching, fell, seen, set_out, approached, asked, answered, alarm, acknowledged, resolved. `seen` is a
confirmed fall, `approached` is the robot having come to a stand within reach of the person, by the truth. A care event
is `care:KIND` when it is first told and `care:KIND:over` when it has ended; `noted` is an incident that nobody was
called for and nobody was asked about. `informed` is the robot having said what asks for no answer, such as that it
wants to pass. `patrol` is a round that begins, `looked:ROOM` the robot standing in a room to look, by the truth, and
`report` a round's report on disk. `follow`, `come`, `story`, `exercise` and `reminder` are the companion's missions,
`follow_over` and the like their ends; `light` is its screen turned white for her way at night, `note:KIND` a word to
the family that is no alarm. `to_dock`, `charging` and `cannot_dock` are what the robot says of its battery; `undocked`
(from where it stood at the start), `docked` and `left_dock` the truth about its contacts.
"""

from __future__ import annotations

from dataclasses import dataclass

from kangban.values import (
    CareEvents,
    Falls,
    FallState,
    Incidents,
    IncidentState,
    Mission,
    Note,
    Screen,
    Speech,
    SpeechKind,
    Twist2D,
)

COMPANY = ("follow", "come", "story", "exercise", "reminder")
LIGHT = "do-light"  # the page that lights her way
CHARGE = {"drive": "to_dock", "cannot": "cannot_dock", "dock": "charging"}
STANDS_MPS = 0.05
STANDS_RADPS = 0.12
STANDS_FOR_S = 0.15  # between driving and turning it stands for a shorter moment
ARRIVED_MARGIN_M = 0.35  # the robot measures to what it sees of a person, the truth to her nearest joint
_STATES = {
    IncidentState.ANSWERED: "answered",
    IncidentState.ALARMED: "alarm",
    IncidentState.ACKNOWLEDGED: "acknowledged",
    IncidentState.RESOLVED: "resolved",
}


@dataclass(frozen=True)
class Event:
    t: float
    event: str
    detail: str = ""


class Timeline:
    """`zero` is the world's time at which the scenario's own clock started."""

    def __init__(self, approach_distance_m: float) -> None:
        self.zero = 0.0
        self.events: list[Event] = []
        self.fall_ids: set[str] = set()
        self.states: dict[str, IncidentState] = {}
        self.alarmed_levels: list[str] = []
        self._approach_distance_m = approach_distance_m
        self._stands_since: float | None = None
        self._company: str | None = None  # the mission of the companion that goes on

    def at(self, name: str) -> float | None:
        return next((e.t for e in self.events if e.event == name), None)

    def add(self, name: str, now: float, detail: str = "") -> None:
        """Only the first of its name counts."""
        if self.at(name) is None:
            self.events.append(Event(round(now - self.zero, 3), name, detail))
            self.events.sort(key=lambda event: event.t)  # that it stood is known a moment later

    def falls(self, falls: Falls, now: float) -> None:
        for fall in falls.falls:
            if fall.state is FallState.CONFIRMED and fall.id not in self.fall_ids:
                self.fall_ids.add(fall.id)
                self.add("seen", now, "; ".join(fall.evidence))

    def care(self, care: CareEvents, now: float) -> None:
        for event in care.events:
            why = "; ".join(event.evidence)
            self.add(f"care:{event.kind}", now, f"{event.room or 'room unknown'}: {why}")
            if event.over:
                self.add(f"care:{event.kind}:over", now, why)

    def mission(self, mission: Mission, now: float) -> None:
        if mission.name == "incident" and mission.phase == "approach":
            self.add("set_out", now, mission.detail)
        if mission.name == "idle" and mission.phase == "watch":
            self.add("watching", now, mission.detail)
        if mission.name in COMPANY:
            self.add(mission.name, now, mission.detail)
        elif self._company is not None:
            self.add(f"{self._company}_over", now, mission.detail)
        self._company = mission.name if mission.name in COMPANY else None
        if mission.name == "charge":
            self.add(CHARGE.get(mission.phase, "charge"), now, mission.detail)
        if mission.name == "patrol":
            self.add("patrol", now, mission.detail)

    def robot(self, distance_m: float, velocity: Twist2D, now: float) -> None:
        near = distance_m <= self._approach_distance_m + ARRIVED_MARGIN_M
        if not (near and velocity.speed < STANDS_MPS and abs(velocity.wz) < STANDS_RADPS):
            self._stands_since = None
            return
        self._stands_since = now if self._stands_since is None else self._stands_since
        set_out = self.at("set_out")
        if set_out is None:
            return
        since = max(self._stands_since, self.zero + set_out)  # she may have fallen beside it
        if now - since >= STANDS_FOR_S - 1e-6:
            self.add("approached", since, f"{distance_m:.2f} m from her nearest joint")

    def said(self, speech: Speech, now: float) -> None:
        if speech.kind is SpeechKind.ASK:
            self.add("asked", now, speech.text)
        if speech.kind is SpeechKind.INFORM:
            self.add("informed", now, speech.text)

    def note(self, note: Note, now: float) -> None:
        self.add(f"note:{note.kind}", now, note.words)

    def screen(self, screen: Screen, now: float) -> None:
        if screen.id == LIGHT:
            self.add("light", now, screen.title)

    def incidents(self, incidents: Incidents, now: float) -> None:
        entered = [i for i in incidents.incidents if self.states.get(i.id) is not i.state]
        for incident in entered:
            if incident.id not in self.states and incident.state is IncidentState.RESOLVED:
                self.add("noted", now, f"{incident.kind} in {incident.room or 'room unknown'}")
        self.states.update({incident.id: incident.state for incident in entered})
        for incident in incidents.incidents:
            if incident in entered:
                self._enter(incident.state, now, incident.room or "room unknown", incident.acknowledged_by)
            if incident.level.value not in ("none", *self.alarmed_levels):
                self.alarmed_levels.append(incident.level.value)

    def _enter(self, state: IncidentState, now: float, room: str, who: str) -> None:
        if state is IncidentState.RESOLVED and any(s is not state for s in self.states.values()):
            return
        if state in _STATES:
            self.add(_STATES[state], now, who if state is IncidentState.ACKNOWLEDGED else room)

    @property
    def settled(self) -> bool:
        return all(state is IncidentState.RESOLVED for state in self.states.values())

    @property
    def outcome(self) -> str:
        """`quiet`: no incident; `noted`: written down and nobody called; `answered`: asked, and no alarm; `resolved`:
        after an alarm; else how far it got."""
        if not self.states:
            return "quiet"
        if not self.settled:
            return next(s.value for s in self.states.values() if s is not IncidentState.RESOLVED)
        if self.alarmed_levels:
            return "resolved"
        return "noted" if self.at("asked") is None and self.at("answered") is None else "answered"
