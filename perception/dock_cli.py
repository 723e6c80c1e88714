"""`kangban dock tag`: the dock's tag as a picture that prints in its true size."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from kangban.config import ConfigError
from kangban.runs import RunError

PIXELS_A_MODULE = 60
INCH_M = 0.0254
SIZES_M = (0.04, 0.5)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("dock", help="the charging dock: its tag to print")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    tag = commands.add_parser("tag", help="write the tag (AprilTag 36h11) as a picture")
    tag.add_argument("--out", type=Path, required=True, metavar="TAG.png")
    tag.add_argument("--tag", type=int, default=7, metavar="N", help="which one, as in the site file (default 7)")
    tag.add_argument("--size", type=_size, default=0.16, metavar="M", help="side of its black square (default 0.16 m)")
    tag.add_argument("--json", action="store_true")
    tag.set_defaults(run=run_tag)


def _size(text: str) -> float:
    value = float(text)
    if not SIZES_M[0] <= value <= SIZES_M[1]:
        raise argparse.ArgumentTypeError(f"{text}: allowed: {SIZES_M[0]} to {SIZES_M[1]} metres")
    return value


def run_tag(args: argparse.Namespace) -> int:
    from PIL import Image  # not for every `kangban` command

    from kangban.dock_picture import BLACK_MODULES, MODULES, tag_picture

    if args.out.suffix.lower() != ".png":
        raise ConfigError(f"--out {args.out}: must end with .png")
    try:
        picture = tag_picture(args.tag, PIXELS_A_MODULE)
    except ValueError as error:
        raise ConfigError(f"--{error}") from error
    inches = args.size * MODULES / BLACK_MODULES / INCH_M
    dpi = len(picture) / inches
    try:
        Image.fromarray(picture).save(args.out, dpi=(dpi, dpi))
    except OSError as error:
        raise RunError(f"{args.out} can't be written: {error.strerror or error}") from error
    told = {"out": str(args.out), "tag": args.tag, "tag_size_m": args.size, "printed_m": round(inches * INCH_M, 4)}
    if args.json:
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        station = f"station: {{tag: {args.tag}, tag_size_m: {args.size:g}, tag_height_m: ...}}"
        sys.stdout.write(
            f"{args.out}: tag {args.tag}. Print it at 100 % (not fitted to the page) on matt paper, with all of its "
            f"white border;\nthe black square must then measure {1000 * args.size:.0f} mm. Put into the site file "
            f"what you measure:\n  dock: {{..., {station}}}\n"
        )
    return 0
