"""Training examples and checks from many clips, on all cores; what was made is kept, so that a stopped run goes on."""

from __future__ import annotations

import json
import multiprocessing
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.training.alarms import Traces, traces
from bench.training.practice import lines, practice_clip, variations
from bench.training.replay import Example, examples
from bench.training.skeletons import skeleton_clip
from perception.temporal.features import CHANNELS, STEPS, VERSION

CHUNK = 50  # clips
VARIATIONS = 4  # of each practice recording
TRAIN_SEED, EVERYDAY_SEED = 5_000, 20_000
HARD_FALL_SEED, HARD_SEED = 200_000, 300_000
CHECK_SEED = 900_000  # skeletons from here on are never trained on


@dataclass(frozen=True, slots=True)
class Gathered:
    """Examples as arrays: `grids` (n, STEPS, CHANNELS) float16, `labels` (n,), `clips` and `what` (n,) of names."""

    grids: NDArray[np.float16]
    labels: NDArray[np.int64]
    clips: NDArray[np.str_]
    what: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many clips of skeletons of each sort; `hard_*`: see `skeleton_clip`."""

    falls: int
    everyday: int
    hard_falls: int
    hard_everyday: int


def gather(practice: Path | None, counts: Counts, keep: Path, workers: int, say: Callable[[str], None]) -> Gathered:
    """All training examples: of skeletons, and of the practice recordings for training."""
    jobs = [
        *_skeleton_jobs(counts.falls, True, TRAIN_SEED),
        *_skeleton_jobs(counts.everyday, False, EVERYDAY_SEED),
        *_skeleton_jobs(counts.hard_falls, True, HARD_FALL_SEED, hard=True),
        *_skeleton_jobs(counts.hard_everyday, False, HARD_SEED, hard=True),
        *_practice_jobs(practice, "train"),
    ]
    chunks = _spread(_examples_chunk, [(job, str(keep)) for job in jobs], workers, say, "examples")
    return Gathered(*(np.concatenate([chunk[k] for chunk in chunks]) for k in ("grids", "labels", "clips", "what")))


def check(practice: Path | None, counts: Counts, split: str, workers: int, say: Callable[[str], None]) -> list[Traces]:
    """What people never trained on show: skeletons, and the practice recordings of a split."""
    first = CHECK_SEED if split == "check" else CHECK_SEED + 50_000
    jobs = [
        *_skeleton_jobs(counts.falls, True, first),
        *_skeleton_jobs(counts.everyday, False, first),
        *_skeleton_jobs(counts.hard_falls, True, first, hard=True),
        *_skeleton_jobs(counts.hard_everyday, False, first, hard=True),
        *_practice_jobs(practice, split),
    ]
    return [seen for chunk in _spread(_traces_chunk, jobs, workers, say, f"{split} clips") for seen in chunk]


Job = dict[str, Any]


def _skeleton_jobs(count: int, fall: bool, first: int, hard: bool = False) -> list[Job]:
    seeds, sort = range(first, first + count), {"hard": True} if hard else {}
    return [{"fall": fall, "seeds": list(seeds[k : k + CHUNK]), **sort} for k in range(0, count, CHUNK)]


def _practice_jobs(folder: Path | None, split: str) -> list[Job]:
    if folder is None:
        return []
    rows = lines(folder, split)
    return [{"folder": str(folder), "lines": rows[k : k + CHUNK]} for k in range(0, len(rows), CHUNK)]


def _clips(job: Job, variants: int) -> list[Any]:
    if "seeds" in job:
        return [skeleton_clip(seed, job["fall"], "hard" in job) for seed in job["seeds"]]
    folder = Path(job["folder"])
    return [v for line in job["lines"] for v in variations(practice_clip(folder, line), variants, line["seed"])]


def _examples_chunk(task: tuple[Job, str]) -> dict[str, Any]:
    job, keep = task
    name = f"v{VERSION}-{zlib.crc32(json.dumps(job, sort_keys=True).encode()):08x}.npz"
    path = Path(keep) / name
    if path.exists():
        with np.load(path) as held:
            return {key: held[key] for key in held.files}
    found: list[Example] = [e for clip in _clips(job, VARIATIONS) for e in examples(clip)]
    out = {
        "grids": np.array([e.grid for e in found], np.float16).reshape(-1, STEPS, len(CHANNELS)),
        "labels": np.array([e.label for e in found], np.int64),
        "clips": np.array([e.clip for e in found], np.str_),
        "what": np.array([e.what for e in found], np.str_),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".half.npz")
    np.savez(half, **out)  # type: ignore[arg-type]
    half.rename(path)
    return out


def _traces_chunk(job: Job) -> list[Traces]:
    return [traces(clip) for clip in _clips(job, 1)]


def _spread(
    work: Callable[[Any], Any], jobs: Sequence[Any], workers: int, say: Callable[[str], None], name: str
) -> list[Any]:
    out = []
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for k, result in enumerate(pool.imap(work, jobs), 1):
            out.append(result)
            if k % 5 == 0 or k == len(jobs):
                say(f"{name}: {k * CHUNK if k < len(jobs) else 'all'} clips")
    return out
