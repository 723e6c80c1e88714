"""Falls as timelines, with what came before and what comes after them."""

from __future__ import annotations

from collections.abc import Callable

from bench.training import moves as m
from bench.training.draws import one, u
from bench.training.moves import Posture, Timeline, dropping, toppling, turned

Act = Callable[[Timeline], None]


def _before_standing(t: Timeline) -> None:
    kind = t.rng.random()
    if kind < 0.5:
        t.walk(u(t, 0.6, 3.0), u(t, 0.3, 1.3), u(t, -0.8, 0.8))
    elif kind < 0.65:
        t.begin(m.SIT)
        t.hold(u(t, 0.5, 2.0))
        t.to(m.STAND, u(t, 0.7, 1.6))
    elif kind < 0.75:
        t.to(one(t, m.STOOP, m.REACH_UP, m.STOOP_KNEES), u(t, 0.6, 1.3))
        t.hold(u(t, 0.2, 1.0))
    if kind > 0.65:
        t.hold(u(t, 0.3, 2.5))


def _land(t: Timeline, posture: Posture, seconds: float, kind: str, ease: m.Ease, turn: float = 0.0) -> None:
    t.to(posture, seconds, ease, turn)
    t.mark(f"impact:{kind}")


def _fall_topple(t: Timeline) -> None:
    _before_standing(t)
    way = str(t.rng.choice(["forward", "back", "left", "right"]))
    t.mark(f"fall:topple_{way}")
    seconds = u(t, 0.6, 1.4)
    bend = float(t.rng.choice([0.0, 0.3, 0.8])) * u(t, 0.5, 1.5)
    mid = {"forward": {"pitch": 0.35}, "back": {"pitch": -0.35}, "left": {"roll": 0.35}, "right": {"roll": -0.35}}[way]
    t.to({**m.STAND, **mid, **m.both(knee=bend, hip=0.5 * bend, arm=u(t, 0, 1.8))}, 0.55 * seconds, dropping(1.7))
    ends = {"forward": (m.PRONE, m.PRONE_ARMS, m.SIDE), "back": (m.SUPINE, m.SUPINE_KNEES, m.FLOOR_BACK)}.get(
        way, (m.SIDE, m.SIDE_CURLED, m.SUPINE, m.PRONE))  # fmt: skip
    end = dict(ends[int(t.rng.integers(len(ends)))])
    if way == "right":
        end = turned(end, left=False)
    _land(t, end, 0.45 * seconds, f"topple_{way}", dropping(u(t, 1.0, 1.5)), u(t, -0.4, 0.4))
    if end["pitch" if "pitch" in end else "roll"] == -0.55 and t.rng.random() < 0.7:
        t.to(m.SUPINE, u(t, 0.2, 0.7), dropping(1.5))


def _fall_stiff(t: Timeline) -> None:
    """Straight as a board: fainting."""
    _before_standing(t)
    forward = t.rng.random() < 0.5
    t.mark("fall:stiff")
    end = m.PRONE if forward else m.SUPINE
    _land(t, end, u(t, 0.9, 1.5), "stiff", toppling(u(t, 2.0, 3.5)), u(t, -0.3, 0.3))


def _fall_collapse(t: Timeline) -> None:
    _before_standing(t)
    t.mark("fall:collapse")
    seconds = u(t, 0.55, 1.1)
    pitch, side = u(t, -0.3, 0.6), u(t, -0.5, 0.5)
    knees = m.both(knee=u(t, 1.6, 2.4), hip=u(t, 0.8, 1.6), arm=u(t, 0.0, 0.6))
    t.to({**knees, "pitch": pitch, "roll": side}, 0.6 * seconds, dropping(1.8))
    end = one(t, m.SIDE, m.SIDE_CURLED, m.SUPINE_KNEES, m.PRONE, m.SUPINE)
    _land(t, end, 0.4 * seconds, "collapse", dropping(1.2), u(t, -0.8, 0.8))


def _fall_knees(t: Timeline) -> None:
    _before_standing(t)
    t.mark("fall:knees_first")
    t.to({**m.KNEEL, "pitch": u(t, 0.1, 0.5)}, u(t, 0.4, 0.7), dropping(1.8))
    if t.rng.random() < 0.5:
        t.to(m.ALL_FOURS, u(t, 0.2, 0.45), dropping(1.2))
    _land(t, one(t, m.PRONE, m.PRONE_ARMS, m.SIDE), u(t, 0.25, 0.6), "knees_first", dropping(1.2))


def _fall_hands(t: Timeline) -> None:
    """Forwards, caught with the hands, then down."""
    _before_standing(t)
    t.mark("fall:hands_first")
    t.to({**m.STAND, **m.both(pitch=0.5, hip=0.3, knee=0.5, arm=1.4)}, u(t, 0.25, 0.5), dropping(1.6))
    t.to({**m.PLANK, **m.both(knee=0.6, hip=0.5, elbow=0.4)}, u(t, 0.2, 0.45), dropping(1.2))
    _land(t, one(t, m.PRONE_ARMS, m.PRONE, m.SIDE), u(t, 0.15, 0.5), "hands_first", dropping(1.0))


def _fall_seat(t: Timeline) -> None:
    """Backwards onto the seat; most then fall on to the back, some stay sitting, half reclined."""
    _before_standing(t)
    t.mark("fall:onto_seat")
    reached = one(t, m.FLOOR_LONG, m.FLOOR_KNEES_UP, m.FLOOR_BACK)
    t.to(reached, u(t, 0.4, 0.75), dropping(u(t, 1.4, 2.2)), u(t, -0.4, 0.4))
    _after_seat(t, "onto_seat")


def _after_seat(t: Timeline, kind: str) -> None:
    stays = t.rng.random() < 0.25
    if stays:
        t.mark(f"impact:{kind}")
        t.to(one(t, m.FLOOR_BACK, {**m.FLOOR_BACK, "pitch": -0.85}, m.FLOOR_LONG), u(t, 0.3, 0.8))
        return
    _land(t, one(t, m.SUPINE, m.SUPINE_KNEES, m.SIDE), u(t, 0.25, 0.6), kind, dropping(1.4))


def _fall_missed_chair(t: Timeline) -> None:
    _before_standing(t)
    t.mark("fall:missed_chair")
    t.to(m.HALF_SQUAT, u(t, 0.4, 0.9))
    t.to(one(t, m.FLOOR_LONG, m.FLOOR_KNEES_UP, m.FLOOR_BACK), u(t, 0.25, 0.45), dropping(1.6))
    _after_seat(t, "missed_chair")


def _fall_off_chair(t: Timeline) -> None:
    t.begin(one(t, m.SIT, m.RECLINE))
    t.hold(u(t, 1.5, 4.0))
    t.mark("fall:off_chair")
    side = t.rng.random() < 0.6
    lean = {"roll": float(t.rng.choice([-1, 1])) * 0.6} if side else {"pitch": 0.8}
    t.to({**m.SIT, **lean}, u(t, 0.35, 1.0), dropping(1.7))
    end = one(t, m.SIDE, m.SIDE_CURLED) if side else one(t, m.PRONE, m.PRONE_ARMS, m.SIDE_CURLED)
    _land(t, end, u(t, 0.3, 0.55), "off_chair", dropping(1.2), u(t, -0.4, 0.4))


def _fall_slide(t: Timeline) -> None:
    t.begin(one(t, m.SIT, m.RECLINE))
    t.hold(u(t, 1.5, 4.0))
    t.mark("fall:slid_off_chair")
    t.to({**m.RECLINE, "pitch": -0.75}, u(t, 0.3, 0.9))
    end = one(t, {**m.FLOOR_BACK, "pitch": u(t, -1.0, -0.4)}, m.FLOOR_KNEES_UP)
    _land(t, end, u(t, 0.35, 0.8), "slid_off_chair", dropping(u(t, 1.2, 2.0)))
    if t.rng.random() < 0.4:
        t.to(one(t, m.SUPINE, m.SIDE), u(t, 0.4, 1.0))


def _fall_off_bed(t: Timeline) -> None:
    high = u(t, 0.4, 0.65)
    start = one(t, m.SUPINE, m.SIDE, m.SIDE_CURLED)
    t.begin({**start, "lift": high})
    t.hold(u(t, 1.5, 4.0))
    t.mark("fall:off_bed")
    t.to({**one(t, m.SIDE, m.SIDE_CURLED), "lift": high}, u(t, 0.3, 0.8))
    _land(t, one(t, m.PRONE, m.SIDE, m.SUPINE, m.SIDE_CURLED), u(t, 0.35, 0.6), "off_bed", dropping(1.8))


def _fall_slump(t: Timeline) -> None:
    """Down along a wall or held on to something: slower, and ends low and crooked."""
    _before_standing(t)
    t.mark("fall:slump")
    t.to(one(t, m.FLOOR_KNEES_UP, m.FLOOR_LONG, m.HEELS), u(t, 0.8, 1.6), dropping(u(t, 1.1, 1.8)), u(t, -0.4, 0.4))
    end = one(t, m.SIDE, m.SIDE_CURLED, m.SUPINE_KNEES, {**m.FLOOR_KNEES_UP, "roll": 0.6})
    _land(t, end, u(t, 0.3, 0.8), "slump", dropping(1.3))


def _fall_held(t: Timeline) -> None:
    """Half held back, by knees that give way slowly or by somebody who fears the floor: down in one go all the same."""
    _before_standing(t)
    t.mark("fall:held_back")
    if t.rng.random() < 0.6:
        t.to(
            one(t, m.FLOOR_KNEES_UP, m.FLOOR_LONG, m.FLOOR_BACK, m.FLOOR_SIDE),
            u(t, 0.7, 1.15),
            dropping(u(t, 1.1, 1.8)),
        )
        ends = (m.SUPINE, m.SUPINE_KNEES, m.SIDE, m.SIDE_CURLED)
    else:
        t.to({**one(t, m.KNEEL, m.HEELS, m.KNEEL_ONE), "pitch": u(t, 0.1, 0.6)}, u(t, 0.6, 1.0), dropping(1.4))
        ends = (m.PRONE, m.PRONE_ARMS, m.SIDE, m.SIDE_CURLED)
    if t.rng.random() < 0.3:
        t.hold(u(t, 0.05, 0.25))
    _land(t, one(t, *ends), u(t, 0.35, 0.75), "held_back", dropping(u(t, 1.0, 1.5)), u(t, -0.5, 0.5))


FALLS: tuple[tuple[Act, float], ...] = (
    (_fall_topple, 5.0), (_fall_stiff, 1.0), (_fall_collapse, 3.0), (_fall_knees, 1.5), (_fall_hands, 2.0),
    (_fall_seat, 2.0), (_fall_missed_chair, 1.5), (_fall_off_chair, 2.0), (_fall_slide, 1.2), (_fall_off_bed, 1.0),
    (_fall_slump, 1.0), (_fall_held, 3.5),
)  # fmt: skip


def after_fall(t: Timeline) -> None:
    kind = t.rng.random()
    if kind < 0.5:
        t.hold(u(t, 4.0, 7.0), float(t.rng.choice([0.005, 0.02, 0.05])))
    elif kind < 0.8:  # moves, rolls, tries
        t.hold(u(t, 0.5, 3.0), 0.03)
        t.to(one(t, m.SIDE, m.SUPINE_KNEES, m.PRONE, m.FLOOR_BACK, m.ALL_FOURS), u(t, 0.8, 2.0))
        t.hold(u(t, 2.0, 5.0), 0.06)
    else:
        t.hold(u(t, 3.0, 5.0), 0.03)
        t.to(one(t, m.FLOOR_LONG, m.ALL_FOURS), u(t, 1.0, 2.0))
        t.to(m.KNEEL_ONE, u(t, 0.8, 2.0))
        t.to(m.STAND, u(t, 0.8, 2.0))
        t.hold(u(t, 1.0, 3.0))
