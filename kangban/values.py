"""What flows between the rooms, as frozen values: SI units, radians, the frame in the name, time in seconds.

`stamp` is the robot's time (see `clock.py`) at which the value was true, not when it arrived. Unknown is `None`,
never zero. Frames follow REP 105 (map, odom, base_link: x forward, y left, z up).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from kangban.company_values import Note as Note
from kangban.company_values import Screen as Screen
from kangban.geometry import STILL as STILL
from kangban.geometry import Array as Array
from kangban.geometry import Covariance2D as Covariance2D
from kangban.geometry import Point3 as Point3
from kangban.geometry import Pose2D as Pose2D
from kangban.geometry import Twist2D as Twist2D
from kangban.geometry import wrap_angle as wrap_angle
from kangban.home_values import HomeReading as HomeReading
from kangban.home_values import HomeReadings as HomeReadings
from kangban.home_values import PictureKept as PictureKept
from kangban.home_values import PictureWish as PictureWish
from kangban.home_values import SensorKind as SensorKind
from kangban.home_values import TreeLine as TreeLine
from kangban.home_values import TreeState as TreeState
from kangban.power_values import Battery as Battery
from kangban.power_values import DockSeen as DockSeen


@dataclass(frozen=True, slots=True)
class VelocityCommand:
    """A wish to move, in the base frame, with the time it was made."""

    stamp: float
    velocity: Twist2D


@dataclass(frozen=True, slots=True)
class Odometry:
    """Covariances: of the pose in odom, of the velocity in the base; None: unknown."""

    stamp: float
    pose_in_odom: Pose2D
    velocity_in_base: Twist2D
    pose_covariance: Covariance2D | None = None
    velocity_covariance: Covariance2D | None = None


@dataclass(frozen=True, slots=True)
class MapPose:
    """Where the robot is on the map; published only while it is known."""

    stamp: float
    pose_in_map: Pose2D
    position_std_m: float


@dataclass(frozen=True, slots=True)
class Scan:
    """One turn of a planar lidar: `ranges` (n,), m, at angle_min + i * angle_increment in the lidar's frame.

    Infinite: nothing within range_max. NaN: no reading (unknown, not free).
    """

    stamp: float
    angle_min: float
    angle_increment: float
    range_min: float
    range_max: float
    ranges: Array

    def points_in_lidar(self) -> Array:
        """The finite returns as (k, 2), m, in the lidar's frame."""
        angles = self.angle_min + self.angle_increment * np.arange(len(self.ranges))
        good = np.isfinite(self.ranges) & (self.ranges >= self.range_min) & (self.ranges <= self.range_max)
        return np.stack([self.ranges[good] * np.cos(angles[good]), self.ranges[good] * np.sin(angles[good])], axis=1)


@dataclass(frozen=True, slots=True)
class Image:
    """A colour picture: `pixels` (height, width, 3), uint8, RGB."""

    stamp: float
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Depth:
    """Distance along the optical axis: `millimetres` (height, width), uint16; 0 is no reading."""

    stamp: float
    millimetres: NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """Pinhole intrinsics in pixels, without distortion."""

    stamp: float
    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float


class Posture(StrEnum):
    STANDING = "standing"
    WALKING = "walking"
    SITTING = "sitting"
    BENDING = "bending"  # or reaching
    KNEELING = "kneeling"
    GETTING_UP = "getting_up"
    FALLING = "falling"
    LYING_FLOOR = "lying_floor"
    LYING_FURNITURE = "lying_furniture"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Person:
    """One person in one frame; landmarks are MediaPipe's 33.

    landmarks_in_image (33, 5): x, y in 0..1 of the image, z, visibility, presence; None while not seen.
    landmarks_in_body (33, 3): m, about the hip centre; None while not seen.
    box_in_image: left, top, right, bottom in 0..1. points_in_base (k, 3): located body points, m, base_link.
    """

    id: int
    seen: bool
    posture: Posture
    confidence: float
    box_in_image: tuple[float, float, float, float] | None
    landmarks_in_image: Array | None
    landmarks_in_body: Array | None
    points_in_base: Array | None
    position_in_base: Point3 | None
    position_in_map: Point3 | None


@dataclass(frozen=True, slots=True)
class Persons:
    """The people of one camera frame; `stamp` is that frame's. `blind`: the camera gives no usable picture."""

    stamp: float
    people: tuple[Person, ...]
    blind: bool = False


class FallState(StrEnum):
    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Fall:
    """One fall as perception sees it now; `since` is when this state began."""

    id: str
    person_id: int
    state: FallState
    since: float
    confidence: float
    place_in_map: Point3 | None
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Falls:
    stamp: float
    falls: tuple[Fall, ...]


class CareEventKind(StrEnum):
    LONG_LIE = "long_lie"
    BED_EXIT = "bed_exit"
    NIGHT_WANDERING = "night_wandering"
    LEFT_HOME = "left_home"
    INACTIVITY = "inactivity"
    HELP_GESTURE = "help_gesture"
    CRY_FOR_HELP = "cry_for_help"
    # What the home's own sensors, or a round, tell
    EMERGENCY_CALL = "emergency_call"
    SMOKE = "smoke"
    GAS = "gas"
    WATER = "water"
    NOT_FOUND = "not_found"
    # What the robot asked and got no answer to
    MEDICINE_UNCONFIRMED = "medicine_unconfirmed"
    CHECK_IN_UNANSWERED = "check_in_unanswered"


@dataclass(frozen=True, slots=True)
class CareEvent:
    """Something of everyday life that somebody should know of. `began`: robot time; `told`: when first published.

    `person_id` is 0 where it is about nobody who was seen; `room` is empty where it is unknown.
    """

    id: str
    kind: CareEventKind
    person_id: int
    began: float
    told: float
    over: bool
    confidence: float
    place_in_map: Point3 | None
    room: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CareEvents:
    """All that are going on, or ended lately."""

    stamp: float
    events: tuple[CareEvent, ...]


class IncidentState(StrEnum):
    OPEN = "open"  # known, nobody has been near yet
    CHECKING = "checking"  # the robot goes there and asks
    ANSWERED = "answered"  # the person said she is fine
    ALARMED = "alarmed"  # a human has been called
    ACKNOWLEDGED = "acknowledged"  # a human has taken it over
    RESOLVED = "resolved"


class AlarmLevel(StrEnum):
    NONE = "none"
    NURSE = "nurse"
    FAMILY = "family"


@dataclass(frozen=True, slots=True)
class Incident:
    """Something a human must not miss. `opened` and `changed` are robot time; `opened_wall` labels the record."""

    id: str
    kind: str
    state: IncidentState
    level: AlarmLevel
    opened: float
    opened_wall: float
    changed: float
    person_id: int
    place_in_map: Point3 | None
    room: str
    evidence: tuple[str, ...]
    log: tuple[str, ...]
    acknowledged_by: str
    fall_ids: tuple[str, ...]  # the falls in perception's `falls` that it is about, oldest first


@dataclass(frozen=True, slots=True)
class Incidents:
    stamp: float
    incidents: tuple[Incident, ...]


class SpeechKind(StrEnum):
    ASK = "ask"
    INFORM = "inform"
    ALARM = "alarm"
    ANSWER = "answer"
    CRY_FOR_HELP = "cry_for_help"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Speech:
    stamp: float
    text: str
    language: str  # "zh" or "en"
    kind: SpeechKind


@dataclass(frozen=True, slots=True)
class Mission:
    stamp: float
    name: str
    phase: str
    detail: str


@dataclass(frozen=True, slots=True)
class ChainState:
    """What the arbiter, the guard and the latch did with the last command, and why."""

    stamp: float
    source: str | None
    wished: Twist2D
    sent: Twist2D
    reasons: tuple[str, ...]
    stop_latched: bool
    stop_reason: str


@dataclass(frozen=True, slots=True)
class ControllerState:
    """The motor controller as the bridge knows it; `sent` is what really went out on the wire."""

    stamp: float
    connected: bool
    armed: bool
    emergency_stop: bool
    bumper: bool
    faults: tuple[str, ...]
    reasons: tuple[str, ...]
    sent: Twist2D
    voltage: float | None
    lost: int
    corrupt: int
    late: int
    round_trip: float | None


@dataclass(frozen=True, slots=True)
class JointStates:
    """Positions (rad) and velocities (rad/s) of named joints."""

    stamp: float
    names: tuple[str, ...]
    positions: tuple[float, ...]
    velocities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class JointGoal:
    """Where one joint shall go (rad), or how fast it shall turn (rad/s): one of the two, the other is None."""

    name: str
    position: float | None = None
    velocity: float | None = None


@dataclass(frozen=True, slots=True)
class JointCommand:
    """A wish to move joints, with the time it was made. Joints that are not named keep what they were told."""

    stamp: float
    goals: tuple[JointGoal, ...]


@dataclass(frozen=True, slots=True)
class GridMap:
    """An occupancy grid: `cells` (rows, columns), int8: 0 free, 100 occupied, -1 unknown; row 0 at the origin's y.

    `origin_in_map` is the corner of cell (0, 0), not its centre; `resolution` is metres a cell.
    """

    stamp: float
    resolution: float
    origin_in_map: Pose2D
    cells: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Plan:
    """A path on the map, (n, 2), m; empty: none."""

    stamp: float
    points_in_map: Array


class Health(StrEnum):
    OK = "ok"
    WARN = "warn"
    ERROR = "error"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One line of health: who, how, in words, with figures."""

    name: str
    health: Health
    message: str
    figures: tuple[tuple[str, str], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Diagnostics:
    stamp: float
    lines: tuple[Diagnostic, ...]
