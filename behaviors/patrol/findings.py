"""What a round finds: what somebody should know of, and what has changed since the last one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from kangban.values import HomeReading, SensorKind

Params = tuple[tuple[str, str], ...]
# What a sensor says -> the code of the finding while it says so. A door that is shut is only told where that changed.
ACTIVE: Mapping[SensorKind, str] = {
    SensorKind.DOOR: "found_door_open",
    SensorKind.SMOKE: "found_smoke",
    SensorKind.GAS: "found_gas",
    SensorKind.WATER: "found_water",
    SensorKind.STOVE: "found_stove",
}
SERIOUS = frozenset({"found_smoke", "found_gas", "found_water", "found_stove"})


@dataclass(frozen=True, slots=True)
class Finding:
    """`key`: what it is about, the same from round to round; `code`: what is so, of texts.py; `changed`: since the last
    round; None: not known, there was none. `room` may be empty."""

    key: str
    code: str
    room: str
    params: Params = ()
    changed: bool | None = None

    @property
    def serious(self) -> bool:
        return self.code in SERIOUS


def of_readings(readings: Iterable[HomeReading], room: str | None = None) -> tuple[Finding, ...]:
    """What the home's sensors say now, of one room or all. A silent one is a finding: nobody watches there."""
    found = []
    for reading in readings:
        if reading.kind not in ACTIVE or (room is not None and reading.room != room):
            continue
        sensor = (("sensor", reading.sensor.replace("_", " ")),)
        key = f"{reading.kind.value} {reading.sensor}"
        if reading.active is None:
            found.append(Finding(key, "found_silent", reading.room, sensor))
        elif reading.active:
            found.append(Finding(key, ACTIVE[reading.kind], reading.room, sensor))
        elif reading.kind is SensorKind.DOOR:
            found.append(Finding(key, "found_door_shut", reading.room, sensor))
    return tuple(found)


def compared(findings: Iterable[Finding], before: Mapping[str, str] | None) -> tuple[Finding, ...]:
    """Say of each whether it has changed. `before`: key -> code of the last round; None: there was none."""
    if before is None:
        return tuple(findings)
    return tuple(replace(f, changed=before.get(f.key, _usual(f)) != f.code) for f in findings)


def _usual(finding: Finding) -> str:
    """What a thing was that the last round said nothing of: a shut door is as it should be, all else was not there."""
    return "found_door_shut" if finding.code == "found_door_shut" else ""


def worth_telling(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Without the doors that are shut as they were; the serious first, then what changed."""
    told = [f for f in findings if f.code != "found_door_shut" or f.changed]
    return tuple(sorted(told, key=lambda f: (not f.serious, not f.changed, f.room, f.key)))
