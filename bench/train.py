"""`make train`: makes the learned judge of falls anew, from simulated people only, with fixed seeds.

Examples are gathered (`training/gather.py`), the network is fitted (`training/fit.py`), the operating threshold is
chosen on clips kept for that, and the result is measured on others that neither has seen. Writes
`perception/temporal/weights.npz` and, beside it, `training.json` with every figure; docs/fall_model.md explains them.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from bench.training.alarms import Figures, Traces, outcome, summary, words
from bench.training.fit import Examples, fit
from bench.training.gather import Counts, Gathered, check, gather
from kangban.values import Array
from perception.temporal.features import VERSION
from perception.temporal.model import CLASSES, FALLEN, WEIGHTS, probabilities, save_model

KEEP = Path("runs/training")
PRACTICE_SHARE = 0.35  # of what the network sees comes from rendered people, where there are any
CLASS_SHARES = (0.20, 0.45, 0.35)
SCOUT_STEPS, SCOUT_SEED = 4000, 99
EASY, HARD = 0.25, 3.0  # how much an everyday example counts, and by how much more the more it looks like a fall
THRESHOLDS = (0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
SLOWEST_P90_S = 0.95  # after the impact, on check clips: real falls take a little longer, and a second is wanted
KINDS = {"skeleton": ("skeleton-fall", "skeleton-everyday"), "hard": ("skeleton-hard",), "practice": ("practice",)}
Say = Callable[[str], None]


def train(args: argparse.Namespace, say: Say) -> dict[str, Any]:
    """Train and measure; returns what training.json says."""
    begun = time.monotonic()
    counted = Counts(args.falls, args.everyday, args.hard_falls, args.hard_everyday)
    checked = Counts(args.checked, args.checked, args.checked, args.checked)
    data = gather(args.practice, counted, args.keep, args.workers, say)
    counts = dict(zip(CLASSES, np.bincount(data.labels, minlength=len(CLASSES)).tolist(), strict=True))
    say(f"{len(data.labels)} examples: {counts}")
    scout = fit(Examples(data.grids, data.labels, balance(data)), SCOUT_SEED, SCOUT_STEPS, say)
    chosen = Examples(data.grids, data.labels, balance(data, hardness(data, scout)))
    members = [fit(chosen, args.seed + k, args.steps, say) for k in range(args.members)]
    threshold, choice = choose(members, check(args.practice, checked, "check", args.workers, say))
    say(f"threshold {threshold}")
    save_model(args.out, members, threshold)
    tested = check(args.practice, checked, "test", args.workers, say)
    rendered = {str(name).split("~")[0] for name in data.clips if str(name).startswith("practice")}
    return {
        "features": VERSION, "seed": args.seed, "steps": args.steps, "members": args.members, "threshold": threshold,
        "clips": {
            "skeleton_falls": args.falls, "skeleton_everyday": args.everyday, "hard_falls": args.hard_falls,
            "hard_everyday": args.hard_everyday, "practice": len(rendered),
        },
        "examples": counts,
        "weights": int(sum(w.size for one in members for w in one.values())),
        "check": choice,
        "test": measured(tested, members, threshold),
        "test_without_the_judge": measured(tested, None, threshold),
        "seconds": round(time.monotonic() - begun),
    }  # fmt: skip


def measured(tested: Sequence[Traces], members: Any, threshold: float) -> dict[str, Any]:
    """Figures of skeletons, of those in what is hardest to tell apart, and of rendered people."""
    out = {}
    for name, begins in KINDS.items():
        clips = [seen for seen in tested if seen.clip.name.startswith(begins)]
        if clips:
            out[name] = asdict(figures(clips, members, threshold))
    return out


def figures(clips: Sequence[Traces], members: Any, threshold: float) -> Figures:
    return summary(outcome(c, None if members is None else words(c, members), threshold) for c in clips)


def hardness(data: Gathered, scout: Any) -> Array:
    """How much an example counts within its class, from what a first network makes of it: everyday acts that look like
    falls count most, for they raise the alarms.
    """
    parts = range(0, len(data.labels), 4096)
    fallen = [probabilities([scout], data.grids[k : k + 4096].astype(np.float32))[:, FALLEN] for k in parts]
    return np.where(data.labels == FALLEN, 1.0, EASY + HARD * np.concatenate(fallen))


def balance(data: Gathered, counts: Array | None = None) -> Array:
    """How much each example counts: classes in fixed shares, rendered people and skeletons too; within them all alike,
    or as `counts` says.
    """
    counts = np.ones(len(data.labels)) if counts is None else counts
    rendered = np.char.startswith(data.clips, "practice")
    share = np.zeros(len(data.labels))
    for of_set, part in ((rendered, PRACTICE_SHARE if rendered.any() else 0.0), (~rendered, 1.0 - PRACTICE_SHARE)):
        for label, wanted in enumerate(CLASS_SHARES):
            members = of_set & (data.labels == label)
            if members.any():
                share[members] = part * wanted * counts[members] / counts[members].sum()
    return np.asarray(share / share.sum())


def choose(members: Any, clips: Sequence[Traces]) -> tuple[float, list[dict[str, Any]]]:
    """The threshold: of those that are quick enough the one that errs least, a missed fall in a hundred counting like
    a false alarm an hour.
    """
    said = [words(clip, members) for clip in clips]
    rows = []
    for threshold in THRESHOLDS:
        found = summary(outcome(clip, word, threshold) for clip, word in zip(clips, said, strict=True))
        errs = 100 * (1.0 - (found.sensitivity or 0.0)) + (found.false_per_hour or 0.0)
        rows.append(((found.delay_p90_s or math.inf) > SLOWEST_P90_S, errs, threshold, found))
    told = [
        {"threshold": t, "sensitivity": f.sensitivity, "delay_p90_s": f.delay_p90_s, "false_per_hour": f.false_per_hour}
        for *_, t, f in rows
    ]
    return min(rows, key=lambda row: row[:3])[2], told


def main() -> int:
    parser = argparse.ArgumentParser(prog="make train", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--practice", type=Path, help="folder of `kangban practice`; without it skeletons alone")
    parser.add_argument("--falls", type=int, default=2500, help="skeleton falls to train on")
    parser.add_argument("--everyday", type=int, default=4000, help="skeleton clips of everyday life to train on")
    parser.add_argument("--hard-falls", type=int, default=1000, help="skeleton falls of every kind")
    parser.add_argument("--hard-everyday", type=int, default=2000, help="of acts that look most like falls")
    parser.add_argument(
        "--checked", type=int, default=150, help="of each kind, to choose the threshold, and to measure"
    )
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--members", type=int, default=3, help="networks, each with the next seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, default=KEEP, help="where examples are kept; a stopped run goes on")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    begun = time.monotonic()

    def say(text: str) -> None:
        sys.stderr.write(f"[{time.monotonic() - begun:5.0f} s] {text}\n")
        sys.stderr.flush()

    result = train(args, say)
    text = json.dumps(result, indent=1) + "\n"
    args.out.with_name("training.json").write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
