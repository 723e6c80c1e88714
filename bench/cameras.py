"""Two cameras on this machine: a process for each, 15 pictures a second, the newest picture wins.

Simulated people walk before the camera; their pictures come by the clock, whether they are wanted or not. A process
that is late drops what it missed, as the perception process does, so what is measured is what a home gets: pictures
perceived a second, pictures dropped, and processor time. Reference: one camera alone, in the same run.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.pose import film
from kangban.config import load
from perception.follow import Scene
from perception.perceive import Perceiver
from perception.pose import PoseModel

RATE_HZ = 15.0
SECONDS = 20.0
WARM_UP = 10  # frames: the models load with their first ones


def run(seconds: float = SECONDS) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        config = load("companion", "demo_flat", Path(folder), Path(folder))
        file = Path(folder) / "frames.npy"
        np.save(file, np.stack([pixels for _, pixels, _ in film(config, 1)]))
        alone, both = _watch(file, 1, seconds), _watch(file, 2, seconds)
    slowest = min(camera["fps"] for camera in both)
    return {
        "wanted_fps": RATE_HZ,
        "processors": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 1),
        "alone": alone[0],
        "two": both,
        "ratio": round(slowest / RATE_HZ, 3),  # of the wanted rate, the slower of two cameras
        "two_over_alone": round(slowest / alone[0]["fps"], 3),
    }


def _watch(file: Path, cameras: int, seconds: float) -> list[dict[str, float]]:
    """So many cameras at once, a process each; what each of them achieved."""
    context = multiprocessing.get_context("spawn")
    told: Queue[dict[str, float]] = context.Queue()
    ready = context.Barrier(cameras)
    workers = [context.Process(target=_camera, args=(file, seconds, ready, told)) for _ in range(cameras)]
    for worker in workers:
        worker.start()
    results = [told.get(timeout=seconds + 120.0) for _ in workers]
    for worker in workers:
        worker.join()
    return results


def _camera(file: Path, seconds: float, ready: Any, told: Queue[dict[str, float]]) -> None:
    frames: NDArray[np.uint8] = np.load(file)
    limits = load("companion", "demo_flat", file.parent, file.parent).profile.perception
    model = PoseModel(limits.max_people, limits.pose_confidence)
    perceiver = Perceiver(model, limits)
    size = (frames.shape[2], frames.shape[1])
    for k in range(WARM_UP):
        perceiver.step(frames[k], Scene(k / RATE_HZ, size))
    ready.wait()
    begun, cpu = time.perf_counter(), time.process_time()
    last, dropped, spent = -1, 0, []
    while (now := time.perf_counter() - begun) < seconds:
        due = int(now * RATE_HZ)
        if due == last:
            time.sleep(max(0.0, (last + 1) / RATE_HZ - now))
            continue
        dropped += due - last - 1
        last = due
        perceiver.step(frames[_there_and_back(due, len(frames))], Scene((WARM_UP + due) / RATE_HZ, size))
        spent.append(time.perf_counter() - begun - now)
    passed, cpu = time.perf_counter() - begun, time.process_time() - cpu
    model.close()
    told.put({
        "fps": round(len(spent) / passed, 2),
        "dropped": dropped,
        "ms_median": round(1e3 * float(np.median(spent)), 1),
        "ms_p95": round(1e3 * float(np.quantile(spent, 0.95)), 1),
        "processor_share": round(cpu / passed, 3),
    })  # fmt: skip


def _there_and_back(k: int, count: int) -> int:
    """The film forwards and then backwards: nobody jumps where it begins again."""
    at = k % (2 * count - 2)
    return at if at < count else 2 * count - 2 - at
