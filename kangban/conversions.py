"""The only place where values become ROS messages and back. `to_ros(value)` and `from_ros(message, value_type)`.

Unknown (`None`) never becomes zero: a message carries a flag or NaN for it, and comes back as `None`.
ROS quaternions have w last, transforms3d's have w first; that swap happens here and nowhere else.
Every number is cast: a message's float field given a Python int or a numpy.float32 silently becomes nonsense.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import (
    Point,
    PoseStamped,
    PoseWithCovarianceStamped,
    Quaternion,
    TransformStamped,
    Twist,
    TwistStamped,
)
from geometry_msgs.msg import Pose as RosPose
from geometry_msgs.msg import Pose2D as RosPose2D
from kangban_msgs import msg as k
from nav_msgs.msg import OccupancyGrid, Path
from nav_msgs.msg import Odometry as RosOdometry
from sensor_msgs.msg import BatteryState, JointState, LaserScan
from sensor_msgs.msg import CameraInfo as RosCameraInfo
from sensor_msgs.msg import Image as RosImage
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage
from transforms3d.euler import euler2quat, quat2euler

from kangban import values as v

T = TypeVar("T")
MAP, ODOM, BASE, LIDAR, CAMERA = "map", "odom", "base_link", "lidar", "camera_optical"
NAN = float("nan")


# Small pieces


def time_to_ros(stamp: float) -> Time:
    nanoseconds = round(stamp * 1e9)
    return Time(sec=nanoseconds // 1_000_000_000, nanosec=nanoseconds % 1_000_000_000)


def time_from_ros(message: Time) -> float:
    return float(message.sec + message.nanosec * 1e-9)


def _header(stamp: float, frame: str = "") -> Header:
    return Header(stamp=time_to_ros(stamp), frame_id=frame)


def _point(place: Sequence[float] | None) -> Point:
    return Point() if place is None else Point(x=float(place[0]), y=float(place[1]), z=float(place[2]))


def _place(message: Point, known: bool) -> v.Point3 | None:
    return (message.x, message.y, message.z) if known else None


def _quaternion(yaw: float) -> Quaternion:
    w, x, y, z = euler2quat(0.0, 0.0, yaw)
    return Quaternion(x=x, y=y, z=z, w=w)


def _yaw(q: Quaternion) -> float:
    return float(quat2euler((q.w, q.x, q.y, q.z))[2])


def _pose(pose: v.Pose2D) -> RosPose:
    return RosPose(position=_point((pose.x, pose.y, 0.0)), orientation=_quaternion(pose.yaw))


def _pose_back(message: RosPose) -> v.Pose2D:
    return v.Pose2D(message.position.x, message.position.y, _yaw(message.orientation))


def _twist(twist: v.Twist2D) -> Twist:
    message = Twist()
    message.linear.x, message.linear.y, message.angular.z = float(twist.vx), float(twist.vy), float(twist.wz)
    return message


def _twist_back(message: Twist) -> v.Twist2D:
    return v.Twist2D(message.linear.x, message.linear.y, message.angular.z)


def _floats(values: np.ndarray | None) -> array[float]:
    return array("f") if values is None else array("f", np.ascontiguousarray(values, dtype=np.float32).tobytes())


def _matrix(values: Any, columns: int) -> v.Array | None:
    return np.asarray(values, dtype=float).reshape(-1, columns) if len(values) else None


def _number(value: float | None) -> float:
    return NAN if value is None else float(value)


def _maybe(value: float) -> float | None:
    return None if math.isnan(value) else value


def pose2d_to_ros(pose: v.Pose2D) -> RosPose2D:
    return RosPose2D(x=float(pose.x), y=float(pose.y), theta=float(pose.yaw))


def pose2d_from_ros(message: RosPose2D) -> v.Pose2D:
    return v.Pose2D(message.x, message.y, message.theta)


def transform_to_ros(parent: str, child: str, pose: v.Pose2D, stamp: float) -> TFMessage:
    """`pose` is the child frame's pose in the parent frame."""
    transform = TransformStamped(header=_header(stamp, parent), child_frame_id=child)
    transform.transform.translation.x = float(pose.x)
    transform.transform.translation.y = float(pose.y)
    transform.transform.rotation = _quaternion(pose.yaw)
    return TFMessage(transforms=[transform])


# Motion


def _command(value: v.VelocityCommand) -> TwistStamped:
    return TwistStamped(header=_header(value.stamp, BASE), twist=_twist(value.velocity))


def _command_back(m: TwistStamped) -> v.VelocityCommand:
    return v.VelocityCommand(time_from_ros(m.header.stamp), _twist_back(m.twist))


_X, _Y, _YAW = 0, 1, 5  # rows of ROS's 6 by 6 covariances: x, y, z, roll, pitch, yaw
_COVARIANCE_PLACES = {
    "xx": (_X, _X), "xy": (_X, _Y), "x_yaw": (_X, _YAW), "yy": (_Y, _Y), "y_yaw": (_Y, _YAW), "yaw_yaw": (_YAW, _YAW),
}  # fmt: skip
COVARIANCE_UNKNOWN = -1.0  # in its first place, as sensor_msgs/Imu has it


def _covariance(value: v.Covariance2D | None) -> np.ndarray:
    """36 numbers. z, roll and pitch are zero by definition of a frame on the floor."""
    matrix = np.zeros((6, 6))
    if value is None:
        matrix[0, 0] = COVARIANCE_UNKNOWN
        return matrix.ravel()
    for name, (row, column) in _COVARIANCE_PLACES.items():
        matrix[row, column] = matrix[column, row] = float(getattr(value, name))
    return matrix.ravel()


def _covariance_back(numbers: Any) -> v.Covariance2D | None:
    if numbers[0] < 0:
        return None
    return v.Covariance2D(**{name: float(numbers[6 * r + c]) for name, (r, c) in _COVARIANCE_PLACES.items()})


def _odometry(value: v.Odometry) -> RosOdometry:
    message = RosOdometry(header=_header(value.stamp, ODOM), child_frame_id=BASE)
    message.pose.pose = _pose(value.pose_in_odom)
    message.pose.covariance = _covariance(value.pose_covariance)
    message.twist.twist = _twist(value.velocity_in_base)
    message.twist.covariance = _covariance(value.velocity_covariance)
    return message


def _odometry_back(m: RosOdometry) -> v.Odometry:
    return v.Odometry(
        stamp=time_from_ros(m.header.stamp),
        pose_in_odom=_pose_back(m.pose.pose),
        velocity_in_base=_twist_back(m.twist.twist),
        pose_covariance=_covariance_back(m.pose.covariance),
        velocity_covariance=_covariance_back(m.twist.covariance),
    )


def _map_pose(value: v.MapPose) -> PoseWithCovarianceStamped:
    message = PoseWithCovarianceStamped(header=_header(value.stamp, MAP))
    message.pose.pose = _pose(value.pose_in_map)
    message.pose.covariance[0] = message.pose.covariance[7] = float(value.position_std_m) ** 2
    return message


def _map_pose_back(m: PoseWithCovarianceStamped) -> v.MapPose:
    return v.MapPose(time_from_ros(m.header.stamp), _pose_back(m.pose.pose), math.sqrt(m.pose.covariance[0]))


def _joints(value: v.JointStates) -> JointState:
    return JointState(
        header=_header(value.stamp),
        name=list(value.names),
        position=array("d", value.positions),
        velocity=array("d", value.velocities),
    )


def _joints_back(m: JointState) -> v.JointStates:
    return v.JointStates(time_from_ros(m.header.stamp), tuple(m.name), tuple(m.position), tuple(m.velocity))


def _joint_command(value: v.JointCommand) -> JointState:
    """NaN stands where a joint has no position, or no velocity."""
    return JointState(
        header=_header(value.stamp),
        name=[goal.name for goal in value.goals],
        position=array("d", [_number(goal.position) for goal in value.goals]),
        velocity=array("d", [_number(goal.velocity) for goal in value.goals]),
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
    goals = [v.JointGoal(n, _maybe(p), _maybe(s)) for n, p, s in zip(m.name, positions, velocities, strict=True)]
    for goal in goals:
        if (goal.position is None) == (goal.velocity is None):
            raise ValueError(f"joint_command: {goal.name}: give a position or a velocity, one of the two")
    return v.JointCommand(time_from_ros(m.header.stamp), tuple(goals))


def _battery(value: v.Battery) -> BatteryState:
    voltage, charge = float(value.voltage), _number(value.charge)
    status = _SUPPLY[value.charging]
    return BatteryState(
        header=_header(value.stamp), voltage=voltage, current=NAN, percentage=charge, present=True,
        power_supply_status=status,
    )  # fmt: skip


_SUPPLY = {
    None: BatteryState.POWER_SUPPLY_STATUS_UNKNOWN,
    True: BatteryState.POWER_SUPPLY_STATUS_CHARGING,
    False: BatteryState.POWER_SUPPLY_STATUS_DISCHARGING,
}


def _battery_back(m: BatteryState) -> v.Battery:
    """Full, or kept full, counts as fed by a charger."""
    fed = {
        BatteryState.POWER_SUPPLY_STATUS_CHARGING: True,
        BatteryState.POWER_SUPPLY_STATUS_FULL: True,
        BatteryState.POWER_SUPPLY_STATUS_NOT_CHARGING: False,
        BatteryState.POWER_SUPPLY_STATUS_DISCHARGING: False,
    }
    return v.Battery(time_from_ros(m.header.stamp), m.voltage, _maybe(m.percentage), fed.get(m.power_supply_status))


def _dock_seen(value: v.DockSeen) -> PoseWithCovarianceStamped:
    message = PoseWithCovarianceStamped(header=_header(value.stamp, BASE))
    message.pose.pose = _pose(value.dock_in_base)
    message.pose.covariance = _covariance(value.covariance)
    return message


def _dock_seen_back(m: PoseWithCovarianceStamped) -> v.DockSeen:
    if m.header.frame_id != BASE:
        raise ValueError(f"dock: the pose is in frame {m.header.frame_id!r}, must be in {BASE!r}")
    covariance = _covariance_back(m.pose.covariance)
    if covariance is None:
        raise ValueError("dock: the pose has no covariance")
    return v.DockSeen(time_from_ros(m.header.stamp), _pose_back(m.pose.pose), covariance)


def _controller(value: v.ControllerState) -> k.ControllerState:
    return k.ControllerState(
        header=_header(value.stamp, BASE),
        connected=value.connected,
        armed=value.armed,
        emergency_stop=value.emergency_stop,
        bumper=value.bumper,
        faults=list(value.faults),
        reasons=list(value.reasons),
        sent=_twist(value.sent),
        voltage=_number(value.voltage),
        lost=int(value.lost),
        corrupt=int(value.corrupt),
        late=int(value.late),
        round_trip_s=_number(value.round_trip),
    )


def _controller_back(m: k.ControllerState) -> v.ControllerState:
    return v.ControllerState(
        stamp=time_from_ros(m.header.stamp),
        connected=m.connected,
        armed=m.armed,
        emergency_stop=m.emergency_stop,
        bumper=m.bumper,
        faults=tuple(m.faults),
        reasons=tuple(m.reasons),
        sent=_twist_back(m.sent),
        voltage=_maybe(m.voltage),
        lost=m.lost,
        corrupt=m.corrupt,
        late=m.late,
        round_trip=_maybe(m.round_trip_s),
    )


def _chain(value: v.ChainState) -> k.ChainState:
    return k.ChainState(
        header=_header(value.stamp, BASE),
        source=value.source or "",
        wished=_twist(value.wished),
        sent=_twist(value.sent),
        reasons=list(value.reasons),
        stop_latched=value.stop_latched,
        stop_reason=value.stop_reason,
    )


def _chain_back(m: k.ChainState) -> v.ChainState:
    return v.ChainState(
        stamp=time_from_ros(m.header.stamp),
        source=m.source or None,
        wished=_twist_back(m.wished),
        sent=_twist_back(m.sent),
        reasons=tuple(m.reasons),
        stop_latched=m.stop_latched,
        stop_reason=m.stop_reason,
    )


# Sensing


def _scan(value: v.Scan) -> LaserScan:
    return LaserScan(
        header=_header(value.stamp, LIDAR),
        angle_min=float(value.angle_min),
        angle_max=float(value.angle_min + value.angle_increment * (len(value.ranges) - 1)),
        angle_increment=float(value.angle_increment),
        range_min=float(value.range_min),
        range_max=float(value.range_max),
        ranges=_floats(value.ranges),
    )


def _scan_back(m: LaserScan) -> v.Scan:
    ranges = np.frombuffer(m.ranges, dtype=np.float32).astype(float)
    stamp = time_from_ros(m.header.stamp)
    return v.Scan(stamp, m.angle_min, m.angle_increment, m.range_min, m.range_max, ranges)


def _raw_image(stamp: float, pixels: np.ndarray, encoding: str) -> RosImage:
    height, width = pixels.shape[:2]
    data = array("B")
    data.frombytes(np.ascontiguousarray(pixels).view(np.uint8).reshape(-1).data)
    step = len(data) // height
    header = _header(stamp, CAMERA)
    return RosImage(header=header, height=height, width=width, encoding=encoding, step=step, is_bigendian=0, data=data)


def _expect(m: RosImage, encoding: str, bytes_per_pixel: int) -> None:
    if m.encoding != encoding or len(m.data) != m.height * m.width * bytes_per_pixel:
        raise ValueError(
            f"picture of encoding {m.encoding!r}, {m.width}x{m.height}, {len(m.data)} bytes: "
            f"expected {encoding} with {bytes_per_pixel} bytes a pixel and no padding"
        )


def _image(value: v.Image) -> RosImage:
    return _raw_image(value.stamp, value.pixels, "rgb8")


def _image_back(m: RosImage) -> v.Image:
    _expect(m, "rgb8", 3)
    return v.Image(time_from_ros(m.header.stamp), np.frombuffer(m.data, np.uint8).reshape(m.height, m.width, 3))


def _depth(value: v.Depth) -> RosImage:
    return _raw_image(value.stamp, value.millimetres, "16UC1")


def _depth_back(m: RosImage) -> v.Depth:
    _expect(m, "16UC1", 2)
    return v.Depth(time_from_ros(m.header.stamp), np.frombuffer(m.data, np.uint16).reshape(m.height, m.width))


def _camera_info(value: v.CameraInfo) -> RosCameraInfo:
    message = RosCameraInfo(header=_header(value.stamp, CAMERA), width=value.width, height=value.height)
    message.distortion_model, message.d = "plumb_bob", [0.0] * 5
    fx, fy, cx, cy = float(value.fx), float(value.fy), float(value.cx), float(value.cy)
    message.k = [fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0]
    message.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    message.p = [fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    return message


def _camera_info_back(m: RosCameraInfo) -> v.CameraInfo:
    return v.CameraInfo(time_from_ros(m.header.stamp), m.width, m.height, m.k[0], m.k[4], m.k[2], m.k[5])


# People


def _person(value: v.Person) -> k.Person:
    points = () if value.points_in_base is None else value.points_in_base
    return k.Person(
        id=int(value.id),
        posture=value.posture.value,
        confidence=float(value.confidence),
        box_in_image=array("f", value.box_in_image or ()),
        landmarks_in_image=_floats(value.landmarks_in_image),
        landmarks_in_body=_floats(value.landmarks_in_body),
        points_in_base=[_point(p) for p in points],
        located=value.position_in_base is not None,
        position_in_base=_point(value.position_in_base),
        mapped=value.position_in_map is not None,
        position_in_map=_point(value.position_in_map),
        seen=value.seen,
    )


def _person_back(m: k.Person) -> v.Person:
    box = tuple(m.box_in_image)
    points = [(p.x, p.y, p.z) for p in m.points_in_base]
    return v.Person(
        id=m.id,
        seen=m.seen,
        posture=v.Posture(m.posture),
        confidence=m.confidence,
        box_in_image=(box[0], box[1], box[2], box[3]) if len(box) == 4 else None,
        landmarks_in_image=_matrix(m.landmarks_in_image, 5),
        landmarks_in_body=_matrix(m.landmarks_in_body, 3),
        points_in_base=np.array(points) if points else None,
        position_in_base=_place(m.position_in_base, m.located),
        position_in_map=_place(m.position_in_map, m.mapped),
    )


def _persons(value: v.Persons) -> k.Persons:
    return k.Persons(header=_header(value.stamp, CAMERA), blind=value.blind, people=[_person(p) for p in value.people])


def _persons_back(m: k.Persons) -> v.Persons:
    return v.Persons(time_from_ros(m.header.stamp), tuple(_person_back(p) for p in m.people), m.blind)


def _fall(value: v.Fall) -> k.Fall:
    return k.Fall(
        id=value.id,
        person_id=int(value.person_id),
        state=value.state.value,
        since=time_to_ros(value.since),
        confidence=float(value.confidence),
        mapped=value.place_in_map is not None,
        place_in_map=_point(value.place_in_map),
        evidence=list(value.evidence),
    )


def _fall_back(m: k.Fall) -> v.Fall:
    return v.Fall(
        id=m.id,
        person_id=m.person_id,
        state=v.FallState(m.state),
        since=time_from_ros(m.since),
        confidence=m.confidence,
        place_in_map=_place(m.place_in_map, m.mapped),
        evidence=tuple(m.evidence),
    )


def _falls(value: v.Falls) -> k.Falls:
    return k.Falls(header=_header(value.stamp), falls=[_fall(f) for f in value.falls])


def _falls_back(m: k.Falls) -> v.Falls:
    return v.Falls(time_from_ros(m.header.stamp), tuple(_fall_back(f) for f in m.falls))


def _care_event(value: v.CareEvent) -> k.CareEvent:
    return k.CareEvent(
        id=value.id,
        kind=value.kind.value,
        person_id=int(value.person_id),
        began=time_to_ros(value.began),
        told=time_to_ros(value.told),
        over=value.over,
        confidence=float(value.confidence),
        mapped=value.place_in_map is not None,
        place_in_map=_point(value.place_in_map),
        room=value.room,
        evidence=list(value.evidence),
    )


def _care_event_back(m: k.CareEvent) -> v.CareEvent:
    return v.CareEvent(
        id=m.id,
        kind=v.CareEventKind(m.kind),
        person_id=m.person_id,
        began=time_from_ros(m.began),
        told=time_from_ros(m.told),
        over=m.over,
        confidence=m.confidence,
        place_in_map=_place(m.place_in_map, m.mapped),
        room=m.room,
        evidence=tuple(m.evidence),
    )


def _care_events(value: v.CareEvents) -> k.CareEvents:
    return k.CareEvents(header=_header(value.stamp), events=[_care_event(e) for e in value.events])


def _care_events_back(m: k.CareEvents) -> v.CareEvents:
    return v.CareEvents(time_from_ros(m.header.stamp), tuple(_care_event_back(e) for e in m.events))


def _incident(value: v.Incident) -> k.Incident:
    return k.Incident(
        id=value.id,
        kind=value.kind,
        state=value.state.value,
        level=value.level.value,
        opened=time_to_ros(value.opened),
        opened_wall_s=float(value.opened_wall),
        changed=time_to_ros(value.changed),
        person_id=int(value.person_id),
        mapped=value.place_in_map is not None,
        place_in_map=_point(value.place_in_map),
        room=value.room,
        evidence=list(value.evidence),
        log=list(value.log),
        acknowledged_by=value.acknowledged_by,
        fall_ids=list(value.fall_ids),
    )


def _incident_back(m: k.Incident) -> v.Incident:
    return v.Incident(
        id=m.id,
        kind=m.kind,
        state=v.IncidentState(m.state),
        level=v.AlarmLevel(m.level),
        opened=time_from_ros(m.opened),
        opened_wall=m.opened_wall_s,
        changed=time_from_ros(m.changed),
        person_id=m.person_id,
        place_in_map=_place(m.place_in_map, m.mapped),
        room=m.room,
        evidence=tuple(m.evidence),
        log=tuple(m.log),
        acknowledged_by=m.acknowledged_by,
        fall_ids=tuple(m.fall_ids),
    )


def _incidents(value: v.Incidents) -> k.Incidents:
    return k.Incidents(header=_header(value.stamp), incidents=[_incident(i) for i in value.incidents])


def _incidents_back(m: k.Incidents) -> v.Incidents:
    return v.Incidents(time_from_ros(m.header.stamp), tuple(_incident_back(i) for i in m.incidents))


def _speech(value: v.Speech) -> k.Speech:
    return k.Speech(header=_header(value.stamp), text=value.text, language=value.language, kind=value.kind.value)


def _speech_back(m: k.Speech) -> v.Speech:
    return v.Speech(time_from_ros(m.header.stamp), m.text, m.language, v.SpeechKind(m.kind))


def _mission(value: v.Mission) -> k.Mission:
    return k.Mission(header=_header(value.stamp), name=value.name, phase=value.phase, detail=value.detail)


def _mission_back(m: k.Mission) -> v.Mission:
    return v.Mission(time_from_ros(m.header.stamp), m.name, m.phase, m.detail)


# Maps and health


def _grid(value: v.GridMap) -> OccupancyGrid:
    message = OccupancyGrid(header=_header(value.stamp, MAP))
    message.info.resolution = float(value.resolution)
    message.info.height, message.info.width = value.cells.shape
    message.info.origin = _pose(value.origin_in_map)
    message.data = array("b", np.ascontiguousarray(value.cells, dtype=np.int8).tobytes())
    return message


def _grid_back(m: OccupancyGrid) -> v.GridMap:
    cells = np.frombuffer(m.data, np.int8).reshape(m.info.height, m.info.width)
    # The message holds 32-bit floats: give back the resolution as it was written, not 0.05000000074505806.
    resolution = round(m.info.resolution, 6)
    return v.GridMap(time_from_ros(m.header.stamp), resolution, _pose_back(m.info.origin), cells)


def _plan(value: v.Plan) -> Path:
    header = _header(value.stamp, MAP)
    points = [PoseStamped(header=header, pose=RosPose(position=_point((x, y, 0.0)))) for x, y in value.points_in_map]
    return Path(header=header, poses=points)


def _plan_back(m: Path) -> v.Plan:
    points = [(p.pose.position.x, p.pose.position.y) for p in m.poses]
    return v.Plan(time_from_ros(m.header.stamp), np.array(points, dtype=float).reshape(-1, 2))


_LEVELS = {
    v.Health.OK: DiagnosticStatus.OK,
    v.Health.WARN: DiagnosticStatus.WARN,
    v.Health.ERROR: DiagnosticStatus.ERROR,
    v.Health.STALE: DiagnosticStatus.STALE,
}
_HEALTHS = {level: health for health, level in _LEVELS.items()}


def _diagnostics(value: v.Diagnostics) -> DiagnosticArray:
    lines = [
        DiagnosticStatus(
            level=_LEVELS[d.health],
            name=d.name,
            message=d.message,
            values=[KeyValue(key=key, value=figure) for key, figure in d.figures],
        )
        for d in value.lines
    ]
    return DiagnosticArray(header=_header(value.stamp), status=lines)


def _diagnostics_back(m: DiagnosticArray) -> v.Diagnostics:
    lines = [
        v.Diagnostic(s.name, _HEALTHS[s.level], s.message, tuple((f.key, f.value) for f in s.values)) for s in m.status
    ]
    return v.Diagnostics(time_from_ros(m.header.stamp), tuple(lines))


def _home_reading(value: v.HomeReading) -> k.HomeReading:
    figure_only = value.kind is v.SensorKind.TEMPERATURE
    return k.HomeReading(
        stamp=time_to_ros(value.stamp),
        sensor=value.sensor,
        kind=value.kind.value,
        room=value.room,
        known=(value.value if figure_only else value.active) is not None,
        active=bool(value.active),
        valued=value.value is not None,
        value=_number(value.value),
    )


def _home_reading_back(m: k.HomeReading) -> v.HomeReading:
    kind = v.SensorKind(m.kind)
    on_or_off = m.known and kind is not v.SensorKind.TEMPERATURE
    figure = _maybe(m.value) if m.known and m.valued else None
    return v.HomeReading(time_from_ros(m.stamp), m.sensor, kind, m.room, bool(m.active) if on_or_off else None, figure)


def _home(value: v.HomeReadings) -> k.HomeReadings:
    readings = [_home_reading(reading) for reading in value.readings]
    return k.HomeReadings(header=_header(value.stamp), connected=value.connected, readings=readings)


def _home_back(m: k.HomeReadings) -> v.HomeReadings:
    readings = tuple(_home_reading_back(reading) for reading in m.readings)
    return v.HomeReadings(time_from_ros(m.header.stamp), bool(m.connected), readings)


def _tree(value: v.TreeState) -> DiagnosticArray:
    """A line each: the name, what it says, and as figures how deep it is and its status."""
    lines = [
        DiagnosticStatus(
            name=line.name,
            message=line.feedback,
            values=[KeyValue(key="depth", value=str(line.depth)), KeyValue(key="status", value=line.status)],
        )
        for line in value.lines
    ]
    return DiagnosticArray(header=_header(value.stamp), status=lines)


def _tree_back(m: DiagnosticArray) -> v.TreeState:
    lines = []
    for line in m.status:
        figures = {f.key: f.value for f in line.values}
        if "depth" not in figures or "status" not in figures:
            raise ValueError(f"tree: {line.name!r} has no depth or status")
        lines.append(v.TreeLine(int(figures["depth"]), line.name, figures["status"], line.message))
    return v.TreeState(time_from_ros(m.header.stamp), tuple(lines))


def _picture_wish(value: v.PictureWish) -> Header:
    return _header(value.stamp, value.name)


def _picture_wish_back(m: Header) -> v.PictureWish:
    return v.PictureWish(time_from_ros(m.stamp), m.frame_id)


def _picture_kept(value: v.PictureKept) -> DiagnosticArray:
    level = DiagnosticStatus.WARN if value.why else DiagnosticStatus.OK
    line = DiagnosticStatus(level=level, name=value.name, message=value.why)
    return DiagnosticArray(header=_header(value.stamp), status=[line])


def _picture_kept_back(m: DiagnosticArray) -> v.PictureKept:
    if len(m.status) != 1:
        raise ValueError(f"picture: one line is expected, there are {len(m.status)}")
    return v.PictureKept(time_from_ros(m.header.stamp), m.status[0].name, m.status[0].message)


def _screen(value: v.Screen) -> k.Screen:
    return k.Screen(
        header=_header(value.stamp),
        id=value.id,
        language=value.language,
        title=value.title,
        text=value.text,
        choice_ids=[name for name, _ in value.choices],
        choice_labels=[label for _, label in value.choices],
        count=-1 if value.count is None else value.count,
    )


def _screen_back(m: k.Screen) -> v.Screen:
    if len(m.choice_ids) != len(m.choice_labels):
        raise ValueError(f"screen: {len(m.choice_ids)} choices have {len(m.choice_labels)} labels")
    choices = tuple(zip(m.choice_ids, m.choice_labels, strict=True))
    count = None if m.count < 0 else int(m.count)
    return v.Screen(time_from_ros(m.header.stamp), m.id, m.language, m.title, m.text, choices, count)


def _note(value: v.Note) -> k.Speech:
    return k.Speech(header=_header(value.stamp, value.id), text=value.words, kind=value.kind)


def _note_back(m: k.Speech) -> v.Note:
    return v.Note(time_from_ros(m.header.stamp), m.header.frame_id, m.kind, m.text)


_TABLE: dict[type, tuple[type, Callable[[Any], Any], Callable[[Any], Any]]] = {
    v.VelocityCommand: (TwistStamped, _command, _command_back),
    v.Odometry: (RosOdometry, _odometry, _odometry_back),
    v.MapPose: (PoseWithCovarianceStamped, _map_pose, _map_pose_back),
    v.JointStates: (JointState, _joints, _joints_back),
    v.JointCommand: (JointState, _joint_command, _joint_command_back),
    v.Battery: (BatteryState, _battery, _battery_back),
    v.DockSeen: (PoseWithCovarianceStamped, _dock_seen, _dock_seen_back),
    v.ControllerState: (k.ControllerState, _controller, _controller_back),
    v.ChainState: (k.ChainState, _chain, _chain_back),
    v.Scan: (LaserScan, _scan, _scan_back),
    v.Image: (RosImage, _image, _image_back),
    v.Depth: (RosImage, _depth, _depth_back),
    v.CameraInfo: (RosCameraInfo, _camera_info, _camera_info_back),
    v.Persons: (k.Persons, _persons, _persons_back),
    v.Falls: (k.Falls, _falls, _falls_back),
    v.CareEvents: (k.CareEvents, _care_events, _care_events_back),
    v.Incidents: (k.Incidents, _incidents, _incidents_back),
    v.Speech: (k.Speech, _speech, _speech_back),
    v.Mission: (k.Mission, _mission, _mission_back),
    v.GridMap: (OccupancyGrid, _grid, _grid_back),
    v.Plan: (Path, _plan, _plan_back),
    v.Diagnostics: (DiagnosticArray, _diagnostics, _diagnostics_back),
    v.HomeReadings: (k.HomeReadings, _home, _home_back),
    v.TreeState: (DiagnosticArray, _tree, _tree_back),
    v.PictureWish: (Header, _picture_wish, _picture_wish_back),
    v.PictureKept: (DiagnosticArray, _picture_kept, _picture_kept_back),
    v.Screen: (k.Screen, _screen, _screen_back),
    v.Note: (k.Speech, _note, _note_back),
}


def message_type(value_type: type) -> type:
    return _TABLE[value_type][0]


def to_ros(value: object) -> Any:
    return _TABLE[type(value)][1](value)


def from_ros(message: object, value_type: type[T]) -> T:
    """Raises ValueError where the message can't be such a value (wrong encoding, unknown word)."""
    value: T = _TABLE[value_type][2](message)
    return value
