"""Mapping on simulated drives: relative-pose error and times real time, beside odometry and scan-to-scan small-gicp."""

from __future__ import annotations

import math
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.measure import shown
from bench.worlds import maplog
from bench.worlds.mapdrive import HOME, SICK, Drive, drive
from bench.worlds.maperror import errors, relations, rms
from bench.worlds.mapworld import WORLDS
from kangban.values import Array, Pose2D, Scan
from navigation.mapping import carmen
from navigation.mapping.icp import icp
from navigation.mapping.mapper import Mapper, Reading
from navigation.mapping.recording import Shot
from navigation.mapping.surfaces import Cloud

SEEDS = 3  # of each world
WANTED = {"metres": 0.05, "degrees": 1.0, "times_real_time": 10.0}
MIDDLE = Pose2D(0.0, 0.0, 0.0)
# Times real time is counted in seconds of one core, so that what else runs on the machine does not matter.
KINDS = {"near": "pairs 1 to 10 s apart", "again": "pairs within 3 m and at least 30 s apart"}


def run(seeds: int = SEEDS) -> dict[str, Any]:
    jobs = [(world, seed) for seed in range(seeds) for world in (*WORLDS, "carmen")]
    _play("flat", 0, 60)  # compiles
    rows = [_play(world, seed) for world, seed in shown(jobs, "drives")]
    worst = {
        "metres": max(row["ours"][kind]["m_rms"] for row in rows for kind in KINDS),
        "degrees": max(row["ours"][kind]["deg_rms"] for row in rows for kind in KINDS),
        "times_real_time": min(row["times_real_time"] for row in rows),
    }
    return {
        "worst": worst,
        "wanted": WANTED,
        "met": worst["metres"] <= WANTED["metres"] and worst["degrees"] <= WANTED["degrees"]
        and worst["times_real_time"] >= WANTED["times_real_time"],
        "ratio_to_icp": {kind: _ratio(rows, "icp", kind) for kind in KINDS},
        "ratio_to_odometry": {kind: _ratio(rows, "odometry", kind) for kind in KINDS},
        "pairs": KINDS,
        "drives": rows,
    }  # fmt: skip


def _ratio(rows: list[dict[str, Any]], peer: str, kind: str) -> float:
    """Our error over a peer's, of the means over all drives."""
    ours, theirs = (float(np.mean([row[who][kind]["m_rms"] for row in rows])) for who in ("ours", peer))
    return round(ours / theirs, 4)


def _play(world: str, seed: int, scans: int | None = None) -> dict[str, Any]:
    """One drive, read back from a CARMEN log where the world is `carmen`: an office seen by a SICK of 180 beams."""
    log = world == "carmen"
    driven = drive(WORLDS["office" if log else world](1000 + seed), SICK if log else HOME, seed)
    if scans is not None:
        driven = _first(driven, scans)
    shots = _through_a_log(driven) if log else _shots(driven)
    mapper, slowest, begun, cpu = Mapper(MIDDLE), 0.0, time.perf_counter(), time.process_time()
    for shot in shots:
        at = time.perf_counter()
        assert shot.odometry is not None
        mapper.add(Reading(shot.scan, shot.odometry))
        slowest = max(slowest, time.perf_counter() - at)
    online = mapper.trajectory()[1]
    mapper.finish()
    wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
    seconds = float(driven.stamps[-1] - driven.stamps[0])
    pairs = dict(zip(KINDS, relations(driven.stamps, driven.truth, seed), strict=True))
    found = {"ours": mapper.trajectory()[1], "online": online, "odometry": driven.odometry, "icp": scan_to_scan(shots)}
    return {
        "world": world, "seed": seed, "scans": len(shots), "seconds": round(seconds, 1),
        "times_real_time": round(seconds / cpu, 1), "times_real_time_by_the_wall_clock": round(seconds / wall, 1),
        "slowest_scan_ms": round(1e3 * slowest, 1), "closures": len(mapper.graph.closures),
        "refused": dict(sorted(mapper.closures.refused.items())), "dropped": mapper.dropped,
        **{who: {kind: _error(p, driven.truth, poses) for kind, p in pairs.items()} for who, poses in found.items()},
    }  # fmt: skip


def _error(pairs: Array, truth: Array, poses: Array) -> dict[str, float]:
    metres, radians = errors(pairs.astype(int), truth, poses)
    largest = round(float(metres.max()), 4) if len(metres) else math.nan
    return {"m_rms": round(rms(metres), 4), "deg_rms": round(math.degrees(rms(radians)), 3), "m_largest": largest}


def _shots(driven: Drive) -> list[Shot]:
    step = float(driven.angles[1] - driven.angles[0])
    return [
        Shot(
            Scan(float(t), float(driven.angles[0]), step, 0.05, driven.lidar.reach, ranges),
            f"{t:.6f}",
            Pose2D(*odometry),
        )
        for t, ranges, odometry in zip(driven.stamps, driven.ranges, driven.odometry, strict=True)
    ]


def _through_a_log(driven: Drive) -> list[Shot]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drive.log"
        maplog.carmen(path, driven)
        return carmen.read(path).shots


def _first(driven: Drive, scans: int) -> Drive:
    cut = (driven.stamps[:scans], driven.truth[:scans], driven.odometry[:scans], driven.ranges[:scans])
    return Drive(driven.lidar, driven.angles, *cut)


def scan_to_scan(shots: list[Shot]) -> Array:
    """The reference: small-gicp's ICP from each scan to the one before, begun at odometry; nothing else."""
    poses, pose = [], MIDDLE
    before: tuple[Cloud, Pose2D] | None = None
    for shot in shots:
        cloud = Cloud.of(shot.scan, MIDDLE)
        assert shot.odometry is not None
        if before is not None:
            guess = before[1].inverse() @ shot.odometry
            pose = pose @ (icp(before[0].points, cloud.points, guess) if before[0].enough and cloud.enough else guess)
        before = (cloud, shot.odometry)
        poses.append([pose.x, pose.y, pose.yaw])
    return np.array(poses)
