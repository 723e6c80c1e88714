"""Who of those in the picture is she? Pure."""

from __future__ import annotations

from dataclasses import replace

from behaviors.follow.trail import Place, begin, distance, walked
from behaviors.follow.values import Inputs, Sighting, State

SAME_M, FASTEST_MPS = 0.6, 1.2  # so far from where she must be she may be found under another name
PACE_S = 0.8  # her velocity is taken over so long
AHEAD_S = 2.0  # she is believed to walk on for so long


def velocity(state: State) -> tuple[float, float]:
    """Hers, m/s on the map; zero where it is not known."""
    if len(state.recent) < 2:
        return 0.0, 0.0
    (t0, a), (t1, b) = state.recent[0], state.recent[-1]
    if t1 - t0 < 0.5 * PACE_S:
        return 0.0, 0.0
    return (b[0] - a[0]) / (t1 - t0), (b[1] - a[1]) / (t1 - t0)


def see(state: State, inputs: Inputs, now: float) -> State:
    assert inputs.pose is not None
    if state.who == 0:
        return _choose(state, inputs, now)
    found = next((p for p in inputs.people if p.id == state.who), None)
    if found is None:
        found = _under_another_name(state, inputs, now)
    if found is None:
        return state
    beside = frozenset(p.id for p in inputs.people if p.id != found.id)
    recent = tuple(r for r in (*state.recent, (now, found.place)) if now - r[0] <= PACE_S)
    here = (inputs.pose.x, inputs.pose.y)
    trail = walked(state.trail or begin(here, found.place), found.place)
    return replace(
        state, who=found.id, others=(state.others | beside) - {found.id}, trail=trail, recent=recent, seen_at=now
    )


def _choose(state: State, inputs: Inputs, now: float) -> State:
    if not inputs.people:
        return state
    assert inputs.pose is not None
    here = (inputs.pose.x, inputs.pose.y)
    nearest = min(inputs.people, key=lambda p: distance(p.place, here))
    return see(replace(state, who=nearest.id), inputs, now)


def by_now(state: State, unseen: float) -> Place:
    """Where she must be."""
    (vx, vy), last = velocity(state), state.recent[-1][1] if state.recent else state.trail[-1]
    ahead = min(unseen, AHEAD_S)
    return last[0] + vx * ahead, last[1] + vy * ahead


def _under_another_name(state: State, inputs: Inputs, now: float) -> Sighting | None:
    if state.seen_at is None or not state.recent:
        return None
    since = now - state.seen_at
    there = by_now(state, since)
    within = SAME_M + 0.5 * FASTEST_MPS * min(since, 3.0)
    strangers = [p for p in inputs.people if p.id not in state.others and distance(p.place, there) <= within]
    return strangers[0] if len(strangers) == 1 else None
