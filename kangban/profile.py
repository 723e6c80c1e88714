"""What a robot is: one YAML file in launch/config/profiles/, validated here. Limits have no defaults."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from kangban import agreement
from kangban.base_profile import Base
from kangban.fields import (
    Acceleration,
    Angle,
    Jerk,
    Length,
    Metres,
    Rate,
    Seconds,
    Section,
    Share,
    Speed,
    TurnAcceleration,
    TurnRate,
)
from kangban.motor_profile import Motors

Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


class Mount(Section):
    """Where a sensor sits, in base_link; pitch_rad is positive when it looks down."""

    x_m: Metres
    y_m: Metres
    z_m: Metres
    yaw_rad: Angle
    pitch_rad: Angle


class Limits(Section):
    """What the last gate before the motors never exceeds."""

    speed_mps: Speed
    turn_rate_radps: TurnRate
    acceleration_mps2: Acceleration
    deceleration_mps2: Acceleration  # how fast it may brake; never below acceleration_mps2
    turn_acceleration_radps2: TurnAcceleration
    jerk_mps3: Jerk
    wheel_speed_radps: Annotated[float, Field(gt=0, le=200)]  # what a loaded wheel can turn: the motor's data sheet
    wheel_torque_nm: Annotated[float, Field(gt=0, le=100)]
    power_w: Annotated[float, Field(gt=0, le=2000)]

    @model_validator(mode="after")
    def _brakes_at_least_as_hard(self) -> Limits:
        if self.deceleration_mps2 < self.acceleration_mps2:
            raise ValueError("deceleration_mps2 must be at least acceleration_mps2: it must brake as hard as it starts")
        return self


class Camera(Section):
    device: str  # what `kangban watch camera` opens: a number or a device path
    width_px: Annotated[int, Field(ge=64, le=4096)]
    height_px: Annotated[int, Field(ge=64, le=4096)]
    vertical_fov_rad: Annotated[float, Field(gt=0.2, le=2.5)]
    rate_hz: Rate
    depth_min_m: Length
    depth_max_m: Length
    mount: Mount


class Lidar(Section):
    rate_hz: Rate
    rays: Annotated[int, Field(ge=16, le=4096)]
    range_min_m: Annotated[float, Field(ge=0, le=2)]
    range_max_m: Length
    mount: Mount


class CliffSensor(Section):
    name: Word
    mount: Mount  # above the floor, looking down and ahead: its pitch says where it meets the floor

    @model_validator(mode="after")
    def _looks_at_the_floor(self) -> CliffSensor:
        if not (self.mount.z_m > 0.0 and 0.2 <= self.mount.pitch_rad <= math.pi / 2 + 1e-6):
            raise ValueError(
                f"cliff sensor {self.name}: mount it above the floor with pitch_rad from 0.2 to 1.57, down"
            )
        return self


class Cliff(Section):
    """Where the floor is measured ahead of the wheels."""

    rate_hz: Rate
    range_max_m: Length
    max_drop_m: Annotated[float, Field(ge=0.01, le=0.5)]  # more below the floor than this is a step down
    sensors: Annotated[tuple[CliffSensor, ...], Field(min_length=1, max_length=8)]

    @model_validator(mode="after")
    def _sees_the_floor(self) -> Cliff:
        names = [sensor.name for sensor in self.sensors]
        if len(set(names)) != len(names):
            raise ValueError("sensors: each name may be used once")
        for sensor in self.sensors:
            needed = (sensor.mount.z_m + self.max_drop_m) / math.sin(sensor.mount.pitch_rad)
            if self.range_max_m < needed:
                raise ValueError(
                    f"range_max_m is {self.range_max_m}, but {sensor.name} is {needed:.2f} m from the step that it "
                    f"must see; allowed: at least {needed:.2f}"
                )
        return self


class Source(Section):
    """One wish to move that the arbiter listens to; the highest priority that is fresh wins."""

    name: Literal["teleop", "behavior", "nav"]
    priority: Annotated[int, Field(ge=0, le=100)]
    timeout_s: Annotated[float, Field(gt=0.04, le=1.0)]


class Guard(Section):
    """The collision guard: what it slows and stops for (distances from the robot's edge)."""

    clear_speed_mps: Speed
    near_person_speed_mps: Speed
    near_person_m: Length
    person_stop_m: Length
    obstacle_margin_m: Annotated[float, Field(gt=0.005, le=0.5)]  # kept to obstacles after braking
    reaction_s: Annotated[float, Field(gt=0, le=1.0)]  # from a reading to the wheels, assumed when braking is planned
    source_timeout_s: Annotated[float, Field(gt=0.05, le=1.0)]


class Safety(Section):
    rate_hz: Rate
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    guard: Guard

    @model_validator(mode="after")
    def _distinct(self) -> Safety:
        names = [s.name for s in self.sources]
        priorities = [s.priority for s in self.sources]
        if len(set(names)) != len(names) or len(set(priorities)) != len(priorities):
            raise ValueError("sources: each name and each priority may be used once")
        return self


class Perception(Section):
    max_people: Annotated[int, Field(ge=1, le=6)]
    pose_confidence: Share  # below this a detection is not a person
    blind_after_s: Seconds  # no usable picture for this long is reported
    forget_after_s: Seconds  # a person not seen for this long is dropped, unless on the floor
    suspect_after_s: Seconds  # low after a quick way down for this long: suspected
    confirm_after_s: Seconds  # still down for this long after the suspicion: confirmed
    found_down_after_s: Seconds  # on the floor so long, whatever she does: a fall; else care.long_lie
    recovered_after_s: Seconds  # up again for this long: recovered
    record: Literal["nothing", "landmarks"]  # landmarks: what was seen is kept, without pictures, to be decided again
    record_limit_mb: Annotated[float, Field(ge=10, le=100_000)]  # of all that is kept; the oldest goes first


class Care(Section):
    """After how long something of everyday life is told. At which hours, and where, is the site's to say."""

    long_lie_after_s: Seconds  # lies still on the floor, its height measured
    long_lie_unmeasured_after_s: Seconds  # the same where heights are only read off the picture
    bed_exit_after_s: Seconds  # upright beside the bed
    wandering_after_s: Seconds  # on her feet at night outside the night's rooms: longer than any trip takes
    wandering_trips: Annotated[int, Field(ge=2, le=20)]  # or so many trips ...
    wandering_within_s: Seconds  # ... within so long
    gone_after_s: Seconds  # went out of an exit and has not come back
    motionless_after_s: Seconds  # seen, awake on a seat, without moving
    wave_s: Annotated[float, Field(ge=1, le=10)]  # a raised arm waved, in all; a hello is shorter

    @model_validator(mode="after")
    def _surer_without_heights(self) -> Care:
        if self.long_lie_unmeasured_after_s < self.long_lie_after_s:
            raise ValueError("long_lie_unmeasured_after_s must be at least long_lie_after_s: guessing takes longer")
        return self


class Navigation(Section):
    engine: Literal["kangban", "nav2"]  # nav2: on a machine with a full ROS 2, Nav2 plans and drives; same port
    rate_hz: Rate
    map_resolution_m: Annotated[float, Field(ge=0.02, le=0.2)]
    cruise_speed_mps: Speed
    turn_rate_radps: TurnRate
    clearance_m: Length  # wished distance of the path to obstacles, beyond the footprint
    back_speed_mps: Speed  # backwards and sideways, where the camera does not look
    horizon_s: Annotated[float, Field(ge=1.0, le=5.0)]  # what the local control looks ahead
    rollouts: Annotated[int, Field(ge=50, le=5000)]  # guesses of each step of it
    position_tolerance_m: Annotated[float, Field(gt=0.005, le=0.5)]
    heading_tolerance_rad: Annotated[float, Field(gt=0.005, le=1.0)]
    blocked_after_s: Seconds  # no progress for this long: plan again, then give up with a reason
    door_memory_s: Seconds  # a door seen shut is taken for shut so long, and another way is driven


class Docking(Section):
    """How this robot docks: nose first, two sprung contacts side by side below its bumper (docs/dock.md)."""

    contact_x_m: Annotated[float, Field(gt=0.05, le=1.0)]  # the contacts' tips before base_link, not pressed
    contact_half_m: Annotated[float, Field(ge=0.01, le=0.08)]  # each is so far beside the middle
    contact_travel_m: Annotated[float, Field(ge=0.004, le=0.05)]  # they give way by so much
    approach_speed_mps: Annotated[float, Field(gt=0, le=0.2)]
    contact_speed_mps: Annotated[float, Field(gt=0, le=0.1)]  # the last centimetres
    tries: Annotated[int, Field(ge=1, le=10)]


class Behaviors(Section):
    tick_hz: Rate
    approach_distance_m: Length  # from the robot's centre to the nearest known point of the person
    approach_limit_s: Seconds  # not there by then: ask from where it stands
    answer_wait_s: Seconds  # silence for this long after asking raises the alarm
    asks: Annotated[int, Field(ge=1, le=5)]  # questions within the wait
    repeat_alarm_s: Seconds  # an alarm that nobody acknowledged is repeated
    escalate_after_s: Seconds  # nurse silent for this long: the family too
    resolve_after_s: Seconds  # acknowledged and recovered (or helped) for this long: resolved
    low_battery: Share


class Voice(Section):
    """Loud and slow by default. Words a minute as espeak-ng counts them (its Mandarin voice is slow at 175)."""

    volume: Annotated[float, Field(gt=0, le=1)]  # of the loudest that the speech program makes without distortion
    words_per_minute_zh: Annotated[int, Field(ge=80, le=300)]
    words_per_minute_en: Annotated[int, Field(ge=80, le=300)]
    microphone: Annotated[str, Field(min_length=1)]  # as ALSA calls it; opened only where privacy.listens says so


class Company(Section):
    """How it keeps somebody company. Times of the day and who is reminded of what are the site's and the store's."""

    behind_m: Annotated[float, Field(ge=0.9, le=3.0)]  # kept behind who is followed, from middle to middle
    lost_after_s: Seconds  # not seen for so long: it goes to where she was last seen
    give_up_after_s: Seconds  # not found again for so long: it stops following, and says so
    wait_for_me_m: Length  # farther ahead than this she is asked to wait
    outside_s: Seconds  # waits so long before a room that it may not look into, then asks and tells
    answer_wait_s: Seconds  # after a question
    ask_again_s: Seconds  # a reminder that nobody confirmed is asked once more after so long
    later_s: Seconds  # the same after "later"
    late_s: Seconds  # what was due longer ago (the robot was off, or busy) is told as missed and not asked any more

    @model_validator(mode="after")
    def _gives_up_last(self) -> Company:
        if self.give_up_after_s <= self.lost_after_s:
            raise ValueError("give_up_after_s must be above lost_after_s: it looks for her before it gives up")
        return self


class Recorder(Section):
    """What is kept around an incident, where the site's `privacy.records` allows it (docs/see_the_robot.md)."""

    before_s: Annotated[float, Field(ge=5, le=900)]  # what was before it opened
    after_s: Seconds  # after it was over
    longest_s: Annotated[float, Field(ge=30, le=7200)]  # of one file, from the opening on
    memory_mb: Annotated[float, Field(ge=4, le=2000)]  # what the minutes before may take up
    keep_mb: Annotated[float, Field(ge=10, le=100_000)]  # of all files; the oldest goes first


class Console(Section):
    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=0, le=65535)]  # 0: any free port
    webhook_timeout_s: Seconds
    webhook_retry_s: Seconds


class Profile(Section):
    name: Word
    base: Base
    limits: Limits
    motors: Motors
    camera: Camera
    lidar: Lidar
    cliff: Cliff | None = None  # none: it sees no step down; docs/safety.md
    safety: Safety
    perception: Perception
    care: Care
    navigation: Navigation
    behaviors: Behaviors
    voice: Voice
    company: Company
    console: Console
    recorder: Recorder
    docking: Docking | None = None  # none: this robot has no contacts, somebody plugs it in

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Profile:
        found = [*agreement.speeds(self), *agreement.wheels(self), *agreement.times(self), *agreement.family(self)]
        if found:
            raise ValueError("; ".join(found))
        return self
