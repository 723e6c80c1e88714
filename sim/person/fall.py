"""How people fall: what their muscles do and what throws them off balance, over time. PyBullet does the rest.

Kinds and their courses follow Robinovitch et al., "Video capture of the circumstances of falls in elderly people
residing in long-term care", Lancet 381 (2013): incorrect weight shift, trips, collapse, and falls while seated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.person.body import Body
from sim.person.clip import Clip, Situation
from sim.person.lead import LEADS
from sim.person.pose import Pose
from sim.person.rotation import about_z
from sim.person.skeleton import DOFS, LOWER, UPPER, angles_of

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Fall:
    """Fall by one of `KINDS` once what was asked before is done. `towards` (rad): the free side of the bed, for
    `out_of_bed`; None is her left."""

    kind: str
    towards: float | None = None


@dataclass(frozen=True)
class FallKind:
    """`push` (N) acts on `pushed` in the heading frame for `push_s`. Muscles hold the posture with `hold` of their
    strength for `hold_s`, then fade to `limp` with time constant `fade_s`; from `curl_s` they draw towards `curl`.
    `legs` scales the strength of hips, knees and ankles; `grip` is the friction of the soles.
    `either_side`: the push goes to the left or the right as it happens; `any_way`: in any direction.
    `led`: a course of its own leads up to it (`lead.py`)."""

    pushed: str
    push: tuple[float, float, float]
    push_s: float
    hold: float
    hold_s: float
    fade_s: float
    limp: float
    legs: float
    curl_s: float
    curl: Array
    either_side: bool = False
    grip: float = 0.8
    begins_from: tuple[str, ...] = ()
    any_way: bool = False
    led: bool = False


_LIMP = 0.03
_REACH = angles_of(
    shoulder_flex=1.2, shoulder_abd=0.2, elbow=0.5, hip_l_flex=0.35, hip_r_flex=0.15, knee_l=0.7, knee_r=0.45,
    spine_flex=0.1, neck_flex=-0.3,
)  # fmt: skip
_SIT_BACK = angles_of(
    hip_flex=0.9, knee=0.8, spine_flex=0.35, neck_flex=0.45, shoulder_flex=-0.3, shoulder_abd=0.35, elbow=0.6
)
_CURL = angles_of(
    hip_l_flex=0.9, hip_r_flex=0.65, knee_l=1.1, knee_r=0.9, spine_flex=0.25, neck_flex=0.2, shoulder_l_flex=0.9,
    shoulder_r_flex=0.6, elbow_l=0.9, elbow_r=1.1,
)  # fmt: skip
_CRUMPLE = angles_of(
    hip_l_flex=1.1, hip_r_flex=0.7, knee_l=1.7, knee_r=1.3, spine_flex=0.5, neck_flex=0.5, shoulder_flex=0.2, elbow=0.5
)
_SLIDE = angles_of(hip_flex=0.7, knee=0.6, spine_flex=0.35, neck_flex=0.45, shoulder_abd=0.3, elbow=0.5)

_UPRIGHT = ("standing", "walking", "turning", "bending", "standing_up", "sitting_down")
KINDS = {
    "topple_forward": FallKind(
        "chest", (140, 0, 0), 0.25, 1.0, 0.40, 0.18, _LIMP, 1.0, 0.5, _REACH, begins_from=_UPRIGHT
    ),
    "topple_backward": FallKind(
        "chest", (-150, 0, 0), 0.25, 1.0, 0.35, 0.18, _LIMP, 1.0, 0.5, _SIT_BACK, begins_from=_UPRIGHT
    ),
    "topple_left": FallKind(
        "chest", (10, 230, 0), 0.25, 1.0, 0.45, 0.20, _LIMP, 1.0, 0.75, _CURL, begins_from=_UPRIGHT
    ),
    "topple_right": FallKind(
        "chest", (10, -230, 0), 0.25, 1.0, 0.45, 0.20, _LIMP, 1.0, 0.75, _CURL, begins_from=_UPRIGHT
    ),
    "slump": FallKind(
        "chest", (5, 55, 0), 0.8, 0.8, 0.15, 0.25, _LIMP, 0.2, 0.25, _CRUMPLE, either_side=True, begins_from=_UPRIGHT
    ),
    "slide_off_chair": FallKind(
        "pelvis",
        (230, 15, -60),
        0.6,
        0.6,
        0.9,
        0.25,
        _LIMP,
        0.5,
        0.1,
        _SLIDE,
        either_side=True,
        grip=0.15,
        begins_from=("sitting",),
    ),
}

_TRIP = angles_of(
    shoulder_flex=1.7, shoulder_abd=0.25, elbow=0.55, hip_l_flex=0.6, hip_r_flex=-0.1, knee_l=0.9, knee_r=0.5,
    spine_flex=0.1, neck_flex=-0.45,
)  # fmt: skip
_SAT = angles_of(
    hip_l_flex=1.5, hip_r_flex=1.35, knee_l=0.9, knee_r=0.7, spine_flex=0.7, neck_flex=0.2, shoulder_flex=-0.6,
    shoulder_abd=0.4, elbow=0.2,
)  # fmt: skip
_STIFF = angles_of(hip_flex=0.15, knee=0.2, spine_flex=0.1, neck_flex=0.1, shoulder_flex=0.15, elbow=0.4)
_FREE = (*_UPRIGHT, "kneeling", "kneeling_down", "squatting", "getting_up", "reaching")

KINDS |= {
    "trip": FallKind("chest", (190, 0, -10), 0.28, 0.9, 0.22, 0.22, 0.05, 0.6, 0.12, _TRIP, begins_from=_FREE),
    "slip": FallKind(
        "chest", (-150, 15, 0), 0.25, 0.8, 0.25, 0.2, 0.05, 0.7, 0.25, _SIT_BACK, True, 0.08, begins_from=_FREE
    ),
    "sit_back": FallKind(
        "pelvis", (-190, 10, 0), 0.30, 0.9, 0.30, 0.3, 0.12, 0.35, 0.15, _SAT, True, begins_from=_FREE
    ),
    "stiff": FallKind("chest", (95, 0, 0), 0.35, 1.0, 0.80, 0.25, _LIMP, 1.0, 1.2, _STIFF, begins_from=_FREE,
        any_way=True),
    "sink": FallKind("chest", (10, 45, 0), 0.6, 0.5, 0.05, 0.3, _LIMP, 0.3, 0.1, _CRUMPLE, True, begins_from=_FREE,
        led=True),
    "sink_sitting": FallKind("chest", (-25, 30, 0), 0.5, 0.5, 0.1, 0.5, 0.08, 0.3, 0.2, _SAT, True, begins_from=_FREE,
        led=True),
    "knees_first": FallKind("chest", (80, 30, 0), 0.4, 0.7, 0.15, 0.25, _LIMP, 0.3, 0.2, _CURL, True,
        begins_from=_UPRIGHT, led=True),
    "rise_forward": FallKind("chest", (130, 10, 0), 0.3, 0.8, 0.2, 0.2, _LIMP, 0.3, 0.25, _REACH, True,
        begins_from=("sitting",), led=True),
    "rise_sideways": FallKind("chest", (70, 200, 0), 0.35, 0.8, 0.2, 0.2, _LIMP, 0.4, 0.3, _CURL, True,
        begins_from=("sitting",), led=True),
    "rise_back": FallKind("pelvis", (60, 230, 0), 0.35, 0.7, 0.15, 0.2, 0.05, 0.3, 0.2, _SIT_BACK, True,
        begins_from=("sitting",), led=True),
    "miss_seat": FallKind("pelvis", (-60, 15, 0), 0.3, 0.5, 0.05, 0.2, 0.10, 0.15, 0.1, _SAT, True,
        begins_from=("standing",), led=True),
    "bending_over": FallKind("chest", (140, 70, 0), 0.3, 0.8, 0.15, 0.2, _LIMP, 0.4, 0.2, _REACH, True,
        begins_from=("standing",), led=True),
    "out_of_bed": FallKind("pelvis", (190, 0, 0), 0.5, 0.3, 0.2, 0.3, _LIMP, 1.0, 0.2, _CURL,
        begins_from=("lying", "lying_side", "lying_prone"), led=True),
}  # fmt: skip


def may_begin(kind: str, posture: str) -> None:
    """Raises ValueError where there is no such fall, or she cannot fall so from that posture."""
    if kind not in KINDS:
        raise ValueError(f"no kind of fall {kind!r}; there are: {', '.join(KINDS)}")
    if posture not in KINDS[kind].begins_from:
        allowed = " or ".join(KINDS[kind].begins_from)
        raise ValueError(f"cannot fall by {kind} while {posture}; she must be {allowed}")


_LEG = np.array([dof.name.startswith(("hip", "knee", "ankle")) for dof in DOFS])
_CURLED_S, _EASE = 0.9, 0.4
"""After so long curled up, she lies slack: this share of the curl is left."""
_LONGEST_S = 6.0
_STILL, _STILL_S = 0.12, 0.35


class FallPlan:
    """One fall: a kind with this person's own variation. Forces and strength by seconds since it began."""

    def __init__(
        self, kind: str, now: Situation, weight: float, rng: np.random.Generator, heading: float | None = None
    ) -> None:
        """`heading` (rad): what the push counts from, else where she faces."""
        self.kind = KINDS[kind]
        side = -1.0 if self.kind.either_side and rng.random() < 0.5 else 1.0
        way = float(rng.uniform(-math.pi, math.pi)) if self.kind.any_way else 0.0
        turn = about_z((now.heading() if heading is None else heading) + way + float(rng.normal(0, 0.12)))
        self._push = (
            turn @ (np.array(self.kind.push, dtype=float) * [1, side, 1]) * float(rng.uniform(0.9, 1.2)) * weight / 60.0
        )
        self._hold_s = self.kind.hold_s + float(rng.uniform(-0.05, 0.07))
        self._held = now.pose.angles
        self._goal = np.clip(self.kind.curl + rng.normal(0, 0.08, len(DOFS)), LOWER, UPPER)

    def push(self, t: float) -> Array:
        """Force on the pushed link in the world, N (3,)."""
        return self._push if t < self.kind.push_s else np.zeros(3)

    def strength(self, t: float) -> Array:
        """Share of muscle strength (26,)."""
        kind = self.kind
        fading = math.exp(-max(t - self._hold_s, 0.0) / kind.fade_s)
        overall = kind.limp + (kind.hold - kind.limp) * fading
        legs = np.where(_LEG, kind.legs, 1.0)
        return np.maximum(overall * legs, kind.limp)

    def goal(self, t: float) -> Array:
        """Angles (26,) the muscles draw towards."""
        if t < self.kind.curl_s:
            return self._held
        return self._goal if t < self.kind.curl_s + _CURLED_S else _EASE * self._goal


@dataclass(frozen=True)
class Lead:
    """What leads up to a fall of that kind: physics takes over where the clip ends. `heading`: as for `FallPlan`."""

    kind: str
    clip: Clip
    heading: float | None = None


def lead_to(asked: Fall, body: Body, now: Situation, rng: np.random.Generator) -> Lead | None:
    """None where the fall comes at once."""
    if not KINDS[asked.kind].led:
        return None
    clip, heading = LEADS[asked.kind](body, now, rng, asked.towards)
    return Lead(asked.kind, clip, heading)


class Settling:
    """Tells when a fallen body lies still, or has had long enough."""

    def __init__(self) -> None:
        self._still_since: float | None = None

    def done(self, t: float, speed: float, has_hit: bool) -> bool:
        if speed > _STILL or not has_hit:
            self._still_since = None
        elif self._still_since is None:
            self._still_since = t
        return t > _LONGEST_S or (self._still_since is not None and t - self._still_since >= _STILL_S)


_TRUNK = {"pelvis", "chest", "head"}
_FEET = {"foot_r", "foot_l"}
_HIP_DOWN_M = 0.32


def is_impact(touching: set[str], hip_height: float) -> bool:
    """Whether the body has hit the floor: with trunk or head, or, hips low, with more than the feet.

    Who falls sideways lands on the outside of hip and shoulder, which are thigh and upper arm here; who crumples, on
    the knees.
    """
    return bool(touching & _TRUNK) or (hip_height < _HIP_DOWN_M and bool(touching - _FEET))


def within_limits(pose: Pose) -> Pose:
    """The pose with its hinges set back inside their limits."""
    return Pose(pose.root, pose.turn, np.clip(pose.angles, LOWER, UPPER))
