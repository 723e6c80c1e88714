"""`kangban motors calibrate`: joints put by hand where the URDF says 0 rad, wheels turned once; kept in the profile.

Motors on a bus have no power meanwhile; our own board holds its axes also while disarmed (docs/protocol.md), so whoever
turns them is told to switch the motors' supply off. A joint's answer becomes its `zero_ticks`; a wheel that counts
backwards when it is turned forwards gets the other `sign`. Feetech servos also move their encoder's jump half a turn
away.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from firmware_bridge.motors import MotorsError
from firmware_bridge.workbench.profile_edit import with_axis_value, write
from firmware_bridge.workbench.session import Session, opened
from kangban.config import load_profile, profile_path
from kangban.motor_profile import FeetechMotors, Joint, KangbanMotors, Wheel
from kangban.profile import Profile

TURN_TOLERANCE = 0.25  # of a turn: further off, the ticks a turn are wrong or it was not one turn
FRESH_S = 0.3  # several readings
HELD = "the board holds its axes also while disarmed: switch the motors' supply off, and leave the board on\n"
ENTER = "press Enter (s and Enter: leave it as it is)"


def run(args: argparse.Namespace) -> int:
    path = profile_path(args.profile)
    profile = load_profile(args.profile)
    wanted = args.axes or [joint.name for joint in profile.motors.joints]
    every: list[Wheel | Joint] = [*profile.motors.wheels, *profile.motors.joints]
    axes = [axis for axis in every if axis.name in wanted]
    missing = sorted(set(wanted) - {axis.name for axis in axes})
    if missing:
        raise MotorsError(f"no axis {', '.join(missing)} in {path}")
    if not axes:
        raise MotorsError(f"{path} has no joints; name a wheel to check its direction")
    if isinstance(profile.motors, KangbanMotors):
        sys.stderr.write(HELD)
    for axis in axes:
        found = _joint(profile, args, axis) if isinstance(axis, Joint) else _wheel(profile, args, axis)
        if found is not None:
            _keep(path, axis.name, *found)
    return 0


def ticks_of(session: Session, name: str) -> int:
    """The newest count of an axis. Raises MotorsError where it is not known."""
    session.until(lambda: False, FRESH_S)
    state = session.motors.state()
    if not state.connected or state.axes is None:
        raise MotorsError(f"{name}: its count is not known ({state.message})")
    return state.axes.ticks[session.axis_names.index(name)]


def _keep(path: Path, axis: str, key: str, value: int) -> None:
    write(path, with_axis_value(path.read_text(encoding="utf-8"), axis, key, value))
    sys.stderr.write(f"{axis}: {key}: {value} written to {path}\n")


def _asked(sentence: str) -> bool:
    """Has the person done it? Raises EOFError where nobody is there."""
    sys.stderr.write(f"{sentence}, then {ENTER}: ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise MotorsError("the input ended; what was written so far is kept")
    return line.strip().lower() != "s"


def _joint(profile: Profile, args: argparse.Namespace, joint: Joint) -> tuple[str, int] | None:
    motors = profile.motors
    if isinstance(motors, FeetechMotors):
        return _feetech(args.port or motors.port, motors, joint)
    with opened(args.profile, args.port) as session:
        if not _asked(f"{joint.name}: move it to where the URDF says 0 rad and hold it"):
            return None
        return "zero_ticks", joint.zero_ticks + joint.sign * ticks_of(session, joint.name)


def _feetech(port: str, motors: FeetechMotors, joint: Joint) -> tuple[str, int] | None:
    from firmware_bridge.feetech import service
    from firmware_bridge.feetech.line import Line

    line = Line(port, motors.baud)
    line.open()
    try:
        service.release(line, joint.id)
        if not _asked(f"{joint.name}: move it to where the URDF says 0 rad and hold it"):
            return None
        return "zero_ticks", service.calibrate(line, joint.id)
    finally:
        line.close()


def _wheel(profile: Profile, args: argparse.Namespace, wheel: Wheel) -> tuple[str, int] | None:
    with opened(args.profile, args.port) as session:
        before = ticks_of(session, wheel.name)
        if not _asked(f"{wheel.name}: lift the base and turn this wheel one turn forwards, as in driving ahead"):
            return None
        turned = ticks_of(session, wheel.name) - before
    per_turn = profile.motors.encoder_ticks_per_turn
    if abs(abs(turned) - per_turn) > TURN_TOLERANCE * per_turn:
        raise MotorsError(
            f"{wheel.name}: counted {turned} ticks, motors.encoder_ticks_per_turn is {per_turn}; turn it exactly once, "
            "or correct that number"
        )
    if turned > 0:
        sys.stderr.write(f"{wheel.name}: counts forwards already; nothing to write\n")
        return None
    return "sign", -wheel.sign
