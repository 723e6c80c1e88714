"""What the robot does about each kind of incident, as data: one row a kind. Pure.

To change what happens when somebody leaves her bed at night, change the row, not the machine. Who is told at once may
also be said by the home (`told` in the site file): there it wins over the row.

The question is the same for every kind ("Are you all right?"): a "yes" must never mean "I need help" for one kind and
"I am well" for another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from behaviors.incidents.record import CRY_FOR_HELP, FALL
from kangban.values import AlarmLevel, CareEventKind


@dataclass(frozen=True, slots=True)
class Course:
    """`opened`, `alarm`, ... are codes of `texts.py` to be said aloud; None: it says nothing then.

    `urgency`: a lower number is attended to first. `at_once`: who is called without asking first; NONE with `visits`
    means go, ask, then call; NONE without `visits` means that it is only noted.
    """

    urgency: int
    visits: bool  # the robot goes to the person, asks and stays; False: it keeps out of her way
    at_once: AlarmLevel
    opened: str | None
    alarm: str | None
    repeat: str | None
    escalates: bool  # nobody took it over: the family too
    takes_falls: bool  # a fall of the same person at the same place is part of it, not a second incident
    ends_when_over: bool  # what it was about is over before the robot has set out: closed with a record
    halts: bool = False  # while it is open no mission goes on: the robot keeps out of the way

    @property
    def escalated(self) -> str:
        return "say_escalated" if self.visits else "say_told_family"

    @property
    def acknowledged(self) -> str:
        return "say_acknowledged" if self.visits else "say_who_comes"


NOBODY, NURSE, FAMILY = AlarmLevel.NONE, AlarmLevel.NURSE, AlarmLevel.FAMILY
_LYING = ("say_alarm", "say_help_coming")
_UPRIGHT = ("say_alarm_here", "say_help_coming")
_APART = (None, None)
# urgency, visits, at once, opened, (alarm, repeat), escalates, takes falls, ends when over
COURSES: Mapping[str, Course] = {
    FALL: Course(0, True, NOBODY, "say_seen_fall", *_LYING, True, True, False),
    CareEventKind.LONG_LIE: Course(1, True, NOBODY, "say_seen_lying", *_LYING, True, True, False),
    CRY_FOR_HELP: Course(1, True, NURSE, "say_alarm", *_LYING, True, True, False),
    CareEventKind.HELP_GESTURE: Course(1, True, NOBODY, "say_seen_wave", *_UPRIGHT, True, True, False),
    CareEventKind.INACTIVITY: Course(2, True, NOBODY, None, *_UPRIGHT, True, False, True),
    CareEventKind.LEFT_HOME: Course(3, False, FAMILY, "say_left_home", *_APART, True, False, False),
    CareEventKind.NIGHT_WANDERING: Course(3, False, NURSE, "say_night", *_APART, True, False, False),
    CareEventKind.EMERGENCY_CALL: Course(1, True, NURSE, "say_alarm_here", *_UPRIGHT, True, True, False),
    CareEventKind.SMOKE: Course(0, False, FAMILY, "say_smoke", None, "say_smoke", True, False, False, halts=True),
    CareEventKind.GAS: Course(0, False, FAMILY, "say_gas", None, "say_gas", True, False, False, halts=True),
    CareEventKind.WATER: Course(3, False, NURSE, "say_water", *_APART, True, False, False),
    CareEventKind.NOT_FOUND: Course(2, True, NOBODY, "say_not_found", *_UPRIGHT, True, False, True),
    CareEventKind.MEDICINE_UNCONFIRMED: Course(4, False, NURSE, None, *_APART, False, False, False),
    CareEventKind.CHECK_IN_UNANSWERED: Course(3, False, NURSE, None, *_APART, True, False, False),
    CareEventKind.BED_EXIT: Course(4, False, NOBODY, "say_bed_exit", *_APART, False, False, False),
}


def course_of(kind: str) -> Course:
    """The row of a kind. One that this program does not know (written by a newer one) is treated like a fall."""
    return COURSES.get(kind, COURSES[FALL])
