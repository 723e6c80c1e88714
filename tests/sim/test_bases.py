"""Every kind of base in the physics, driven through the bridge's kinematics: it moves as wished, its encoders tell
where it went, it stands still when told nothing, and it does not tip at the gate's limits."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pybullet as p
import pytest
from transforms3d.affines import compose
from transforms3d.quaternions import quat2mat

from kangban.config import ConfigError, load_profile
from kangban.description import chain, urdf
from kangban.description.arm import PIECES, resting
from kangban.frame_names import BASE
from kangban.profile import Profile
from kangban.values import Array, Twist2D
from sim.motors.simulated import AxisDrive
from sim.world import PHYSICS_HZ
from tests.sim.robots import MECANUM, ORIGIN, Drive

PROFILES = {name: load_profile(name) for name in ("companion", "hub", "turtlebot3", "lekiwi")} | {"mecanum": MECANUM}
SIDEWAYS = ("lekiwi", "mecanum")
# How far the truth may be from the wish (share), and the odometry from the truth after two seconds (m, rad).
SPEED, PLACE_M, HEADING_RAD = 0.03, 0.015, 0.03
Begin = Callable[[str], Drive]


@pytest.fixture
def begin(client: int, tmp_path: Path) -> Begin:
    def placed(name: str) -> Drive:
        drive = Drive(client, PROFILES[name], tmp_path)
        drive.go(Twist2D(), 0.3)  # it comes to rest on its wheels
        return drive

    return placed


def at_limits(profile: Profile, x: float, y: float, turn: float) -> Twist2D:
    """Shares of what the gate would let pass."""
    limits = profile.limits
    return Twist2D(x * limits.speed_mps, y * limits.speed_mps, turn * limits.turn_rate_radps)


def velocity_by_pose(drive: Drive, seconds: float, wish: Twist2D) -> Twist2D:
    """What the truth says over a while, in the frame of its middle."""
    before = drive.robot.pose()
    drive.go(wish, seconds, since=wish)
    moved = before.inverse() @ drive.robot.pose()
    turn = moved.yaw
    bend = (turn / 2) / math.sin(turn / 2) if abs(turn) > 1e-6 else 1.0  # of the arc to its chord
    middle = ORIGIN @ type(moved)(0.0, 0.0, -turn / 2) @ moved
    return Twist2D(middle.x * bend / seconds, middle.y * bend / seconds, turn / seconds)


MOVES = [
    (name, move)
    for name in PROFILES
    for move in (
        (0.8, 0.0, 0.0),
        (-0.5, 0.0, 0.0),
        (0.0, 0.0, 0.7),
        (0.4, 0.0, 0.3),
        (0.0, 0.7, 0.0),
        (0.3, -0.3, -0.4),
    )
    if name in SIDEWAYS or move[1] == 0.0
]


@pytest.mark.parametrize(("name", "move"), MOVES)
def test_it_moves_as_wished_and_its_encoders_say_so(begin: Begin, name: str, move: tuple[float, float, float]) -> None:
    drive = begin(name)
    wish = at_limits(drive.profile, *move)
    drive.go(wish, 1.0)
    truth = velocity_by_pose(drive, 1.0, wish)
    limits = drive.profile.limits
    assert (truth.vx, truth.vy) == pytest.approx((wish.vx, wish.vy), abs=SPEED * limits.speed_mps)
    assert truth.wz == pytest.approx(wish.wz, abs=SPEED * limits.turn_rate_radps)
    pose, told = drive.robot.pose(), drive.odometry
    assert told.distance_to(pose.x, pose.y) < PLACE_M
    assert told.yaw == pytest.approx(pose.yaw, abs=HEADING_RAD)


@pytest.mark.parametrize("name", PROFILES)
def test_it_stands_still_when_told_nothing(begin: Begin, name: str) -> None:
    drive = begin(name)
    before = drive.robot.pose()
    drive.go(Twist2D(), 5.0)
    pose = drive.robot.pose()
    assert pose.distance_to(before.x, before.y) < 0.005
    assert pose.yaw == pytest.approx(before.yaw, abs=0.005)
    assert abs(drive.robot.base()[0][2]) < 0.002


@pytest.mark.parametrize("name", PROFILES)
def test_it_does_not_tip_when_it_brakes_hard_from_full_speed(begin: Begin, name: str) -> None:
    drive = begin(name)
    directions = [(1.0, 0.0, 0.0), (-1.0, 0.0, 0.0), *([(0.0, 1.0, 0.0)] if name in SIDEWAYS else [])]
    for direction in directions:
        fast = at_limits(drive.profile, *direction)
        drive.go(fast, 1.0)
        drive.go(Twist2D(), 0.8, since=fast)
        assert drive.robot.velocity().speed < 0.02
    assert drive.tilt < 0.05


def test_an_arm_stretched_forwards_does_not_tip_the_robot_as_it_brakes(begin: Begin) -> None:
    drive = begin("lekiwi")
    reach(drive, (0.0, 1.5, -1.5, 0.0, 0.0, 0.0), 3.0)
    fast = at_limits(drive.profile, 1.0, 0.0, 0.0)
    drive.go(fast, 1.0)
    drive.go(Twist2D(), 0.8, since=fast)
    assert drive.tilt < 0.05


def reach(drive: Drive, angles: tuple[float, ...], seconds: float) -> None:
    """A position loop as a servo has one, within the profile's torque; the wheels stand."""
    joints = drive.profile.motors.joints
    for _ in range(round(seconds * PHYSICS_HZ)):
        now = drive.robot.axes()[drive.wheel_count :]
        told = (
            AxisDrive(max(-j.velocity_radps, min(j.velocity_radps, 10.0 * (wish - at.angle))), j.torque_nm)
            for j, wish, at in zip(joints, angles, now, strict=True)
        )
        drive.robot.drive((*(AxisDrive(0.0, 1.0),) * drive.wheel_count, *told))
        p.stepSimulation(physicsClientId=drive.client)


def test_the_arm_holds_against_gravity_and_sinks_without_power(begin: Begin) -> None:
    drive = begin("lekiwi")
    stretched = (0.3, 1.2, -1.0, 0.2, 0.5, 0.4)
    reach(drive, stretched, 4.0)
    held = [axis.angle for axis in drive.robot.axes()[drive.wheel_count :]]
    assert held == pytest.approx(stretched, abs=0.02)
    for _ in range(2 * PHYSICS_HZ):
        drive.robot.drive((AxisDrive(0.0, 0.0),) * (drive.wheel_count + len(stretched)))
        p.stepSimulation(physicsClientId=drive.client)
    assert drive.robot.axes()[drive.wheel_count + 1].angle > stretched[1] + 0.2  # the shoulder leans over


def test_the_arm_begins_folded_and_its_gears_hold_it_there(begin: Begin) -> None:
    drive = begin("lekiwi")
    folded = [axis.angle for axis in drive.robot.axes()[drive.wheel_count :]]
    assert folded == pytest.approx(resting(drive.profile.motors.joints), abs=0.05)


@pytest.mark.parametrize("name", PROFILES)
def test_the_sensors_sit_where_the_profile_says(begin: Begin, name: str) -> None:
    drive = begin(name)
    for sensor in ("camera", "lidar"):
        mount = getattr(drive.profile, sensor).mount
        index = drive.robot.link(sensor)
        at = p.getLinkState(drive.robot.body, index, physicsClientId=drive.client)[4]
        assert at == pytest.approx((mount.x_m, mount.y_m, mount.z_m), abs=0.015)  # it leans on a caster


@pytest.mark.parametrize("name", PROFILES)
def test_frames_are_where_the_physics_has_them(name: str, begin: Begin) -> None:
    """However its axes stand: what is told on /tf is the robot that the world has."""
    drive = begin(name)
    robot, client = drive.robot, drive.client
    joints, rng = chain.joints(urdf.text(drive.profile)), np.random.default_rng(8)
    angles = {joint.name: float(rng.uniform(-1.5, 1.5)) for joint in joints if joint.axis is not None}
    for index in range(p.getNumJoints(robot.body, physicsClientId=client)):
        named = p.getJointInfo(robot.body, index, physicsClientId=client)[1].decode()
        if named in angles:
            p.resetJointState(robot.body, index, angles[named], physicsClientId=client)
    told = {placed.child: placed for placed in (*chain.staying(joints), *chain.turned(joints, angles))}

    def by_frames(link: str) -> Array:
        if link == BASE:
            return np.eye(4)
        placed = told[link]
        return by_frames(placed.parent) @ compose(placed.at, quat2mat(placed.turn), [1, 1, 1])

    def by_physics(link: str) -> Array:
        state = p.getLinkState(robot.body, robot.link(link), computeForwardKinematics=True, physicsClientId=client)
        x, y, z, w = state[5]
        return compose(state[4], quat2mat([w, x, y, z]), [1, 1, 1])

    between = np.linalg.inv(by_physics("lidar"))
    for link in told:
        assert between @ by_physics(link) == pytest.approx(
            np.linalg.inv(by_frames("lidar")) @ by_frames(link), abs=1e-4
        )


@pytest.mark.parametrize("name", PROFILES)
def test_masses_sum_to_the_profile_s(begin: Begin, name: str) -> None:
    drive = begin(name)
    links = range(-1, p.getNumJoints(drive.robot.body, physicsClientId=drive.client))
    masses = [p.getDynamicsInfo(drive.robot.body, link, physicsClientId=drive.client)[0] for link in links]
    assert sum(masses) == pytest.approx(drive.profile.base.mass_kg, rel=1e-3)


def test_a_profile_that_makes_no_robot_is_refused_by_name() -> None:
    light = MECANUM.base.model_copy(update={"mass_kg": 0.5})
    arm = PROFILES["lekiwi"].motors
    with pytest.raises(ConfigError, match=r"motors\.joints: .* at most 6 joints, not 7"):
        many = arm.model_copy(update={"joints": (*arm.joints, arm.joints[0])})
        urdf.text(PROFILES["lekiwi"].model_copy(update={"motors": many}))
    with pytest.raises(ConfigError, match=r"base\.mass_kg 0\.5: too little"):
        heavy_arm = PROFILES["lekiwi"].model_copy(update={"base": light})
        urdf.text(heavy_arm.model_copy(update={"motors": arm.model_copy(update={"wheels": MECANUM.motors.wheels})}))
    assert len(PIECES) == 6


def test_a_folded_arm_stays_within_the_footprint(begin: Begin) -> None:
    drive = begin("lekiwi")
    reach_m = drive.profile.base.footprint_radius_m + 0.01
    for link in range(p.getNumJoints(drive.robot.body, physicsClientId=drive.client)):
        low, high = p.getAABB(drive.robot.body, link, physicsClientId=drive.client)
        assert max(abs(edge) for edge in (*low[:2], *high[:2])) < reach_m
