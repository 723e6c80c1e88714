"""Clips of skeletons: stories seen through random lenses, as the same recordings that rendered people make."""

from __future__ import annotations

import numpy as np

from bench.training.lens import Errors, Lens, in_camera, look, random_errors, random_lens
from bench.training.moves import HZ
from bench.training.replay import Clip
from bench.training.skeleton import Build, joints, random_build
from bench.training.stories import Story, everyday_story, fall_story, hard_story
from kangban.values import Array

CHILDREN = 0.08
TRIES = 12


def skeleton_clip(seed: int, fall: bool, hard: bool = False) -> Clip:
    """The clip of a seed; `hard`: of what is hardest to tell apart, and of more kinds of falls. A story is told again
    from elsewhere until the body is in the picture most of the time.
    """
    rng = np.random.default_rng([seed, int(fall) + 2 * int(hard)])
    build = random_build(rng, bool(rng.random() < CHILDREN) and not fall)
    story = _story(rng, fall, hard)
    stretch = 1.0 if fall else float(np.exp(rng.normal(0.0, 0.08)))
    moved = joints(build, story.timeline.angles())
    moved[..., :2] -= moved[:, 23:25, :2].mean(axis=(0, 1))
    fps = float(rng.choice([5.0, 8.0, 10.0, 10.0, 12.0, 15.0, 15.0, 20.0, 30.0]))
    lens, side = _placed(moved, rng)
    errors = random_errors(rng, build)
    name = f"skeleton-{'hard-' if hard else ''}{'fall' if fall else 'everyday'}-{seed}"
    return _filmed(name, story, moved, build, lens, side, errors, fps,
                   stretch, rng)  # fmt: skip


def _story(rng: np.random.Generator, fall: bool, hard: bool) -> Story:
    if fall:
        return fall_story(rng, more=hard)
    return (hard_story if hard else everyday_story)(rng, float(rng.uniform(12.0, 30.0)) * (0.6 if hard else 1.0))


def _placed(moved: Array, rng: np.random.Generator) -> tuple[Lens, float]:
    for _ in range(1 if rng.random() < 0.25 else TRIES):  # some come and go, or are cut by the picture's edge
        lens, side = random_lens(rng), float(rng.uniform(-1.2, 1.2))
        at = in_camera(moved[::10], lens, side)
        half = np.tan(0.5 * lens.vfov) * np.array([lens.size[0] / lens.size[1], 1.0])
        inside = (np.abs(at[..., :2]) < half * np.maximum(at[..., 2:], 0.1)).all(axis=-1) & (at[..., 2] > 0.6)
        if inside[:, 11:25].all(axis=1).mean() > 0.85:
            break
    return lens, side


def _filmed(name: str, story: Story, moved: Array, build: Build, lens: Lens, side: float, errors: Errors, fps: float,
            stretch: float, rng: np.random.Generator) -> Clip:  # fmt: skip
    seconds = len(moved) / HZ
    t = np.arange(0.0, seconds - 0.05, 1.0 / fps)
    if rng.random() < 0.3:  # frames that were dropped
        t = t[rng.random(len(t)) > rng.choice([0.05, 0.2])]
    x = t * HZ
    k = np.minimum(x.astype(int), len(moved) - 2)
    share = (x - k)[:, None, None]
    at = (1 - share) * moved[k] + share * moved[k + 1]
    lm, world, hips = look(at, build, lens, errors, fps, rng, side)
    return Clip(
        name, t * stretch, lm[:, None], world[:, None], lens.size, hips[:, None], at[:, :1, 2], (build.height,),
        tuple((0, kind, onset, impact) for kind, onset, impact in story.falls),
        tuple((0, act, begin * stretch, end * stretch) for act, begin, end in story.acts),
    )  # fmt: skip
