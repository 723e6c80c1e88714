"""Who has the turn. Pure: `step(state, inputs, now) -> state, ended`.

The rules: the highest rank goes first, within a rank who wished first. Who runs is never put aside by an equal. A wish
that loses its turn keeps its place and gets the turn back. Nobody waits or runs for ever. A claim takes the turn for as
long as it is made, and no wish ends because of it, unless by waiting too long.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from behaviors.missions.wish import CLAIMED, Ended, Outcome, Rank, Wish

MOST_WISHES = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """A wish and how it stands. `since`: when it last got or lost the turn; `had_s`: turns it had before, s."""

    wish: Wish
    since: float
    had_s: float = 0.0
    started: bool = False  # has it had the turn before? Then it is put aside, not only waiting


@dataclass(frozen=True, slots=True)
class State:
    """`standing`: every wish, in the order they came. `turn`: whose it is; `running`: the wish, if it is one."""

    standing: tuple[Standing, ...] = ()
    turn: Rank = Rank.IDLE
    running: str | None = None

    def of(self, wish_id: str | None) -> Standing | None:
        return next((each for each in self.standing if each.wish.id == wish_id), None)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What happened since the last step. `over`: how the running wish ended by itself (outcome and why)."""

    claims: frozenset[Rank] = frozenset()
    wished: tuple[Wish, ...] = ()
    withdrawn: tuple[tuple[str, str], ...] = ()  # wish id, why
    over: tuple[tuple[str, Outcome, str], ...] = ()  # wish id, DONE or FAILED, why


def step(state: State, inputs: Inputs, now: float) -> tuple[State, tuple[Ended, ...]]:
    """The state after what happened, and the wishes that ended by it."""
    ended: list[Ended] = []
    standing = list(state.standing)

    def end(wish_id: str, outcome: Outcome, why: str) -> None:
        for each in [each for each in standing if each.wish.id == wish_id]:
            standing.remove(each)
            ended.append(Ended(each.wish, outcome, why))

    for wish_id, outcome, why in inputs.over:
        if wish_id == state.running:  # who has not the turn can't have done anything
            end(wish_id, outcome, why)
    for wish in inputs.wished:
        if any(each.wish.id == wish.id for each in standing):
            continue  # said twice
        if len(standing) >= MOST_WISHES:
            ended.append(Ended(wish, Outcome.DROPPED, "why_too_many"))
            continue
        standing.append(Standing(wish, now))
    for wish_id, why in inputs.withdrawn:
        end(wish_id, Outcome.WITHDRAWN, why)
    for each in list(standing):
        why = _too_long(each, each.wish.id == state.running, now)
        if why:
            end(each.wish.id, Outcome.DROPPED, why)
    return _give_turn(replace(state, standing=tuple(standing)), inputs.claims, now), tuple(ended)


def _too_long(each: Standing, runs: bool, now: float) -> str:
    if runs:
        return "why_took_too_long" if each.had_s + (now - each.since) >= each.wish.lasts_s else ""
    return "why_waited_too_long" if now - each.since >= each.wish.waits_s else ""


def _give_turn(state: State, claims: frozenset[Rank], now: float) -> State:
    claimed = min((rank for rank in claims if rank in CLAIMED), default=None)
    best = min(state.standing, key=lambda each: each.wish.rank, default=None)  # the first of the highest rank
    before = state.of(state.running)
    if before is not None and best is not None and best.wish.rank == before.wish.rank:
        best = before
    if claimed is not None or best is None:
        return _moved(state, None, Rank.IDLE if claimed is None else claimed, now)
    return _moved(state, best.wish.id, best.wish.rank, now)


def _moved(state: State, running: str | None, turn: Rank, now: float) -> State:
    if running == state.running:
        return replace(state, turn=turn)
    standing = []
    for each in state.standing:
        if each.wish.id == state.running:
            each = replace(each, since=now, had_s=each.had_s + (now - each.since))
        elif each.wish.id == running:
            each = replace(each, since=now, started=True)
        standing.append(each)
    return State(tuple(standing), turn, running)
