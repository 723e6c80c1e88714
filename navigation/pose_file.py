"""The last known pose on disk, so that a killed navigation process comes back knowing where the robot is.

It belongs to one run: in a fresh run the robot is taken to stand at its dock.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

from kangban.values import Pose2D

NAME = "pose.json"
PERIOD_S = 0.5  # not written more often
MOVED_M, MOVED_RAD = 0.02, 0.03  # nor for less


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the robot stood on the map when the odometry said `pose_in_odom`; `run` names the run, `stamp` the time."""

    run: str
    stamp: float
    pose_in_map: Pose2D
    pose_in_odom: Pose2D


def worth_writing(last: Anchor | None, new: Anchor) -> bool:
    if last is None:
        return True
    if 0.0 <= new.stamp - last.stamp < PERIOD_S:
        return False
    a, b = last.pose_in_map, new.pose_in_map
    return a.distance_to(b.x, b.y) >= MOVED_M or abs(math.remainder(b.yaw - a.yaw, math.tau)) >= MOVED_RAD


def write(state_dir: Path, anchor: Anchor) -> None:
    """Raises OSError where the disk refuses; the file then still holds what it held."""
    state_dir.mkdir(parents=True, exist_ok=True)
    scratch = state_dir / f"{NAME}.new"
    scratch.write_text(json.dumps(asdict(anchor)), encoding="utf-8")
    scratch.replace(state_dir / NAME)


def read(state_dir: Path, run: str) -> Anchor | None:
    """What this run last knew; None where there is nothing, nothing of this run, or nothing that can be read."""
    try:
        content = json.loads((state_dir / NAME).read_text(encoding="utf-8"))
        anchor = Anchor(
            str(content["run"]),
            float(content["stamp"]),
            Pose2D(**content["pose_in_map"]),
            Pose2D(**content["pose_in_odom"]),
        )
        numbers = (*_numbers(anchor.pose_in_map), *_numbers(anchor.pose_in_odom))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return anchor if anchor.run == run and all(isinstance(n, float) and math.isfinite(n) for n in numbers) else None


def places(anchor: Anchor | None, dock: Pose2D, pose_in_odom: Pose2D) -> tuple[Pose2D, ...]:
    """Where the robot may stand now that the odometry says `pose_in_odom`, the likeliest first.

    It went on from the anchor as the odometry says; or it stood while the odometry began anew; or it is at the dock.
    """
    if anchor is None:
        return (dock,)
    went_on = anchor.pose_in_map @ (anchor.pose_in_odom.inverse() @ pose_in_odom)
    return (went_on, anchor.pose_in_map, dock)


def _numbers(pose: Pose2D) -> tuple[float, float, float]:
    return pose.x, pose.y, pose.yaw
