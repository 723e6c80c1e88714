"""The whole world without ROS: bytes on its pseudo-terminal move the robot, and its encoders tell the truth."""

import math
import os
import tty
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pybullet as p
import pytest

from firmware_bridge.fit import Expectations
from firmware_bridge.host_session import HostSession, Request
from firmware_bridge.kinematics import kinematics_of
from firmware_bridge.motors import AxisCommand, Mode
from firmware_bridge.mounting import Mounting
from firmware_bridge.odometry import OdometryLimits, OdometryState, step
from firmware_bridge.wheel_noise import DIFFERENTIAL
from kangban.config import Config, load
from kangban.motor_profile import KangbanMotors
from kangban.profile import Profile
from kangban.values import Pose2D
from sim.person.fall import Fall
from sim.person.motions import Stay, Walk
from sim.world import SLICE_S, World

OPEN_FLOOR = Pose2D(2.2, 2.8, 0.0)


class Host:
    """The bridge's side of the wire, without its threads: one exchange a slice."""

    def __init__(self, world: World, profile: Profile) -> None:
        self.world = world
        self.port = os.open(world.port.link, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.port)
        motors = profile.motors
        assert isinstance(motors, KangbanMotors)
        self.mounting = Mounting.of(motors)
        self.session = HostSession(expectations(motors), self.mounting, lambda: 7)
        self.session.opened()
        kinematics = kinematics_of(profile.base)
        self.limits = OdometryLimits(
            kinematics, DIFFERENTIAL, motors.encoder_ticks_per_turn, profile.limits.wheel_speed_radps
        )
        self.odometry = OdometryState()

    def run(self, seconds: float, left: float = 0.0, right: float = 0.0) -> None:
        """Let the world run on, asking for wheel velocities (rad/s)."""
        for _ in range(round(seconds / SLICE_S)):
            wished = self.mounting.setpoints(tuple(AxisCommand(Mode.VELOCITY, v, 6.0) for v in (left, right)))
            assert wished is not None
            self.session.command(wished, self.world.now)
            os.write(self.port, self.session.outgoing(self.world.now))
            self.silent(SLICE_S)

    def silent(self, seconds: float) -> None:
        for _ in range(round(seconds / SLICE_S)):
            self.world.step()
            try:
                self.session.receive(os.read(self.port, 4096), self.world.now)
            except BlockingIOError:
                continue
            if (axes := self.session.state.axes) is not None:
                self.odometry, _ = step(self.odometry, axes, self.limits)

    def arm(self) -> None:
        self.silent(0.1)  # the controller boots
        self.run(0.4)
        assert self.session.request(Request.ARM)
        self.run(0.2)
        assert self.session.state.armed


def expectations(motors: KangbanMotors) -> Expectations:
    return Expectations(
        axes=2,
        ticks_per_turn=motors.encoder_ticks_per_turn,
        watchdog_s=motors.watchdog_s,
        command_life_s=motors.command_life_s,
        telemetry_hz=40,
    )


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load("companion", "demo_flat", tmp_path, tmp_path)


def build(config: Config, start: Pose2D, seed: int = 1) -> World:
    return World(p.connect(p.DIRECT), config, start, config.run_dir / "motors.tty", seed)


@pytest.fixture
def driven(config: Config) -> Iterator[Host]:
    world = build(config, OPEN_FLOOR)
    host = Host(world, config.profile)
    host.arm()
    yield host
    os.close(host.port)
    world.close()


def test_encoders_and_the_truth_agree_on_where_a_curve_led(driven: Host) -> None:
    start = driven.world.robot.pose()
    driven.run(3.0, 3.0, 4.0)
    driven.run(0.5)
    truth, told = start.inverse() @ driven.world.robot.pose(), driven.odometry.pose_in_odom
    assert truth.x > 0.5 and truth.yaw > 0.4
    assert told.distance_to(truth.x, truth.y) < 0.04
    assert told.yaw == pytest.approx(truth.yaw, abs=0.06)


def test_a_silent_bridge_stops_the_robot(driven: Host) -> None:
    driven.run(1.0, 4.0, 4.0)
    assert driven.world.speed().speed > 0.2
    driven.silent(0.6)
    assert driven.world.speed().speed < 0.01
    assert driven.world.wheels_told_zero


def test_a_wall_is_a_collision_and_holds_the_wheels(driven: Host) -> None:
    driven.run(1.6, -2.0, 2.0)  # to the north, more or less
    driven.run(6.0, 4.0, 4.0)
    assert {what for _, what in driven.world.collisions} == {"furniture or wall"}
    assert driven.session.state.bumper
    assert driven.world.speed().speed < 0.02


def test_driving_into_a_person_is_told_by_her_name(driven: Host) -> None:
    driven.world.add_person("resident", "old_woman", (3.2, 2.8), math.pi)
    driven.run(4.0, 4.0, 4.0)
    assert {what for _, what in driven.world.collisions} == {"resident"}


def story(config: Config, seed: int) -> tuple[float, Pose2D, float | None]:
    """Somebody walks and falls while the robot stands: her hip, the robot, and when she hit the floor."""
    world = build(config, OPEN_FLOOR, seed)
    person = world.add_person("resident", "old_man", (4.2, 3.4), math.pi)
    person.do(Walk(((3.6, 2.2),), 0.7), Fall("topple_left"), Stay(0.1))
    while person.busy and world.now < 20.0:
        world.step()
    found = float(np.sum(person.state.hip_in_world)), world.robot.pose(), person.state.impact_time
    world.close()
    return found


def test_the_same_seed_tells_the_same_story_and_another_one_another(config: Config) -> None:
    first, again, other = story(config, 1), story(config, 1), story(config, 2)
    assert first == again
    assert first[2] is not None and first[0] != other[0]


def test_the_distance_is_to_her_nearest_joint(config: Config) -> None:
    world = build(config, OPEN_FLOOR)
    world.add_person("resident", "old_woman", (OPEN_FLOOR.x + 1.5, OPEN_FLOOR.y), math.pi)
    assert 1.2 < world.distance_to("resident") <= 1.5
    world.close()
