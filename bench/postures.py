"""How often perception names the posture of simulated people as it is: a confusion table over practice recordings.

The reference is the simulation's own posture of the same moment. Moments within SETTLE_S of a change of the truth are
left out: a posture has to last before it is told. `unknown` is counted apart: it is not a mistake, but no help either.
"""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.practice import make, read_manifest, wanted
from kangban.config import load_profile
from kangban.values import Person, Posture
from perception.follow import Follower, Scene
from perception.landmarks import HIPS
from perception.recording import read_recording

CLIPS, SPLIT = 60, "test"
SETTLE_S = 0.7
NEAR = 0.12  # of the picture: hips so near to the truth's are hers
BENT, BENT_SHARE = ("bending", "squatting"), 0.8  # of her height
# What each posture of the simulation may rightly be called.
RIGHT: dict[str, set[Posture]] = {
    "standing": {Posture.STANDING},
    "turning": {Posture.STANDING, Posture.WALKING},
    "walking": {Posture.WALKING, Posture.STANDING},
    "bending": {Posture.BENDING},
    "squatting": {Posture.BENDING},
    "sitting": {Posture.SITTING},
    "sitting_on_floor": {Posture.SITTING},
    "kneeling": {Posture.KNEELING},
    "on_all_fours": {Posture.KNEELING},
    "falling": {Posture.FALLING},
    "fallen": {Posture.LYING_FLOOR},
    "lying": {Posture.LYING_FLOOR, Posture.LYING_FURNITURE},
    "lying_side": {Posture.LYING_FLOOR, Posture.LYING_FURNITURE},
    "lying_prone": {Posture.LYING_FLOOR, Posture.LYING_FURNITURE},
    "getting_up": {Posture.GETTING_UP},
    "standing_up": {Posture.GETTING_UP},
}


def run(out: Path | None = None, jobs: int = 2) -> dict[str, Any]:
    """`out`: a folder of practice recordings that is kept; what is missing of the first CLIPS test films is made."""
    with tempfile.TemporaryDirectory() as passing:
        folder = Path(passing) if out is None else out
        folder.mkdir(parents=True, exist_ok=True)
        make(folder, wanted(CLIPS, 0, SPLIT), jobs)
        return table([folder / line["clip"] for line in read_manifest(folder) if line["split"] == SPLIT])


def table(clips: Iterable[Path]) -> dict[str, Any]:
    """The shares of frames named rightly, and what each true posture was called."""
    counts: dict[str, Counter[str]] = {}
    for clip in clips:
        _count(clip, counts)
    known = {t: (sum(row[p] for p in RIGHT[t]), sum(row.values()), row[Posture.UNKNOWN]) for t, row in counts.items()}
    right, total, unknown = (sum(each) for each in zip(*known.values(), strict=True)) if known else (0, 0, 0)
    return {
        "frames": total,
        "right": round(right / max(1, total), 3),
        "right_where_known": round(right / max(1, total - unknown), 3),
        "unknown": round(unknown / max(1, total), 3),
        "right_by_posture": {t: round(r / max(1, n), 2) for t, (r, n, _) in sorted(known.items())},
        "table": {truth: dict(row.most_common()) for truth, row in sorted(counts.items())},
    }


def _count(clip: Path, counts: dict[str, Counter[str]]) -> None:
    with np.load(clip) as file:
        stamps, hips, truth = file["t"], file["truth_hip_image"], file["truth_posture"]
        heads = file["truth_head_height"]
    upright = np.nanmax(heads, axis=0)  # a bend begins and ends upright: only its low part is one
    follower = Follower(load_profile("companion").perception)
    for frame in read_recording(clip):
        scene = Scene(frame.stamp, frame.size)
        follower.associate(frame.poses, scene)
        persons, _ = follower.decide(scene)
        k = int(np.argmin(np.abs(stamps - frame.stamp)))
        for actor in range(truth.shape[1]):
            posture = _settled(stamps, truth[:, actor], k)
            if posture in BENT and not heads[k, actor] < BENT_SHARE * upright[actor]:
                continue
            seen = _nearest(hips[k, actor], [p for p in persons.people if p.seen])
            if posture in RIGHT and seen is not None:
                counts.setdefault(posture, Counter())[seen.posture.value] += 1


def _settled(stamps: NDArray[np.float64], postures: NDArray[np.str_], k: int) -> str:
    """The truth of a moment that has lasted, or empty; a fall is too short to last."""
    lately = postures[(stamps > stamps[k] - SETTLE_S) & (stamps <= stamps[k])]
    return str(postures[k]) if postures[k] == "falling" or (lately == postures[k]).all() else ""


def _nearest(hips: NDArray[np.float64], people: list[Person]) -> Person | None:
    best, found = NEAR, None
    for person in people:
        if person.landmarks_in_image is None:
            continue
        at = person.landmarks_in_image[list(HIPS), :2].mean(axis=0)
        distance = math.hypot(*(at - hips))
        if distance < best:
            best, found = distance, person
    return found
