"""Recordings through the Follower, exactly as in use, and what truly happened beside what it saw: training examples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from kangban.config import load_profile
from kangban.profile import Perception
from kangban.values import Array, Falls, Persons
from perception.follow import Follower, Scene
from perception.landmarks import HIPS, Pose, middle
from perception.temporal.judge import Judge
from perception.temporal.model import FALLEN
from perception.tracks import Track

UPRIGHT, LOW = 0, 1
LOW_HEAD = 0.62  # of the height: lower than anybody holds her head who stands, or sits on a chair
SAME_BODY = 0.12  # of the picture's height: so near must a track's hips be to an actor's
JUST_FALLEN_S = 2.2  # the judge looks back three seconds
EARLY_S = 0.05
STALE_S = 2.5  # who has been out of sight for longer is not asked about
EVERY_S = {UPRIGHT: 0.4, LOW: 0.2, FALLEN: 0.1}


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording with its truth (contract of practice recordings). `falls`: (actor, kind, onset s, impact s);
    `acts`: (actor, name, from s, to s); `heights`: of the actors, m."""

    name: str
    t: Array
    lm: Array
    world: Array
    size: tuple[int, int]
    hips: Array  # (n, actors, 2), 0..1 of the image
    head: Array  # (n, actors), m
    heights: tuple[float, ...]
    falls: tuple[tuple[int, str, float, float], ...]
    acts: tuple[tuple[int, str, float, float], ...]


@dataclass(frozen=True, slots=True)
class Example:
    """What the judge sees at one moment (STEPS, CHANNELS), and the truth. `what`: the kind of fall, or the act."""

    grid: Array
    label: int
    clip: str
    what: str
    stamp: float


class Onlooker(Follower):
    """A Follower that follows and measures, and neither judges nor tells: what the judge sees is the same."""

    def __init__(self) -> None:
        super().__init__(_limits(), judge=Judge(None))

    def _live(self, track: Track, pose: Pose, scene: Scene) -> None:
        return

    def _judge(self, track: Track, scene: Scene) -> None:
        return

    def _tell(self, scene: Scene, blind: bool) -> tuple[Persons, Falls]:
        return Persons(scene.stamp, (), blind), Falls(scene.stamp, ())


@cache
def _limits() -> Perception:
    return load_profile("companion").perception


def examples(clip: Clip) -> list[Example]:
    """Replay a clip; an example for each known person every few frames."""
    follower = Onlooker()
    actor_of: dict[int, int] = {}
    asked: dict[int, float] = {}
    out = []
    for k, stamp in enumerate(clip.t):
        seen = np.isfinite(clip.lm[k]).all(axis=(1, 2)) & np.isfinite(clip.world[k]).all(axis=(1, 2))
        poses = [Pose(clip.lm[k, p], clip.world[k, p]) for p in np.flatnonzero(seen)]
        scene = Scene(float(stamp), clip.size)
        follower.associate(poses, scene)
        follower.decide(scene)
        for track in follower.tracks.all:
            if not track.known or stamp - track.last_seen > STALE_S:
                continue
            actor = _actor(track, clip, k)
            if actor is not None:
                actor_of[track.id] = actor
            if track.id not in actor_of:
                continue
            label, what = truth(clip, actor_of[track.id], float(stamp), k, track.first_seen)
            if label is None or stamp - asked.get(track.id, -9.0) < EVERY_S[label] - 1e-6:
                continue
            grid = follower.judge.grid(track.id, float(stamp))
            if grid is not None:
                asked[track.id] = float(stamp)
                out.append(Example(grid.astype(np.float16), label, clip.name, what, float(stamp)))
    return out


def _actor(track: Track, clip: Clip, k: int) -> int | None:
    """Whose body it is that a track follows in this frame."""
    if track.pose is None or not np.isfinite(clip.hips[k]).all(axis=1).any():
        return None
    aspect = np.array([clip.size[0] / clip.size[1], 1.0])
    away = np.linalg.norm((clip.hips[k] - middle(track.pose.image, HIPS)[:2]) * aspect, axis=1)
    nearest = int(np.nanargmin(away))
    return nearest if away[nearest] < SAME_BODY else None


def truth(clip: Clip, actor: int, now: float, k: int, first_seen: float) -> tuple[int | None, str]:
    """What an actor is at a moment; None: not to be asked (on the way down, or long after a fall)."""
    what = next((name for who, name, begin, end in clip.acts if who == actor and begin <= now < end), "other")
    low = bool(clip.head[k, actor] < LOW_HEAD * clip.heights[actor])
    for who, kind, onset, impact in clip.falls:
        if who != actor or now < onset:
            continue
        if now < impact - EARLY_S or first_seen > onset + 0.3:
            return None, kind
        if now <= impact + JUST_FALLEN_S:
            return FALLEN, kind
        return (None if low or now < impact + 5.0 else UPRIGHT), kind
    return (LOW if low else UPRIGHT), what
