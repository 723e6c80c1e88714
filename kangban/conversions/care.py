"""What happened to somebody and what is done about it: care events, incidents, missions; as messages and back."""

from __future__ import annotations

from kangban_msgs import msg as k

from kangban import values as v
from kangban.conversions.pieces import Conversions, header_at, place_of, point_of, time_from_ros, time_to_ros


def _care_event(value: v.CareEvent) -> k.CareEvent:
    return k.CareEvent(
        id=value.id,
        kind=value.kind.value,
        person_id=int(value.person_id),
        began=time_to_ros(value.began),
        told=time_to_ros(value.told),
        over=value.over,
        confidence=float(value.confidence),
        mapped=value.place_in_map is not None,
        place_in_map=point_of(value.place_in_map),
        room=value.room,
        evidence=list(value.evidence),
    )


def _care_event_back(m: k.CareEvent) -> v.CareEvent:
    return v.CareEvent(
        id=m.id,
        kind=v.CareEventKind(m.kind),
        person_id=m.person_id,
        began=time_from_ros(m.began),
        told=time_from_ros(m.told),
        over=m.over,
        confidence=m.confidence,
        place_in_map=place_of(m.place_in_map, m.mapped),
        room=m.room,
        evidence=tuple(m.evidence),
    )


def _care_events(value: v.CareEvents) -> k.CareEvents:
    return k.CareEvents(header=header_at(value.stamp), events=[_care_event(e) for e in value.events])


def _care_events_back(m: k.CareEvents) -> v.CareEvents:
    return v.CareEvents(time_from_ros(m.header.stamp), tuple(_care_event_back(e) for e in m.events))


def _incident(value: v.Incident) -> k.Incident:
    return k.Incident(
        id=value.id,
        kind=value.kind,
        state=value.state.value,
        level=value.level.value,
        opened=time_to_ros(value.opened),
        opened_wall_s=float(value.opened_wall),
        changed=time_to_ros(value.changed),
        person_id=int(value.person_id),
        mapped=value.place_in_map is not None,
        place_in_map=point_of(value.place_in_map),
        room=value.room,
        evidence=list(value.evidence),
        log=list(value.log),
        acknowledged_by=value.acknowledged_by,
        fall_ids=list(value.fall_ids),
    )


def _incident_back(m: k.Incident) -> v.Incident:
    return v.Incident(
        id=m.id,
        kind=m.kind,
        state=v.IncidentState(m.state),
        level=v.AlarmLevel(m.level),
        opened=time_from_ros(m.opened),
        opened_wall=m.opened_wall_s,
        changed=time_from_ros(m.changed),
        person_id=m.person_id,
        place_in_map=place_of(m.place_in_map, m.mapped),
        room=m.room,
        evidence=tuple(m.evidence),
        log=tuple(m.log),
        acknowledged_by=m.acknowledged_by,
        fall_ids=tuple(m.fall_ids),
    )


def _incidents(value: v.Incidents) -> k.Incidents:
    return k.Incidents(header=header_at(value.stamp), incidents=[_incident(i) for i in value.incidents])


def _incidents_back(m: k.Incidents) -> v.Incidents:
    return v.Incidents(time_from_ros(m.header.stamp), tuple(_incident_back(i) for i in m.incidents))


def _mission(value: v.Mission) -> k.Mission:
    return k.Mission(header=header_at(value.stamp), name=value.name, phase=value.phase, detail=value.detail)


def _mission_back(m: k.Mission) -> v.Mission:
    return v.Mission(time_from_ros(m.header.stamp), m.name, m.phase, m.detail)


CONVERSIONS: Conversions = {
    v.CareEvents: (k.CareEvents, _care_events, _care_events_back),
    v.Incidents: (k.Incidents, _incidents, _incidents_back),
    v.Mission: (k.Mission, _mission, _mission_back),
}
