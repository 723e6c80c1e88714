"""Who of those in the picture is she? Pure.

By the name that perception gives her, as long as she is where she can be: a name that jumps to somebody else's place
has been exchanged, and then it is the person who stands where she must be. Somebody who came near that place on his own
feet, seen beside her before, is not her.
"""

from __future__ import annotations

from dataclasses import replace

from behaviors.follow.trail import Place, begin, distance, walked
from behaviors.follow.values import Inputs, Sighting, State

SAME_M, FASTEST_MPS = 0.6, 1.2  # so far from where she must be she may be, and so much farther each second
PACE_S = 0.8  # her velocity is taken over so long
AHEAD_S = 2.0  # she is believed to walk on for so long
ON_IT_M, SETTLED_S = 0.4, 1.2
ANYWHERE_S = 3.0  # out of sight for so long she may be anywhere, under her own name
FORGOTTEN_S = 20.0  # where somebody else was so long ago says nothing


def velocity(state: State) -> tuple[float, float]:
    """Hers, m/s on the map; zero where it is not known."""
    if len(state.recent) < 2:
        return 0.0, 0.0
    (t0, a), (t1, b) = state.recent[0], state.recent[-1]
    if t1 - t0 < 0.5 * PACE_S:
        return 0.0, 0.0
    return (b[0] - a[0]) / (t1 - t0), (b[1] - a[1]) / (t1 - t0)


def by_now(state: State, unseen: float) -> Place:
    """Where she must be."""
    (vx, vy), last = velocity(state), state.recent[-1][1] if state.recent else state.trail[-1]
    ahead = min(unseen, AHEAD_S)
    return last[0] + vx * ahead, last[1] + vy * ahead


def see(state: State, inputs: Inputs, now: float) -> State:
    """The state with her place, if she is in the picture."""
    assert inputs.pose is not None
    here = (inputs.pose.x, inputs.pose.y)
    if state.who == 0 and inputs.people:
        state = replace(state, who=min(inputs.people, key=lambda p: distance(p.place, here)).id)
    found = _her(state, inputs.people, now)
    beside = {p.id: (now, p.place) for p in inputs.people if found is None or p.id != found.id}
    kept = ((id_, seen) for id_, seen in state.others if now - seen[0] <= FORGOTTEN_S)
    others = {**dict(kept), **beside}
    if found is None:
        others.pop(state.who, None)
        return replace(state, others=tuple(others.items()))
    others.pop(found.id, None)
    recent = tuple(r for r in (*state.recent, (now, found.place)) if now - r[0] <= PACE_S)
    trail = walked(state.trail or begin(here, found.place), found.place)
    return replace(
        state, who=found.id, others=tuple(others.items()), trail=trail, recent=recent, seen_at=now
    )  # fmt: skip


def _her(state: State, people: tuple[Sighting, ...], now: float) -> Sighting | None:
    named = next((p for p in people if p.id == state.who), None)
    if state.seen_at is None:
        return named
    unseen = now - state.seen_at
    there, within = by_now(state, unseen), SAME_M + 0.5 * FASTEST_MPS * min(unseen, ANYWHERE_S)
    if named is not None and (unseen > ANYWHERE_S or distance(named.place, there) <= within):
        return named
    near = [p for p in people if distance(p.place, there) <= within and not _came_there(state, p, now)]
    if not near and unseen > SETTLED_S:  # two people never stand on one place, whatever they are called
        near = [p for p in people if distance(p.place, there) <= ON_IT_M]
    return near[0] if len(near) == 1 else None


def _came_there(state: State, person: Sighting, now: float) -> bool:
    """Was somebody of this name seen beside her, from where he can have walked to this place?"""
    before = dict(state.others).get(person.id)
    if before is None:
        return False
    return distance(person.place, before[1]) <= SAME_M + FASTEST_MPS * (now - before[0])
