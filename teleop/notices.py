"""What is told to whom when an incident moves: pure. A notice holds words, times and a link, never a pixel.

Each (incident, event, contact) is one notice with one key for all time: told again, it is known as the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kangban.site import Site
from kangban.values import AlarmLevel, Incident, IncidentState, Note
from teleop.contacts import Recipient
from teleop.view import levels_up_to

ALARM, ESCALATED, ACKNOWLEDGED, RESOLVED = "alarm", "escalated", "acknowledged", "resolved"
_KINDS = {
    "fall": {"zh": "有人跌倒", "en": "Someone has fallen"},
    "cry_for_help": {"zh": "有人呼救", "en": "Someone called for help"},
    "long_lie": {"zh": "有人躺在地上", "en": "Someone is lying on the floor"},
    "help_gesture": {"zh": "有人招手求助", "en": "Someone is waving for help"},
    "inactivity": {"zh": "很久没有动静", "en": "No movement for a long time"},
    "left_home": {"zh": "有人离开了家", "en": "Someone has left the home"},
    "night_wandering": {"zh": "夜间有人走动", "en": "Someone is up and about at night"},
    "bed_exit": {"zh": "有人离开了床", "en": "Someone has left the bed"},
    "emergency_call": {"zh": "有人按下了呼叫按钮", "en": "Someone has pressed the call button"},
    "smoke": {"zh": "烟雾报警", "en": "Smoke alarm"},
    "gas": {"zh": "燃气报警", "en": "Gas alarm"},
    "water": {"zh": "地上有水", "en": "Water on the floor"},
    "not_found": {"zh": "很久没有看到人", "en": "Nobody has been seen for long"},
    "medicine_unconfirmed": {"zh": "没有确认吃药", "en": "A medicine was not confirmed"},
    "check_in_unanswered": {"zh": "早上的问候需要关注", "en": "The morning question needs attention"},
}
_NEWS = {
    "all_well": {
        "zh": "【一切安好】早上问候时她说很好{words}。",
        "en": "All is well. Asked this morning, she is fine{words}.",
    }
}
_OTHER = {"zh": "需要帮助", "en": "Help is needed"}
_UNKNOWN_ROOM = {"zh": "位置未知", "en": "place unknown"}


@dataclass(frozen=True, slots=True)
class Sender:
    """What every notice says about where it comes from."""

    robot: str
    site: Site
    console_url: str


@dataclass(frozen=True, slots=True)
class Notice:
    key: str
    incident_id: str
    event: str
    level: str
    contact: str  # Recipient.label
    body: str  # JSON


def idempotency_key(key: str) -> str:
    """A header-safe name of a notice, the same at every attempt."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def plan(
    incidents: Iterable[Incident], people: Iterable[Recipient], known: Collection[str], sender: Sender, wall: float
) -> tuple[Notice, ...]:
    """The notices that these incidents call for and that are not `known` (keys) yet.

    An alarm goes to everyone at the level reached and below; those called before are told when it was escalated,
    acknowledged and resolved. Nobody hears of the end of something they were never told. `wall` labels the notice.
    """
    people = [p for p in people if p.url is not None]
    planned: list[Notice] = []
    for incident in incidents:
        for person in people:
            event = _event(incident, person, told=_key(incident, ALARM, person) in known)
            if event is not None and _key(incident, event, person) not in known:
                planned.append(_notice(incident, event, person, sender, wall))
    return tuple(planned)


def news(
    note: Note, people: Iterable[Recipient], known: Collection[str], sender: Sender, wall: float
) -> tuple[Notice, ...]:
    """A note is no alarm: it goes to the family alone, once, and nobody has to take it over."""
    family = [p for p in people if p.url is not None and p.level is AlarmLevel.FAMILY]
    found = []
    for person in family:
        key = f"{note.id}/{note.kind}/{person.label}"
        if key in known or note.kind not in _NEWS:
            continue
        words = {"zh": f"：“{note.words}”" if note.words else "", "en": f": “{note.words}”" if note.words else ""}
        body = {
            "id": idempotency_key(key),
            "event": note.kind,
            "told": _iso(wall),
            "text": {language: _NEWS[note.kind][language].format(words=words[language]) for language in ("zh", "en")},
            "contact": person.name,
            "robot": sender.robot,
            "site": sender.site.name,
        }
        found.append(
            Notice(key, note.id, note.kind, AlarmLevel.NONE.value, person.label, json.dumps(body, ensure_ascii=False))
        )
    return tuple(found)


def _event(incident: Incident, person: Recipient, told: bool) -> str | None:
    if incident.state is IncidentState.ALARMED:
        called = levels_up_to(incident.level)
        if person.level not in called:
            return None
        return ESCALATED if told and person.level is not called[-1] else ALARM
    if not told:
        return None
    return {IncidentState.ACKNOWLEDGED: ACKNOWLEDGED, IncidentState.RESOLVED: RESOLVED}.get(incident.state)


def _key(incident: Incident, event: str, person: Recipient) -> str:
    return f"{incident.id}/{event}/{person.label}"


def _notice(incident: Incident, event: str, person: Recipient, sender: Sender, wall: float) -> Notice:
    room = next((r.label for r in sender.site.rooms if r.name == incident.room), None)
    key = _key(incident, event, person)
    body = {
        "id": idempotency_key(key),
        "event": event,
        "incident_id": incident.id,
        "kind": incident.kind,
        "level": incident.level.value,
        "state": incident.state.value,
        "room": incident.room or None,
        "opened": _iso(incident.opened_wall),
        "told": _iso(wall),
        "acknowledged_by": incident.acknowledged_by or None,
        "text": {language: _text(incident, event, room or _UNKNOWN_ROOM, language) for language in ("zh", "en")},
        "contact": person.name,
        "robot": sender.robot,
        "site": sender.site.name,
        "console": sender.console_url,
    }
    return Notice(key, incident.id, event, incident.level.value, person.label, json.dumps(body, ensure_ascii=False))


def _text(incident: Incident, event: str, room: Mapping[Any, str], language: str) -> str:
    what = f"{_KINDS.get(incident.kind, _OTHER)[language]}{'：' if language == 'zh' else ': '}{room[language]}"
    who = incident.acknowledged_by
    words = {
        (ALARM, "zh"): f"【警报】{what}。请立即查看并确认。",
        (ALARM, "en"): f"ALARM. {what}. Please look now and acknowledge.",
        (ESCALATED, "zh"): f"【升级】{what}。无人确认，已通知家属。",
        (ESCALATED, "en"): f"ESCALATED. {what}. Nobody has acknowledged; the family has been called too.",
        (ACKNOWLEDGED, "zh"): f"【已确认】{what}。{who or '有人'}已接手处理。",
        (ACKNOWLEDGED, "en"): f"Acknowledged. {what}. {who or 'Someone'} has taken it over.",
        (RESOLVED, "zh"): f"【已解除】{what}。事件已结束。",
        (RESOLVED, "en"): f"Resolved. {what}. It is over.",
    }
    return words[event, language]


def _iso(wall: float) -> str:
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="seconds")
