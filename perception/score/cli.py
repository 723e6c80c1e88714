"""`kangban score falls MANIFEST`. What it needs is imported when it is run."""

from __future__ import annotations

import argparse
from pathlib import Path


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    score = subparsers.add_parser("score", help="score a detector on labelled clips")
    what = score.add_subparsers(title="what", metavar="WHAT", required=True)
    parser = what.add_parser("falls", help="falls found, false alarms an hour with their bound, delay; by set")
    parser.add_argument("manifest", type=Path, help="a manifest (JSON lines), a folder of recordings, or one recording")
    parser.add_argument("--sets", default="", help="only these sets (or splits), with commas between")
    parser.add_argument("--jobs", type=_jobs, default=2, help="processes (default 2)")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON document")
    parser.add_argument("--report", type=Path, metavar="OUT.html", help="a page that explains misses and false alarms")
    parser.add_argument("--all", action="store_true", help="on the page: the falls that were found, too")
    parser.add_argument(
        "--detector",
        metavar="'CMD {clip}'",
        help="score another program too, which prints JSON lines as watch does",
    )
    parser.add_argument("--profile", default="companion", help="the robot whose perception limits apply")
    parser.set_defaults(run=run_score)


def _jobs(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError(f"{text}: allowed: 1 to 64 processes")
    return int(text)


def run_score(args: argparse.Namespace) -> int:
    from perception.score.command import run_score as run

    return run(args)
