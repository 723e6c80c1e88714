"""`make train`: makes the learned judge of falls anew, from simulated people only, with fixed seeds.

Examples are gathered (`training/gather.py`), the network is fitted (`training/fit.py`), the operating threshold is
chosen on clips kept for that, and the result is measured on others that neither has seen. Writes
`perception/temporal/weights.npz` and, beside it, `training.json` with every figure; docs/fall_model.md explains them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from bench.training.alarms import Figures, Traces, outcome, summary, words
from bench.training.fit import Examples, fit
from bench.training.gather import Gathered, check, gather
from kangban.values import Array
from perception.temporal.features import VERSION
from perception.temporal.model import CLASSES, WEIGHTS

KEEP = Path("runs/training")
PRACTICE_SHARE = 0.4  # of what the network sees comes from rendered people, where there are any
CLASS_SHARES = (0.25, 0.40, 0.35)
THRESHOLDS = (0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
MOST_FALSE_PER_HOUR = 1.5  # on check clips, which are made of little but floor, bed and bending: everyday life is not
LEAST_SENSITIVITY = 0.97
Say = Callable[[str], None]


def train(args: argparse.Namespace, say: Say) -> dict[str, Any]:
    """Train and measure; returns what training.json says."""
    begun = time.monotonic()
    data = gather(args.practice, args.falls, args.everyday, args.keep, args.workers, say)
    counts = dict(zip(CLASSES, np.bincount(data.labels, minlength=len(CLASSES)).tolist(), strict=True))
    say(f"{len(data.labels)} examples: {counts}")
    weights = fit(Examples(data.grids, data.labels, balance(data)), args.seed, args.steps, say)
    threshold, choice = choose(weights, check(args.practice, args.checked, args.checked, "check", args.workers, say))
    say(f"threshold {threshold}")
    tested = check(args.practice, args.checked, args.checked, "test", args.workers, say)
    kept: dict[str, Any] = {name: np.asarray(value, np.float32) for name, value in weights.items()}
    np.savez_compressed(args.out, version=VERSION, threshold=threshold, **kept)
    rendered = {str(name).split("~")[0] for name in data.clips if str(name).startswith("practice")}
    return {
        "features": VERSION, "seed": args.seed, "steps": args.steps, "threshold": threshold,
        "clips": {"skeleton_falls": args.falls, "skeleton_everyday": args.everyday, "practice": len(rendered)},
        "examples": counts,
        "weights": int(sum(w.size for w in weights.values())),
        "check": choice,
        "test": measured(tested, weights, threshold),
        "test_without_the_judge": measured(tested, None, threshold),
        "seconds": round(time.monotonic() - begun),
    }  # fmt: skip


def measured(tested: Sequence[Traces], weights: Any, threshold: float) -> dict[str, Any]:
    """Figures of skeletons and of rendered people."""
    out = {}
    for name in ("skeleton", "practice"):
        clips = [seen for seen in tested if seen.clip.name.startswith(name)]
        if clips:
            out[name] = asdict(figures(clips, weights, threshold))
    return out


def figures(clips: Sequence[Traces], weights: Any, threshold: float) -> Figures:
    return summary(outcome(c, None if weights is None else words(c, weights), threshold) for c in clips)


def balance(data: Gathered) -> Array:
    """How much each example counts: classes in fixed shares, rendered people and skeletons too."""
    rendered = np.char.startswith(data.clips, "practice")
    share = np.zeros(len(data.labels))
    for of_set, part in ((rendered, PRACTICE_SHARE if rendered.any() else 0.0), (~rendered, 1.0 - PRACTICE_SHARE)):
        for label, wanted in enumerate(CLASS_SHARES):
            members = of_set & (data.labels == label)
            if members.any():
                share[members] = part * wanted / members.sum()
    return np.asarray(share / share.sum())


def choose(weights: Any, clips: Sequence[Traces]) -> tuple[float, list[dict[str, Any]]]:
    """The threshold: of those with few enough false alarms the one that finds most; else the one nearest to both."""
    said = [words(clip, weights) for clip in clips]
    rows = []
    for threshold in THRESHOLDS:
        found = summary(outcome(clip, word, threshold) for clip, word in zip(clips, said, strict=True))
        missing = max(0.0, LEAST_SENSITIVITY - (found.sensitivity or 0.0))
        rows.append((100 * missing + max(0.0, (found.false_per_hour or 0.0) - MOST_FALSE_PER_HOUR), threshold, found))
    best = min(rows, key=lambda row: (row[0], row[1]))
    told = [
        {"threshold": t, "sensitivity": f.sensitivity, "delay_p90_s": f.delay_p90_s, "false_per_hour": f.false_per_hour}
        for _, t, f in rows
    ]
    return best[1], told


def main() -> int:
    parser = argparse.ArgumentParser(prog="make train", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--practice", type=Path, help="folder of `kangban practice`; without it skeletons alone")
    parser.add_argument("--falls", type=int, default=1500, help="skeleton falls to train on")
    parser.add_argument("--everyday", type=int, default=1500, help="skeleton clips of everyday life to train on")
    parser.add_argument(
        "--checked", type=int, default=150, help="of each kind, to choose the threshold, and to measure"
    )
    parser.add_argument("--steps", type=int, default=5000)
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
