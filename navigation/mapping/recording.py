"""A recording of scans and odometry in order of time, whatever file it came from, and what is wrong with one."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kangban.runs import RunError
from kangban.values import Array, Pose2D, Scan

SWAPPED = 3  # places that a scan may stand from where its time belongs: some loggers swap neighbours
AWAY_S = 0.5  # odometry no farther from a scan than this serves it
LOST = 0.2  # share of the scans that may have no odometry


class RecordingError(RunError):
    """The recording can't be used; the message says which file, where, and what to do."""


@dataclass(slots=True)
class Shot:
    """One scan as it was recorded. `time`: its stamp as it stands in the file; `odometry` None until it is known."""

    scan: Scan
    time: str
    odometry: Pose2D | None = None
    sweep_s: float = 0.0


@dataclass
class Recording:
    """`mount`: the lidar on the robot. `frame`: whose poses its users mean, laser or base. `notes`: what is odd."""

    path: Path
    shots: list[Shot]
    mount: Pose2D
    frame: str
    notes: list[str] = field(default_factory=list)
    odometry: tuple[Array, Array] | None = None  # stamps (n,) and poses (n, 3), where recorded apart from the scans

    @property
    def seconds(self) -> float:
        return self.shots[-1].scan.stamp - self.shots[0].scan.stamp if self.shots else 0.0


def checked(recording: Recording) -> Recording:
    """In order of time, every scan with odometry. Raises RecordingError where that can't be had."""
    path = recording.path
    if not recording.shots:
        raise RecordingError(f"{path}: holds no scan; record the topics scan and odom while the robot is driven")
    _in_order(recording)
    if recording.odometry is not None:
        _with_odometry(recording)
    good = [shot for shot in recording.shots if shot.odometry is not None and _finite(shot.odometry)]
    missing = len(recording.shots) - len(good)
    if missing > LOST * len(recording.shots):
        raise RecordingError(
            f"{path}: {missing} of {len(recording.shots)} scans have no odometry within {AWAY_S} s; "
            "are both from the same clock? record scan and odom together"
        )
    if missing:
        recording.notes.append(f"{missing} scans left out: no odometry within {AWAY_S} s")
    recording.shots = good
    blind = sum(not np.isfinite(shot.scan.ranges).any() for shot in good)
    if blind == len(good):
        raise RecordingError(f"{path}: no scan has a single reading; is the lidar covered, or its range in mm?")
    if blind:
        recording.notes.append(f"{blind} scans without any reading, placed by odometry alone")
    places = np.array([[shot.odometry.x, shot.odometry.y, shot.odometry.yaw] for shot in good if shot.odometry])
    if len(places) > 1 and float(np.abs(places - places[0]).max()) == 0.0:
        recording.notes.append("odometry never changes: the robot stood still, or its wheels were not recorded")
    return recording


def _finite(pose: Pose2D) -> bool:
    return math.isfinite(pose.x) and math.isfinite(pose.y) and math.isfinite(pose.yaw)


def _in_order(recording: Recording) -> None:
    stamps = np.array([shot.scan.stamp for shot in recording.shots])
    if not np.isfinite(stamps).all():
        raise RecordingError(f"{recording.path}: scan {int(np.argmin(np.isfinite(stamps)))} has no time")
    order = np.argsort(stamps, kind="stable")
    moved = int(np.abs(order - np.arange(len(order))).max())
    if moved > SWAPPED:
        k = int(np.argmin(np.diff(stamps)))
        raise RecordingError(
            f"{recording.path}: the clock goes back by {stamps[k] - stamps[k + 1]:.3f} s after scan {k + 1} "
            f"(from {stamps[k]:.3f} to {stamps[k + 1]:.3f}); cut the recording there, or record again"
        )
    if moved:
        recording.notes.append("a few scans stand out of order and were sorted by their time")
    recording.shots = [recording.shots[k] for k in order]
    again = np.nonzero(np.diff(stamps[order]) == 0.0)[0]
    if len(again):
        recording.notes.append(f"{len(again)} scans have the time of another and were left out")
        gone = set((again + 1).tolist())
        recording.shots = [shot for k, shot in enumerate(recording.shots) if k not in gone]


def _with_odometry(recording: Recording) -> None:
    """Each scan's odometry, between those before and after it in time."""
    assert recording.odometry is not None
    stamps, poses = recording.odometry
    if not len(stamps):
        raise RecordingError(f"{recording.path}: holds no odometry; record odom (nav_msgs/Odometry) along with scan")
    order = np.argsort(stamps, kind="stable")
    if int(np.abs(order - np.arange(len(order))).max()) > 10 * SWAPPED:
        k = int(np.argmin(np.diff(stamps)))
        raise RecordingError(
            f"{recording.path}: the odometry's clock goes back by {stamps[k] - stamps[k + 1]:.3f} s after message "
            f"{k + 1}; cut the recording there, or record again"
        )
    stamps, poses = stamps[order], poses[order]
    yaw = np.unwrap(poses[:, 2])
    asked = np.array([shot.scan.stamp for shot in recording.shots])
    after = np.clip(np.searchsorted(stamps, asked), 1, max(1, len(stamps) - 1))
    nearest = np.minimum(np.abs(stamps[np.minimum(after, len(stamps) - 1)] - asked), np.abs(stamps[after - 1] - asked))
    found = [np.interp(asked, stamps, column) for column in (poses[:, 0], poses[:, 1], yaw)]
    for k, shot in enumerate(recording.shots):
        if nearest[k] <= AWAY_S:
            shot.odometry = Pose2D(*(float(column[k]) for column in found))
