"""From one person's evidence to a fall: calm -> suspected -> confirmed -> recovered. Pure: `step` and nothing else.

Nothing is confirmed by a single frame. The learned judge says of each moment how likely it is that she has just fallen;
the measures say whether she came down, how quickly, how her torso leans and whether she stays there. The more of them
speak for a fall, the shorter the judge's word has to hold: a fifth of a second where it is sure and she lies where she
just came down; a second where the torso is upright, as of who sits down, or where nobody saw her come down; two where
it only leans to a fall, and then only if she stays where she is. A judge that changes its mind ends the suspicion.
Where it holds the way down for one on purpose there is none, however low she is and however calmly she stays there
(`long_lie` watches over that). Where nobody judges, the measures decide.
Resting on a bed, sofa or chair is never a fall, and a torso upright again ends every suspicion.
"""

from __future__ import annotations

import math
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
BELIEVE_S = 0.15  # how quickly the judge's word is believed, and forgotten again
# The judge's word, from 0 to 1, and for how long it has to hold. Where it begins to mean a fall comes with its weights.
LEANING = 0.3  # less: she went down on purpose
LET_GO = 0.15  # having leant to a fall, it goes on until it is as low as this
EVEN = 0.5  # less: rather not a fall
SURE = 0.8
SURE_S = 0.2  # sure, and she lies where she just came down
FLAT_S = 0.4  # a fall rather than not, and she came down quickly and lies flat
LIKELY_S = 0.6  # a fall rather than not, and she lies where she just came down
UNLIKELY_S = 1.0  # the torso is upright, or nobody saw her come down and the judge is sure
DOUBTFUL_S = 2.0  # it only leans to a fall, but she stays where she just came down
STAYS_S = 1.5
SUSPECT_S = 0.3  # it leans to a fall for so long: a suspicion
JUST_CAME_S = 1.0  # a word that begins later than this after a way down is not about that way
UPRIGHT_RAD, FLAT_RAD = math.radians(45), math.radians(60)
MIND_CHANGED, SOON_S = 0.15, 2.0  # sinks so low, so soon after the suspicion began: it was a mistake


class Stage(StrEnum):
    CALM = "calm"
    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The learned judge's word: how likely it is, 0..1, that she has just fallen, and from where on that is much."""

    fallen: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one person at one moment. `vanished`: lost while on the way down (until she is seen again).

    `raised`: her hips were measured higher than anybody's who lies or sits on the floor.
    `left`: last seen going out of the home, and not seen now.
    `way`: to being down; `drop`: to where the shoulders are now, however high that is. None: there was none in sight.
    """

    seen: bool
    down: bool
    up: bool
    way: WayDown | None
    vanished: bool
    rests_on: str | None
    measured: bool
    confidence: float
    drop: WayDown | None = None
    verdict: Verdict | None = None
    raised: bool = False
    left: bool = False
    lean: float | None = None  # of the torso when last seen, rad; 0 upright


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
    belief: float | None = None  # the judge's word, smoothed; None: nobody judges
    asked: float | None = None  # when it was last heard
    judged_since: float | None = None  # since when the belief has been above the threshold
    sure_since: float | None = None  # and above SURE
    leant_since: float | None = None  # since when it has leant to a fall at all
    came: WayDown | None = None  # the way down that was in sight when the judge began to speak, if it was just over
    most: float = 0.0  # the highest belief since the suspicion (and, while calm, now)

    @property
    def state(self) -> FallState | None:
        """What others are told; None while there is nothing to tell."""
        return None if self.stage is Stage.CALM else FallState(self.stage.value)


def step(case: Case, e: Evidence, now: float, limits: Perception, new_id: Callable[[], str]) -> Case:
    """The case a moment later."""
    case = _listen(_runs(case, e, now), e, now)
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


def _listen(case: Case, e: Evidence, now: float) -> Case:
    """Take in the judge's word: smoothed, and for how long it has said the same. Without a word its last one stays."""
    if e.verdict is None:
        return replace(case, asked=None, judged_since=None, sure_since=None, leant_since=None)
    passed = 0.0 if case.asked is None else now - case.asked
    before = 0.0 if case.belief is None else case.belief
    belief = before + (1.0 - math.exp(-passed / BELIEVE_S)) * (e.verdict.fallen - before)
    most = belief if case.stage is Stage.CALM else max(belief, case.most)
    case = replace(case, belief=belief, asked=now, most=most)
    held_up = e.up and (e.measured or belief < SURE)
    leans = belief >= (LEANING if case.leant_since is None else LET_GO)
    if not leans or e.raised or e.rests_on is not None or held_up:
        return replace(case, judged_since=None, sure_since=None, leant_since=None, came=None)
    came = case.came
    if came is None and e.drop is not None and e.drop.ago <= JUST_CAME_S:
        came = e.drop
    return replace(
        case,
        came=came,
        leant_since=_since(case.leant_since, now),
        judged_since=_since(case.judged_since, now) if belief >= e.verdict.threshold else None,
        sure_since=_since(case.sure_since, now) if belief >= SURE else None,
    )


def _since(before: float | None, now: float) -> float:
    return now if before is None else before


def _held(since: float | None, now: float, seconds: float) -> bool:
    return since is not None and now - since >= seconds - 1e-6


def _believed(case: Case, e: Evidence, now: float) -> bool:
    """Has the judge's word held for as long as the rest makes it need?"""
    if case.came is None:
        return _held(case.sure_since, now, UNLIKELY_S)
    if e.lean is not None and e.lean < UPRIGHT_RAD and not e.down:
        return _held(case.judged_since, now, UNLIKELY_S)
    flat = case.came.quick and e.lean is not None and e.lean >= FLAT_RAD
    if _held(case.sure_since, now, SURE_S) or _held(case.judged_since, now, FLAT_S if flat else LIKELY_S):
        return True
    stays = (e.drop is not None and e.drop.ago >= STAYS_S) or not e.seen
    return stays and _held(case.leant_since, now, DOUBTFUL_S)


def _calm(case: Case, e: Evidence, now: float, limits: Perception, new_id: Callable[[], str]) -> Case:
    words: tuple[str, ...]
    if e.rests_on is not None:
        return case
    leant = case.judged_since is not None or _held(case.leant_since, now, SUSPECT_S)
    if (leant and case.came is not None) or _held(case.sure_since, now, SUSPECT_S):
        came = "nobody saw how she came down" if case.came is None else _came_down(case.came)
        words = (came, "not upright after it") if e.seen else (came,)
        return replace(case, stage=Stage.SUSPECTED, since=now, id=new_id(), words=words, confidence=_sure(case, e))
    if e.vanished and not _on_purpose(case):
        words = ("lost from sight while going down fast",)
        return replace(case, stage=Stage.SUSPECTED, since=now, id=new_id(), words=words, confidence=0.5)
    down_s = _run(case.down_since, now) if e.seen and e.down else 0.0
    if case.belief is None and case.way is not None and case.way.quick and down_s >= limits.suspect_after_s:
        words = (_came_down(case.way), "low after it, not upright")
        return replace(case, stage=Stage.SUSPECTED, since=now, id=new_id(), words=words, confidence=_sure(case, e))
    if e.measured and down_s >= limits.found_down_after_s:
        words = (f"lies on the floor for {down_s:.0f} s", "the fall itself was not seen", "no bed or sofa there")
        return replace(case, stage=Stage.CONFIRMED, since=now, id=new_id(), words=words, confidence=e.confidence)
    return case


def _suspected(case: Case, e: Evidence, now: float, limits: Perception, new_id: Callable[[], str]) -> Case:
    if e.left or _up_for(case, now) >= CAUGHT_S or (e.seen and e.rests_on is not None):
        return _dismissed(case)
    if _believed(case, e, now):
        unseen = "lost from sight while going down fast" if e.vanished else "not seen to get up again"
        return _confirm(case, now, "does not get up again" if e.seen else unseen, max(0.7, _sure(case, e)))
    waited = now - case.since
    if case.belief is not None:
        if case.belief < MIND_CHANGED and waited <= SOON_S:
            return _dismissed(case)
    elif e.seen:
        return _measured(case, e, now, limits)
    longer = LOST_LOW_LONGER_S if case.was_down else UNSEEN_LONGER_S
    if not e.seen and waited >= limits.confirm_after_s + longer and not _doubted(case):
        return _confirm(case, now, f"nobody stood up there for {waited:.1f} s", 0.6)
    if e.seen and waited >= UNDECIDED_S:
        return _dismissed(case)
    return case


def _measured(case: Case, e: Evidence, now: float, limits: Perception) -> Case:
    """Nobody judges, and she is in sight: what comes of a suspicion by the measures alone."""
    waited = now - case.since
    if e.down and case.down_since is not None and waited >= limits.confirm_after_s:
        down_s = now - case.down_since
        if down_s >= min(limits.confirm_after_s, waited):
            return _confirm(case, now, f"stays down for {down_s:.1f} s", max(0.7, _sure(case, e)))
    if case.down_since is None and waited >= UNDECIDED_S:
        if not case.was_down:
            return _dismissed(case)
        return _confirm(case, now, f"has not got up for {waited:.0f} s", 0.6)
    return case


def _confirmed(case: Case, e: Evidence, now: float, limits: Perception, new_id: Callable[[], str]) -> Case:
    if e.seen and _up_for(case, now) >= limits.recovered_after_s:
        words = (*case.words, "upright again")
        return replace(case, stage=Stage.RECOVERED, since=now, words=words)
    return case


def _recovered(case: Case, e: Evidence, now: float, limits: Perception, new_id: Callable[[], str]) -> Case:
    if now - case.since >= KEEP_RECOVERED_S or case.down_since is not None:
        return replace(_dismissed(case), down_since=case.down_since, last_down=case.last_down, way=case.way)
    return case


def _confirm(case: Case, now: float, why: str, confidence: float) -> Case:
    judge = () if case.belief is None else (f"the learned judge gives {case.most:.2f}",)
    return replace(case, stage=Stage.CONFIRMED, since=now, words=(*case.words, why, *judge), confidence=confidence)


def _dismissed(case: Case) -> Case:
    return Case(up_since=case.up_since, last_up=case.last_up, belief=case.belief, asked=case.asked)


def _on_purpose(case: Case) -> bool:
    """Does the judge hold the way down for one on purpose?"""
    return case.belief is not None and case.belief < LEANING


def _doubted(case: Case) -> bool:
    """Does the judge rather not think of a fall?"""
    return case.belief is not None and case.belief < EVEN


def _sure(case: Case, e: Evidence) -> float:
    return e.confidence if case.belief is None else max(case.belief, min(e.confidence, 0.5))


def _came_down(way: WayDown) -> str:
    return f"shoulders came down {way.drop:.1f} m in {way.seconds:.1f} s"


def _run(since: float | None, now: float) -> float:
    return 0.0 if since is None else now - since


def _up_for(case: Case, now: float) -> float:
    """How long she has been upright in this stage; nothing of the time before it, nor of the time out of sight."""
    if case.up_since is None or case.last_up is None or now - case.last_up > FLICKER_S:
        return 0.0
    return case.last_up - max(case.up_since, case.since)


_STEPS = {Stage.CALM: _calm, Stage.SUSPECTED: _suspected, Stage.CONFIRMED: _confirmed, Stage.RECOVERED: _recovered}
