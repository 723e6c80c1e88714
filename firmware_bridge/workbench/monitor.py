"""`kangban motors monitor`: a live table of every axis; nothing moves. `--json`: one line for each look."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from firmware_bridge.motors import MotorState
from firmware_bridge.workbench.session import Session, opened

LOOKS_A_SECOND = 5.0
UNKNOWN = "unknown"


def run(args: argparse.Namespace) -> int:
    with opened(args.profile, args.port) as session:
        end = math.inf if args.seconds is None else time.monotonic() + args.seconds
        if args.json:
            _lines(session, end)
        else:
            _live(session, end)
    return 0


def _lines(session: Session, end: float) -> None:
    while time.monotonic() < end:
        sys.stdout.write(json.dumps(look(session)) + "\n")
        sys.stdout.flush()
        session.until(lambda: False, min(1.0 / LOOKS_A_SECOND, max(0.0, end - time.monotonic())))


def _live(session: Session, end: float) -> None:
    with Live(table(session), console=Console(stderr=True), refresh_per_second=LOOKS_A_SECOND) as live:
        while time.monotonic() < end:
            session.until(lambda: False, 1.0 / LOOKS_A_SECOND)
            live.update(table(session))


def look(session: Session) -> dict[str, Any]:
    """Everything known now; None stands for unknown. Angles in rad, of the axis, from where its count is zero."""
    state = session.motors.state()
    quality = state.quality
    return {
        "connected": state.connected,
        "message": state.message,
        "armed": state.armed,
        "emergency_stop": state.emergency_stop,
        "bumper": state.bumper,
        "faults": list(state.faults),
        "voltage": state.voltage,
        "temperature": state.temperature,
        "lost": quality.lost,
        "corrupt": quality.corrupt,
        "late": quality.late,
        "round_trip_ms": None if quality.round_trip is None else round(1000 * quality.round_trip, 2),
        "axes": _axes(session, state),
    }


def _axes(session: Session, state: MotorState) -> list[dict[str, Any]]:
    if state.axes is None:
        return []
    per_tick = math.tau / session.profile.motors.encoder_ticks_per_turn
    readings = state.axes
    columns = zip(
        session.axis_names, readings.ticks, readings.velocity, readings.current, readings.temperature, strict=True
    )
    return [
        {
            "name": name,
            "ticks": ticks,
            "angle_rad": round(ticks * per_tick, 4),
            "velocity_radps": round(velocity, 4),
            "current_a": current,
            "temperature_c": temperature,
        }
        for name, ticks, velocity, current, temperature in columns
    ]


def table(session: Session) -> Table:
    found = look(session)
    said = [word for word in ("armed", "emergency_stop", "bumper") if found[word]] + found["faults"]
    volts = UNKNOWN if found["voltage"] is None else f"{found['voltage']:.1f} V"
    trip = UNKNOWN if found["round_trip_ms"] is None else f"{found['round_trip_ms']} ms"
    counts = f"lost {found['lost']}, corrupt {found['corrupt']}, late {found['late']}"
    shown = Table(
        title=f"{session.profile.motors.port}: {found['message']} ({', '.join(said) or 'disarmed'})",
        caption=f"{volts}; answers in {trip}; {counts}; Ctrl-C ends",
    )
    for heading in ("axis", "ticks", "rad", "rad/s", "A", "°C"):
        shown.add_column(heading, justify="left" if heading == "axis" else "right")
    for axis in found["axes"]:
        shown.add_row(*("-" if value is None else str(value) for value in axis.values()))
    return shown
