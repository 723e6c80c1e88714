"""What perception costs on top of the bare pose model: the same frames, the same thread, the same run.

Simulated people walk before the robot's camera (640 x 480, with depth). Reference: MediaPipe's landmarker alone, in
VIDEO mode, made for as many people as there are. Measured: everything that the perception process does with a frame,
but for ROS. The two take turns frame by frame, so a machine that slows down slows both.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kangban.config import Config, load
from kangban.values import CameraInfo, Pose2D
from perception.follow import Scene
from perception.perceive import Perceiver
from perception.place import View
from perception.pose import PoseModel
from sim.person.motions import Walk
from sim.sensors.camera import intrinsics
from sim.sensors.egl import connect
from sim.world import SLICE_S, World

SECONDS, RATE_HZ = 12.0, 10.0
WALKS: dict[str, tuple[str, tuple[tuple[float, float], ...]]] = {
    "resident": ("old_woman", ((3.0, 3.7), (2.5, 3.2), (3.1, 3.1), (3.0, 3.7), (2.5, 3.2), (3.1, 3.1))),
    "visitor": ("carer", ((3.3, 2.4), (2.7, 2.1), (3.3, 2.0), (3.4, 2.6), (2.7, 2.2), (3.3, 2.0))),
}
NAMES = {1: "one_person", 2: "two_people"}
STANDS = Pose2D(0.6, 3.2, -0.1)

Frame = tuple[float, NDArray[np.uint8], NDArray[np.uint16]]


def run() -> dict[str, Any]:
    """With one and with two people in view, and what the second costs, ms a frame, whole and bare."""
    found: dict[str, Any] = {name: compare(n) for n, name in NAMES.items()}
    for stage in ("whole_ms", "bare_ms"):
        found[f"second_person_{stage}"] = round(found["two_people"][stage] - found["one_person"][stage], 2)
    return found


def compare(people: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        config = load("companion", "demo_flat", Path(folder), Path(folder))
        frames = film(config, people)
        info = intrinsics(config.profile.camera)
    return measure(config, info, frames, people)


def film(config: Config, people: int) -> list[Frame]:
    world = World(connect(), config, STANDS, config.run_dir / "motors.tty", seed=1)
    for name, (body, way) in list(WALKS.items())[:people]:
        (x0, y0), (x1, y1) = way[:2]
        person = world.add_person(name, body, way[0], float(np.arctan2(y1 - y0, x1 - x0)))
        person.do(Walk(way[1:], 0.6))
    frames: list[Frame] = []
    every = round(1.0 / (RATE_HZ * SLICE_S))
    while len(frames) < SECONDS * RATE_HZ:
        world.step()
        if world.slices % every == 0:
            image, depth = world.camera.shoot(world.robot.pose(), world.now)
            frames.append((world.now, image.pixels, depth.millimetres))
    world.close()
    return frames


def measure(config: Config, info: CameraInfo, frames: list[Frame], people: int) -> dict[str, Any]:
    limits, camera = config.profile.perception, config.profile.camera
    view = View.of(info, camera.mount, camera.depth_min_m, camera.depth_max_m)
    bare = PoseModel(people, limits.pose_confidence)
    bare.follow_always(people)
    perceiver = Perceiver(
        PoseModel(max(people, limits.max_people), limits.pose_confidence), limits, config.site.furniture
    )
    spent = {"bare": 0.0, "whole": 0.0}
    seen = 0
    for k, (stamp, pixels, millimetres) in enumerate(frames):
        begun = time.perf_counter()
        bare.track(pixels, stamp)
        between = time.perf_counter()
        scene = Scene(stamp, (info.width, info.height), view, millimetres, STANDS)
        persons = perceiver.step(pixels, scene).persons
        ended = time.perf_counter()
        seen += sum(p.seen for p in persons.people)
        if k >= 5:  # the models load with their first frames
            spent["bare"] += between - begun
            spent["whole"] += ended - between
    count = len(frames) - 5
    bare.close()
    return {
        "frames": count,
        "people_seen_a_frame": round(seen / len(frames), 2),
        "bare_ms": round(1e3 * spent["bare"] / count, 2),
        "whole_ms": round(1e3 * spent["whole"] / count, 2),
        "ratio": round(spent["bare"] / spent["whole"], 3),
        "ms": perceiver.watch.ms_a_frame(),
    }
