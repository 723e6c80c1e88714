"""Every stream's value survives the way into a ROS message and back; unknown stays unknown."""

import dataclasses
import math

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not in this environment")

from kangban import conversions, streams
from kangban import values as v
from kangban.conversions import care, house, maps, motion, motors, people, sensing, words

PERSON = v.Person(
    id=3,
    seen=True,
    posture=v.Posture.LYING_FLOOR,
    confidence=0.5,
    box_in_image=(0.25, 0.5, 0.75, 1.0),
    landmarks_in_image=np.arange(165, dtype=float).reshape(33, 5),
    landmarks_in_body=np.arange(99, dtype=float).reshape(33, 3),
    points_in_base=np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
    position_in_base=(1.0, 2.0, 0.5),
    position_in_map=(3.0, 4.0, 0.5),
)
UNKNOWN_PERSON = v.Person(4, False, v.Posture.UNKNOWN, 0.0, None, None, None, None, None, None)
FALL = v.Fall("f1", 3, v.FallState.CONFIRMED, 1.25, 0.5, (1.0, 2.0, 0.0), ("went down", "stays down"))
CARE = v.CareEvent(
    "c1", v.CareEventKind.BED_EXIT, 3, 1.25, 1.5, True, 0.5, (1.0, 2.0, 0.5), "bedroom", ("got out of bed",)
)
INCIDENT = v.Incident(
    "i1", "fall", v.IncidentState.ALARMED, v.AlarmLevel.NURSE, 1.0, 1.7e9, 2.0, 3, None, "", ("e",), ("l",), "Ann",
    ("f1",),
)  # fmt: skip
TWIST = v.Twist2D(0.25, 0.0, -0.5)
EXAMPLES = [
    v.VelocityCommand(1.5, v.Twist2D(1, 0, 0)),
    v.VelocityCommand(1.5, TWIST),
    v.Odometry(1.5, v.Pose2D(1, 2, 0.5), TWIST),
    v.Odometry(
        1.5,
        v.Pose2D(1, 2, 0.5),
        TWIST,
        v.Covariance2D(1.0, 0.25, 0.5, 2.0, -0.5, 3.0),
        v.Covariance2D(0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    ),
    v.MapPose(1.5, v.Pose2D(-1.0, 2.0, -3.0), 0.5),
    v.JointStates(1.5, ("left", "right"), (1.0, 2.0), (3.0, 4.0)),
    v.JointCommand(1.5, (v.JointGoal("elbow", position=0.5), v.JointGoal("wrist", velocity=0.0))),
    v.JointCommand(1.5, ()),
    v.Battery(1.5, 24, None),
    v.Battery(1.5, 24.5, 0.5),
    v.Battery(1.5, 24.5, 0.5, True),
    v.Battery(1.5, 24.5, 0.5, False),
    v.DockSeen(1.5, v.Pose2D(1, 2, 0.5), v.Covariance2D(1.0, 0.25, 0.5, 2.0, -0.5, 3.0)),
    v.ControllerState(1.5, True, True, False, True, ("stall",), ("speed",), TWIST, None, 1, 2, 3, None),
    v.ControllerState(1.5, True, False, True, False, (), (), TWIST, 24.5, 1, 2, 3, 0.5),
    v.ChainState(1.5, None, TWIST, v.STILL, ("scan stale",), True, "button"),
    v.ChainState(1.5, "nav", TWIST, TWIST, (), False, ""),
    v.Scan(1.5, 0.0, 0.25, 0.125, 10.0, np.array([1.0, math.inf, math.nan])),
    v.Image(1.5, np.arange(24, dtype=np.uint8).reshape(2, 4, 3)),
    v.Depth(1.5, np.arange(8, dtype=np.uint16).reshape(2, 4) * 1000),
    v.CameraInfo(1.5, 640, 480, 400, 401, 320, 240),
    v.Persons(1.5, (PERSON, UNKNOWN_PERSON), blind=True),
    v.Falls(1.5, (FALL, dataclasses.replace(FALL, place_in_map=None))),
    v.CareEvents(1.5, (CARE, dataclasses.replace(CARE, place_in_map=None, over=False, person_id=0, room=""))),
    v.Incidents(1.5, (INCIDENT, dataclasses.replace(INCIDENT, place_in_map=(1.0, 2.0, 0.0)))),
    v.Speech(1.5, "您还好吗？", "zh", v.SpeechKind.ASK),
    v.Mission(1.5, "incident", "approach", "the bed is in the way"),
    v.GridMap(1.5, 0.05, v.Pose2D(-1, -2, 0), np.array([[0, 100], [-1, 0]], np.int8)),
    v.Plan(1.5, np.array([[1.0, 2.0], [3.0, 4.0]])),
    v.Plan(1.5, np.zeros((0, 2))),
    v.HomeReadings(
        1.5,
        True,
        (
            v.HomeReading(1.25, "front", v.SensorKind.DOOR, "corridor", True),
            v.HomeReading(1.25, "smoke", v.SensorKind.SMOKE, "", None),
            v.HomeReading(1.25, "hall", v.SensorKind.TEMPERATURE, "corridor", None, 21.5),
            v.HomeReading(1.25, "hob", v.SensorKind.STOVE, "kitchen", False, 3.0),
        ),
    ),
    v.TreeState(1.5, (v.TreeLine(0, "companion", "running", ""), v.TreeLine(1, "巡视", "idle", "…"))),
    v.PictureWish(1.5, "round-1-00"),
    v.Screen(1.5, "p1", "zh", "吃药", "您吃药了吗？", (("taken", "吃了"), ("later", "等一下")), None),
    v.Screen(1.5, "p2", "en", "Exercise", "Raise your arm", (), 0),
    v.Note(1.5, "all-well-2026-11-23", "all_well", "我很好"),
    v.PictureKept(1.5, "round-1-00", ""),
    v.PictureKept(1.5, "round-1-00", "no_look"),
    v.Diagnostics(1.5, (v.Diagnostic("a: b", v.Health.STALE, "old", (("age_s", "1.0"),)),)),
]


def same(a: object, b: object) -> bool:
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if dataclasses.is_dataclass(a):
        fields = dataclasses.fields(a)
        return type(a) is type(b) and all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields)
    if isinstance(a, tuple):
        return isinstance(b, tuple) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, abs_tol=1e-9)
    return a == b


@pytest.mark.parametrize("value", EXAMPLES, ids=lambda value: type(value).__name__)
def test_a_value_survives_the_round_trip(value: object) -> None:
    assert same(conversions.from_ros(conversions.to_ros(value), type(value)), value)


def test_no_topic_hides_a_conversion_of_another() -> None:
    topics = (care, house, maps, motion, motors, people, sensing, words)
    assert sum(len(topic.CONVERSIONS) for topic in topics) == len(conversions._TABLE)


def test_every_stream_has_an_example() -> None:
    assert {type(value) for value in EXAMPLES} == {stream.value for stream in streams.ALL}


def test_a_picture_of_another_encoding_is_refused() -> None:
    message = conversions.to_ros(next(value for value in EXAMPLES if isinstance(value, v.Image)))
    message.encoding = "bgr8"
    with pytest.raises(ValueError, match="expected rgb8"):
        conversions.from_ros(message, v.Image)
    message.encoding = "rgb8"
    message.height = 3
    with pytest.raises(ValueError, match="expected rgb8"):
        conversions.from_ros(message, v.Image)


def test_a_word_that_no_value_knows_is_refused() -> None:
    message = conversions.to_ros(v.Persons(1.0, (PERSON,)))
    message.people[0].posture = "dancing"
    with pytest.raises(ValueError, match="dancing"):
        conversions.from_ros(message, v.Persons)


def test_a_covariance_lies_where_ros_readers_look_for_it() -> None:
    exact = v.Covariance2D(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    message = conversions.to_ros(v.Odometry(1.5, v.Pose2D(0, 0, 0), TWIST, v.Covariance2D(1, 2, 3, 4, 5, 6), exact))
    filled = {place: number for place, number in enumerate(message.pose.covariance) if number != 0.0}
    assert filled == {0: 1, 1: 2, 6: 2, 5: 3, 30: 3, 7: 4, 11: 5, 31: 5, 35: 6}
    assert set(message.twist.covariance) == {0.0}


def test_an_unknown_covariance_is_marked_and_not_zero() -> None:
    message = conversions.to_ros(v.Odometry(1.5, v.Pose2D(0, 0, 0), TWIST))
    assert message.pose.covariance[0] == message.twist.covariance[0] == -1.0


def test_joint_commands_of_other_programs_are_read() -> None:
    message = conversions.to_ros(v.JointCommand(1.5, (v.JointGoal("elbow", position=0.5),)))
    message.velocity = []  # nobody has a velocity
    assert conversions.from_ros(message, v.JointCommand).goals == (v.JointGoal("elbow", position=0.5),)


@pytest.mark.parametrize(
    ("names", "positions", "velocities", "said"),
    [
        (["elbow"], [0.5], [0.5], "elbow: give a position or a velocity"),
        (["elbow"], [], [], "elbow: give a position or a velocity"),
        (["elbow", "wrist"], [0.5], [], "2 names but 1 numbers in position"),
        (["elbow", "elbow"], [0.5, 0.6], [], "named twice"),
    ],
)
def test_a_joint_command_that_can_not_be_meant_is_refused(names, positions, velocities, said) -> None:
    message = conversions.to_ros(v.JointCommand(1.5, ()))
    message.name, message.position, message.velocity = names, positions, velocities
    with pytest.raises(ValueError, match=said):
        conversions.from_ros(message, v.JointCommand)
