"""Opening a serial port for one program alone, and errors that say what to do."""

from __future__ import annotations

import errno
import fcntl
import grp
import os
import stat
import termios
from pathlib import Path

import serial

USUAL_GROUP = "dialout"  # of serial ports on Debian and Ubuntu
WRITE_TIMEOUT_S = 0.05  # pyserial's own calls never wait longer
# What a port that was pulled out raises, depending on the call: SerialException is an OSError, termios.error is not.
BROKEN_PORT = (OSError, termios.error)


class PortBusyError(Exception):
    """Another program holds the port."""


class PortAwayError(Exception):
    """The port can't be opened now; it may come back."""


def open_port(path: str, baud: int) -> serial.Serial:
    """The port, non-blocking to read. Nobody else can open it (only root still could, who has to ask for the lock).

    Raises PortBusyError or PortAwayError with what to do.
    """
    try:
        port = serial.Serial(path, baud, timeout=0, write_timeout=WRITE_TIMEOUT_S, exclusive=True)
        fcntl.ioctl(port.fileno(), termios.TIOCEXCL)  # pyserial's lock stops only those who ask for it
        return port
    except BROKEN_PORT as error:
        code = error.errno if isinstance(error, OSError) else error.args[0]
        raise why_not(path, code, error) from error
    except ValueError as error:  # pyserial refuses a baud rate that the driver can't make
        raise PortAwayError(f"{path}: {error}; set motors.baud to a rate of this adapter") from error


def write_at_once(port: serial.Serial, data: bytes) -> int:
    """How many bytes the port took without waiting; where it did not take all, nothing stays in its buffer.

    Raises one of BROKEN_PORT. pyserial's own write either waits or, without a time limit, spins on a full buffer.
    """
    try:
        written = os.write(port.fileno(), data)
    except BlockingIOError:
        written = 0
    if written < len(data):
        port.reset_output_buffer()
    return written


def forget_unsent(port: serial.Serial) -> None:
    """Throw away what the port has taken and not sent yet: closing would wait for it, and it would come out late."""
    try:
        port.reset_output_buffer()
    except (*BROKEN_PORT, ValueError):
        return  # pulled out: nothing is left to throw away


def close_quietly(port: serial.Serial) -> None:
    """Close a port that may have been pulled out; then there is nothing left to close."""
    try:
        fcntl.ioctl(port.fileno(), termios.TIOCNXCL)  # a pseudo-terminal that others hold open would stay ours
    except (*BROKEN_PORT, ValueError):
        pass
    try:
        port.close()
    except BROKEN_PORT:
        return


def why_not(path: str, code: int | None, error: Exception) -> PortBusyError | PortAwayError:
    """What is wrong with the port and what to do, from the error number of opening it."""
    if code in (errno.EAGAIN, errno.EWOULDBLOCK, errno.EBUSY):
        return PortBusyError(
            f"{path}: another program holds the port; end it (a second bridge, a terminal program), then start again"
        )
    if code == errno.ENOENT:
        return PortAwayError(f"{path}: no such port; plug the motor controller in, or set motors.port in the profile")
    if code in (errno.EACCES, errno.EPERM):
        return PortAwayError(f"{path}: this user may not use the port; {_letting_in(path)}; then log in anew")
    return PortAwayError(f"{path}: can't be opened ({error}); check the cable and that it is a serial port")


def _letting_in(path: str) -> str:
    """The command that lets this user use the port, by the group it belongs to."""
    try:
        found = Path(path).stat()
        group = grp.getgrgid(found.st_gid).gr_name
    except (OSError, KeyError):
        return f"run: sudo usermod -aG {USUAL_GROUP} $USER"
    shared = stat.S_IRGRP | stat.S_IWGRP
    if found.st_gid != 0 and found.st_mode & shared == shared:
        return f"run: sudo usermod -aG {group} $USER"
    return f"give it to the group {USUAL_GROUP} with a udev rule; run: sudo usermod -aG {USUAL_GROUP} $USER"
