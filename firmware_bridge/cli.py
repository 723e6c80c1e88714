"""`kangban motors ping PORT`: is there a motor controller, which one, and how long does an answer take?"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import threading
import time
from collections.abc import Callable

from firmware_bridge.families import make
from firmware_bridge.motors import AxisCommand, AxisReadings, Mode, MotorController, MotorsError, MotorState
from firmware_bridge.workbench import cli as workbench
from kangban.config import load_profile
from kangban.motor_profile import Motors

CONNECT_WITHIN_S = 3.0
PINGS = 20


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    motors = subparsers.add_parser("motors", help="bring up motors at the bench")
    commands = motors.add_subparsers(title="commands", metavar="COMMAND", required=True)
    ping = commands.add_parser("ping", help="who answers on a port, and how fast; nothing moves")
    ping.add_argument("port", nargs="?", help="the serial port; otherwise the profile's")
    ping.add_argument("--profile", default="companion", help="a robot in launch/config/profiles, or a file")
    ping.add_argument("--json", action="store_true")
    ping.set_defaults(run=run_ping)
    workbench.register(commands)


def run_ping(args: argparse.Namespace) -> int:
    profile = load_profile(args.profile, [f"motors.port={args.port}"] if args.port else [])
    heard = threading.Event()
    try:
        motors = make(profile.motors, time.monotonic, heard.set)
    except MotorsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    try:
        motors.connect()
        connected = _wait(heard, lambda: motors.state().connected, CONNECT_WITHIN_S)
        trips = _round_trips(motors, heard, profile.motors) if connected else []
        state = motors.state()
    except MotorsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        motors.close()
    _tell(profile.motors.port, state, trips, args.json)
    return 0 if connected else 1


def _round_trips(motors: MotorController, heard: threading.Event, section: Motors) -> list[float]:
    """Seconds, of setpoints that ask for no motion; the controller is not armed."""
    trips: list[float] = []
    for _ in range(PINGS):
        axes = motors.state().axes
        if axes is not None:
            motors.command(_no_motion(axes, section), time.monotonic())
        if heard.wait(CONNECT_WITHIN_S):
            heard.clear()
            trip = motors.state().quality.round_trip
            trips += [] if trip is None else [trip]
    return trips


def _no_motion(axes: AxisReadings, section: Motors) -> tuple[AxisCommand, ...]:
    """Wheels at zero, joints where they are."""
    wheels = [AxisCommand(Mode.VELOCITY, 0.0, 0.0) for _ in section.wheels]
    per_tick = math.tau / section.encoder_ticks_per_turn
    joints = [AxisCommand(Mode.POSITION, t * per_tick, 0.0) for t in axes.ticks[len(wheels) :]]
    return (*wheels, *joints)


def _wait(heard: threading.Event, condition: Callable[[], bool], longest_s: float) -> bool:
    end = time.monotonic() + longest_s
    while not condition():
        if time.monotonic() > end:
            return False
        heard.wait(0.1)
        heard.clear()
    return True


def _tell(port: str, state: MotorState, trips: list[float], as_json: bool) -> None:
    trip_ms = round(1000 * statistics.median(trips), 2) if trips else None
    found = {
        "port": port,
        "connected": state.connected,
        "message": state.message,
        "armed": state.armed,
        "emergency_stop": state.emergency_stop,
        "bumper": state.bumper,
        "faults": list(state.faults),
        "voltage": state.voltage,
        "temperature": state.temperature,
        "round_trip_ms": trip_ms,
    }
    if as_json:
        sys.stdout.write(json.dumps(found) + "\n")
        return
    for name, value in found.items():
        sys.stdout.write(f"{name:15} {'unknown' if value is None else value}\n")
