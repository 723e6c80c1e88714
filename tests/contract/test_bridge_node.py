"""The bridge on a real ROS graph and a real pseudo-terminal: see `bridge_world.py`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.kinematics import kinematics_of
from firmware_bridge.node import BridgeNode
from firmware_bridge.protocol import Decoder, Setpoint
from kangban.config import Config
from kangban.node import NodeError
from kangban.values import STILL, Health, Twist2D
from tests.contract.bridge_world import PERIOD_S, World, configured, world_of


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return configured("companion", tmp_path)


@pytest.fixture
def world(tmp_path: Path, config: Config) -> Iterator[World]:
    with world_of(config, tmp_path) as scene:
        yield scene


def test_a_wish_becomes_motion_and_odometry(world: World) -> None:
    world.armed()
    world.wish = Twist2D(vx=0.4)
    world.run(3.0)
    odom, controller = world.around.odom.last, world.around.controller.last
    assert odom is not None
    assert controller is not None
    radius = world.bridge.config.profile.base.wheel_radius_m
    assert world.wheels == pytest.approx((0.4 / radius,) * 2, rel=1e-3)
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
    waited = world.waited
    world.rig.recorded = []
    world.run(5.0)
    assert world.waited == waited
    frames = Decoder().feed(b"".join(world.rig.recorded))
    setpoints = [frame for frame in frames if frame.number == Setpoint.number]
    assert 100 <= len(setpoints) <= 103


def test_a_dead_safety_chain_stops_the_wheels(world: World) -> None:
    world.armed()
    world.wish = Twist2D(vx=0.4)
    world.run(2.0)
    world.wish = None
    waited = world.waited
    world.run(0.9)
    assert world.standing
    assert world.waited - waited <= 1, "the world had to wait for setpoints that nobody sent"
    controller = world.around.controller.last
    assert controller is not None
    assert "the wish is too old" in controller.reasons


@pytest.mark.parametrize("wish", [Twist2D(vx=50.0, wz=-90.0), Twist2D(vx=-3.0)], ids=["both", "backwards"])
def test_a_velocity_published_straight_to_cmd_vel_meets_the_gate(world: World, wish: Twist2D) -> None:
    """Past the safety chain, as any program on the network could: every limit still holds at the wheels."""
    world.armed()
    world.wish = wish
    profile = world.bridge.config.profile
    base, limits, before = kinematics_of(profile.base), profile.limits, STILL
    for _ in range(60):
        world.period()
        moves = base.base_velocity(world.wheels)
        assert moves.speed <= limits.speed_mps + 1e-3
        assert abs(moves.wz) <= limits.turn_rate_radps + 1e-3
        assert abs(moves.vx - before.vx) <= 2 * limits.acceleration_mps2 * PERIOD_S + 1e-3
        before = moves
    assert before.speed > 0.4 or abs(before.wz) > 1.0
    controller = world.around.controller.last
    assert controller is not None
    assert controller.reasons, "the bridge lowered it and did not say why"
    for bad in (Twist2D(vx=math.nan), Twist2D(vx=0.2, vy=0.1)):
        world.wish = Twist2D(vx=0.3)
        world.run(1.0)
        world.wish = bad
        world.run(1.0)
        assert world.standing


def test_after_the_button_only_a_person_lets_it_go_on(world: World) -> None:
    world.armed()
    world.wish = Twist2D(vx=0.4)
    world.run(1.0)
    world.rig.controller.press_estop(True)
    world.run(0.6)
    assert world.standing
    world.until(lambda: world.around.controller.last.emergency_stop, "the emergency stop")
    world.latched = True  # as the safety chain does when it sees the button
    world.run(0.3)
    world.rig.controller.press_estop(False)
    world.until(lambda: not world.around.controller.last.emergency_stop, "clearing")
    world.run(1.0)
    assert world.standing, "letting go the button moved it"
    world.latched = False  # a person calls `arm`
    world.armed()
    world.run(1.0)
    assert world.wheels[0] > 1.0


def test_unplugged_it_says_so_and_goes_on_after_replugging(world: World) -> None:
    world.armed()
    world.wish = Twist2D(vx=0.4)
    world.run(1.0)
    world.rig.port.unplug()
    world.until(lambda: not world.around.controller.last.connected, "the news")
    world.run(0.5)
    assert world.standing
    assert world.around.controller.last.sent == STILL
    world.rig.port.replug()
    world.armed()
    world.run(1.5)
    assert world.around.odom.last.velocity_in_base.vx == pytest.approx(0.4, abs=0.02)


def test_a_second_bridge_on_the_same_port_is_refused(world: World, config: Config) -> None:
    world.armed()
    with pytest.raises(NodeError, match="another program holds the port; end it"):
        BridgeNode(config)


def test_odometry_says_how_sure_it_is(world: World) -> None:
    world.armed()
    world.wish = Twist2D(vx=0.4)
    world.run(3.0)
    odom = world.around.odom.last
    assert odom is not None
    assert odom.pose_covariance is not None
    driven = odom.pose_in_odom.x
    assert odom.pose_covariance.xx == pytest.approx(4e-4 * driven, rel=0.05)
    assert odom.velocity_covariance is not None
    assert odom.velocity_covariance.xx > (0.05 * 0.35) ** 2
    assert world.around.lines["bridge: watchdog"].health is Health.OK
