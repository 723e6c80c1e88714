"""The STS3215's register file, as far as the bridge uses it: addresses, units and what a servo complains of.

From Feetech's memory table of the magnetic-encoder STS series; two-byte values have the low byte first. Addresses below
`EEPROM_END` outlive a loss of power when `LOCK` is 0 while they are written.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from firmware_bridge.protocol.messages import FaultBit

STEPS_PER_TURN = 4096
RAD_PER_STEP = math.tau / STEPS_PER_TURN
BAUDS = (
    1_000_000,
    500_000,
    250_000,
    128_000,
    115_200,
    76_800,
    57_600,
    38_400,
)  # in the order of the register's numbers
HIGHEST_ID = 252  # 253 is reserved, 254 is everybody
EVERYBODY = 254

# Kept without power
MODEL = 3
ID = 5
BAUD = 6
RESPONSE_LEVEL = 8  # 0: the servo answers only ping and read
LOWEST_POSITION = 9
HIGHEST_POSITION = 11
LOWEST_VOLTAGE = 15
MOST_TORQUE = 16  # what TORQUE_LIMIT is after a reset
PHASE = 18
HOMING_OFFSET = 31
MODE = 33
EEPROM_END = 40
# Gone without power
TORQUE_ENABLE = 40
ACCELERATION = 41  # 100 steps/s² each; 0: as fast as it can
GOAL_POSITION = 42
GOAL_VELOCITY = 46  # steps/s; in position mode 0 means as fast as it can
TORQUE_LIMIT = 48  # thousandths of the stall torque
LOCK = 55
PRESENT_POSITION = 56
PRESENT_VELOCITY = 58
PRESENT_LOAD = 60
PRESENT_VOLTAGE = 62
PRESENT_TEMPERATURE = 63
STATUS = 65
PRESENT_CURRENT = 69

POSITION_MODE, VELOCITY_MODE = 0, 1
PHASE_FINE_VELOCITY = 4  # velocities in single steps/s, not in fifties
PHASE_MANY_TURNS = 16  # the position counts on past one turn
MOST_OFFSET = 2047
FULL_TORQUE = 1000
ACCELERATION_UNIT = 100  # steps/s²
MOST_ACCELERATION = 254
VOLT = 0.1
AMPERE = 0.0065
LOAD_SHARE = 0.001

GOALS = (ACCELERATION, 9)  # acceleration, goal position, goal time, goal velocity, torque limit: one write
FEEDBACK = (TORQUE_ENABLE, 31)  # from the torque switch to the current: one read


@dataclass(frozen=True, slots=True)
class Model:
    name: str
    stall_torque_nm: float


# The 12 V version's torque for both versions: at 7.4 V a limit then comes out lower than asked, never higher.
MODELS = {777: Model("STS3215", 2.94)}
# The wheels are never asked for more: what the reference driver of LeKiwi allows, and a little less than the servo can.
HIGHEST_STEPS_PER_S = 3000
# No STS3215 turns faster, driven or pushed: 60 turns a minute, against 45 to 50 without load.
NEVER_FASTER_STEPS_PER_S = 4096

_FAULTS = (
    FaultBit.UNDER_VOLTAGE,  # below or above its range
    FaultBit.ENCODER,  # the magnetic sensor
    FaultBit.OVER_TEMPERATURE,
    FaultBit.OVER_CURRENT,
    FaultBit.ENCODER,  # the angle is not where it can be
    FaultBit.STALL,  # overload
)


def faults_in(status: int) -> FaultBit:
    """Of a status register or the error byte of a reply. A bit that no table names counts as ENCODER: trust nothing."""
    found = FaultBit(0)
    for bit in range(8):
        if status & (1 << bit):
            found |= _FAULTS[bit] if bit < len(_FAULTS) else FaultBit.ENCODER
    return found


def word(data: bytes, place: int) -> int:
    return data[place] | data[place + 1] << 8


def two_bytes(value: int) -> bytes:
    return value.to_bytes(2, "little")


def signed(value: int, bit: int = 15) -> int:
    """Sign and magnitude, as these servos write: the sign alone in `bit`."""
    magnitude = value & ((1 << bit) - 1)
    return -magnitude if value & (1 << bit) else magnitude


def sign_magnitude(value: int, bit: int = 15) -> int:
    """Raises ValueError where it doesn't fit."""
    if abs(value) >= 1 << bit:
        raise ValueError(f"{value} does not fit below bit {bit}")
    return abs(value) | (1 << bit if value < 0 else 0)


@dataclass(frozen=True, slots=True)
class Feedback:
    """One servo's own words, in its own sense of direction."""

    enabled: bool
    goal_position: int  # steps
    goal_velocity: int  # steps/s
    torque_limit: int  # thousandths
    position: int  # steps, 0..4095
    velocity: int  # steps/s
    load: float  # share of full drive
    voltage: float  # V
    temperature: float  # degrees Celsius
    current: float  # A, with the load's direction
    faults: FaultBit


def feedback_from(data: bytes, error: int) -> Feedback:
    """From the bytes of FEEDBACK and the error byte of the reply that brought them."""
    first = FEEDBACK[0]
    return Feedback(
        enabled=data[0] == 1,
        goal_position=signed(word(data, GOAL_POSITION - first)),
        goal_velocity=signed(word(data, GOAL_VELOCITY - first)),
        torque_limit=word(data, TORQUE_LIMIT - first),
        position=signed(word(data, PRESENT_POSITION - first)),
        velocity=signed(word(data, PRESENT_VELOCITY - first)),
        load=signed(word(data, PRESENT_LOAD - first), bit=10) * LOAD_SHARE,
        voltage=data[PRESENT_VOLTAGE - first] * VOLT,
        temperature=float(data[PRESENT_TEMPERATURE - first]),
        current=signed(word(data, PRESENT_CURRENT - first)) * AMPERE,
        faults=faults_in(data[STATUS - first] | error),
    )


def goals(position: int, velocity: int, acceleration: int, torque: int) -> bytes:
    """The bytes of GOALS: steps, steps/s, units of ACCELERATION_UNIT, thousandths."""
    return (
        bytes([acceleration])
        + two_bytes(position)
        + two_bytes(0)
        + two_bytes(sign_magnitude(velocity))
        + two_bytes(torque)
    )
