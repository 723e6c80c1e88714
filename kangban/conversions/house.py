"""How all is: diagnostics, sensors of the home, the behaviour tree; as messages and back."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from kangban_msgs import msg as k

from kangban import values as v
from kangban.conversions.pieces import Conversions, header_at, known_or_none, number_or_nan, time_from_ros, time_to_ros

_LEVELS = {
    v.Health.OK: DiagnosticStatus.OK,
    v.Health.WARN: DiagnosticStatus.WARN,
    v.Health.ERROR: DiagnosticStatus.ERROR,
    v.Health.STALE: DiagnosticStatus.STALE,
}
_HEALTHS = {level: health for health, level in _LEVELS.items()}


def _diagnostics(value: v.Diagnostics) -> DiagnosticArray:
    lines = [
        DiagnosticStatus(
            level=_LEVELS[d.health],
            name=d.name,
            message=d.message,
            values=[KeyValue(key=key, value=figure) for key, figure in d.figures],
        )
        for d in value.lines
    ]
    return DiagnosticArray(header=header_at(value.stamp), status=lines)


def _diagnostics_back(m: DiagnosticArray) -> v.Diagnostics:
    lines = [
        v.Diagnostic(s.name, _HEALTHS[s.level], s.message, tuple((f.key, f.value) for f in s.values)) for s in m.status
    ]
    return v.Diagnostics(time_from_ros(m.header.stamp), tuple(lines))


def _home_reading(value: v.HomeReading) -> k.HomeReading:
    figure_only = value.kind is v.SensorKind.TEMPERATURE
    return k.HomeReading(
        stamp=time_to_ros(value.stamp),
        sensor=value.sensor,
        kind=value.kind.value,
        room=value.room,
        known=(value.value if figure_only else value.active) is not None,
        active=bool(value.active),
        valued=value.value is not None,
        value=number_or_nan(value.value),
    )


def _home_reading_back(m: k.HomeReading) -> v.HomeReading:
    kind = v.SensorKind(m.kind)
    on_or_off = m.known and kind is not v.SensorKind.TEMPERATURE
    figure = known_or_none(m.value) if m.known and m.valued else None
    return v.HomeReading(time_from_ros(m.stamp), m.sensor, kind, m.room, bool(m.active) if on_or_off else None, figure)


def _home(value: v.HomeReadings) -> k.HomeReadings:
    readings = [_home_reading(reading) for reading in value.readings]
    return k.HomeReadings(header=header_at(value.stamp), connected=value.connected, readings=readings)


def _home_back(m: k.HomeReadings) -> v.HomeReadings:
    readings = tuple(_home_reading_back(reading) for reading in m.readings)
    return v.HomeReadings(time_from_ros(m.header.stamp), bool(m.connected), readings)


def _tree(value: v.TreeState) -> DiagnosticArray:
    """A line each: the name, what it says, and as figures how deep it is and its status."""
    lines = [
        DiagnosticStatus(
            name=line.name,
            message=line.feedback,
            values=[KeyValue(key="depth", value=str(line.depth)), KeyValue(key="status", value=line.status)],
        )
        for line in value.lines
    ]
    return DiagnosticArray(header=header_at(value.stamp), status=lines)


def _tree_back(m: DiagnosticArray) -> v.TreeState:
    lines = []
    for line in m.status:
        figures = {f.key: f.value for f in line.values}
        if "depth" not in figures or "status" not in figures:
            raise ValueError(f"tree: {line.name!r} has no depth or status")
        lines.append(v.TreeLine(int(figures["depth"]), line.name, figures["status"], line.message))
    return v.TreeState(time_from_ros(m.header.stamp), tuple(lines))


CONVERSIONS: Conversions = {
    v.Diagnostics: (DiagnosticArray, _diagnostics, _diagnostics_back),
    v.HomeReadings: (k.HomeReadings, _home, _home_back),
    v.TreeState: (DiagnosticArray, _tree, _tree_back),
}
