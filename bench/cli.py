"""`kangban bench NAME`: one measurement against its reference in the same run."""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import os
import sys
from pathlib import Path

NOT_BENCHES = {"__init__", "cli", "everyday_plot", "practice", "train", "workers"}
OPTIONS = ("seconds", "frames", "hours", "falls", "jobs", "out")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    names = sorted(p.stem for p in Path(__file__).parent.glob("*.py") if p.stem not in NOT_BENCHES)
    parser = subparsers.add_parser("bench", help="measure one thing against its reference in the same run")
    parser.add_argument("name", choices=names)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, help="how long setpoints are sent (serial, firmware)")
    parser.add_argument("--frames", type=int, help="how many damaged frames are sent (serial, firmware)")
    parser.add_argument("--hours", type=float, help="how much everyday life is played (everyday; default 2)")
    parser.add_argument("--falls", type=int, help="how many falls are played (everyday; default 200)")
    parser.add_argument("--jobs", type=int, help="how many processes (everyday, postures; default 2)")
    parser.add_argument("--out", type=Path, help="a folder that keeps what is done, to go on from (everyday, postures)")
    parser.set_defaults(run=run_bench)
    practice = subparsers.add_parser("practice", help="make practice recordings: simulated falls and everyday life")
    practice.add_argument("--clips", type=int, default=100, help="how many films (default 100)")
    practice.add_argument("--seed", type=int, default=0, help="seed of the first film; the others follow it")
    practice.add_argument("--out", type=Path, required=True, help="the folder that takes them; what is there stays")
    practice.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    practice.add_argument("--split", choices=("train", "check", "test"), help="films of this split only")
    practice.add_argument("--json", action="store_true", help="the sums as one JSON document")
    practice.set_defaults(run=run_practice)


def run_practice(args: argparse.Namespace) -> int:
    from bench.practice import run  # PyBullet and MediaPipe: not for every `kangban` command

    return run(args)


def run_bench(args: argparse.Namespace) -> int:
    run = importlib.import_module(f"bench.{args.name}").run
    options = {name: getattr(args, name) for name in OPTIONS if getattr(args, name) is not None}
    unknown = sorted(set(options) - set(inspect.signature(run).parameters))
    if unknown:
        sys.stderr.write(f"bench {args.name} has no --{unknown[0]}; leave it out\n")
        return 2
    # The renderer's C code writes to standard output, some of it at exit: that goes to standard error for good.
    own_output = os.dup(1)
    os.dup2(2, 1)
    result = run(**options)
    with os.fdopen(own_output, "w", encoding="utf-8") as output:
        output.write(json.dumps(result) + "\n" if args.json else _words(result))
    return 0


def _words(result: dict[str, object]) -> str:
    lines = [f"{k}: {v if isinstance(v, int | float | str) else json.dumps(v, indent=1)}" for k, v in result.items()]
    return "\n".join(lines) + "\n"
