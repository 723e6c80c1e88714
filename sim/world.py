"""The world: home, robot, people, sensors, motor controller on its pseudo-terminal. No ROS, no waiting.

`step()` runs one slice of 25 ms: people move, then six physics steps with the motor controller's own decisions in each,
then the wire is read. Sensors are read by the caller when they are due (`schedule.py`).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pybullet as p

from kangban.config import Config
from kangban.dock import dock_in_map
from kangban.values import Pose2D, Twist2D
from sim.home.dock import DockBody
from sim.home.home import build
from sim.motors.families import MODEL, emulator_for
from sim.motors.port import PseudoTerminal
from sim.motors.simulated import AxisDrive
from sim.person.person import Person
from sim.robots.robot import Robot
from sim.sensors.camera import Light, RgbdCamera
from sim.sensors.floor import FloorSensors
from sim.sensors.lidar import LidarSensor

PHYSICS_HZ = 240
STEPS_PER_SLICE = 6
SETTLING_STEPS = PHYSICS_HZ // 2
BRAKED_NM = 10.0
SLICE_S = STEPS_PER_SLICE / PHYSICS_HZ
CHARGER_A = 6.0
WHEEL_ZERO_RADPS = 1e-3  # a wheel told to turn slower than this is told to stand


class World:
    """Time starts at one second, so that a stamp of zero is never a real one."""

    START_S = 1.0

    def __init__(
        self, client: int, config: Config, start: Pose2D, motor_port: Path, seed: int, controller: str = MODEL
    ) -> None:
        self.client = client
        # One generator for each thing, so that a change in one does not disturb the others.
        self._seeds = np.random.SeedSequence(seed)
        p.setGravity(0.0, 0.0, -9.81, physicsClientId=client)
        p.setTimeStep(1.0 / PHYSICS_HZ, physicsClientId=client)
        profile = config.profile
        station = config.site.dock.station if profile.docking is not None else None
        self.home = build(client, config.site, config.run_dir / "home", self.generator(), station)
        self.robot = Robot(client, profile, start, config.run_dir / "robot.urdf")
        self.dock = self._dock(config)
        self.charger_a = CHARGER_A
        light_rng = self.generator()
        self.light = Light(ambient=float(light_rng.uniform(0.5, 0.68)), diffuse=float(light_rng.uniform(0.38, 0.5)))
        self.camera = RgbdCamera(client, profile.camera, self.light, self.generator())
        self.lidar = LidarSensor(client, profile.lidar, self.generator())
        self.floor = None if profile.cliff is None else FloorSensors(client, profile.cliff)
        self.people: dict[str, Person] = {}
        self.controller = emulator_for(profile, controller, self.START_S)
        self.told: tuple[AxisDrive, ...] = ()  # what the controller told the motors last
        self._wheel_count = len(profile.motors.wheels)
        self.port = PseudoTerminal(motor_port)
        self.slices = 0
        self.collisions: list[tuple[float, str]] = []
        self._touching: set[int] = set()
        self._settle()
        self.most_tilted = 0.0  # rad from upright, of all so far

    def _settle(self) -> None:
        """The robot sinks onto its braked wheels, so that they rest when the motors come on, however soon that is."""
        for _ in range(SETTLING_STEPS):
            self.robot.drive(tuple(AxisDrive(0.0, BRAKED_NM) for _ in self.robot.axes()))
            p.stepSimulation(physicsClientId=self.client)

    def _dock(self, config: Config) -> DockBody | None:
        """Where the site has one and the robot has contacts for it."""
        bodies, docking = self.home.dock, config.profile.docking
        if bodies is None or docking is None:
            return None
        return DockBody(self.client, bodies, docking, dock_in_map(config.site.dock, docking))

    def generator(self) -> np.random.Generator:
        return np.random.default_rng(self._seeds.spawn(1)[0])

    @property
    def now(self) -> float:
        return self.START_S + self.slices * SLICE_S

    def begin(self) -> None:
        """A story begins: from here on the same seed gives the same noise, however long it took so far."""
        self.camera.reseed(self.generator())
        self.lidar.reseed(self.generator())

    def add_person(self, name: str, body: str, at: tuple[float, float], yaw: float) -> Person:
        person = Person(self.client, body, self.generator(), self.now)
        person.place(at, yaw)
        self.people[name] = person
        return person

    def step(self) -> None:
        begin = self.now
        for person in self.people.values():
            person.step(SLICE_S)
        for k in range(STEPS_PER_SLICE):
            self.told = self.controller.tick(begin + k / PHYSICS_HZ, self.robot.axes())
            self.robot.drive(self.told)
            p.stepSimulation(physicsClientId=self.client)
        self.slices += 1
        self.most_tilted = max(self.most_tilted, self.robot.tilt())
        self._feel()
        self.wire()

    def wire(self) -> None:
        """Let the controller read what has come and send what is due."""
        if self.port.plugged:
            self.port.write(self.controller.feed(self.port.read(), self.now))

    def _feel(self) -> None:
        """Bumper, and every new contact with anything but the floor."""
        touched = self.robot.touched(self.home.floor_ids)
        self.controller.set_bumper(any(bumper for _, bumper in touched))
        self._feed()
        now_touching = {body for body, _ in touched}
        for body in now_touching - self._touching:
            self.collisions.append((self.now, self._name_of(body)))
        self._touching = now_touching

    def _feed(self) -> None:
        """The dock feeds the battery while the contacts touch it."""
        battery = self.controller.battery
        if battery is not None:
            battery.fed_a = self.charger_a if self.fed else 0.0

    @property
    def fed(self) -> bool:
        return self.dock is not None and self.dock.feeds(self.robot.pose())

    def _name_of(self, body: int) -> str:
        for name, person in self.people.items():
            if body in person.ids:
                return name
        if self.dock is not None and body in self.dock.ids:
            return "dock"
        return "furniture or wall" if body in self.home.body_ids else f"body {body}"

    @property
    def wheels_told_zero(self) -> bool:
        """The controller tells every wheel to stand, or gives it no power."""
        wheels = self.told[: self._wheel_count]
        return all(abs(wheel.velocity) < WHEEL_ZERO_RADPS or wheel.torque_limit == 0.0 for wheel in wheels)

    def speed(self) -> Twist2D:
        return self.robot.velocity()

    def distance_to(self, name: str) -> float:
        """From the robot's middle to the nearest joint of a person, on the floor plane, m."""
        pose, joints = self.robot.pose(), self.people[name].state.joints_in_world
        return float(np.hypot(joints[:, 0] - pose.x, joints[:, 1] - pose.y).min())

    def close(self) -> None:
        self.port.close()
        p.disconnect(self.client)
