"""The commands of the bench. Every error of the motors ends in its sentence and exit status 1."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from firmware_bridge.bus import BusAwayError, BusError, MisfitError
from firmware_bridge.motors import MotorsError
from firmware_bridge.serial_port import PortBusyError
from firmware_bridge.workbench import calibrate, jog, monitor, scan, set_id

Run = Callable[[argparse.Namespace], int]


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _scan(commands.add_parser("scan", help="which serial ports there are and who answers; nothing moves"))
    _monitor(commands.add_parser("monitor", help="a live table of every axis; nothing moves"))
    _jog(commands.add_parser("jog", help="turn one wheel or joint while a key is held down"))
    _calibrate(commands.add_parser("calibrate", help="zero of joints, direction of wheels; written to the profile"))
    _set_id(commands.add_parser("set-id", help="another number for a servo or driver on a bus"))


def _scan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", help="only this one; otherwise every serial port of this machine")
    parser.add_argument("--family", action="append", choices=scan.FAMILIES, help="only this one (may be repeated)")
    parser.add_argument("--baud", type=int, help="only this rate; otherwise the usual ones of each family")
    parser.add_argument("--json", action="store_true", help="one line for each answer")
    parser.set_defaults(run=_told(scan.run))


def _monitor(parser: argparse.ArgumentParser) -> None:
    _robot(parser)
    parser.add_argument("--seconds", type=float, help="end after this long; otherwise Ctrl-C ends it")
    parser.add_argument("--json", action="store_true", help="one line for each look")
    parser.set_defaults(run=_told(monitor.run))


def _jog(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("axis", help="the name of a wheel or joint in the profile")
    _robot(parser)
    parser.add_argument("--speed", type=float, help="rad/s; otherwise a tenth of the axis' highest")
    parser.set_defaults(run=_told(jog.run))


def _calibrate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("axes", nargs="*", help="wheels and joints by name; otherwise every joint")
    _robot(parser)
    parser.set_defaults(run=_told(calibrate.run))


def _set_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", type=int)
    parser.add_argument("new", type=int)
    _robot(parser)
    parser.set_defaults(run=_told(set_id.run))


def _robot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--profile", default="companion", help="a robot in launch/config/profiles, or a file")
    parser.add_argument("--port", help="the serial port; otherwise the profile's")


def _told(run: Run) -> Run:
    def told(args: argparse.Namespace) -> int:
        try:
            return run(args)
        except (MotorsError, MisfitError, BusError, BusAwayError, PortBusyError, EOFError) as error:
            sys.stderr.write(f"{error}\n")
            return 1

    return told
