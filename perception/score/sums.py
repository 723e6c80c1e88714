"""The figures of many clips: sensitivity, false alarms an hour and delay, each with how sure it is. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from scipy.special import betaincinv, gammaincinv

from perception.score.manifest import Clip
from perception.score.marking import Marks

SURE = 0.95
HEIGHTS_M = (0.4, 0.8, 1.2, 1.6, 2.0, 2.4)
DISTANCES_M = (0.0, 1.5, 2.5, 3.5, 4.5)


@dataclass(frozen=True, slots=True)
class Scored:
    """A clip with its marks; `fps_ratio`: of the whole pipeline over the bare pose model, in the same run.

    `named_right`: did the alarm name who fell? None: not known.
    """

    clip: Clip
    marks: Marks
    fps_ratio: float | None = None
    named_right: bool | None = None


def poisson_upper(count: int, hours: float) -> float | None:
    """95 % upper bound of the hourly rate behind `count` events (exact, Garwood 1936). None: nothing was watched."""
    return float(gammaincinv(count + 1, SURE)) / hours if hours > 0 else None


def share_lower(found: int, of: int) -> float | None:
    """95 % lower bound of the share behind `found` of `of` (exact, Clopper and Pearson 1934)."""
    if of == 0:
        return None
    return float(betaincinv(found, of - found + 1, 1.0 - SURE)) if found else 0.0


def quantile(values: Iterable[float], q: float) -> float | None:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else None


def tally(scored: Sequence[Scored]) -> dict[str, Any]:
    """The figures of some clips. An event that several cameras filmed counts as found if one of them found it."""
    falls = [(s, found) for s in scored for found in s.marks.falls]
    everyday = [s for s in scored if not s.clip.is_fall]
    events: dict[tuple[str, str, float], bool] = {}
    for s, found in falls:
        key = (s.clip.set, s.clip.event, found.fall.onset_s)
        events[key] = events.get(key, False) or found.alarm_s is not None
    hits = sum(found.alarm_s is not None for _, found in falls)
    false = sum(len(s.marks.false_s) for s in scored)
    hours = sum(s.marks.watched_s for s in scored) / 3600
    after_impact = [f.delay_s for _, f in falls if f.delay_s is not None and f.fall.impact_s is not None]
    after_onset = [f.delay_s for _, f in falls if f.delay_s is not None and f.fall.impact_s is None]
    ratios = [s.fps_ratio for s in scored if s.fps_ratio is not None]
    named = [s.named_right for s in scored if s.named_right is not None]
    return {
        "falls": len(falls),
        "found": hits,
        "sensitivity": _rounded(hits / len(falls) if falls else None),
        "sensitivity_lower95": _rounded(share_lower(hits, len(falls))),
        "events": len(events),
        "events_found": sum(events.values()),
        "adl_clips": len(everyday),
        "adl_clips_with_alarm": sum(bool(s.marks.false_s) for s in everyday),
        "false_alarms": false,
        "hours": _rounded(hours, 4),
        "false_per_hour": _rounded(false / hours if hours else None, 2),
        "false_per_hour_upper95": _rounded(poisson_upper(false, hours), 2),
        "delay_median_s": _rounded(statistics.median(after_impact) if after_impact else None),
        "delay_p90_s": _rounded(quantile(after_impact, 0.9)),
        "delay_from_onset_median_s": _rounded(statistics.median(after_onset) if after_onset else None),
        "delay_from_onset_p90_s": _rounded(quantile(after_onset, 0.9)),
        "fps_over_pose_fps": _rounded(statistics.median(ratios) if ratios else None),
        "named_right": f"{sum(named)} of {len(named)}" if named else None,
    }


def by(scored: Sequence[Scored], key: Callable[[Clip], str | None]) -> dict[str, dict[str, Any]]:
    """The figures by what `key` says of a clip; clips of which it says nothing are left out."""
    groups: dict[str, list[Scored]] = {}
    for s in scored:
        name = key(s.clip)
        if name is not None:
            groups.setdefault(name, []).append(s)
    return {name: tally(groups[name]) for name in sorted(groups)}


def subject(clip: Clip) -> str | None:
    return None if clip.subject is None else f"{clip.set} {clip.subject}"


def camera_height(clip: Clip) -> str | None:
    return _band(clip.camera_height_m, HEIGHTS_M)


def distance(clip: Clip) -> str | None:
    return _band(clip.distance_m, DISTANCES_M)


def fall_kind(clip: Clip) -> str | None:
    return clip.falls[0].kind or None if clip.falls else None


def figures(scored: Sequence[Scored]) -> dict[str, Any]:
    """Everything that is said of one detector."""
    return {
        "sets": {**by(scored, lambda clip: clip.set), "all": tally(scored)},
        "subjects": by(scored, subject),
        "camera_heights": by(scored, camera_height),
        "distances": by(scored, distance),
        "light": by(scored, lambda clip: clip.light),
        "kinds_of_fall": by(scored, fall_kind),
    }


def _band(value: float | None, edges: Sequence[float]) -> str | None:
    if value is None:
        return None
    if value < edges[0]:
        return f"under {edges[0]:.1f} m"
    for low, high in pairwise(edges):
        if low <= value < high:
            return f"{low:.1f} to {high:.1f} m"
    return f"{edges[-1]:.1f} m and more"


def _rounded(value: float | None, digits: int = 3) -> float | None:
    return None if value is None else round(value, digits)
