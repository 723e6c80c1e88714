"""Why a fall was missed, or an alarm raised for nothing: the trace of some seconds, put in words."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from itertools import pairwise

from perception.falls import Stage
from perception.score.manifest import Clip, LabelledFall
from perception.score.marking import window
from perception.trace import Moment

BEFORE_S = 1.5  # of the onset, to know how high she was
SPOKE = (Stage.SUSPECTED, Stage.CONFIRMED)
SELDOM = 0.5  # seen for less of the time than this
LATE_S = 0.5


def by_person(moments: Sequence[Moment]) -> dict[int, list[Moment]]:
    people: dict[int, list[Moment]] = {}
    for moment in moments:
        people.setdefault(moment.person, []).append(moment)
    return people


def faller(moments: Sequence[Moment], person: int | None = None) -> int | None:
    """Whom it is about: the person of the alarm, else who was suspected, else whose shoulders sank most."""
    people = by_person(moments)
    if person in people or not people:
        return person
    suspected = [p for p, seen in people.items() if any(m.case.stage in SPOKE for m in seen)]
    return max(suspected or people, key=lambda p: sank(people[p]))


def sank(moments: Sequence[Moment]) -> float:
    """The most that somebody's shoulders came down from any moment to a later one, m."""
    highest, most = -math.inf, 0.0
    for moment in moments:
        if moment.pose is not None:
            highest = max(highest, moment.measure.shoulder)
            most = max(most, highest - moment.measure.shoulder)
    return most


def of_false_alarm(clip: Clip, at: float, person: int, evidence: Sequence[str], moments: Sequence[Moment]) -> list[str]:
    words = [f"The alarm at {at:.1f} s said: {'; '.join(evidence)}."]
    acts = sorted({a.act.replace("_", " ") for a in clip.acts if a.from_s - 1.0 <= at <= a.to_s + 3.0})
    if acts:
        words.append(f"What the people there were doing: {', '.join(acts)}.")
    if clip.falls:
        early = window(clip.falls[0])[0] - at
        words.append(f"Somebody does fall in this clip, but the alarm came {early:.1f} s before that could count.")
    hers = by_person(moments).get(person, [])
    return words + (_seen(hers, moments[0].stamp, at) + _judged(hers) if hers else [])


def of_miss(fall: LabelledFall, alarms: Sequence[float], moments: Sequence[Moment]) -> list[str]:
    begin, end = window(fall)
    late = next((t for t in alarms if t > end), None)
    words = [] if late is None else [f"The alarm came at {late:.1f} s, {late - end:.1f} s too late to count."]
    about = [m for m in moments if begin - BEFORE_S <= m.stamp <= end]
    people, who = by_person(about), faller(about)
    if who is None:
        return [*words, "Nobody was seen at all from before the fall until the time for an alarm was over."]
    hers = people[who]
    until = min(end, max(begin, moments[-1].stamp))
    return words + _seen(hers, begin, until) + _way(hers) + _suspicion(hers) + _judged(hers)


def of_hit(evidence: Sequence[str], delay: float, from_impact: bool) -> list[str]:
    since = "impact" if from_impact else "onset (no impact is labelled)"
    return [f"Found {delay:+.2f} s from the {since}: {'; '.join(evidence)}."]


def _seen(hers: Sequence[Moment], begin: float, end: float) -> list[str]:
    seen = [m.stamp for m in hers if begin <= m.stamp <= end and m.pose is not None]
    if not seen:
        return [f"Person {hers[0].person} was not seen from {begin:.1f} to {end:.1f} s."]
    period = statistics.median([b.stamp - a.stamp for a, b in pairwise(hers)] or [end - begin])
    share = min(1.0, len(seen) * period / max(period, end - begin))
    words = [f"Person {hers[0].person} was seen for {100 * share:.0f} % of the time from {begin:.1f} to {end:.1f} s."]
    if seen[0] > begin + LATE_S:
        words.append(f"She was first seen in it at {seen[0]:.1f} s.")
    if share < SELDOM:
        words.append("Without landmarks there is little to go by.")
    return words


def _way(hers: Sequence[Moment]) -> list[str]:
    down = [m for m in hers if m.evidence.down]
    lowest = min((m.measure.shoulder for m in hers if m.pose is not None), default=math.nan)
    words = [f"Her shoulders came down by at most {sank(hers):.1f} m, to {lowest:.1f} m above the floor."]
    return words + ([] if down else ["By the measures she never was down (low, and not upright)."])


def _suspicion(hers: Sequence[Moment]) -> list[str]:
    words = []
    for before, after in pairwise(hers):
        old, new = before.case.stage, after.case.stage
        if old is new:
            continue
        if new is Stage.SUSPECTED:
            words.append(f"Suspected at {after.stamp:.1f} s ({'; '.join(after.case.words)}).")
        elif old is Stage.SUSPECTED and new is Stage.CALM:
            words.append(f"Let go at {after.stamp:.1f} s: {_why_let_go(after)}.")
    if hers[-1].case.stage is Stage.SUSPECTED:
        words.append("Still only suspected when the time for an alarm was over.")
    return words or ["No fall was suspected."]


def _why_let_go(moment: Moment) -> str:
    if moment.evidence.rests_on is not None:
        return f"she was taken to rest on {moment.evidence.rests_on}"
    if moment.evidence.up:
        return "she was taken to be upright again"
    return "neither the measures nor the learned judge went on speaking for a fall"


def _judged(hers: Sequence[Moment]) -> list[str]:
    words = [(m.probability, m.threshold, m.stamp) for m in hers if m.probability is not None]
    if not words:
        return ["The learned judge had no word on it."]
    most, threshold, at = max(words)
    return [f"The learned judge gave a fall at most {most:.2f} (at {at:.1f} s; {threshold:.2f} is much)."]
