"""The whole world with each family's motors: the bridge's own driver on the pseudo-terminal moves the robot as told."""

import contextlib
import math
import select
from collections.abc import Callable, Iterator
from pathlib import Path

import pybullet as p
import pytest

from firmware_bridge.families import make
from firmware_bridge.kinematics import kinematics_of
from firmware_bridge.motors import AxisCommand, Mode, MotorState
from kangban.config import Config, ConfigError, load
from kangban.values import Pose2D, Twist2D
from sim.motors.families import MODEL, QEMU, emulator_for
from sim.world import SLICE_S, World

OPEN_FLOOR = Pose2D(2.2, 2.8, 0.0)
ROBOTS = (("companion", MODEL), ("companion", QEMU), ("hub", MODEL), ("turtlebot3", MODEL), ("lekiwi", MODEL))
ASKS = 5
PATIENCE = 1000  # looks at the wire of at most LOOK_S each
LOOK_S = 0.02
SILENCE_S = 0.005
EXCHANGES_A_SLICE = 5


class Driven:
    """World and driver, in step: the world runs on once the newest command has arrived."""

    def __init__(self, config: Config, controller: str) -> None:
        self.profile, port = config.profile, Path(config.profile.motors.port)
        self.world = World(p.connect(p.DIRECT), config, OPEN_FLOOR, port, 1, controller)
        self.kinematics = kinematics_of(config.profile.base)
        self.driver = make(config.profile.motors, lambda: self.world.now)
        self.driver.connect()

    def state(self) -> MotorState:
        return self.driver.state()

    def until(self, done: Callable[[], bool], what: str, stepping: bool = True) -> None:
        """`stepping`: the world runs on while the line is silent, and now and then while it is not, as a driver may
        wait for time to pass; so an exchange takes little time in it, as on a real line."""
        for look in range(PATIENCE):
            if done():
                return
            asked = bool(select.select([self.world.port], [], [], SILENCE_S if stepping else LOOK_S)[0])
            self.world.wire()
            if stepping and (not asked or look % EXCHANGES_A_SLICE == 0):
                self.world.step()
        raise AssertionError(f"{what}: {self.state()}")

    def arm(self) -> None:
        self.until(lambda: self.state().connected and self.state().axes is not None, "never connected")
        self.hold = tuple(axis.angle for axis in self.world.robot.axes()[len(self.profile.motors.wheels) :])
        for _ in range(ASKS):  # an exchange that this busy process answers too late is a refusal
            self.driver.arm()
            with contextlib.suppress(AssertionError):
                return self.until(lambda: self.state().armed and self.world.controller.armed, "never armed")
        raise AssertionError(f"never armed: {self.state()}")

    def drive(self, seconds: float, velocity: Twist2D) -> None:
        torque = self.profile.limits.wheel_torque_nm
        wheels = [AxisCommand(Mode.VELOCITY, w, torque) for w in self.kinematics.wheel_velocities(velocity)]
        joints = [
            AxisCommand(Mode.POSITION, angle, joint.torque_nm)
            for angle, joint in zip(self.hold, self.profile.motors.joints, strict=True)
        ]
        for _ in range(round(seconds / SLICE_S)):
            assert self.driver.command((*wheels, *joints), self.world.now)
            self.until(self._came, "the command never arrived", stepping=False)
            self.world.step()

    def _came(self) -> bool:
        last = self.world.controller.last_setpoint_made_at
        return last is not None and last >= self.world.now - 0.002  # the wire may carry milliseconds

    def close(self) -> None:
        self.world.port.unplug()
        self.driver.close()
        self.world.close()


@pytest.fixture(params=ROBOTS, ids="-".join)
def driven(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Driven]:
    (name, controller), port = request.param, f"profile.motors.port={tmp_path / 'motors.tty'}"
    made = Driven(load(name, "demo_flat", tmp_path, tmp_path, [port]), controller)
    made.arm()
    yield made
    made.close()


def test_the_robot_moves_as_its_driver_is_told_and_stops_when_nobody_speaks(driven: Driven) -> None:
    limits = driven.profile.limits
    wish = Twist2D(0.8 * limits.speed_mps, 0.0, 0.2 * limits.turn_rate_radps)
    driven.drive(1.0, wish)
    before = driven.world.robot.pose()
    driven.drive(1.0, wish)
    moved = before.inverse() @ driven.world.robot.pose()
    assert math.hypot(moved.x, moved.y) == pytest.approx(wish.vx, rel=0.05)
    assert moved.yaw == pytest.approx(wish.wz, abs=0.05)
    axes = driven.state().axes
    assert axes is not None
    told = driven.kinematics.base_velocity(axes.velocity[: len(driven.profile.motors.wheels)])
    assert told.vx == pytest.approx(wish.vx, rel=0.1)
    assert not driven.world.wheels_told_zero
    driven.until(lambda: driven.world.wheels_told_zero, "the wheels went on")
    driven.until(lambda: driven.world.speed().speed < 0.02, "the robot went on")


def test_joints_hold_where_they_are_told(driven: Driven) -> None:
    wheels = len(driven.profile.motors.wheels)
    if not driven.profile.motors.joints:
        assert len(driven.world.robot.axes()) == wheels
        return
    driven.hold = tuple(angle - 0.2 * (number == 0) - 0.3 * (number == 2) for number, angle in enumerate(driven.hold))
    driven.drive(2.0, Twist2D())
    angles = [axis.angle for axis in driven.world.robot.axes()[wheels:]]
    assert angles == pytest.approx(driven.hold, abs=0.03)


def test_qemu_is_for_our_own_controller_only(tmp_path: Path) -> None:
    hub = load("hub", "demo_flat", tmp_path, tmp_path).profile
    with pytest.raises(ConfigError, match=r"--controller qemu: .* motors\.family modbus; leave the option out"):
        emulator_for(hub, QEMU, 0.0)
    assert emulator_for(hub, MODEL, 0.0).last_setpoint_made_at is None
