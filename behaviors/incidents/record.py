"""An incident as its owner keeps it: more than is published, all of it on disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from kangban.values import AlarmLevel, IncidentState, Point3

FALL, CRY_FOR_HELP = "fall", "cry_for_help"


class Approach(StrEnum):
    """How coming near the person went, last time it was tried."""

    NONE = "none"
    ARRIVED = "arrived"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log as data: what happened (a code of `texts.py`) and its parameters, rendered when read.

    `at` is robot time in seconds, `wall` seconds since 1970, a label for people.
    """

    at: float
    wall: float
    code: str
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """The whole of one incident. Times are robot time in seconds; None: has not happened."""

    id: str
    kind: str
    state: IncidentState
    level: AlarmLevel
    opened: float
    opened_wall: float
    changed: float
    attention_since: float  # since when somebody should be looking: the opening, or a second fall after an answer
    person_id: int
    place_in_map: Point3 | None = None
    room: str = ""
    evidence: tuple[str, ...] = ()
    fall_ids: tuple[str, ...] = ()  # every name perception gave it (a restarted perception gives a new one)
    event_ids: tuple[str, ...] = ()  # the care events that it is about or that joined it
    over_ids: tuple[str, ...] = ()  # those of them that ended
    recovered: bool = False  # seen up again since
    approach: Approach = Approach.NONE
    asked: int = 0  # questions put in this round
    answered_at: float | None = None
    alarmed_at: float | None = None
    told_at: float | None = None  # when the alarm was last repeated aloud
    acknowledged_at: float | None = None
    acknowledged_by: str = ""
    log: tuple[Entry, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.state is not IncidentState.RESOLVED


def shifted(record: Record, seconds: float) -> Record:
    """The same incident with every robot time moved: used when the robot's clock began anew (see `desk.py`)."""

    def move(at: float | None) -> float | None:
        return None if at is None else at + seconds

    return replace(
        record,
        opened=record.opened + seconds,
        changed=record.changed + seconds,
        attention_since=record.attention_since + seconds,
        answered_at=move(record.answered_at),
        alarmed_at=move(record.alarmed_at),
        told_at=move(record.told_at),
        acknowledged_at=move(record.acknowledged_at),
        log=tuple(replace(entry, at=entry.at + seconds) for entry in record.log),
    )
