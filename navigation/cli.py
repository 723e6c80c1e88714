"""The commands of this room: `kangban map build`, `drive` and `site`. What they need is imported when one is run."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

RESOLUTION_M = (0.01, 0.5)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("map", help="make a map of a home from a drive, and a first site file for it")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    build = commands.add_parser("build", help="a map from a recording: MCAP, a rosbag2 folder or a CARMEN log")
    build.add_argument("recording", type=Path, help="an .mcap or .db3 file, a rosbag2 folder, or a CARMEN log")
    build.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder that takes the map")
    build.add_argument("--resolution", type=_resolution, default=0.05, metavar="M", help="cell size (default 0.05 m)")
    build.add_argument("--frame", choices=("laser", "base"),
                       help="whose poses trajectory.tum holds (default: laser of a CARMEN log, else base)")  # fmt: skip
    build.add_argument("--scan-topic", metavar="TOPIC", help="where a recording has several")
    build.add_argument("--odom-topic", metavar="TOPIC", help="where a recording has several")
    build.add_argument("--mount", nargs=3, type=_finite, metavar=("X", "Y", "YAW"),
                       help="where the lidar sits on the robot, m, rad (default: as the recording says)")  # fmt: skip
    build.add_argument("--logger-time", action="store_true", help="CARMEN: the last column as time")
    build.add_argument("--keep-heading", action="store_true", help="do not turn the map to lay walls along x and y")
    build.add_argument("--json", action="store_true", help="the figures as one JSON document")
    build.set_defaults(run=run_build)
    live = commands.add_parser("drive", help="a map while a running robot is driven, until Ctrl-C")
    live.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder that takes the map")
    live.add_argument("--resolution", type=_resolution, default=0.05, metavar="M", help="cell size (default 0.05 m)")
    live.add_argument("--keep-heading", action="store_true", help="do not turn the map to lay walls along x and y")
    live.add_argument("--seconds", type=float, metavar="S", help="end by itself after so long")
    live.add_argument("--profile", default="companion", help="the robot")
    live.add_argument("--site", default="demo_flat", help="the site it was started with (the DDS domain stands there)")
    live.add_argument("--domain", type=int, help="another DDS domain (a scenario's own)")
    live.add_argument("--wait", type=float, default=10.0, help="seconds to wait for the robot (default 10)")
    live.add_argument("--json", action="store_true", help="the figures as one JSON document")
    live.set_defaults(run=run_drive)
    site = commands.add_parser("site", help="a first site file for a map that was built, to be edited")
    site.add_argument("map", type=Path, help="the folder that `kangban map build` wrote, or its map.yaml")
    site.add_argument("--out", type=Path, metavar="FILE", help="the site file (default: site.yaml beside the map)")
    site.add_argument("--name", default="home", help="the home's name, in small letters (default home)")
    site.add_argument("--json", action="store_true", help="what was written as one JSON document")
    site.set_defaults(run=run_site)


def _resolution(text: str) -> float:
    value = float(text)
    if not RESOLUTION_M[0] <= value <= RESOLUTION_M[1]:
        raise argparse.ArgumentTypeError(f"{text}: allowed: at least {RESOLUTION_M[0]} and at most {RESOLUTION_M[1]} m")
    return value


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or abs(value) > 10.0:
        raise argparse.ArgumentTypeError(f"{text}: allowed: at least -10 and at most 10")
    return value


def run_build(args: argparse.Namespace) -> int:
    from kangban.values import Pose2D
    from navigation.mapping.bags import Wanted
    from navigation.mapping.build import Options, build  # gtsam and numba: not for every `kangban` command

    mount = None if args.mount is None else Pose2D(*args.mount)
    wanted = Wanted(args.scan_topic, args.odom_topic, mount)
    options = Options(args.resolution, args.frame, not args.keep_heading, args.logger_time, wanted)
    figures = build(args.recording, args.out, options, _progress())
    _say(figures, args.json)
    return 0


def run_drive(args: argparse.Namespace) -> int:
    from kangban.config import load
    from navigation.mapping.build import Options
    from navigation.nodes.mapping import Wanted, drive

    def progress(scans: int, keyframes: int, closures: int) -> None:
        if sys.stderr.isatty():
            words = f"{scans} scans, {keyframes} keyframes, {closures} loops closed; Ctrl-C ends it"
            sys.stderr.write(f"\r\033[K{words}")
            sys.stderr.flush()

    config = load(args.profile, args.site, Path(), Path())
    options = Options(args.resolution, "base", not args.keep_heading)
    _say(
        drive(config, Wanted(args.out, options, args.seconds, args.wait, args.domain, progress, _progress())), args.json
    )
    return 0


def run_site(args: argparse.Namespace) -> int:
    from navigation.mapping.skeleton import write_site

    _say(write_site(args.map, args.out, args.name), args.json)
    return 0


def _progress() -> Callable[[str, float], None]:
    if not sys.stderr.isatty():
        return lambda _what, _share: None

    def tell(what: str, share: float) -> None:
        sys.stderr.write("\r\033[K" if what == "done" else f"\r\033[K{what} {100.0 * share:.0f} %")
        sys.stderr.flush()

    return tell


def _say(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    for name, value in figures.items():
        if name == "notes":
            continue
        shown = ", ".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, dict) else value
        sys.stdout.write(f"{name}: {shown if shown != '' else 'none'}\n")
    for note in figures.get("notes", ()):
        sys.stdout.write(f"note: {note}\n")
