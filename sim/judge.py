"""The verdict: did what the scenario expects come true? Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.scenario import Expect
from sim.timeline import Event, Timeline

Metrics = Mapping[str, float | int | None]


def delays(timeline: Timeline) -> dict[str, float | None]:
    """Detection after the impact, alarm after the detection, s; None where one of the two did not happen."""
    pairs = {
        "detect_delay_s": ("fell", "seen"),
        "approach_s": ("seen", "approached"),
        "alarm_delay_s": ("seen", "alarm"),
    }
    found: dict[str, float | None] = {}
    for key, (first, second) in pairs.items():
        a, b = timeline.at(first), timeline.at(second)
        found[key] = None if a is None or b is None else round(b - a, 3)
    return found


def missed(expect: Expect, outcome: str, events: Sequence[Event], metrics: Metrics) -> list[str]:
    """What the scenario expected and did not get, in words; empty: passed."""
    found = []
    if outcome != expect.outcome:
        found.append(f"outcome {outcome}, expected {expect.outcome}")
    found += _order(expect.events, events)
    found += [
        f"{e.event} at {e.t:.1f} s, which must not happen ({e.detail})" for e in events if e.event in expect.never
    ]
    for key, limit in expect.at_most.items():
        value = metrics.get(key)
        if value is None or value > limit:
            found.append(f"{key} is {'unknown' if value is None else value}, expected at most {limit}")
    for key, limit in expect.at_least.items():
        value = metrics.get(key)
        if value is None or value < limit:
            found.append(f"{key} is {'unknown' if value is None else value}, expected at least {limit}")
    return found


def _order(expected: Sequence[str], events: Sequence[Event]) -> list[str]:
    names = [e.event for e in sorted(events, key=lambda e: e.t)]
    absent = [name for name in expected if name not in names]
    if absent:
        return [f"did not happen: {', '.join(absent)}"]
    places = [names.index(name) for name in expected]
    return [] if places == sorted(places) else [f"order {', '.join(names)}, expected {', '.join(expected)}"]
