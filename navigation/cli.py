"""`kangban map build RECORDING`: a map from a recording of a lidar and the wheels."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from navigation.mapping.mapper import Mapper

PROGRESS_EVERY = 25  # sweeps
LEAST_RESOLUTION_M, MOST_RESOLUTION_M = 0.01, 0.5


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("map", help="make maps")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    build = commands.add_parser("build", help="a map from a recording: MCAP, a rosbag2 folder or a CARMEN log")
    build.add_argument("recording", type=Path)
    build.add_argument("--out", type=Path, help="the folder that takes it (default: RECORDING's name with -map)")
    build.add_argument("--resolution", type=float, default=0.05, help="metres a cell (default 0.05)")
    build.add_argument("--scan", help="the scan topic, where there are several (MCAP, rosbag2)")
    build.add_argument("--odom", help="the odometry topic, where there are several (MCAP, rosbag2)")
    build.add_argument("--mount", type=float, nargs=3, default=(0.0, 0.0, 0.0), metavar=("X", "Y", "YAW"),
                       help="the lidar in the base, m and rad (MCAP, rosbag2; CARMEN logs say it)")  # fmt: skip
    build.add_argument("--frame", choices=("base", "laser"), default="base", help="whose trajectory (default: base)")
    build.add_argument("--json", action="store_true", help="the figures as one JSON document")
    build.set_defaults(run=run_build)


def run_build(args: argparse.Namespace) -> int:
    from kangban.values import Pose2D
    from navigation.mapping.build import build, sweeps_of
    from navigation.mapping.carmen import RecordingError

    if not LEAST_RESOLUTION_M <= args.resolution <= MOST_RESOLUTION_M:
        sys.stderr.write(f"--resolution must lie within {LEAST_RESOLUTION_M} to {MOST_RESOLUTION_M} m a cell\n")
        return 2
    if not all(math.isfinite(v) for v in args.mount):
        sys.stderr.write("--mount must be three numbers: x and y in m, yaw in rad\n")
        return 2
    out = args.out or args.recording.with_name(f"{args.recording.stem}-map")
    notes: list[str] = []
    try:
        sweeps = sweeps_of(args.recording, args.scan, args.odom, Pose2D(*args.mount), notes)
        figures = build(sweeps, out, args.resolution, args.frame, notes, _progress)
    except RecordingError as error:
        sys.stderr.write(f"no map was made: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"no map was made: {error.filename}: {error.strerror}\n")
        return 1
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    words = "\n".join(f"{name}: {value}" for name, value in figures.items())
    sys.stdout.write((json.dumps(figures) if args.json else words) + "\n")
    return 0


def _progress(count: int, seconds: float, mapper: Mapper) -> None:
    if count % PROGRESS_EVERY == 0 and sys.stderr.isatty():
        way, loops = mapper.keys[-1].way, mapper.loops.accepted
        sys.stderr.write(f"\r{count} scans, {seconds:.0f} s of the recording, {way:.0f} m of way, {loops} loops ")
        sys.stderr.flush()
