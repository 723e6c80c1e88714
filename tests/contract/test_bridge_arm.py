"""The bridge of a robot on omni wheels with an arm, on servos without a watchdog: sideways, joints, what it says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from kangban.values import Health, JointGoal, Twist2D
from tests.contract.bridge_world import PERIOD_S, World, configured, world_of

ARM = ("shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll", "gripper")
WHEELS = ("left_wheel_joint", "back_wheel_joint", "right_wheel_joint")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_of(configured("lekiwi", tmp_path), tmp_path) as scene:
        yield scene


def places(world: World) -> dict[str, float]:
    joints = world.around.joints.last
    assert joints is not None
    return dict(zip(joints.names, joints.positions, strict=True))


def test_it_drives_sideways_and_tells_wheels_and_joints(world: World) -> None:
    world.armed()
    world.wish = Twist2D(vy=0.15)
    for _ in range(4):  # a busy machine may lose the line for a moment: then it stands, and drives on
        world.run(3.0)
        odom, joints = world.around.odom.last, world.around.joints.last
        assert odom is not None
        assert joints is not None
        if odom.pose_in_odom.y > 0.3:
            break
    assert joints.names == (*WHEELS, *ARM)
    assert odom.pose_in_odom.y > 0.3
    assert abs(odom.pose_in_odom.x) < 0.02
    assert abs(odom.pose_in_odom.yaw) < 0.05
    assert odom.velocity_in_base.vy == pytest.approx(0.15, abs=0.02)


def test_a_joint_goes_where_it_is_told_within_its_limits_and_the_others_hold(world: World) -> None:
    world.armed()
    before = places(world)
    world.goals = (JointGoal("elbow_flex", position=0.8),)
    seen = []
    for _ in range(60):
        world.period()
        joints = world.around.joints.last
        assert joints is not None
        seen.append((joints.stamp, places(world)["elbow_flex"]))
    world.run(0.2)
    after = places(world)
    assert after["elbow_flex"] == pytest.approx(0.8, abs=0.02)
    limit = next(j for j in world.bridge.config.profile.motors.joints if j.name == "elbow_flex").velocity_radps
    for (began, a), (ended, b) in pairwise(seen):
        assert abs(b - a) <= limit * (ended - began + PERIOD_S)
    for name in ARM:
        if name != "elbow_flex":
            assert after[name] == pytest.approx(before[name], abs=0.01)


def test_an_old_joint_wish_holds_and_says_so(world: World) -> None:
    world.armed()
    world.goals = (JointGoal("shoulder_pan", velocity=1.0),)
    world.run(0.6)
    moving = places(world)["shoulder_pan"]
    world.goals = ()
    said: set[str] = set()
    for _ in range(20):
        world.run(PERIOD_S)
        controller = world.around.controller.last
        assert controller is not None
        said.update(controller.reasons)
    assert "shoulder_pan: the wish is too old" in said
    held = places(world)["shoulder_pan"]
    world.run(0.5)
    assert places(world)["shoulder_pan"] == pytest.approx(held, abs=0.005)
    assert moving < held < 1.5


@pytest.mark.parametrize("stop", ["latched", "silent"])
def test_the_safety_chains_stop_holds_the_joints_too(world: World, stop: str) -> None:
    world.armed()
    world.goals = (JointGoal("shoulder_pan", velocity=1.0),)
    world.run(0.6)
    if stop == "latched":
        world.latched = True
    else:
        world.wish = None
    world.run(1.2)
    held = places(world)["shoulder_pan"]
    world.run(0.5)
    assert places(world)["shoulder_pan"] == pytest.approx(held, abs=0.005)
    controller = world.around.controller.last
    assert controller is not None
    assert any(reason.startswith("joints: ") for reason in controller.reasons)


def test_a_joint_wish_beyond_its_range_stops_at_its_end_and_is_said(world: World) -> None:
    world.armed()
    world.goals = (JointGoal("gripper", position=3.0), JointGoal("tail", position=1.0))
    # A busy machine may lose the line for a moment: then the joints hold, and go on when it is back.
    world.until(lambda: places(world)["gripper"] > 1.73, "the end of the range")
    world.run(1.0)
    assert places(world)["gripper"] == pytest.approx(1.75, abs=0.02)
    controller = world.around.controller.last
    assert controller is not None
    assert "gripper: its range -0.17..1.75 rad" in controller.reasons
    line = world.around.lines["bridge: joint wishes"]
    assert line.health is Health.WARN
    assert "tail: no such joint" in line.message


def test_it_says_what_a_missing_watchdog_means(world: World) -> None:
    world.armed()
    world.run(1.5)
    line = world.around.lines["bridge: watchdog"]
    assert line.health is Health.WARN
    assert "if this computer hangs, the wheels go on turning" in line.message


def test_unplugged_it_does_not_say_that_motors_without_a_watchdog_stand(world: World) -> None:
    world.armed()
    world.wish = Twist2D(vx=0.15)
    world.run(1.0)
    world.rig.port.unplug()
    world.until(lambda: world.around.lines["bridge: motors"].health is Health.ERROR, "the news")
    said = world.around.lines["bridge: motors"].message
    assert max(abs(v) for v in world.wheels) > 0.5, "they go on turning, which this test is about"
    assert "stands still" not in said
    assert "the wheels may go on turning: cut the supply of the motors" in said
    world.rig.port.replug()
    world.until(lambda: world.standing, "greeting them, which stops them,")
