"""What is being told, with ids: from what the state machines say now to the events that others get. Pure.

An event keeps its id from its first word until it has been over for KEEP_OVER_S.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from kangban.values import CareEvent, CareEventKind
from perception.events.telling import Telling

KEEP_OVER_S = 10.0
Key = tuple[CareEventKind, str]  # the kind, and which machine of that kind


@dataclass(frozen=True, slots=True)
class Note:
    event: CareEvent
    over_since: float | None = None


Notes = Mapping[Key, tuple[Note, ...]]  # of one machine, oldest first; only the last may still go on


def step(notes: Notes, tellings: Mapping[Key, Telling], now: float, new_id: Callable[[], str]) -> Notes:
    """The notes a moment later."""
    out = {}
    for key in {**notes, **tellings}:
        kept = _kept(notes.get(key, ()), key[0], tellings.get(key), now, new_id)
        if kept:
            out[key] = kept
    return out


def events(notes: Notes) -> tuple[CareEvent, ...]:
    """All of them, in the order in which they were told."""
    found = [note.event for kept in notes.values() for note in kept]
    return tuple(sorted(found, key=lambda e: (e.told, e.id)))


def _kept(
    kept: tuple[Note, ...], kind: CareEventKind, telling: Telling | None, now: float, new_id: Callable[[], str]
) -> tuple[Note, ...]:
    kept = tuple(n for n in kept if n.over_since is None or now - n.over_since <= KEEP_OVER_S)
    going = kept[-1] if kept and kept[-1].over_since is None else None
    if going is not None and (telling is None or telling.began > going.event.told):
        ended = Note(replace(going.event, over=True), now)
        kept, going = (*kept[:-1], ended), None
    if telling is None:
        return kept
    before = going.event if going is not None else None
    event = CareEvent(
        id=before.id if before else new_id(),
        kind=kind,
        person_id=telling.person,
        began=telling.began,
        told=before.told if before else now,
        over=False,
        confidence=max(0.0, min(1.0, telling.confidence)),
        place_in_map=telling.place,
        room=telling.room,
        evidence=telling.words,
    )
    return (*(kept[:-1] if going is not None else kept), Note(event))
