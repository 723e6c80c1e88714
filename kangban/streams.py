"""Every topic once, as data: its value, how it travels, how often it comes, and when it is too old to act on.

Names are relative to the robot's namespace. `stale_after_s` is the age beyond which nobody may act on the last value;
`when_stale` says who acts then and how. Nodes publish and listen only by these entries, and report rate and age of each
in `diagnostics`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from kangban import values as v
from kangban.range_values import Range

T = TypeVar("T")


class Qos(Enum):
    SENSOR = "sensor"  # best effort, the newest only: a late picture is worth nothing
    COMMAND = "command"  # reliable, the newest only
    EVENT = "event"  # reliable, the last 50
    STATE = "state"  # reliable and latched: a late listener gets the last one


@dataclass(frozen=True)
class Stream(Generic[T]):
    name: str
    value: type[T]
    qos: Qos
    rate_hz: float | None  # None: on change or on demand
    stale_after_s: float | None  # None: holds until replaced
    when_stale: str


CAMERA_IMAGE = Stream("camera/image", v.Image, Qos.SENSOR, 10.0, 0.5, "perception reports blind")
CAMERA_DEPTH = Stream("camera/depth", v.Depth, Qos.SENSOR, 10.0, 0.5, "perception places people by the ground plane")
CAMERA_INFO = Stream("camera/camera_info", v.CameraInfo, Qos.STATE, None, None, "-")
SCAN = Stream("scan", v.Scan, Qos.SENSOR, 10.0, 0.3, "safety stops; navigation stops")
ODOM = Stream("odom", v.Odometry, Qos.COMMAND, 20.0, 0.3, "safety stops; navigation drops the pose")
JOINT_STATES = Stream("joint_states", v.JointStates, Qos.COMMAND, 20.0, 0.5, "-")
BATTERY = Stream("battery", v.Battery, Qos.STATE, 1.0, 5.0, "behaviors treats the charge as unknown")
DOCK = Stream("dock", v.DockSeen, Qos.COMMAND, None, 0.5, "navigation drives in by the lidar alone, or not at all")
CONTROLLER = Stream("controller", v.ControllerState, Qos.COMMAND, 20.0, 0.5, "behaviors says the motors are away")
POSE = Stream("pose", v.MapPose, Qos.COMMAND, 20.0, 0.3, "perception gives no place; behaviors does not approach")
MAP = Stream("map", v.GridMap, Qos.STATE, None, None, "-")
MAPPING = Stream("mapping/map", v.GridMap, Qos.STATE, None, None, "-")  # so far, while `kangban map drive` runs
PLAN = Stream("plan", v.Plan, Qos.STATE, None, None, "-")
CMD_VEL_TELEOP = Stream("cmd_vel/teleop", v.VelocityCommand, Qos.COMMAND, 20.0, 0.3, "the arbiter drops the source")
CMD_VEL_NAV = Stream("cmd_vel/nav", v.VelocityCommand, Qos.COMMAND, 20.0, 0.3, "the arbiter drops the source")
# Only with `navigation.engine: nav2`: what Nav2 says and is given. Its velocity is none of the arbiter's sources.
NAV2_CMD_VEL = Stream("nav2/cmd_vel", v.VelocityCommand, Qos.COMMAND, 20.0, 0.3, "navigation passes nothing on")
NAV2_PLAN = Stream("nav2/plan", v.Plan, Qos.COMMAND, None, None, "-")
NAV2_BELIEF = Stream("amcl_pose", v.MapPose, Qos.STATE, None, None, "navigation publishes no pose before the first")
NAV2_GROUND = Stream("nav2/ground", v.GridMap, Qos.STATE, None, None, "-")
CMD_VEL_BEHAVIOR = Stream("cmd_vel/behavior", v.VelocityCommand, Qos.COMMAND, 20.0, 0.3, "the arbiter drops the source")
CMD_VEL = Stream("cmd_vel", v.VelocityCommand, Qos.COMMAND, 20.0, 0.15, "the bridge sends zero")
JOINT_COMMAND = Stream("joint_command", v.JointCommand, Qos.COMMAND, 20.0, 0.3, "the bridge holds the joints")
CHAIN = Stream("chain", v.ChainState, Qos.COMMAND, 20.0, 0.5, "behaviors says the safety chain is away")
PERSONS = Stream("persons", v.Persons, Qos.COMMAND, 10.0, 0.3, "safety stops; behaviors sees nobody")
FALLS = Stream("falls", v.Falls, Qos.STATE, 1.0, 3.0, "behaviors reports perception away")
CARE_EVENTS = Stream("care_events", v.CareEvents, Qos.STATE, 1.0, 3.0, "behaviors reports perception away")
INCIDENTS = Stream("incidents", v.Incidents, Qos.STATE, 1.0, 5.0, "the console says it may be out of date")
SPEECH_SAID = Stream("speech/said", v.Speech, Qos.EVENT, None, None, "-")
SPEECH_HEARD = Stream("speech/heard", v.Speech, Qos.EVENT, None, None, "-")
HOME_READINGS = Stream(
    "home/readings", v.HomeReadings, Qos.STATE, 1.0, 5.0, "behaviors takes every sensor of the home as unknown"
)
TREE = Stream("tree", v.TreeState, Qos.STATE, 1.0, 5.0, "the console shows no tree")
PICTURE_WISH = Stream("picture/wish", v.PictureWish, Qos.EVENT, None, None, "-")
PICTURE_KEPT = Stream("picture/kept", v.PictureKept, Qos.EVENT, None, None, "-")
SCREEN = Stream("screen", v.Screen, Qos.STATE, 1.0, 5.0, "the large-print page says that the robot is away")
NOTES = Stream("notes", v.Note, Qos.STATE, None, None, "-")
MISSION = Stream("mission", v.Mission, Qos.STATE, 1.0, 5.0, "the console says the behaviours are away")
DIAGNOSTICS = Stream("diagnostics", v.Diagnostics, Qos.EVENT, 1.0, 5.0, "the console marks the node")

ALL: tuple[Stream[object], ...] = tuple(s for s in list(globals().values()) if isinstance(s, Stream))


@dataclass(frozen=True)
class RoomCamera:
    """What the process of a camera fixed in a room tells: it opens the camera itself, so no pixel is ever sent."""

    persons: Stream[v.Persons]
    falls: Stream[v.Falls]
    care_events: Stream[v.CareEvents]


def room_camera(name: str) -> RoomCamera:
    """The streams of one of the site's `cameras`; perception makes one list of all cameras' falls and care events."""
    away = "perception goes on with what it sees itself"
    return RoomCamera(
        Stream(f"cameras/{name}/persons", v.Persons, Qos.COMMAND, 15.0, 0.3, "nobody acts on it"),
        Stream(f"cameras/{name}/falls", v.Falls, Qos.STATE, 1.0, 3.0, away),
        Stream(f"cameras/{name}/care_events", v.CareEvents, Qos.STATE, 1.0, 3.0, away),
    )


def cliff(name: str) -> Stream[Range]:
    """What one of the profile's `cliff.sensors` measures down to the floor."""
    return Stream(f"cliff/{name}", Range, Qos.SENSOR, 20.0, 0.3, "safety lets nothing drive that way")


# The only streams that carry a camera's pixels, and the only processes that may read each. Everything else that leaves
# perception is landmarks, boxes and figures; docs/privacy.md.
PIXELS: dict[str, frozenset[str]] = {
    CAMERA_IMAGE.name: frozenset({"perception"}),
    CAMERA_DEPTH.name: frozenset({"perception"}),
}

# Services and actions: name -> who serves it.
ROBOT_DESCRIPTION = "robot_description"  # std_msgs/String, latched: text that nobody here acts on
STOP, ARM, ACKNOWLEDGE_INCIDENT = "stop", "arm", "acknowledge_incident"
NAVIGATE_TO, SAY = "navigate_to", "say"
NAV2_NAVIGATE_TO_POSE = "navigate_to_pose"  # served by Nav2, in the robot's namespace
PATROL = "patrol"
FOLLOW = "follow"
CHOOSE, SET_REMINDER, LIST_REMINDERS = "choose", "set_reminder", "list_reminders"
