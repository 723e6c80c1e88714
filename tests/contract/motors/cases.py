"""The families under test: a profile, an emulator, and what this family really can and can't do, by name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from dynamixel_sdk import PacketHandler

from firmware_bridge.protocol import AxisSetpoint, Decoder, Mode, Setpoint, encode_frame, pack, unpack
from kangban.config import load_profile
from kangban.motor_profile import ModbusMotors, OpenCrMotors
from kangban.profile import Profile
from sim.motors.battery import Battery
from sim.motors.controller import Controller
from sim.motors.families import MODEL, QEMU, emulator_for
from sim.motors.settings import settings_from
from sim.motors.simulated import SimulatedMotors
from sim.motors.zlac.rtu import framed
from tests.contract.motors.rig import Rig

NEVER_S = 1e6


Build = Callable[[Profile, float], SimulatedMotors]
_JOINT = {"lower_rad": -1.5, "upper_rad": 1.5, "velocity_radps": 2.0, "acceleration_radps2": 8.0}
_JOINT |= {"jerk_radps3": 100.0, "torque_nm": 1.5}
SERVOS = {
    "family": "dynamixel",
    "port": "",
    "baud": 1_000_000,
    "encoder_ticks_per_turn": 4096,
    "watchdog_s": 0.1,
    "control_hz": 20.0,
    "command_life_s": 0.15,
    "stop_time_s": 0.5,
    "arm_at_start": True,
    "battery_empty_v": 9.9,
    "battery_full_v": 12.6,
    "wheels": [{"name": "left_wheel_joint", "id": 1}, {"name": "right_wheel_joint", "id": 2, "sign": -1}],
    "joints": [
        {"name": "lift", "id": 11, "zero_ticks": 2000, **_JOINT},
        {"name": "tilt", "id": 12, "sign": -1, "zero_ticks": 2100, **_JOINT},
    ],
}


@dataclass(frozen=True)
class Case:
    """One family on one emulator. `misfit` makes a device that the profile does not describe."""

    name: str
    profile_name: str
    emulator: Build
    misfit: Build
    misfit_says: str  # what the bridge then says, a regular expression
    sag: Callable[[Any], None]  # its supply breaks down
    stick_encoder: Callable[[Any, int], None]
    disable_watchdog: Callable[[Any], None]  # of the devices of a bench, from now on
    foreign: Callable[[Rig, Profile, int], bytes]  # the k-th frame by which somebody else would turn the wheels
    tolerance_radps: float = 0.1  # of what it is told: its numbers on the wire are whole
    asks: bool = True  # the bridge asks and the devices only answer
    watchdog: bool = True  # the devices stop by themselves when nothing valid comes
    deadlines: bool = False  # a command's end of life travels with it
    sessions: bool = False  # frames belong to a session, and are numbered
    latches: bool = False  # the emergency stop is latched in the controller, and let go only at the robot
    bumper: bool = False  # the controller itself knows the bumper
    keeps_count: bool = True  # over a break of the link
    reports_low_voltage: bool = True
    reports_stall: bool = True
    reports_stuck_encoder: bool = True
    says_more: bool = False  # log lines of its own
    lengthen_watchdog: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()

    def profile(self, folder: Path) -> Profile:
        return load_profile(self.profile_name, [*self.overrides, f"motors.port={folder / 'motors.tty'}"])


def _model(profile: Profile, now: float) -> SimulatedMotors:
    return emulator_for(profile, MODEL, now)


def _firmware(profile: Profile, now: float) -> SimulatedMotors:
    return emulator_for(profile, QEMU, now)


def _sag(emulator: Any) -> None:
    emulator.battery = Battery(emulator.battery.voltage * 0.6, emulator.battery.voltage * 0.55)


def _nothing(_bench: Any) -> None:
    """These devices have no watchdog, or one that nobody can take away."""


# Kangban: the model in Python, and the C firmware in QEMU


def _other_protocol(profile: Profile, now: float) -> SimulatedMotors:
    return Controller(replace(settings_from(profile), protocol=1), now)


def _other_protocol_in_qemu(profile: Profile, now: float) -> SimulatedMotors:
    from sim.motors.qemu import QemuController

    return QemuController(replace(settings_from(profile), protocol=1), now)


def _stick_axis(emulator: Any, axis: int) -> None:
    emulator.axes[axis].encoder_stuck = True


def _never_due(bench: Any) -> None:
    controller = bench.rig.controller
    controller.settings = replace(controller.settings, watchdog_s=NEVER_S)


def _foreign_session(rig: Rig, profile: Profile, k: int) -> bytes:
    """A setpoint as fresh as the bridge's last one, of the session after the bridge's."""
    heard = Decoder().feed(b"\0" + b"".join(rig.recorded or ()))
    ours = next(frame for frame in reversed(heard) if frame.number == Setpoint.number)
    last = unpack(ours.number, ours.payload)
    assert isinstance(last, Setpoint)
    rows = tuple(AxisSetpoint(Mode.VELOCITY, 3_000_000, 6000) for _ in profile.motors.wheels)
    return encode_frame(Setpoint.number, k, ours.session % 0xFFFF + 1, pack(Setpoint(last.deadline_ms, rows)))


KANGBAN = Case(
    name="kangban",
    profile_name="companion",
    emulator=_model,
    misfit=_other_protocol,
    misfit_says=r"firmware \d+\.\d+ speaks protocol 1, this bridge 2: flash matching firmware",
    sag=_sag,
    stick_encoder=_stick_axis,
    disable_watchdog=_never_due,
    foreign=_foreign_session,
    asks=False,
    deadlines=True,
    sessions=True,
    latches=True,
    bumper=True,
    says_more=True,
)
FIRMWARE = replace(
    KANGBAN,
    name="firmware in qemu",
    emulator=_firmware,
    misfit=_other_protocol_in_qemu,
    disable_watchdog=_nothing,
    lengthen_watchdog=("motors.watchdog_s=0.5", "motors.stop_time_s=1.0"),  # it can only be made slow
)


# Feetech: nothing watches in the servos


def _one_less(profile: Profile, now: float) -> SimulatedMotors:
    """The last servo of the profile is not on the bus."""
    chain: Any = _model(profile, now)
    chain.mounted[-1].servo.silent = True
    return cast(SimulatedMotors, chain)


def _stick_servo(chain: Any, axis: int) -> None:
    chain.servos[axis].motor.encoder_stuck = True


def _foreign_servo(_rig: Rig, profile: Profile, _k: int) -> bytes:
    """A sync write of goal velocity to every wheel, as another master would send it."""
    rows = b"".join(bytes((wheel.id, 0xB8, 0x0B)) for wheel in profile.motors.wheels)
    body = bytes((0xFE, len(rows) + 4, 0x83, 46, 2)) + rows
    return b"\xff\xff" + body + bytes((~sum(body) & 0xFF,))


FEETECH = Case(
    name="feetech",
    profile_name="lekiwi",
    emulator=_model,
    misfit=_one_less,
    misfit_says="no answer",
    sag=_sag,
    stick_encoder=_stick_servo,
    disable_watchdog=_nothing,
    foreign=_foreign_servo,
    watchdog=False,
    keeps_count=False,
    reports_stall=False,
    reports_stuck_encoder=False,
)


# Dynamixel: the servos' own Bus Watchdog


def _old_servo(profile: Profile, now: float) -> SimulatedMotors:
    """A servo whose firmware knows no Bus Watchdog."""
    chain: Any = _model(profile, now)
    chain.servos[0].memory.put(6, 37)
    return cast(SimulatedMotors, chain)


def _stick_dynamixel(chain: Any, axis: int) -> None:
    chain.servos[axis].encoder_stuck = True


def _watchdog_asleep(bench: Any) -> None:
    for servo in bench.rig.controller.servos:
        servo.watchdog_works = False


def _foreign_dynamixel(_rig: Rig, profile: Profile, _k: int) -> bytes:
    """Another master writes the goal velocity of every wheel."""
    return b"".join(_dynamixel_write(wheel.id, 104, (100).to_bytes(4, "little")) for wheel in profile.motors.wheels)


def _dynamixel_write(device: int, address: int, data: bytes) -> bytes:
    packet = [0xFF, 0xFF, 0xFD, 0, device, len(data) + 5, 0, 3, address & 0xFF, address >> 8, *data]
    crc = PacketHandler(2.0).updateCRC(0, packet, len(packet))
    return bytes((*packet, crc & 0xFF, crc >> 8))


DYNAMIXEL = Case(
    name="dynamixel",
    profile_name="turtlebot3",
    emulator=_model,
    misfit=_old_servo,
    misfit_says="without a Bus Watchdog; update it",
    sag=_sag,
    stick_encoder=_stick_dynamixel,
    disable_watchdog=_watchdog_asleep,
    foreign=_foreign_dynamixel,
    overrides=("motors=" + json.dumps(SERVOS),),
)


def _other_board(profile: Profile, now: float) -> SimulatedMotors:
    """A board that drives no robot that the family knows."""
    board: Any = _model(profile, now)
    board.body = replace(board.body, number=99)
    board.reboot(now)
    return cast(SimulatedMotors, board)


def _stick_board(board: Any, _axis: int) -> None:
    board.motors_answer = False


def _heartbeat_asleep(bench: Any) -> None:
    bench.rig.controller.heartbeat_s = NEVER_S


def _foreign_board(_rig: Rig, profile: Profile, _k: int) -> bytes:
    motors = profile.motors
    assert isinstance(motors, OpenCrMotors)
    return _dynamixel_write(motors.board_id, 150, (10).to_bytes(4, "little"))


OPENCR = Case(
    name="opencr",
    profile_name="turtlebot3",
    emulator=_model,
    misfit=_other_board,
    misfit_says="drives a robot of kind 99",
    sag=_sag,
    stick_encoder=_stick_board,
    disable_watchdog=_heartbeat_asleep,
    reports_low_voltage=False,
    reports_stall=False,
    reports_stuck_encoder=False,
    tolerance_radps=0.35,  # a hundredth of a metre a second at the rim
    foreign=_foreign_board,
)


# Modbus: no watchdog that could be trusted


def _driver_without_mode(profile: Profile, now: float) -> SimulatedMotors:
    """A driver of the same make that lacks a register of the map."""
    made: Any = _model(profile, now)
    made.driver.remove(0x200D)
    return cast(SimulatedMotors, made)


def _stick_hub(emulator: Any, axis: int) -> None:
    emulator.driver.channels[axis].encoder_stuck = True


def _foreign_master(_rig: Rig, profile: Profile, _k: int) -> bytes:
    motors = profile.motors
    assert isinstance(motors, ModbusMotors)
    return framed(motors.unit_id, 16, bytes.fromhex("2088000204") + bytes((0, 30, 0, 30)))


MODBUS = Case(
    name="modbus",
    profile_name="hub",
    emulator=_model,
    misfit=_driver_without_mode,
    misfit_says="no such register",
    sag=_sag,
    stick_encoder=_stick_hub,
    disable_watchdog=_nothing,
    foreign=_foreign_master,
    watchdog=False,
)
CASES = (KANGBAN, FIRMWARE, DYNAMIXEL, OPENCR, FEETECH, MODBUS)


def matching(pattern: str, text: str) -> bool:
    return re.search(pattern, text) is not None
