"""More ways to fall, most of them in two parts: a step that fails, a hold that slips, a body that turns on the way."""

from __future__ import annotations

from bench.training import moves as m
from bench.training.draws import one, u
from bench.training.fall_acts import FALLS, Act, _before_standing, _land
from bench.training.moves import Timeline, both, dropping, turned

GROUND = (m.PRONE, m.PRONE_ARMS, m.SIDE, m.SIDE_CURLED, m.SUPINE, m.SUPINE_KNEES)


def _fall_trip(t: Timeline) -> None:
    """One to three steps to catch herself, each lower than the last, then down."""
    t.walk(u(t, 0.8, 2.5), u(t, 0.5, 1.6), u(t, -0.5, 0.5))
    t.mark("fall:trip")
    for k in range(int(t.rng.integers(1, 4))):
        t.to(turned({**m.LUNGE, **both(pitch=0.35 + 0.25 * k, arm=u(t, 0.5, 1.8))}, bool(k % 2)), u(t, 0.2, 0.32))
    _land(t, one(t, m.PRONE, m.PRONE_ARMS, m.SIDE, m.SIDE_CURLED), u(t, 0.35, 0.65), "trip", dropping(u(t, 1.1, 1.8)),
          u(t, -0.6, 0.6))  # fmt: skip


def _fall_slip(t: Timeline) -> None:
    """The feet run away in front: seat and back land."""
    t.walk(u(t, 0.8, 2.5), u(t, 0.5, 1.4), u(t, -0.5, 0.5))
    t.mark("fall:slip")
    t.to({**m.STAND, **both(pitch=-0.45, hip=0.8, knee=0.4, arm=u(t, -0.6, 1.5)), "roll": u(t, -0.3, 0.3)},
         u(t, 0.2, 0.4), dropping(1.5))  # fmt: skip
    _land(t, one(t, m.FLOOR_BACK, m.SUPINE, m.SUPINE_KNEES, m.SIDE), u(t, 0.25, 0.5), "slip", dropping(1.4))
    if t.rng.random() < 0.7:
        t.to(one(t, m.SUPINE, m.SUPINE_KNEES, m.SIDE), u(t, 0.3, 0.8))


def _fall_low(t: Timeline) -> None:
    """Loses balance while she bends, squats, kneels or gets up from there."""
    _before_standing(t)
    t.to(one(t, m.STOOP, m.STOOP_KNEES, m.SQUAT, m.HALF_SQUAT, m.KNEEL, m.KNEEL_ONE), u(t, 0.6, 1.5))
    t.hold(u(t, 0.2, 1.5))
    if t.rng.random() < 0.4:
        t.to({**m.HALF_SQUAT, "roll": u(t, -0.3, 0.3)}, u(t, 0.4, 0.8))
    t.mark("fall:out_of_a_bend")
    _land(t, one(t, *GROUND), u(t, 0.45, 0.85), "out_of_a_bend", dropping(u(t, 1.4, 2.0)), u(t, -0.6, 0.6))


def _fall_grasp(t: Timeline) -> None:
    """Sways, grasps at something that holds her for a moment, and goes down when it gives."""
    _before_standing(t)
    t.mark("fall:grasping")
    sway = one(t, {"pitch": 0.4}, {"pitch": -0.25}, {"roll": 0.4})
    t.to({**m.HALF_SQUAT, **sway, **both(arm=u(t, 0.8, 2.2))}, u(t, 0.35, 0.7), dropping(1.4))
    t.hold(u(t, 0.05, 0.5), 0.06)
    _land(t, one(t, *GROUND), u(t, 0.5, 0.95), "grasping", dropping(u(t, 1.2, 2.0)), u(t, -0.8, 0.8))


def _fall_spin(t: Timeline) -> None:
    """Turns too quickly and goes down over the hip; may end propped on an arm."""
    _before_standing(t)
    t.mark("fall:turning")
    t.to(
        {**m.STAND, **both(knee=0.5, hip=0.3), "roll": u(t, 0.15, 0.45)}, u(t, 0.3, 0.5), dropping(1.4), u(t, -1.2, 1.2)
    )
    _land(t, one(t, m.SIDE, m.SIDE_CURLED, m.FLOOR_SIDE | {"roll": -0.7}, m.SUPINE_KNEES), u(t, 0.35, 0.6), "turning",
          dropping(u(t, 1.2, 1.8)), u(t, -0.8, 0.8))  # fmt: skip
    if t.rng.random() < 0.5:
        t.to(one(t, m.SIDE, m.SUPINE_KNEES, m.SIDE_CURLED), u(t, 0.3, 0.8))


def _fall_faint(t: Timeline) -> None:
    """Sinks in a heap, slowly at first, arms and head loose."""
    _before_standing(t)
    t.mark("fall:faint")
    loose = both(arm=u(t, 0.0, 0.4), nod=u(t, 0.2, 0.7), curl=u(t, 0.1, 0.6))
    t.to({**m.STAND, **loose, **both(knee=0.9, hip=0.6), "roll": u(t, -0.3, 0.3)}, u(t, 0.4, 0.9), dropping(1.6))
    t.to({**m.HEELS, **loose, "pitch": u(t, -0.3, 0.6), "roll": u(t, -0.4, 0.4)}, u(t, 0.25, 0.5), dropping(1.3))
    _land(t, one(t, m.SIDE, m.SIDE_CURLED, m.SUPINE_KNEES, m.PRONE), u(t, 0.25, 0.55), "faint", dropping(1.3))


MORE: tuple[tuple[Act, float], ...] = (
    *FALLS, (_fall_trip, 5.0), (_fall_slip, 4.0), (_fall_low, 3.0), (_fall_grasp, 3.0), (_fall_spin, 3.0),
    (_fall_faint, 3.0),
)  # fmt: skip
