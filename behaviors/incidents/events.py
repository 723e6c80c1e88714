"""What can happen to an incident, as data. The codes are stored for ever: add to them, never rename one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kangban.values import AlarmLevel, CareEvent, Fall, Point3, SpeechKind


class What(StrEnum):
    FALL_SUSPECTED = "fall_suspected"
    FALL_CONFIRMED = "fall_confirmed"
    FALL_RECOVERED = "fall_recovered"
    CRY_FOR_HELP = "cry_for_help"
    CARE_SEEN = "care_seen"  # a care event goes on; logged under its own kind
    CARE_OVER = "care_over"
    SET_OUT = "set_out"  # the robot goes there
    ARRIVED = "arrived"
    APPROACH_FAILED = "approach_failed"
    ASKED = "asked"
    ANSWERED_FINE = "answered_fine"
    ANSWERED_NOT_FINE = "answered_not_fine"
    ANSWER_UNCLEAR = "answer_unclear"
    WAIT_OVER = "wait_over"  # asked, and no answer in time
    UNATTENDED = "unattended"  # the time to look after her is over, whatever kept the robot
    ALARM_REPEATED = "alarm_repeated"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"  # a human takes it over
    MARKED_RESOLVED = "marked_resolved"  # a human ends it
    TIME_PASSED = "time_passed"  # long enough after the answer or the acknowledgement
    RESTARTED = "restarted"  # this program was killed and is back


BY_HUMAN = frozenset({What.ACKNOWLEDGED, What.MARKED_RESOLVED})


@dataclass(frozen=True, slots=True)
class Event:
    """`wall` labels the log line. Which of the rest is used depends on `what`; `id` names an incident to be opened."""

    what: What
    wall: float
    id: str = ""
    fall: Fall | None = None
    person_id: int = 0
    place_in_map: Point3 | None = None
    room: str = ""
    who: str = ""
    care: CareEvent | None = None
    level: AlarmLevel = AlarmLevel.NONE  # who is called at once about the care event
    text: str = ""  # what was heard, the human's note, or why the approach failed


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something to say aloud: a code of `texts.py` with its parameters."""

    code: str
    kind: SpeechKind
    params: tuple[tuple[str, str], ...] = ()
