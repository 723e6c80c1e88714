"""`kangban bench NAME`: one measurement against its reference in the same run."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path

NOT_BENCHES = {"__init__", "cli"}


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    names = sorted(p.stem for p in Path(__file__).parent.glob("*.py") if p.stem not in NOT_BENCHES)
    parser = subparsers.add_parser("bench", help="measure one thing against its reference in the same run")
    parser.add_argument("name", choices=names)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run_bench)


def run_bench(args: argparse.Namespace) -> int:
    result = importlib.import_module(f"bench.{args.name}").run()
    if args.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        for key, value in result.items():
            sys.stdout.write(
                f"{key}: {value if isinstance(value, int | float | str) else json.dumps(value, indent=1)}\n"
            )
    return 0
