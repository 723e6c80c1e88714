"""What the page shows of a clip: each miss and each false alarm (and, where asked for, each hit) with its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from perception.score import why
from perception.score.drawing import Mark, plot, strip
from perception.score.manifest import Clip
from perception.score.marking import Found, Marks, window
from perception.score.notes import Scene
from perception.score.watching import Alarm

ALARM, ONSET, IMPACT = "#b2182b", "#555", "#000"


def spans(clip: Clip) -> list[tuple[float, float]]:
    """The seconds to be noted about each labelled fall."""
    return [(window(fall)[0] - 2.0, window(fall)[1] + 1.0) for fall in clip.falls]


def cases(
    clip: Clip, marks: Marks, alarms: Sequence[Alarm], scenes: Sequence[Scene], hits: bool = False
) -> list[dict[str, Any]]:
    made = []
    about_falls = [scene for scene in scenes if scene.alarm_s is None]
    for found, scene in zip(marks.falls, about_falls, strict=False):
        if found.alarm_s is None or hits:
            made.append(_fall(clip, found, alarms, scene))
    for scene in scenes:
        if scene.alarm_s is not None and scene.alarm_s in marks.false_s:
            made.append(_false_alarm(clip, scene, next(a for a in alarms if a.t == scene.alarm_s)))
    return made


def _fall(clip: Clip, found: Found, alarms: Sequence[Alarm], scene: Scene) -> dict[str, Any]:
    fall = found.fall
    alarm = next((a for a in alarms if a.t == found.alarm_s), None)
    who = why.faller(scene.moments, None if alarm is None else alarm.person)
    marks = [Mark(fall.onset_s, "onset", ONSET)]
    if fall.impact_s is not None:
        marks.append(Mark(fall.impact_s, "impact", IMPACT))
    marks += [Mark(a.t, "alarm", ALARM) for a in alarms]
    until = fall.onset_s + 4.0 if fall.impact_s is None else fall.impact_s + 2.5
    if alarm is None or found.delay_s is None:
        words = why.of_miss(fall, [a.t for a in alarms], scene.moments)
    else:
        words = why.of_hit(alarm.evidence, found.delay_s, fall.impact_s is not None)
        until = max(until, alarm.t + 0.3)
    return {
        "kind": "missed" if alarm is None else "found",
        "t": fall.onset_s,
        "who": who,
        "why": words,
        "strip": strip(scene, who, fall.onset_s - 1.0, until),
        "plot": plot(scene, who, marks, window(fall)),
    }


def _false_alarm(clip: Clip, scene: Scene, alarm: Alarm) -> dict[str, Any]:
    marks = [Mark(alarm.t, "alarm", ALARM)]
    return {
        "kind": "false alarm",
        "t": alarm.t,
        "who": alarm.person,
        "why": why.of_false_alarm(clip, alarm.t, alarm.person, alarm.evidence, scene.moments),
        "strip": strip(scene, alarm.person, alarm.t - 4.5, alarm.t + 1.5),
        "plot": plot(scene, alarm.person, marks, None),
    }
