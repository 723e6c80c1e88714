"""Which reading of the home's sensors somebody must know of at once, as a care event for the incident desk."""

from __future__ import annotations

from collections.abc import Mapping

from kangban.site import Site
from kangban.values import CareEvent, CareEventKind, HomeReading, HomeReadings, Point3, SensorKind

# A sensor's kind -> what it means while it is active. Doors at night and the like are perception's care events.
MEANS: Mapping[SensorKind, CareEventKind] = {
    SensorKind.SMOKE: CareEventKind.SMOKE,
    SensorKind.GAS: CareEventKind.GAS,
    SensorKind.WATER: CareEventKind.WATER,
    SensorKind.BUTTON: CareEventKind.EMERGENCY_CALL,
}
_EVIDENCE: Mapping[CareEventKind, tuple[str, str]] = {  # with a room, and without: sentences of kangban/evidence.py
    CareEventKind.SMOKE: ("the smoke alarm goes off in the {room}", "a smoke alarm goes off"),
    CareEventKind.GAS: ("the gas alarm goes off in the {room}", "a gas alarm goes off"),
    CareEventKind.WATER: ("there is water on the floor of the {room}", "there is water on the floor"),
    CareEventKind.EMERGENCY_CALL: ("the call button in the {room} was pressed", "the call button was pressed"),
}
CHEST_M = 0.9  # where a place is only that of a sensor or a room, this high


class Alarms:
    """An alarm is told when it begins and when it is over. Unknown ends nothing: a sensor that burnt is silent."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._on: dict[str, CareEvent] = {}

    def take(self, home: HomeReadings) -> tuple[CareEvent, ...]:
        told = []
        for reading in home.readings:
            if reading.kind not in MEANS or reading.active is None:
                continue
            on = self._on.get(reading.sensor)
            if reading.active and (on is None or on.began != reading.stamp):
                self._on[reading.sensor] = event = self._event(reading)
                told.append(event)
            elif not reading.active and on is not None:
                del self._on[reading.sensor]
                told.append(_over(on))
        return tuple(told)

    def _event(self, reading: HomeReading) -> CareEvent:
        kind = MEANS[reading.kind]
        label = next((room.label for room in self._site.rooms if room.name == reading.room), None)
        with_room, without = _EVIDENCE[kind]
        words = without if label is None else with_room.format(room=label.get("en", reading.room))
        name = f"home-{reading.sensor}-{round(reading.stamp * 1000)}"
        place = self._place(reading)
        return CareEvent(
            name, kind, 0, reading.stamp, reading.stamp, False, 1.0, place, reading.room, (words,)
        )  # fmt: skip

    def _place(self, reading: HomeReading) -> Point3 | None:
        """Where the sensor is, else the middle of its room."""
        sensors = self._site.home.sensors if self._site.home else ()
        at = next((s.at_m for s in sensors if s.name == reading.sensor), None)
        if at is None:
            room = next((room for room in self._site.rooms if room.name == reading.room), None)
            at = None if room is None else (
                0.5 * (room.min_m[0] + room.max_m[0]), 0.5 * (room.min_m[1] + room.max_m[1])
            )  # fmt: skip
        return None if at is None else (at[0], at[1], CHEST_M)


def _over(event: CareEvent) -> CareEvent:
    return CareEvent(
        event.id, event.kind, event.person_id, event.began, event.told, True, event.confidence, event.place_in_map,
        event.room, event.evidence,
    )  # fmt: skip
