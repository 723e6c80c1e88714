"""The families of motor controllers: how each is reached and what it must be told, one section a family.

An axis is a wheel or a joint. Wheels stand in the order that the base's kind wants (`base_profile.py`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from kangban.fields import Rate, Section

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
BusId = Annotated[int, Field(ge=0, le=252)]
Sign = Literal[-1, 1]  # -1: the motor is mounted the other way round
Torque = Annotated[float, Field(gt=0, le=200)]  # N·m
JointAngle = Annotated[float, Field(ge=-6.2832, le=6.2832)]
WatchdogTime = Annotated[float, Field(gt=0.02, le=0.5)]


class Wheel(Section):
    """A driven wheel: its joint's name in the URDF, its number on the bus (or channel of the board)."""

    name: Name
    id: BusId
    sign: Sign = 1


class Joint(Section):
    """A joint of an arm. Positions are rad in the URDF's sense; `zero_ticks` is what the encoder says at 0 rad."""

    name: Name
    id: BusId
    sign: Sign = 1
    zero_ticks: Annotated[int, Field(ge=-(2**31), lt=2**31)]  # `kangban motors calibrate` writes it
    lower_rad: JointAngle
    upper_rad: JointAngle
    velocity_radps: Annotated[float, Field(gt=0, le=20)]
    acceleration_radps2: Annotated[float, Field(gt=0, le=200)]
    jerk_radps3: Annotated[float, Field(gt=0, le=5000)]
    torque_nm: Torque

    @model_validator(mode="after")
    def _in_order(self) -> Joint:
        if self.lower_rad >= self.upper_rad:
            raise ValueError(f"{self.name}: lower_rad must be below upper_rad")
        return self


class _Motors(Section):
    port: Annotated[str, Field(min_length=1)]
    baud: Annotated[int, Field(ge=9600, le=4_000_000)]
    encoder_ticks_per_turn: Annotated[int, Field(ge=16, le=1_000_000)]
    wheels: Annotated[tuple[Wheel, ...], Field(min_length=2, max_length=4)]
    joints: Annotated[tuple[Joint, ...], Field(max_length=8)] = ()
    control_hz: Rate  # setpoints a second
    command_life_s: Annotated[float, Field(gt=0.02, le=0.5)]  # a setpoint is dead after this
    stop_time_s: Annotated[float, Field(gt=0.05, le=2.0)]  # from any fault to wheels at zero: what the robot promises
    arm_at_start: bool  # may the bridge arm by itself, with zero speed and no fault?
    battery_empty_v: Annotated[float, Field(gt=0, le=100)]
    battery_full_v: Annotated[float, Field(gt=0, le=100)]

    @model_validator(mode="after")
    def _each_once(self) -> _Motors:
        for what in ("name", "id"):
            found = [getattr(axis, what) for axis in (*self.wheels, *self.joints)]
            if len(set(found)) != len(found):
                raise ValueError(f"wheels and joints: each {what} may be used once")
        if self.battery_empty_v >= self.battery_full_v:
            raise ValueError("battery_empty_v must be below battery_full_v")
        return self


class KangbanMotors(_Motors):
    """Our own protocol and firmware (docs/protocol.md)."""

    family: Literal["kangban"]
    watchdog_s: WatchdogTime  # the controller stops by itself after this silence
    telemetry_hz: Annotated[int, Field(ge=10, le=100)]


class DynamixelMotors(_Motors):
    """Servos on a Dynamixel Protocol 2.0 bus; the servos' own Bus Watchdog is armed with `watchdog_s`."""

    family: Literal["dynamixel"]
    watchdog_s: WatchdogTime


class OpenCrMotors(_Motors):
    """TurtleBot3's OpenCR board, spoken to as one Dynamixel device; the board drives the wheels by itself."""

    family: Literal["opencr"]
    board_id: BusId
    watchdog_s: WatchdogTime  # without a heartbeat for this long the board must stand; checked when it is greeted


class FeetechMotors(_Motors):
    """Servos on a Feetech STS bus. They have no watchdog: if this computer hangs, wheels go on turning."""

    family: Literal["feetech"]
    without_watchdog: Literal["accepted"]  # says in the profile that somebody has weighed this
    watchdog_s: None = None

    @field_validator("watchdog_s", mode="before")
    @classmethod
    def _has_none(cls, value: object) -> object:
        if value is not None:
            raise ValueError(
                f"{value!r} is not allowed: Feetech servos have none; leave it out, or take a family that has one"
            )
        return value


class ModbusMotors(_Motors):
    """A hub-motor driver on Modbus RTU; `register_map` names a file in launch/config/registers/."""

    family: Literal["modbus"]
    unit_id: Annotated[int, Field(ge=1, le=247)]
    register_map: Name
    watchdog_s: WatchdogTime | None  # None where the driver has none; then `without_watchdog` must be accepted
    without_watchdog: Literal["accepted"] | None = None

    @model_validator(mode="after")
    def _weighed(self) -> ModbusMotors:
        if (self.watchdog_s is None) != (self.without_watchdog == "accepted"):
            raise ValueError("give watchdog_s, or leave it null and say without_watchdog: accepted; not both")
        return self


Motors = Annotated[
    KangbanMotors | DynamixelMotors | OpenCrMotors | FeetechMotors | ModbusMotors, Field(discriminator="family")
]
