"""The control table of X-series servos, its units, and what differs between models.

Addresses and units: ROBOTIS e-Manual, X series, Protocol 2.0. Multi-byte values are little-endian, two's complement.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from firmware_bridge.protocol.messages import FaultBit

BAUDS = (57_600, 115_200, 1_000_000, 2_000_000, 3_000_000, 4_000_000)
HIGHEST_ID = 252
TICKS_PER_TURN = 4096
OLDEST_FIRMWARE = 38  # the first with a Bus Watchdog

# EEPROM: locked while torque is enabled
FIRMWARE = 6
ID = 7
RETURN_DELAY = 9  # of 2 us
DRIVE_MODE = 10
OPERATING_MODE = 11
PWM_LIMIT, CURRENT_LIMIT = 36, 38
VELOCITY_LIMIT = 44
LOWEST_POSITION, HIGHEST_POSITION = 52, 48
SHUTDOWN = 63

# RAM
TORQUE_ENABLE = 64
STATUS_RETURN_LEVEL = 68
HARDWARE_ERROR = 70
BUS_WATCHDOG = 98
GOAL_PWM = 100
GOAL_CURRENT = 102
GOAL_VELOCITY = 104
PROFILE_ACCELERATION = 108
PROFILE_VELOCITY = 112
GOAL_POSITION = 116
PRESENT_CURRENT = 126  # load in models that do not measure a current
PRESENT_VELOCITY = 128
PRESENT_POSITION = 132
PRESENT_VOLTAGE = 144
PRESENT_TEMPERATURE = 146
FEEDBACK = (TORQUE_ENABLE, PRESENT_TEMPERATURE + 1 - TORQUE_ENABLE)

VELOCITY_MODE, POSITION_MODE, CURRENT_POSITION_MODE = 1, 3, 5
ANSWER_EVERYTHING = 2
WATCHDOG_UNIT_S = 0.02
WATCHDOG_LONGEST = 127
WATCHDOG_STRUCK = 255  # -1: goals are read-only until 0 is written
RADPS_PER_COUNT = 0.229 * math.tau / 60.0
AMPERES_PER_COUNT = 0.00269
VOLTS_PER_COUNT = 0.1
FULL_PWM = 885
RAD_PER_TICK = math.tau / TICKS_PER_TURN

# Bits of the hardware error; Shutdown has the same. A servo that shut down wants a reboot.
ERRORS = {
    0: FaultBit.UNDER_VOLTAGE,
    2: FaultBit.OVER_TEMPERATURE,
    3: FaultBit.ENCODER,
    4: FaultBit.OVER_CURRENT,  # "electrical shock"
    5: FaultBit.STALL,  # "overload"
}
MUST_SHUT_DOWN = 0b0011_1100  # overheating, electrical shock, overload (the maker's own default), encoder


@dataclass(frozen=True, slots=True)
class Model:
    """Torque and speed at 12 V, as the maker gives them."""

    name: str
    stall_torque_nm: float
    no_load_radps: float
    torque_per_ampere: float | None  # N·m/A; None where it measures no current


# Models of size 330 are left out: their Bus Watchdog was reported to strike without stopping the motor.
MODELS = {
    1020: Model("XM430-W350", 4.1, 46 * math.tau / 60, 4.1 / 2.3),
    1030: Model("XM430-W210", 3.0, 77 * math.tau / 60, 3.0 / 2.3),
    1060: Model("XL430-W250", 1.5, 61 * math.tau / 60, None),
    1120: Model("XM540-W270", 10.6, 30 * math.tau / 60, 10.6 / 4.4),
    1130: Model("XM540-W150", 7.3, 53 * math.tau / 60, 7.3 / 4.4),
}


@dataclass(frozen=True, slots=True)
class Feedback:
    """One servo's answer, in its own counts and sense."""

    torque_enable: int
    hardware_error: int
    bus_watchdog: int
    goal_pwm: int
    goal_current: int
    goal_velocity: int
    goal_position: int
    current: int
    velocity: int
    position: int
    voltage: int
    temperature: int

    @property
    def faults(self) -> FaultBit:
        found = FaultBit(0)
        for bit, fault in ERRORS.items():
            if self.hardware_error >> bit & 1:
                found |= fault
        return found

    @property
    def struck(self) -> bool:
        """Its own watchdog stopped it."""
        return self.bus_watchdog == WATCHDOG_STRUCK


def feedback_from(data: bytes) -> Feedback:
    """`data`: FEEDBACK of one servo."""

    def at(address: int, length: int, signed: bool = False) -> int:
        begin = address - FEEDBACK[0]
        return int.from_bytes(data[begin : begin + length], "little", signed=signed)

    return Feedback(
        torque_enable=at(TORQUE_ENABLE, 1),
        hardware_error=at(HARDWARE_ERROR, 1),
        bus_watchdog=at(BUS_WATCHDOG, 1),
        goal_pwm=at(GOAL_PWM, 2, signed=True),
        goal_current=at(GOAL_CURRENT, 2, signed=True),
        goal_velocity=at(GOAL_VELOCITY, 4, signed=True),
        goal_position=at(GOAL_POSITION, 4, signed=True),
        current=at(PRESENT_CURRENT, 2, signed=True),
        velocity=at(PRESENT_VELOCITY, 4, signed=True),
        position=at(PRESENT_POSITION, 4, signed=True),
        voltage=at(PRESENT_VOLTAGE, 2),
        temperature=at(PRESENT_TEMPERATURE, 1),
    )


def number(value: int, length: int) -> bytes:
    return value.to_bytes(length, "little", signed=value < 0)


def watchdog_counts(seconds: float) -> int:
    """Rounded down, so that the servo is never later than promised; one count at least."""
    return max(1, min(WATCHDOG_LONGEST, math.floor(seconds / WATCHDOG_UNIT_S + 1e-9)))


def wrapped(ticks: int) -> int:
    """As signed 32 bits."""
    return (ticks + 2**31) % 2**32 - 2**31
