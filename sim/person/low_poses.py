"""Postures near the floor: squatting, kneeling, on all fours, sitting and lying on the floor.

Legs are told by how their segments lie: angles from hanging down, forward tip positive (a thigh at -pi/2 points
forward, a shin at pi/2 lies backwards from the knee).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.person.arm import reach
from sim.person.body import Body
from sim.person.keyed import Key, tipped
from sim.person.pose import Pose
from sim.person.poses import LYING, LYING_PRONE, LYING_SIDE, rested, upright_angles
from sim.person.rotation import about_z, matrix
from sim.person.skeleton import DOF, DOFS, LINK, LOWER, UPPER

Array = NDArray[np.float64]

QUARTER = math.pi / 2


@dataclass(frozen=True)
class Low:
    """Pelvis tipped forward by `pitch`, leant to the right by `lean`, rolled by `roll` (rad), and hinges (26,)."""

    pitch: float
    angles: Array
    roll: float = 0.0
    lean: float = 0.0

    def key(self, at: float, yaw: float, bears: tuple[str, ...], over: float = 0.0) -> Key:
        return Key(at, tipped(yaw, self.pitch, self.roll, self.lean), self.angles, bears, over)

    def pose(self, body: Body, support: float = 0.0) -> Pose:
        """On its support, the pelvis over the origin, heading 0."""
        turn = tipped(0.0, self.pitch, self.roll, self.lean)
        return rested(body, Pose(np.zeros(3), turn, self.angles), support)


def set_leg(angles: Array, side: str, pitch: float, thigh: float, shin: float, foot: float | None = None) -> None:
    """Lay one leg's segments; `foot` 0 is flat, None is in line with a relaxed ankle."""
    angles[DOF[f"hip_{side}_flex"]] = pitch - thigh
    angles[DOF[f"knee_{side}"]] = shin - thigh
    angles[DOF[f"ankle_{side}_flex"]] = -0.35 if foot is None else shin - foot


def planted_leg(body: Body, angles: Array, side: str, pitch: float, hip_height: float, shin: float) -> None:
    """A leg with its foot flat on the floor and the knee ahead, from a hip so high (m)."""
    drop = (hip_height - body.ankle_height - body.shin * math.cos(shin)) / body.thigh
    set_leg(angles, side, pitch, -math.acos(min(max(drop, -1.0), 1.0)), shin, 0.0)


def upper(angles: Array, **named: float) -> None:
    """Set trunk, neck and both arms by name; `shoulder_flex=` sets both sides."""
    for name, value in named.items():
        head, _, tail = name.partition("_")
        both = [f"{head}_{side}" + (f"_{tail}" if tail else "") for side in "rl"]
        for one in [name] if name in DOF else both:
            angles[DOF[one]] = value


def varied(low: Low, rng: np.random.Generator, size: float = 0.06) -> Low:
    """The same with trunk, head and arms a little otherwise; legs stay."""
    free = np.array([dof.name.startswith(("spine", "neck", "shoulder", "elbow")) for dof in DOFS])
    angles = np.clip(low.angles + free * rng.normal(0, size, len(DOFS)), LOWER, UPPER)
    return Low(low.pitch, angles, low.roll, low.lean)


def clipped(low: Low) -> Low:
    return Low(low.pitch, np.clip(low.angles, LOWER, UPPER), low.roll, low.lean)


def hands_to(body: Body, low: Low, **places: tuple[float, float, float]) -> Low:
    """The same with the hands (`r=`, `l=`) at places in the heading frame, m from the pelvis over the floor.

    The pose is set on the floor with its arms as they are first, so begin with arms that do not touch it.
    """
    free = clipped(low)
    pose = free.pose(body)
    for side, place in places.items():
        pose = reach(body, pose, side, np.array(place))
    return Low(free.pitch, pose.angles, free.roll, free.lean)


def upright(body: Body) -> Low:
    return Low(0.2 * body.stoop, _upright_legs(body))


def _upright_legs(body: Body) -> Array:
    """Hanging arms; knees a little bent, feet flat, apart as in `poses.standing`."""
    angles = upright_angles(body)
    for side in "rl":
        set_leg(angles, side, 0.2 * body.stoop, -0.09, 0.10, 0.0)
        angles[DOF[f"hip_{side}_abd"]] = 0.02
    return angles


def squat(body: Body, depth: float) -> Low:
    """`depth` 0 is standing, 1 as deep as knees and ankles go, heels a little up; arms ahead for balance."""
    shin, knee = 0.10 + 0.55 * depth, 0.19 + 2.16 * depth
    pitch = 0.2 * body.stoop + depth * (0.55 - 0.15 * depth)
    angles = upright_angles(body)
    for side in "rl":
        set_leg(angles, side, pitch, shin - knee, shin, max(shin - 0.50, 0.0))
        angles[DOF[f"hip_{side}_abd"]] = 0.02 + 0.18 * depth
    trunk = body.stoop + 0.45 * depth
    upper(angles, spine_flex=trunk, neck_flex=-0.5 * trunk, shoulder_flex=0.9 * depth, shoulder_abd=0.1, elbow=0.5)
    return clipped(Low(pitch, angles))


def half_kneel(body: Body, knee: str) -> Low:
    """The knee of side `knee` on the floor, the other foot flat ahead, trunk nearly upright, hands on the thigh."""
    other = "l" if knee == "r" else "r"
    pitch = 0.12
    angles = upright_angles(body)
    set_leg(angles, knee, pitch, 0.05, 1.74, 1.74 + 0.85)
    hip = body.thigh * math.cos(0.05) + _knee_radius(body)
    planted_leg(body, angles, other, pitch, hip, 0.10)
    angles[DOF[f"hip_{other}_abd"]] = 0.12
    upper(angles, spine_flex=body.stoop + 0.12, neck_flex=0.1)
    upper(angles, **{f"shoulder_{other}_flex": 0.75, f"elbow_{other}": 0.9, f"shoulder_{knee}_flex": 0.35})
    upper(angles, **{f"elbow_{knee}": 0.6})
    return clipped(Low(pitch, angles))


def kneel(body: Body, sunk: float = 0.0) -> Low:
    """On both knees; `sunk` 0 with thighs upright, 1 sitting back towards the heels."""
    thigh = 0.05 - 0.75 * sunk
    pitch = 0.06 + 0.35 * sunk
    angles = upright_angles(body)
    for side in "rl":
        set_leg(angles, side, pitch, thigh, 1.74, 1.74 + 0.85)
        angles[DOF[f"hip_{side}_abd"]] = 0.08
    upper(angles, spine_flex=body.stoop + 0.10, neck_flex=0.1, shoulder_flex=0.2 + 0.3 * sunk, elbow=0.5 + 0.2 * sunk)
    return clipped(Low(pitch, angles))


def all_fours(body: Body, back: float = 0.0) -> Low:
    """On hands and knees; `back` moves the hips behind the knees (-) or ahead of them (+), rad of the thighs."""
    angles = np.zeros(len(DOFS))
    pitch = QUARTER - 0.12
    for side in "rl":
        set_leg(angles, side, pitch, back, 1.66, 1.66 + 0.80)
        angles[DOF[f"hip_{side}_abd"]] = 0.05
    upper(angles, spine_flex=0.12, neck_flex=-0.35, shoulder_flex=1.5, elbow=0.15, shoulder_abd=0.06)
    return _hands_down(body, clipped(Low(pitch, angles)), 0.0)


def _hands_down(body: Body, low: Low, ahead: float) -> Low:
    """Both palms on the floor under the shoulders, the knees being what carries the hips."""
    arms_up = low.angles.copy()
    upper(arms_up, shoulder_flex=2.3)
    pose = Low(low.pitch, arms_up, low.roll, low.lean).pose(body)
    positions, _ = pose.links(body)
    settled = Pose(pose.root, pose.turn, low.angles)
    for side in "rl":
        shoulder = positions[LINK[f"uarm_{side}"]]
        settled = reach(body, settled, side, np.array([shoulder[0] + ahead, shoulder[1] * 1.05, 0.025]))
    return Low(low.pitch, settled.angles, low.roll, low.lean)


def floor_sit(body: Body, style: str) -> Low:
    """On the floor: `bent` knees up, `stretched`, `crossed` legs, `side` on one hip with both shins to the left."""
    angles = upright_angles(body)
    pitch = {"bent": -0.25, "stretched": -0.20, "crossed": -0.15, "side": -0.05}[style]
    if style == "bent":
        for side in "rl":
            planted_leg(body, angles, side, pitch, _seat_height(body), -0.45)
            angles[DOF[f"hip_{side}_abd"]] = 0.12
        upper(angles, spine_flex=0.45, neck_flex=-0.05, shoulder_flex=0.75, elbow=0.55)
    elif style == "stretched":
        for side, knee in (("r", 0.12), ("l", 0.25)):
            set_leg(angles, side, pitch, -QUARTER - knee / 2, -QUARTER + knee / 2)
            angles[DOF[f"hip_{side}_abd"]] = 0.14
        upper(angles, spine_flex=0.40, neck_flex=0.0, shoulder_flex=0.35, elbow=0.45)
    elif style == "crossed":
        for side, knee in (("r", 2.25), ("l", 2.05)):
            set_leg(angles, side, pitch, -QUARTER + 0.05, -QUARTER + 0.05 + knee)
            upper(angles, **{f"hip_{side}_abd": 0.75, f"hip_{side}_rot": -0.7})
        upper(angles, spine_flex=0.42, neck_flex=0.0, shoulder_flex=0.45, elbow=0.75)
    else:
        for side, thigh in (("r", -QUARTER + 0.15), ("l", -QUARTER + 0.25)):
            set_leg(angles, side, pitch, thigh, thigh + 1.7)
        upper(angles, hip_r_rot=-0.7, hip_r_abd=0.45, hip_l_rot=0.7, hip_l_abd=-0.2)
        upper(angles, spine_flex=0.25, spine_side=-0.2, neck_flex=0.0, shoulder_flex=0.3, elbow=0.4)
    return clipped(Low(pitch, angles))


def leaning_on(body: Body, low: Low, hands: str, spread: float = 0.0) -> Low:
    """A sitting posture that leans back on the hands of these sides (`r`, `l` or `rl`)."""
    angles = low.angles.copy()
    for side in hands:
        upper(angles, **{f"shoulder_{side}_flex": -0.7, f"shoulder_{side}_abd": 0.35, f"elbow_{side}": 0.15})
    leant = Low(low.pitch - 0.2 - 0.1 * len(hands), angles, low.roll, low.lean)
    for side in "rl":
        leant.angles[DOF[f"hip_{side}_flex"]] -= 0.2 + 0.1 * len(hands)
    places = {}
    for side in hands:
        out = -1.0 if side == "r" else 1.0
        places[side] = (-0.30, out * (0.24 + spread), 0.025)
    lifted = clipped(leant)
    arms_away = lifted.angles.copy()
    upper(arms_away, shoulder_flex=0.8)
    pose = Low(lifted.pitch, arms_away, lifted.roll, lifted.lean).pose(body)
    pose = Pose(pose.root, pose.turn, lifted.angles)
    for side, place in places.items():
        pose = reach(body, pose, side, np.array(place))
    return Low(lifted.pitch, pose.angles, lifted.roll, lifted.lean)


def on_back(rng: np.random.Generator | None = None) -> Low:
    low = Low(-QUARTER, LYING.copy())
    if rng is not None:
        low = varied(low, rng, 0.12)
        bends = [DOF["spine_flex"], DOF["neck_flex"]]
        low.angles[bends] = np.abs(low.angles[bends])  # nobody lies in a hollow back
    return low


def on_side(side: str, rng: np.random.Generator | None = None) -> Low:
    """Lying on the right (`r`) or left side."""
    angles = LYING_SIDE if side == "l" else mirrored(LYING_SIDE)
    low = Low(-QUARTER, angles.copy(), roll=QUARTER if side == "l" else -QUARTER)
    return low if rng is None else varied(low, rng, 0.10)


def on_belly(rng: np.random.Generator | None = None) -> Low:
    angles = LYING_PRONE.copy()
    upper(angles, shoulder_l_abd=1.1, elbow_l=0.6)
    low = Low(QUARTER, angles)
    return low if rng is None else varied(low, rng, 0.08)


_ODD = {"spine_side", "spine_turn", "neck_side", "neck_turn"}


def _other_side(name: str) -> str:
    parts = name.split("_")
    parts[1] = {"r": "l", "l": "r"}.get(parts[1], parts[1])
    return "_".join(parts)


_SWAP = np.array([DOF[_other_side(dof.name)] for dof in DOFS])
_SIGN = np.array([-1.0 if d.name in _ODD else 1.0 for d in DOFS])


def mirrored(angles: Array) -> Array:
    """Right and left exchanged (26,)."""
    result: Array = angles[_SWAP] * _SIGN
    return result


def mirror(low: Low) -> Low:
    return Low(low.pitch, mirrored(low.angles), -low.roll, -low.lean)


def heading_of(pose: Pose) -> float:
    """Where the front of the pelvis faces, or, lying, where the head lies away from (the way she would sit up)."""
    turn = matrix(pose.turn)
    ahead = turn[:2, 0] if abs(turn[2, 2]) > 0.5 else -turn[:2, 2] * (1.0 if turn[2, 0] > -0.5 else -1.0)
    return math.atan2(float(ahead[1]), float(ahead[0]))


def ahead_of(pose: Pose, yaw: float, metres: float) -> Array:
    place: Array = pose.root + about_z(yaw)[:, 0] * metres
    return place


def _knee_radius(body: Body) -> float:
    return float(body.touch[LINK["shin_r"]][:, 0].max())


def _seat_height(body: Body) -> float:
    """Of the hip joints over the floor when sitting on it, m."""
    return 0.09
