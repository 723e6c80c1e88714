"""`kangban bench NAME`: one measurement against its reference in the same run."""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import os
from pathlib import Path
from typing import Any

NOT_BENCHES = {"__init__", "cli", "everyday_plot", "measure", "paths", "practice", "train", "workers"}
# What a bench may be told: the parameters of its `run` are looked up here. A name without dashes comes as a word.
OPTIONS: dict[str, dict[str, Any]] = {
    "seconds": {"type": float, "help": "how long setpoints are sent"},
    "frames": {"type": int, "help": "how many damaged frames are sent"},
    "hours": {"type": float, "help": "how much everyday life is played (default 2)"},
    "falls": {"type": int, "help": "how many falls are played (default 200)"},
    "home": {"type": Path, "help": "one more home, a map in the map_server format (its .yaml)"},
    "seeds": {"type": int, "help": "how many seeds (default 40)"},
    "jobs": {"type": int, "help": "how many processes (default 2)"},
    "out": {"type": Path, "help": "a folder that keeps what is done, to go on from"},
    "map": {"type": Path, "nargs": "?", "metavar": "MAP", "help": "a MovingAI .map file; none: the demo flat"},
    "scen": {"type": Path, "help": "its queries, a MovingAI .scen file (default: MAP.scen beside it)"},
}
WORDS = ("map",)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("bench", help="measure one thing against its reference in the same run")
    benches = parser.add_subparsers(dest="name", metavar="NAME", required=True)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem not in NOT_BENCHES:
            says, takes = _read(path)
            bench = benches.add_parser(path.stem, help=says, description=says)
            bench.add_argument("--json", action="store_true", help="the result as one JSON document")
            for name in takes:
                bench.add_argument(name if name in WORDS else f"--{name}", **OPTIONS[name])
            bench.set_defaults(run=run_bench, takes=takes)
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


def _read(path: Path) -> tuple[str, list[str]]:
    """What a bench is for and which options it takes, from its source: importing them all takes seconds."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    says = (ast.get_docstring(tree) or "").split("\n")[0].replace("%", "%%")
    takes = [arg.arg for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "run" for arg in n.args.args]
    return says, [name for name in takes if name in OPTIONS]


def run_bench(args: argparse.Namespace) -> int:
    run = importlib.import_module(f"bench.{args.name}").run
    options = {name: getattr(args, name) for name in args.takes if getattr(args, name) is not None}
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
