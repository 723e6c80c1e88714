"""From one person's evidence to a fall: calm -> suspected -> confirmed -> recovered. Pure: `step` and nothing else.

Nothing is confirmed by a single frame or by one way of looking: someone came down quickly (or was lost on the way
down) and stays down; or lies on the floor, where the floor's height is known, for so long that nobody rests there.
Resting on a bed, sofa or chair is never a fall, and a torso upright again ends every suspicion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from kangban.profile import Perception
from kangban.values import FallState
from perception.way_down import WayDown

FLICKER_S = 0.35  # a contrary frame or two does not break a run
CAUGHT_S = 0.5  # upright for this long: caught herself
UNSEEN_LONGER_S = 1.0  # a fall that nobody saw end needs so much longer to be believed
LOST_LOW_LONGER_S = 0.6  # and so much where she was low when she was lost
UNDECIDED_S = 4.0  # seen, but neither down nor up again, for this long: decided by whether she was down at all
KEEP_RECOVERED_S = 10.0


class Stage(StrEnum):
    CALM = "calm"
    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one person at one moment. `vanished`: lost while on the way down (until she is seen again)."""

    seen: bool
    down: bool
    up: bool
    way: WayDown | None
    vanished: bool
    rests_on: str | None
    measured: bool
    confidence: float


@dataclass(frozen=True, slots=True)
class Case:
    """Where one person is between calm and recovered. Times in s; None: not now."""

    stage: Stage = Stage.CALM
    since: float = 0.0
    id: str = ""
    down_since: float | None = None
    last_down: float | None = None
    up_since: float | None = None
    last_up: float | None = None
    way: WayDown | None = None
    was_down: bool = False  # now, or at any time since the suspicion
    words: tuple[str, ...] = ()
    confidence: float = 0.0

    @property
    def state(self) -> FallState | None:
        """What others are told; None while there is nothing to tell."""
        return None if self.stage is Stage.CALM else FallState(self.stage.value)


def step(case: Case, e: Evidence, now: float, limits: Perception, new_id: Callable[[], str]) -> Case:
    """The case a moment later."""
    case = _runs(case, e, now)
    return _STEPS[case.stage](case, e, now, limits, new_id)


def _runs(case: Case, e: Evidence, now: float) -> Case:
    """Carry on the runs of being down and of being up; out of sight they neither grow nor break."""
    if not e.seen:
        return case
    down = e.down and e.rests_on is None
    if down:
        fresh = case.down_since is None
        case = replace(case, last_down=now, down_since=now if fresh else case.down_since, was_down=True,
                       way=e.way if fresh or case.way is None else case.way)  # fmt: skip
    elif case.last_down is None or now - case.last_down > FLICKER_S:
        was_down = case.was_down and case.stage is not Stage.CALM
        case = replace(case, down_since=None, last_down=None, way=None, was_down=was_down)
    if e.up:
        case = replace(case, last_up=now, up_since=now if case.up_since is None else case.up_since)
    elif case.last_up is None or now - case.last_up > FLICKER_S:
        case = replace(case, up_since=None, last_up=None)
    return case


def _calm(case: Case, e: Evidence, now: float, limits: Perception, new_id: Callable[[], str]) -> Case:
    words: tuple[str, ...]
    if e.vanished and e.rests_on is None:
        words = ("lost from sight while going down fast",)
        return replace(case, stage=Stage.SUSPECTED, since=now, id=new_id(), words=words, confidence=0.5)
    down_s = _run(case.down_since, now) if e.seen and e.down else 0.0
    if case.way is not None and case.way.quick and down_s >= limits.suspect_after_s:
        words = (f"shoulders came down {case.way.drop:.1f} m in {case.way.seconds:.1f} s", "low after it, not upright")
        return replace(case, stage=Stage.SUSPECTED, since=now, id=new_id(), words=words, confidence=e.confidence)
    if e.measured and down_s >= limits.found_down_after_s:
        words = (f"lies on the floor for {down_s:.0f} s", "the fall itself was not seen", "no bed or sofa there")
        return replace(case, stage=Stage.CONFIRMED, since=now, id=new_id(), words=words, confidence=e.confidence)
    return case


def _suspected(case: Case, e: Evidence, now: float, limits: Perception, new_id: Callable[[], str]) -> Case:
    if _up_for(case, now) >= CAUGHT_S or (e.seen and e.rests_on is not None):
        return Case(up_since=case.up_since, last_up=case.last_up)
    waited = now - case.since
    if e.seen and e.down and case.down_since is not None and waited >= limits.confirm_after_s:
        down_s = now - case.down_since
        if down_s >= min(limits.confirm_after_s, waited):
            words = (*case.words, f"stays down for {down_s:.1f} s")
            return replace(case, stage=Stage.CONFIRMED, since=now, words=words, confidence=max(0.7, e.confidence))
    longer = LOST_LOW_LONGER_S if case.was_down else UNSEEN_LONGER_S
    if not e.seen and waited >= limits.confirm_after_s + longer:
        words = (*case.words, f"nobody stood up there for {waited:.1f} s")
        return replace(case, stage=Stage.CONFIRMED, since=now, words=words, confidence=0.6)
    if e.seen and case.down_since is None and waited >= UNDECIDED_S:
        if not case.was_down:
            return Case()
        words = (*case.words, f"has not got up for {waited:.0f} s")
        return replace(case, stage=Stage.CONFIRMED, since=now, words=words, confidence=0.6)
    return case


def _confirmed(case: Case, e: Evidence, now: float, limits: Perception, new_id: Callable[[], str]) -> Case:
    if e.seen and _up_for(case, now) >= limits.recovered_after_s:
        words = (*case.words, "upright again")
        return replace(case, stage=Stage.RECOVERED, since=now, words=words)
    return case


def _recovered(case: Case, e: Evidence, now: float, limits: Perception, new_id: Callable[[], str]) -> Case:
    if now - case.since >= KEEP_RECOVERED_S or case.down_since is not None:
        return Case(down_since=case.down_since, last_down=case.last_down, way=case.way)
    return case


def _run(since: float | None, now: float) -> float:
    return 0.0 if since is None else now - since


def _up_for(case: Case, now: float) -> float:
    """How long she has been upright in this stage; nothing of the time before it, nor of the time out of sight."""
    if case.up_since is None or case.last_up is None or now - case.last_up > FLICKER_S:
        return 0.0
    return case.last_up - max(case.up_since, case.since)


_STEPS = {Stage.CALM: _calm, Stage.SUSPECTED: _suspected, Stage.CONFIRMED: _confirmed, Stage.RECOVERED: _recovered}
