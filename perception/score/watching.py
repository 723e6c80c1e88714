"""One clip watched from a fresh state, with the code of `kangban watch`: its alarms, and notes on why."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kangban.profile import Perception
from kangban.values import Persons
from perception.follow import Follower
from perception.landmarks import HIPS, middle
from perception.perceive import Perceived, Perceiver, Stopwatch
from perception.pose import PoseModel
from perception.recording import read_recording
from perception.recording_mcap import read_mcap
from perception.score.manifest import Clip
from perception.score.notes import Notes
from perception.sources import Picture, open_source
from perception.watch import Watch, perceive_pictures, perceive_recording

RECORDINGS = {".npz": read_recording, ".mcap": read_mcap}
PAUSE_S = 5.0  # a longer step between two frames was not watched


@dataclass(frozen=True, slots=True)
class Alarm:
    """A confirmed fall. `hips`: where the person was last seen in the image, 0..1; None: never.

    `lowest`: is she, as last seen, the lowest of all people there? None: there is nobody else.
    """

    t: float
    person: int
    evidence: tuple[str, ...]
    hips: tuple[float, float] | None
    lowest: bool | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """`seconds`: media time from frame to frame; `fps_ratio`: None for recordings, which need no pose model."""

    alarms: tuple[Alarm, ...]
    seconds: float
    frames: int
    fps: float
    fps_ratio: float | None


def watch_clip(path: Path, limits: Perception, notes: Notes | None = None) -> Watched:
    """Raises sources.SourceError and kangban.models.ModelError."""
    running = _Running(notes)
    with ExitStack() as closing:
        perceived, clock = _perceived(path, limits, running, closing)
        watch = Watch(running.listening(perceived), clock)
        alarms = []
        for event in watch.events():
            if event["event"] == "fall":
                alarms.append(Alarm(event["t"], event["person"], tuple(event["evidence"]),
                                    running.hips(event["person"]), running.lowest(event["person"])))  # fmt: skip
                if notes is not None:
                    notes.alarm(event["t"])
        summary = watch.summary()
    ratio = summary["fps"] / summary["pose_fps"] if path.suffix not in RECORDINGS and summary["pose_fps"] else None
    return Watched(tuple(alarms), running.seconds, summary["frames"], summary["fps"], ratio)


def _perceived(
    path: Path, limits: Perception, running: _Running, closing: ExitStack
) -> tuple[Iterator[tuple[float, Perceived]], Stopwatch]:
    if path.suffix in RECORDINGS:
        clock, frames = Stopwatch(), RECORDINGS[path.suffix](path)

        def new_follower() -> Follower:
            return running.follow(Follower(limits))

        return perceive_recording(frames, new_follower, clock, running.keep), clock
    pictures = open_source(str(path))
    model = PoseModel(limits.max_people, limits.pose_confidence)
    closing.callback(model.close)
    perceiver = Perceiver(model, limits)
    running.follow(perceiver.follower)
    return perceive_pictures(pictures, perceiver, running.show, running.keep), perceiver.watch


class _Running:
    """Looks on while a clip is watched."""

    def __init__(self, notes: Notes | None) -> None:
        self.seconds = 0.0
        self._notes = notes
        self._follower: Follower | None = None
        self._last = math.nan

    def follow(self, follower: Follower) -> Follower:
        self._follower = follower
        if self._notes is not None:
            follower.trace = self._notes.see
        return follower

    def keep(self, follower: Follower, persons: Persons, size: tuple[int, int]) -> None:
        if self._notes is not None:
            self._notes.size = size

    def show(self, picture: Picture, seen: Perceived) -> None:
        if self._notes is not None and picture.pixels is not None:
            self._notes.picture(picture.stamp, picture.pixels)

    def listening(self, perceived: Iterator[tuple[float, Perceived]]) -> Iterator[tuple[float, Perceived]]:
        for stamp, seen in perceived:
            if 0.0 < stamp - self._last < PAUSE_S:
                self.seconds += stamp - self._last
            self._last = stamp
            yield stamp, seen

    def hips(self, person: int) -> tuple[float, float] | None:
        landmarks = None if self._follower is None else self._follower.last_landmarks(person)
        if landmarks is None:
            return None
        x, y = middle(landmarks, HIPS)[:2].tolist()
        return x, y

    def lowest(self, person: int) -> bool | None:
        tracks = [] if self._follower is None else self._follower.tracks.all
        return lowest(person, {t.id: t.history[-1].shoulder for t in tracks if t.known and t.history})


def lowest(person: int, shoulders: Mapping[int, float]) -> bool | None:
    """Are a person's shoulders (m, by person) below everybody else's? None: there is nobody else."""
    others = [height for other, height in shoulders.items() if other != person]
    return shoulders[person] < min(others) if person in shoulders and others else None


def names_the_faller(clip: Clip, alarm: Alarm) -> bool | None:
    """Is the person of the alarm the one who falls about then? None: not known.

    Practice recordings know where who was. Elsewhere, with several people, whoever is lowest has fallen.
    """
    if alarm.hips is None or not clip.falls:
        return None
    fall = min(clip.falls, key=lambda f: abs(f.onset_s - alarm.t))
    if clip.path.suffix != ".npz" or fall.actor is None:
        return alarm.lowest
    with np.load(clip.path) as archive:
        if "truth_hip_image" not in archive:
            return alarm.lowest
        truth, stamps, size = archive["truth_hip_image"], archive["t"], archive["size"]
    return nearest(truth[int(np.abs(stamps - alarm.t).argmin())], alarm.hips, size) == fall.actor


def nearest(truth: NDArray[np.float64], hips: tuple[float, float], size: NDArray[np.float64]) -> int | None:
    """Which of the actors' hips (A, 2), 0..1 of the image, are nearest; None where none is in view."""
    away = np.linalg.norm((truth - np.array(hips)) * size, axis=1)
    return int(np.nanargmin(away)) if np.isfinite(away).any() else None
