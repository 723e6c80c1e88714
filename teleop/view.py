"""From what the console knows to what the page shows: one JSON document, pure.

Ages are seconds by the robot's clock; `*_wall` are seconds since 1970, labels only. Unknown is null, never zero.
No pixels here: a picture is only named, and served from its own address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from kangban.evidence import LANGUAGES, in_language, names_of
from kangban.site import Site
from kangban.values import AlarmLevel, ChainState, ControllerState, Diagnostic, Health, Incident, IncidentState
from teleop.desk import Situation

Json = dict[str, Any]
Deliveries = Mapping[str, Mapping[str, str]]
_WORST = (Health.OK, Health.WARN, Health.STALE, Health.ERROR)
# States in which nobody has taken the incident over though a human was called.
_CALLING = (IncidentState.ALARMED,)
_OPEN_FIRST = {
    IncidentState.ALARMED: 0,
    IncidentState.OPEN: 1,
    IncidentState.CHECKING: 1,
    IncidentState.ANSWERED: 2,
    IncidentState.ACKNOWLEDGED: 2,
    IncidentState.RESOLVED: 3,
}


def levels_up_to(level: AlarmLevel) -> tuple[AlarmLevel, ...]:
    """Who has been called when `level` is reached: the nurse first, then the family too."""
    order = (AlarmLevel.NURSE, AlarmLevel.FAMILY)
    return order[: order.index(level) + 1] if level in order else ()


def state(
    situation: Situation,
    site: Site,
    robot: str,
    deliveries: Deliveries,
    picture_version: Callable[[Incident], int | None],
) -> Json:
    """The page's document.

    `deliveries`: incident id -> "level/name" of a contact -> "sent" or "waiting" (what the outbox knows).
    `picture_version`: a number that changes with the picture, None where there is none.
    """
    incidents = sorted(
        situation.incidents.incidents if situation.incidents else (),
        key=lambda i: (_OPEN_FIRST[i.state], -i.opened_wall),
    )
    return {
        "robot": robot,
        "site": site.name,
        "language": site.language,
        "known": situation.incidents is not None,
        "fresh": situation.incidents_fresh,
        "incidents": [_incident(i, situation, site, deliveries, picture_version(i)) for i in incidents],
        "mission": _mission(situation),
        "safety": _safety(situation.chain),
        "motors": _motors(situation.controller),
        "charge": situation.battery.charge if situation.battery else None,
        "nodes": _nodes(situation.lines),
        "tree": _tree(situation),
    }


def _incident(i: Incident, s: Situation, site: Site, deliveries: Deliveries, picture: int | None) -> Json:
    sent = deliveries.get(i.id, {})
    label = next((room.label for room in site.rooms if room.name == i.room), None)
    age = s.now - i.opened
    called = levels_up_to(i.level)
    return {
        "id": i.id,
        "kind": i.kind,
        "state": i.state.value,
        "level": i.level.value,
        "calling": i.state in _CALLING,
        "open": i.state is not IncidentState.RESOLVED,
        "room": dict(label) if label else None,
        "age_s": round(age, 1) if age >= 0 else None,  # opened before the robot's clock began anew: unknown
        "changed_s": round(s.now - i.changed, 1) if s.now >= i.changed else None,
        "opened_wall": i.opened_wall,
        "alarmed": [
            {"name": c.name, "level": c.level, "webhook": sent.get(f"{c.level}/{c.name}", "none")}
            for c in site.contacts
            if c.level in called
        ],
        "acknowledged_by": i.acknowledged_by or None,
        "evidence": {lang: [in_language(each, lang, names_of(site)) for each in i.evidence] for lang in LANGUAGES},
        "log": list(i.log),
        "picture": f"/api/incidents/{quote(i.id, safe='')}/picture?v={picture}" if picture is not None else None,
    }


def _mission(s: Situation) -> Json | None:
    return {"name": s.mission.name, "phase": s.mission.phase, "detail": s.mission.detail} if s.mission else None


def _tree(s: Situation) -> list[Json]:
    """What the behaviour tree asked on its last tick, top-down."""
    lines = s.tree.lines if s.tree else ()
    return [
        {"depth": line.depth, "name": line.name, "status": line.status, "feedback": line.feedback}
        for line in lines
        if line.status != "idle"
    ]


def _safety(chain: ChainState | None) -> Json:
    if chain is None:
        return {"health": Health.STALE.value, "code": "away", "detail": ""}
    if chain.stop_latched:
        return {"health": Health.WARN.value, "code": "stopped", "detail": chain.stop_reason}
    return {"health": Health.OK.value, "code": "ok", "detail": ""}


def _motors(controller: ControllerState | None) -> Json:
    if controller is None:
        return {"health": Health.STALE.value, "code": "away", "detail": ""}
    for wrong, health, code, detail in (
        (not controller.connected, Health.ERROR, "disconnected", ", ".join(controller.reasons)),
        (controller.emergency_stop, Health.WARN, "emergency_stop", ""),
        (bool(controller.faults), Health.ERROR, "fault", ", ".join(controller.faults)),
        (controller.bumper, Health.WARN, "bumper", ""),
        (not controller.armed, Health.WARN, "disarmed", ", ".join(controller.reasons)),
    ):
        if wrong:
            return {"health": health.value, "code": code, "detail": detail}
    return {"health": Health.OK.value, "code": "ok", "detail": ""}


def _nodes(lines: tuple[Diagnostic, ...]) -> list[Json]:
    """One entry a process, with its worst health and the lines that are not well."""
    nodes: dict[str, Json] = {}
    for line in lines:
        name, _, rest = line.name.partition(": ")
        node = nodes.setdefault(name, {"name": name, "health": Health.OK.value, "troubles": []})
        if line.health is not Health.OK:
            node["troubles"].append(f"{rest}: {line.message}" if rest else line.message)
        if _WORST.index(line.health) > _WORST.index(Health(node["health"])):
            node["health"] = line.health.value
    return [nodes[name] for name in sorted(nodes)]
