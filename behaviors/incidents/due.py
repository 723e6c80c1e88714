"""What the passing of time means for an incident. Pure; the desk asks on every tick, whatever the tree is doing.

So an alarm goes out and rises even while the robot can't move, is busy with another incident, or hangs in a branch.
"""

from __future__ import annotations

from behaviors.incidents.courses import course_of
from behaviors.incidents.events import What
from behaviors.incidents.record import Record
from kangban.profile import Behaviors
from kangban.values import AlarmLevel, IncidentState


def due(record: Record, times: Behaviors, now: float) -> What | None:
    """The one event that time has made due, or None. Ask again after applying it."""
    match record.state:
        case IncidentState.OPEN | IncidentState.CHECKING:
            # Two ticks less, so that the ticks themselves never make the alarm later than approach plus wait.
            patience = times.approach_limit_s + times.answer_wait_s - 2.0 / times.tick_hz
            what = What.WAIT_OVER if record.asked else What.UNATTENDED
            return _after(record.attention_since, patience, now, what)
        case IncidentState.ANSWERED:
            return _after(record.answered_at, times.resolve_after_s, now, What.TIME_PASSED)
        case IncidentState.ALARMED:
            course = course_of(record.kind)
            escalates = course.escalates and record.level is AlarmLevel.NURSE
            if escalates and _after(record.alarmed_at, times.escalate_after_s, now, What.ESCALATED):
                return What.ESCALATED
            if course.repeat is None:
                return None
            return _after(record.told_at, times.repeat_alarm_s, now, What.ALARM_REPEATED)
        case IncidentState.ACKNOWLEDGED:
            return _after(record.acknowledged_at, times.resolve_after_s, now, What.TIME_PASSED)
        case _:
            return None


def _after(start: float | None, wait_s: float, now: float, what: What) -> What | None:
    return what if start is not None and now - start >= wait_s else None
