"""The bridge on a real ROS graph and a real pseudo-terminal, paced as the simulated home paces it.

Time stands still until the setpoint of a control period has arrived, so a busy machine changes nothing here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock as ClockMessage

from firmware_bridge.node import BridgeNode
from kangban import streams
from kangban.clock import ManualClock
from kangban.config import Config, load
from kangban.conversions import time_to_ros
from kangban.node import KangbanNode, NodeError
from kangban.runs import own_domain
from kangban.values import STILL, ChainState, Twist2D, VelocityCommand
from sim.motors.controller import Controller
from tests.contract.motor_rig import STEP_S, MotorRig

PERIOD_S = 0.05
PATIENCE_S = 20.0  # a bound for a machine that is busy, not an expectation


class Around(KangbanNode):
    """The safety chain and everybody who reads what the bridge says."""

    def __init__(self, config: Config) -> None:
        super().__init__("around", config)
        self.command, self.chain = self.output(streams.CMD_VEL), self.output(streams.CHAIN)
        self.odom, self.joints = self.input(streams.ODOM), self.input(streams.JOINT_STATES)
        self.controller, self.battery = self.input(streams.CONTROLLER), self.input(streams.BATTERY)
        self.time = self.create_publisher(ClockMessage, "/clock", QoSProfile(depth=10))


class World:
    def __init__(self, rig: MotorRig, around: Around, bridge: BridgeNode, executor: Any) -> None:
        self.rig, self.around, self.bridge, self._executor = rig, around, bridge, executor
        self.wish: Twist2D | None = STILL  # None: the safety chain is dead
        self.latched = False
        self.slowest_answer = 0  # setpoints that did not come within their period

    @property
    def controller(self) -> Controller:
        return self.rig.controller

    def spin_until(self, condition: Callable[[], Any], patience_s: float = PATIENCE_S) -> bool:
        deadline = time.monotonic() + patience_s
        while not condition():
            if time.monotonic() > deadline:
                return False
            self._executor.spin_once(timeout_sec=0.01)
        return True

    def period(self) -> None:
        """One control period: physics, the clock, the chain's wish, and its setpoint."""
        before = self.controller.setpoints_received
        for _ in range(round(PERIOD_S / STEP_S)):
            self.rig.step()
        now = self.rig.clock.now()
        self.around.time.publish(ClockMessage(clock=time_to_ros(now)))
        self.spin_until(lambda: self.around.now() >= now - 1e-6 and self.bridge.now() >= now - 1e-6)
        if self.wish is not None:
            self.around.command(VelocityCommand(now, self.wish))
            self.around.chain(ChainState(now, "nav", self.wish, self.wish, (), self.latched, ""))
        if self.rig.port.plugged and self.controller.session is not None:
            self._await_setpoint(before)
        else:
            self.spin_until(lambda: False, patience_s=0.01)

    def _await_setpoint(self, before: int) -> None:
        def arrived() -> bool:
            self.rig.port.write(self.controller.feed(self.rig.port.read(), self.rig.clock.now()))
            return self.controller.setpoints_received > before

        if not self.spin_until(arrived, patience_s=1.0):
            self.slowest_answer += 1

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / PERIOD_S)):
            self.period()

    def until(self, condition: Callable[[], Any], what: str) -> None:
        for _ in range(400):
            if condition():
                return
            self.period()
        raise AssertionError(f"{what} did not come; controller: {self.around.controller.last}")

    def armed(self) -> None:
        self.until(lambda: (c := self.around.controller.last) is not None and c.armed, "arming")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    port = [f"profile.motors.port={tmp_path / 'motors.tty'}"]
    return load("companion", "demo_flat", tmp_path / "state", tmp_path, port)


@pytest.fixture
def world(tmp_path: Path, config: Config) -> Iterator[World]:
    with own_domain() as domain:
        rclpy.init(args=["--ros-args", "-p", "use_sim_time:=true"], domain_id=domain)
        rig = MotorRig(tmp_path, config.profile, ManualClock(100.0))
        executor = SingleThreadedExecutor()
        around, bridge = Around(config), BridgeNode(config)
        for node in (around, bridge):
            executor.add_node(node)
        scene = World(rig, around, bridge, executor)
        assert scene.spin_until(lambda: around.time.get_subscription_count() >= 2)
        assert scene.spin_until(lambda: bridge.count_publishers(f"/{config.profile.name}/{streams.CMD_VEL.name}") > 0)
        yield scene
        for node in (bridge, around):
            node.close()
            node.destroy_node()
        executor.shutdown()
        rclpy.try_shutdown()
        rig.port.close()


def test_a_wish_becomes_motion_and_odometry(world: World) -> None:
    world.armed()
    world.wish = Twist2D(vx=0.4)
    world.run(3.0)
    odom, controller = world.around.odom.last, world.around.controller.last
    assert odom is not None
    assert controller is not None
    radius = world.bridge.config.profile.base.wheel_radius_m
    assert world.rig.velocity == pytest.approx((0.4 / radius,) * 2, rel=1e-3)
    assert odom.pose_in_odom.x == pytest.approx(radius * world.rig.angles[0], abs=0.03)
    assert odom.pose_in_odom.yaw == pytest.approx(0.0, abs=0.01)
    assert odom.velocity_in_base.vx == pytest.approx(0.4, abs=0.02)
    assert odom.stamp == pytest.approx(world.rig.clock.now(), abs=PERIOD_S + 0.01)
    assert controller.sent.vx == pytest.approx(0.4)
    joints, battery = world.around.joints.last, world.around.battery.last
    assert joints is not None
    assert joints.names == ("left_wheel_joint", "right_wheel_joint")
    assert battery is not None
    assert battery.charge == pytest.approx(1.0, abs=0.05)


def test_each_period_has_one_setpoint_and_it_comes_at_once(world: World) -> None:
    world.armed()
    world.wish = Twist2D(vx=0.2, wz=0.5)
    before, slow = world.controller.setpoints_received, world.slowest_answer
    world.run(5.0)
    assert world.slowest_answer == slow
    assert 100 <= world.controller.setpoints_received - before <= 103


def test_a_dead_safety_chain_stops_the_wheels(world: World) -> None:
    world.armed()
    world.wish = Twist2D(vx=0.4)
    world.run(2.0)
    world.wish = None
    slow = world.slowest_answer
    world.run(0.9)
    assert world.rig.standing
    assert world.slowest_answer - slow <= 1, "the world had to wait for setpoints that nobody sent"
    controller = world.around.controller.last
    assert controller is not None
    assert "the wish is too old" in controller.reasons


def test_a_velocity_published_straight_to_cmd_vel_meets_the_gate(world: World) -> None:
    world.armed()
    world.wish = Twist2D(vx=50.0, wz=-90.0)
    fastest, turning = 0.0, 0.0
    for _ in range(60):
        world.period()
        left, right = world.rig.velocity
        base = world.bridge.config.profile.base
        fastest = max(fastest, abs(left + right) * base.wheel_radius_m / 2)
        turning = max(turning, abs(right - left) * base.wheel_radius_m / base.track_m)
    assert fastest <= world.bridge.config.profile.limits.speed_mps + 1e-3
    assert turning <= world.bridge.config.profile.limits.turn_rate_radps + 1e-3
    world.wish = Twist2D(vx=math.nan)
    world.run(1.0)
    assert world.rig.standing


def test_after_the_button_only_a_person_lets_it_go_on(world: World) -> None:
    world.armed()
    world.wish = Twist2D(vx=0.4)
    world.run(1.0)
    world.controller.press_estop(True)
    world.run(0.6)
    assert world.rig.standing
    world.until(lambda: world.around.controller.last.emergency_stop, "the emergency stop")
    world.latched = True  # as the safety chain does when it sees the button
    world.run(0.3)
    world.controller.press_estop(False)
    world.until(lambda: not world.around.controller.last.emergency_stop, "clearing")
    world.run(1.0)
    assert world.rig.standing, "letting go the button moved it"
    world.latched = False  # a person calls `arm`
    world.armed()
    world.run(1.0)
    assert world.rig.velocity[0] > 1.0


def test_unplugged_it_says_so_and_goes_on_after_replugging(world: World) -> None:
    world.armed()
    world.wish = Twist2D(vx=0.4)
    world.run(1.0)
    world.rig.port.unplug()
    world.until(lambda: not world.around.controller.last.connected, "the news")
    world.run(0.5)
    assert world.rig.standing
    assert world.around.controller.last.sent == STILL
    world.rig.port.replug()
    world.armed()
    world.run(1.5)
    assert world.around.odom.last.velocity_in_base.vx == pytest.approx(0.4, abs=0.02)


def test_a_second_bridge_on_the_same_port_is_refused(world: World, config: Config) -> None:
    world.armed()
    with pytest.raises(NodeError, match="another program holds the port; end it"):
        BridgeNode(config)
