"""The simulated world against bare PyBullet doing the same steps and frames, in one run, as a ratio of speeds.

Bare: the same bodies, `stepSimulation` 240 times and `getCameraImage` ten times a simulated second, nothing else. Ours
adds the motor controller in each step, the walking person, contacts, the lidar, noise and the wire, and leaves out the
renderer's shadow pass (`sim/sensors/shadows.py`); the bare world is also timed without that pass. They take turns, so
that a machine that slows down slows all.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import pybullet as p

from kangban.config import load
from kangban.values import Pose2D
from sim.person.motions import Walk
from sim.sensors.camera import render
from sim.sensors.egl import connect
from sim.sensors.schedule import every
from sim.sensors.shadows import FULL, NONE, ShadowMap
from sim.world import SLICE_S, STEPS_PER_SLICE, World

ROUNDS, SLICES = 8, 80  # two simulated seconds a turn
BACK_AND_FORTH = ((2.0, 1.6), (3.6, 2.6)) * 12


def run() -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        config = load("companion", "demo_flat", path, path)
        watch = config.site.watch
        pose = Pose2D(watch.x_m, watch.y_m, watch.yaw_rad)
        world = World(connect(), config, pose, path / "motors.tty", seed=1)
        world.add_person("resident", "old_woman", (3.0, 2.3), 2.0).do(Walk(BACK_AND_FORTH, 0.7))
        frames = every(SLICE_S, config.profile.camera.rate_hz)
        shadow_map = ShadowMap()
        turns = [one_turn(world, frames, shadow_map) for _ in range(ROUNDS)][1:]  # the first warms up
        world.close()
    simulated = SLICES * SLICE_S
    ours_s, bare_s, lean_s = (statistics.median(turn[k] for turn in turns) for k in range(3))
    return {
        "world_over_bare": round(statistics.median(bare / ours for ours, bare, _ in turns), 3),
        "wanted_at_least": 0.85,
        "world_over_bare_without_shadow_pass": round(statistics.median(lean / ours for ours, _, lean in turns), 3),
        "world_simulated_over_wall": round(simulated / ours_s, 2),
        "bare_simulated_over_wall": round(simulated / bare_s, 2),
        "bare_without_shadow_pass_simulated_over_wall": round(simulated / lean_s, 2),
    }


def one_turn(world: World, frames: int, shadow_map: ShadowMap) -> tuple[float, float, float]:
    """Seconds of wall time: ours, bare PyBullet as it comes, and bare without its shadow pass."""
    mine = ours(world, frames)
    lean = bare(world, frames)
    shadow_map.resize(FULL)
    plain = bare(world, frames)
    shadow_map.resize(NONE)
    return mine, plain, lean


def ours(world: World, frames: int) -> float:
    begun = time.perf_counter()
    for _ in range(SLICES):
        world.step()
        if world.slices % frames == 0:
            world.camera.shoot(world.robot.pose(), world.now)
            world.lidar.measure(world.robot.pose(), world.now)
    return time.perf_counter() - begun


def bare(world: World, frames: int) -> float:
    view = world.camera.view(world.robot.pose())
    begun = time.perf_counter()
    for k in range(SLICES):
        for _ in range(STEPS_PER_SLICE):
            p.stepSimulation(physicsClientId=world.client)
        if k % frames == 0:
            render(world.client, view, world.light)
    return time.perf_counter() - begun
