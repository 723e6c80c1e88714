"""Velocities, odometry, places on the map and joints, as messages and back."""

from __future__ import annotations

import math
from array import array

from geometry_msgs.msg import PoseWithCovarianceStamped, TwistStamped
from nav_msgs.msg import Odometry as RosOdometry
from sensor_msgs.msg import JointState

from kangban import values as v
from kangban.conversions.pieces import (
    BASE,
    MAP,
    NAN,
    ODOM,
    Conversions,
    covariance_from_ros,
    covariance_to_ros,
    header_at,
    known_or_none,
    number_or_nan,
    pose_from_ros,
    pose_to_ros,
    time_from_ros,
    twist_from_ros,
    twist_to_ros,
)


def _command(value: v.VelocityCommand) -> TwistStamped:
    return TwistStamped(header=header_at(value.stamp, BASE), twist=twist_to_ros(value.velocity))


def _command_back(m: TwistStamped) -> v.VelocityCommand:
    return v.VelocityCommand(time_from_ros(m.header.stamp), twist_from_ros(m.twist))


def _odometry(value: v.Odometry) -> RosOdometry:
    message = RosOdometry(header=header_at(value.stamp, ODOM), child_frame_id=BASE)
    message.pose.pose = pose_to_ros(value.pose_in_odom)
    message.pose.covariance = covariance_to_ros(value.pose_covariance)
    message.twist.twist = twist_to_ros(value.velocity_in_base)
    message.twist.covariance = covariance_to_ros(value.velocity_covariance)
    return message


def _odometry_back(m: RosOdometry) -> v.Odometry:
    return v.Odometry(
        stamp=time_from_ros(m.header.stamp),
        pose_in_odom=pose_from_ros(m.pose.pose),
        velocity_in_base=twist_from_ros(m.twist.twist),
        pose_covariance=covariance_from_ros(m.pose.covariance),
        velocity_covariance=covariance_from_ros(m.twist.covariance),
    )


def _map_pose(value: v.MapPose) -> PoseWithCovarianceStamped:
    message = PoseWithCovarianceStamped(header=header_at(value.stamp, MAP))
    message.pose.pose = pose_to_ros(value.pose_in_map)
    message.pose.covariance[0] = message.pose.covariance[7] = float(value.position_std_m) ** 2
    return message


def _map_pose_back(m: PoseWithCovarianceStamped) -> v.MapPose:
    return v.MapPose(time_from_ros(m.header.stamp), pose_from_ros(m.pose.pose), math.sqrt(m.pose.covariance[0]))


def _joints(value: v.JointStates) -> JointState:
    return JointState(
        header=header_at(value.stamp),
        name=list(value.names),
        position=array("d", value.positions),
        velocity=array("d", value.velocities),
    )


def _joints_back(m: JointState) -> v.JointStates:
    return v.JointStates(time_from_ros(m.header.stamp), tuple(m.name), tuple(m.position), tuple(m.velocity))


def _joint_command(value: v.JointCommand) -> JointState:
    """NaN stands where a joint has no position, or no velocity."""
    return JointState(
        header=header_at(value.stamp),
        name=[goal.name for goal in value.goals],
        position=array("d", [number_or_nan(goal.position) for goal in value.goals]),
        velocity=array("d", [number_or_nan(goal.velocity) for goal in value.goals]),
    )


def _joint_command_back(m: JointState) -> v.JointCommand:
    """As other programs write it too: an empty list says that nobody has a position (or a velocity)."""
    count = len(m.name)
    for what, numbers in (("position", m.position), ("velocity", m.velocity)):
        if len(numbers) not in (0, count):
            raise ValueError(
                f"joint_command: {count} names but {len(numbers)} numbers in {what}; give one each or none"
            )
    if len(set(m.name)) != count:
        raise ValueError(f"joint_command: a joint is named twice: {', '.join(m.name)}")
    positions, velocities = (list(n) or [NAN] * count for n in (m.position, m.velocity))
    goals = [
        v.JointGoal(n, known_or_none(p), known_or_none(s))
        for n, p, s in zip(m.name, positions, velocities, strict=True)
    ]
    for goal in goals:
        if (goal.position is None) == (goal.velocity is None):
            raise ValueError(f"joint_command: {goal.name}: give a position or a velocity, one of the two")
    return v.JointCommand(time_from_ros(m.header.stamp), tuple(goals))


CONVERSIONS: Conversions = {
    v.VelocityCommand: (TwistStamped, _command, _command_back),
    v.Odometry: (RosOdometry, _odometry, _odometry_back),
    v.MapPose: (PoseWithCovarianceStamped, _map_pose, _map_pose_back),
    v.JointStates: (JointState, _joints, _joints_back),
    v.JointCommand: (JointState, _joint_command, _joint_command_back),
}
