"""`kangban bench NAME`: one measurement against its reference in the same run."""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import os
import sys
from pathlib import Path

NOT_BENCHES = {"__init__", "cli"}
OPTIONS = ("seconds", "frames")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    names = sorted(p.stem for p in Path(__file__).parent.glob("*.py") if p.stem not in NOT_BENCHES)
    parser = subparsers.add_parser("bench", help="measure one thing against its reference in the same run")
    parser.add_argument("name", choices=names)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, help="how long setpoints are sent (serial, firmware)")
    parser.add_argument("--frames", type=int, help="how many damaged frames are sent (serial, firmware)")
    parser.set_defaults(run=run_bench)


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
