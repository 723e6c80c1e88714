"""What a body is doing, from its measures and limbs: pure, frame by frame, and honest about not knowing.

Two ways of looking are put together: how high hips and shoulders are (`measure.py`), and how the legs are bent
(`limbs.py`). Where only one of them is to be had the answer is less sure; where they contradict each other, or the
picture cuts off what decides, it is unknown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from kangban.values import Posture
from perception.limbs import Limbs
from perception.measure import Measure
from perception.rest import NOWHERE, Rest
from perception.way_down import DOWN_HIP_M, is_down

CERTAIN = 0.35  # below this the torso is guessed rather than seen
CLEAR_LEGS = 0.5
LEAN_RAD = math.radians(45)
FLAT_RAD = math.radians(60)
STANDING_HIP_M = 0.62  # hips of a small adult on her feet; a chair keeps them below
FALLING_MPS = 1.0  # shoulders sinking faster than anyone sits down
HIPS_FALLING_MPS = 0.5  # in bending down the hips stay up
WALKING_MPS = 0.25
LEVEL_M = 0.15  # knees and hips at one height within this: the legs lie
RAISED_M = 0.35  # lying legs this high are on something
ON_LEGS_RAD = math.radians(40)  # thighs steeper than this carry the body
SEATED_THIGH_RAD = math.radians(50)
STRAIGHT_KNEE_RAD = math.radians(50)
SEATED_KNEE_RAD = math.radians(35)
LYING_SHIN_RAD = math.radians(55)  # shins flatter than this lie on the floor
KNEELING_KNEE_RAD = math.radians(50)
KNEELING_HIP_M = (0.22, 0.70)  # sitting on the heels, and upright on the knees of a tall adult
KNEELING_THIGH_RAD = math.radians(60)
ON_HEELS_RAD = math.radians(115)
ON_FOURS_RAD = math.radians(35)
LEVEL_BACK_M = 0.15
CROUCHING_KNEE_RAD = math.radians(75)
CROUCHING_SHIN_RAD = math.radians(25)
CROUCHING_LEAN_RAD = math.radians(20)
FOLDED_HIP_M = 0.25
TOPPLED_M = 0.45
BALANCED_M = 0.32  # who has no seat under her keeps her middle over her feet; who sits has it behind them
STOOL_HIP_M = 0.85  # nothing at home is sat on so high
CHILD_HIP_M = 0.28  # of a child that just stands


@dataclass(frozen=True, slots=True)
class Motion:
    """How the body moves: the sinking speed of shoulders and hips, and the hips' speed across the floor, m/s."""

    sinking: float
    across: float | None  # None: unknown
    hips_sinking: float = 0.0


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of the floor under her. `rest`: furniture there. `known`: heights are measured, or the floor was
    learned from her standing on it; else heights are guesses. `on_map`: it is known where she is."""

    rest: Rest = NOWHERE
    known: bool = True
    on_map: bool = True


def classify(m: Measure, limbs: Limbs, motion: Motion, ground: Ground) -> tuple[Posture, float]:
    """The posture and how sure it is (0..1)."""
    if m.certain < CERTAIN:
        return Posture.UNKNOWN, m.certain
    if not limbs.torso_inside and not m.measured:
        return Posture.UNKNOWN, 0.3 * m.certain
    posture, share = (
        _lying(m, limbs, ground, _falls(m, motion)) or _moving(m, motion) or _on_knees_or_legs(m, limbs, motion, ground)
    )
    return posture, share * m.certain


def _lying(m: Measure, limbs: Limbs, ground: Ground, falls: bool) -> tuple[Posture, float] | None:
    on_knees = _kneels(m, limbs) and m.hip > KNEELING_HIP_M[0]
    carried = limbs.legs > CLEAR_LEGS and limbs.thigh < ON_LEGS_RAD and limbs.knee < STRAIGHT_KNEE_RAD
    level = abs(m.shoulder - m.hip) < 0.3 and m.tilt > FLAT_RAD and not carried
    flat = m.tilt > FLAT_RAD and abs(m.knee - m.hip) < LEVEL_M
    down = is_down(m) and not on_knees and not _over_its_feet(m, limbs)
    rest = ground.rest
    if rest.on is not None and (flat or down or level):
        return (Posture.LYING_FURNITURE, 1.0) if rest.sure else (Posture.UNKNOWN, 0.4)
    if down:
        if not ground.known:
            return Posture.UNKNOWN, 0.4  # on the floor or on a bed: nothing tells
        return Posture.LYING_FLOOR, 1.0 if m.measured else 0.8
    if flat and not ground.on_map and m.hip > DOWN_HIP_M and m.knee > RAISED_M:  # a bed that nobody drew on a map
        return (Posture.LYING_FURNITURE, 0.7) if ground.known else (Posture.UNKNOWN, 0.4)
    if not falls and _out_of_balance(m, limbs):  # it lies, though the heights say otherwise
        return (Posture.LYING_FLOOR, 0.6) if m.measured and m.hip < STANDING_HIP_M else (Posture.UNKNOWN, 0.4)
    return None


def _over_its_feet(m: Measure, limbs: Limbs) -> bool:
    """Bent double, but on her feet: upright shins, and the body over them."""
    balanced = m.overhang is not None and m.overhang < BALANCED_M
    return limbs.legs > CLEAR_LEGS and balanced and limbs.shin < ON_LEGS_RAD and m.hip > FOLDED_HIP_M


def _out_of_balance(m: Measure, limbs: Limbs) -> bool:
    """Straight from head to foot, and leaning so far that nothing could hold it up."""
    straight = limbs.knee < STRAIGHT_KNEE_RAD and limbs.hip < STRAIGHT_KNEE_RAD
    beside = m.overhang is not None and m.overhang > TOPPLED_M
    return limbs.legs > CLEAR_LEGS and straight and beside and m.tilt > LEAN_RAD


def _moving(m: Measure, motion: Motion) -> tuple[Posture, float] | None:
    return (Posture.FALLING, 1.0) if _falls(m, motion) else None


def _falls(m: Measure, motion: Motion) -> bool:
    sinks = motion.sinking > FALLING_MPS and motion.hips_sinking > HIPS_FALLING_MPS
    return sinks and m.hip < STANDING_HIP_M + 0.15


def _on_knees_or_legs(m: Measure, limbs: Limbs, motion: Motion, ground: Ground) -> tuple[Posture, float]:
    if _kneels(m, limbs):
        return Posture.KNEELING, 1.0 if m.measured else 0.8
    if m.tilt > LEAN_RAD:
        return Posture.BENDING, 1.0
    if limbs.legs < CLEAR_LEGS:
        if not ground.known:
            return Posture.UNKNOWN, 0.3  # cut off at the waist: standing and sitting look alike
        straight = limbs.knee < ON_LEGS_RAD and limbs.hip < ON_LEGS_RAD
        if straight and STANDING_HIP_M - 0.12 < m.hip < STANDING_HIP_M:
            return _upright(motion), 0.6
        if not m.measured and m.hip < CHILD_HIP_M:
            return Posture.UNKNOWN, 0.4  # lower than any seat: the floor was learned from half a body
        return _by_height(m, motion, 0.7)
    if ground.rest.surely_on is not None and m.hip < STANDING_HIP_M:
        return Posture.SITTING, 1.0
    if _crouches(m, limbs):
        return Posture.BENDING, 0.8
    straight = limbs.knee < ON_LEGS_RAD and limbs.hip < ON_LEGS_RAD  # whatever the tilt of the camera
    stands = straight or (limbs.thigh < ON_LEGS_RAD and limbs.knee < STRAIGHT_KNEE_RAD)
    sits = not stands and limbs.thigh > SEATED_THIGH_RAD and limbs.hip > SEATED_THIGH_RAD - 0.2
    if stands and not (ground.known and m.hip < CHILD_HIP_M):
        agrees = m.hip > STANDING_HIP_M
        return _upright(motion), 1.0 if agrees else 0.7
    if sits and not (m.measured and m.hip > STOOL_HIP_M):
        agrees = m.hip < STANDING_HIP_M
        return Posture.SITTING, 1.0 if agrees else 0.7
    if stands or sits:
        return Posture.UNKNOWN, 0.4  # the legs say one thing and the height another
    return _by_height(m, motion, 0.8) if ground.known else (Posture.UNKNOWN, 0.4)


def _by_height(m: Measure, motion: Motion, share: float) -> tuple[Posture, float]:
    return (Posture.SITTING, share) if m.hip < STANDING_HIP_M else (_upright(motion), share)


def _upright(motion: Motion) -> Posture:
    walking = motion.across is not None and motion.across > WALKING_MPS
    return Posture.WALKING if walking else Posture.STANDING


def _kneels(m: Measure, limbs: Limbs) -> bool:
    """On both knees, on one, on the heels or on all fours: a shin lies and the hips are over it."""
    if limbs.legs < CLEAR_LEGS or not KNEELING_HIP_M[0] < m.hip < KNEELING_HIP_M[1]:
        return False
    if limbs.flattest_shin < LYING_SHIN_RAD or limbs.knee < KNEELING_KNEE_RAD or m.knee > m.hip - 0.05:
        return False
    if m.tilt > FLAT_RAD:  # on all fours: the back is level, and the thighs stand under it
        return limbs.thigh < ON_FOURS_RAD and abs(m.shoulder - m.hip) < LEVEL_BACK_M
    on_heels = limbs.knee > ON_HEELS_RAD and limbs.shin > LYING_SHIN_RAD
    return limbs.thigh < KNEELING_THIGH_RAD or on_heels


def _crouches(m: Measure, limbs: Limbs) -> bool:
    """Squatting: knees well bent and before the feet, leaning forwards to keep balance, nothing to sit on."""
    balanced = m.overhang is not None and m.overhang < BALANCED_M
    bent = limbs.knee > CROUCHING_KNEE_RAD and limbs.shin > CROUCHING_SHIN_RAD
    return bent and balanced and m.tilt > CROUCHING_LEAN_RAD and m.knee > 0.2
