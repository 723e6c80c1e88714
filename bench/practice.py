"""`kangban practice`: films of falls and of everyday life (`sim/practice`), seen by the pose model, kept as landmarks.

A folder with one `NAME.npz` a film (a recording of `perception/recording.py`, with the truth beside it) and a line for
each in `manifest.jsonl`. Clips that are there are not made again, so it can be stopped at any time and go on later. The
three splits lie mixed, so that a part of a set is a set. docs/practice.md says what is in the files.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.workers import Failed, Pool
from kangban.config import load_profile
from kangban.models import ModelError, pose_model_path
from perception.pose import PoseModel
from perception.recording import Landmarks, write_recording
from sim.practice.film import Film, NoFilm, make_film, shoot

MANIFEST = "manifest.jsonl"
SPLITS = ("train", "check", "test")
SHARES = (0.66, 0.10, 0.24)
FALLS = 0.42  # of the clips
MOST_PEOPLE = 4
KEPT_FOR_BENCHES = 900_000
"""Seeds from here on belong to `kangban bench everyday`: nothing is trained on them."""


def lot(seed: int) -> tuple[str, str]:
    """Split and kind of the film with a seed."""
    rng = np.random.default_rng([seed, 7])
    return str(rng.choice(SPLITS, p=SHARES)), "fall" if rng.random() < FALLS else "everyday"


def run(args: argparse.Namespace) -> int:
    if args.clips < 1 or args.jobs < 1 or not 0 <= args.seed < KEPT_FOR_BENCHES - args.clips:
        sys.stderr.write(f"--clips and --jobs: at least 1; --seed: 0 to {KEPT_FOR_BENCHES} less the clips\n")
        return 2
    try:
        pose_model_path()
        args.out.mkdir(parents=True, exist_ok=True)
    except (ModelError, OSError) as error:
        sys.stderr.write(f"kangban practice: {error}\n")
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the processes are ended on the way out
    sums = make(args.out, wanted(args.clips, args.seed, args.split), args.jobs)
    sys.stdout.write(json.dumps(sums) + "\n" if args.json else _words(sums))
    return 1 if sums["failed"] else 0


def wanted(clips: int, first: int, split: str | None) -> list[int]:
    seeds: list[int] = []
    seed = first
    while len(seeds) < clips and seed < KEPT_FOR_BENCHES:
        if split is None or lot(seed)[0] == split:
            seeds.append(seed)
        seed += 1
    return seeds


def make(folder: Path, seeds: list[int], jobs: int) -> dict[str, Any]:
    """Make what is missing; returns how much there is of what."""
    there = {line["seed"] for line in read_manifest(folder)}
    missing = [seed for seed in seeds if seed not in there]
    begun, frames, failed = time.monotonic(), 0, 0
    _end_last_line(folder / MANIFEST)
    with (folder / MANIFEST).open("a", encoding="utf-8") as manifest, Pool(_Worker, (folder,), jobs) as pool:
        for done, (seed, line) in enumerate(pool.each(missing), start=1):
            if isinstance(line, Failed):
                failed += 1
                sys.stderr.write(f"clip {seed}: {line.why}\n")
            elif line is not None:
                manifest.write(json.dumps(line) + "\n")
                manifest.flush()
                frames += line["frames"]
            rate = frames / (time.monotonic() - begun)
            sys.stderr.write(f"{done} of {len(missing)} clips, {frames} frames, {rate:.1f} frames a second\n")
    lines = read_manifest(folder)
    return {
        "clips": len(lines),
        "frames": sum(line["frames"] for line in lines),
        "hours": round(sum(line["seconds"] for line in lines) / 3600, 3),
        "splits": dict(Counter(f"{line['split']} {line['kind']}" for line in lines)),
        "failed": failed,
        "frames_a_second": round(frames / (time.monotonic() - begun), 1),
    }


def _end_last_line(path: Path) -> None:
    """A run that was killed may have left half a line: the next one must not be added to it."""
    if path.is_file() and path.stat().st_size and not path.read_bytes().endswith(b"\n"):
        with path.open("a", encoding="utf-8") as manifest:
            manifest.write("\n")


def read_manifest(folder: Path) -> list[dict[str, Any]]:
    """The lines of a manifest whose clip is there; half a line at the end (a stopped run) does not count."""
    lines: dict[str, dict[str, Any]] = {}
    path = folder / MANIFEST
    for text in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            line = json.loads(text)
        except json.JSONDecodeError:
            continue
        if (folder / line["clip"]).is_file():
            lines[line["clip"]] = line  # a clip that was made again has two: the last one counts
    return list(lines.values())


class _Worker:
    """One process: it renders and sees film after film."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._confidence = load_profile("companion").perception.pose_confidence

    def __call__(self, seed: int) -> dict[str, Any] | None:
        """The clip's line of the manifest; None where nothing came of the film. Raises RenderError."""
        split, kind = lot(seed)
        try:
            film = make_film(seed, kind, split)
        except NoFilm:
            return None
        return record(film, self._folder / f"{seed:06d}.npz", self._confidence)


def record(film: Film, path: Path, confidence: float) -> dict[str, Any]:
    """Shoot a film, let the pose model see it, and keep landmarks and truth. Returns its line of the manifest."""
    partial = path.with_name(f".{path.name}")  # a stopped run leaves no half clip under the real name
    write_recording(partial, see(film, confidence))
    made = partial if partial.exists() else partial.with_name(f"{partial.name}.npz")
    with np.load(made) as archive:
        seen = dict(archive)
    made.unlink()
    hips, heads = np.stack([f.hips[:, 2] for f in film.frames]), np.stack([f.heads for f in film.frames])
    with made.open("wb") as out:
        np.savez_compressed(
            out, t=seen["t"], lm=seen["lm"].astype(np.float32), world=seen["world"].astype(np.float32),
            size=seen["size"], truth_hip_image=film.hips_in_picture().astype(np.float32),
            truth_hip_height=hips.astype(np.float32), truth_head_height=heads.astype(np.float32),
            truth_posture=np.array([f.postures for f in film.frames]),
        )  # fmt: skip
    made.replace(path)
    return {"clip": path.name, **about(film)}


def see(film: Film, confidence: float) -> Iterator[Landmarks]:
    """What the pose model sees of a film, frame by frame, as it is used (`perception.perceive`)."""
    size = film.plan.lens.width, film.plan.lens.height
    model = PoseModel(MOST_PEOPLE, confidence)
    try:
        with tempfile.TemporaryDirectory() as folder:
            for frame, pixels in zip(film.frames, shoot(film, Path(folder)), strict=True):
                poses = model.track(pixels, frame.stamp)
                model.scan(pixels, frame.stamp)
                yield Landmarks(frame.stamp, tuple(poses), size)
    finally:
        model.close()


def about(film: Film) -> dict[str, Any]:
    """The truth about a film as a whole, for the manifest."""
    plan = film.plan
    lens = plan.lens
    return {
        "seed": plan.seed,
        "take": plan.take,
        "kind": plan.kind,
        "split": plan.split,
        "seconds": round(film.frames[-1].stamp, 3),
        "frames": len(film.frames),
        "fps": plan.fps,
        "size": [lens.width, lens.height],
        "camera": {
            "height_m": round(lens.eye[2], 3),
            "pitch_rad": round(lens.pitch, 4),
            "vfov_rad": round(lens.vertical_fov, 4),
            "roll_rad": round(lens.roll, 4),
            "distance_m": round(film.distance_m, 3),
        },
        "light": plan.light.kind,
        "actors": [
            {"body": part.body, "role": part.role, "height_m": stature}
            for part, stature in zip(plan.parts, film.statures, strict=True)
        ],
        "falls": [
            {"actor": k, "kind": t.kind, "onset_s": round(t.onset_s, 3),
             "impact_s": None if t.impact_s is None else round(t.impact_s, 3)}
            for k, tumbles in enumerate(film.tumbles) for t in tumbles
        ],
        "acts": [
            {"actor": k, "act": a.act, "from_s": a.from_s, "to_s": a.to_s}
            for k, acts in enumerate(film.acts) for a in acts
        ],
    }  # fmt: skip


def _words(sums: dict[str, Any]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in sums.items())
