"""A user who may not use the port: a process without root's rights is told the command, and what it does helps."""

from __future__ import annotations

import grp
import multiprocessing
import os
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from firmware_bridge.families import make
from firmware_bridge.serial_port import PortAwayError, close_quietly, open_port
from kangban.config import load_profile
from kangban.motor_profile import Motors

FORK = multiprocessing.get_context("fork")
NOBODY = 65534
OPENED = "opened"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a port to a group and drop its rights")


def some_group() -> grp.struct_group:
    """Of serial ports where there is one; neither root's nor nobody's."""
    groups = [group for group in grp.getgrall() if group.gr_gid not in (0, NOBODY)]
    return min(groups, key=lambda group: group.gr_name != "dialout")


@pytest.fixture
def port() -> Iterator[Path]:
    """A real terminal that root and a group may use, as /dev/ttyACM0 is."""
    far_end, near_end = os.openpty()
    path = Path(os.ttyname(near_end))
    os.close(near_end)
    os.chown(path, 0, some_group().gr_gid)
    path.chmod(0o660)
    yield path
    os.close(far_end)


def as_nobody(act: str, port: Path, groups: list[int]) -> str:
    """What `act` comes to in a process of a user without rights who is in these groups."""
    ours, theirs = FORK.Pipe()
    child = FORK.Process(target=_without_rights, args=(act, port, groups, theirs))
    child.start()
    theirs.close()  # so that a child that dies is an error here, not a wait
    said: str = ours.recv()
    child.join()
    return said


def _without_rights(act: str, port: Path, groups: list[int], answer: Connection) -> None:
    profile = load_profile("companion", [f"motors.port={port}"])
    os.setgroups(groups)
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setuid(NOBODY)
    answer.send({"open": _open, "bridge": _start_bridge}[act](profile.motors))


def _open(motors: Motors) -> str:
    try:
        close_quietly(open_port(motors.port, motors.baud))
    except PortAwayError as error:
        return str(error)
    return OPENED


def _start_bridge(motors: Motors) -> str:
    made = make(motors, lambda: 0.0)
    made.connect()
    said = made.state().message
    made.close()
    return said


@pytest.mark.parametrize("act", ["open", "bridge"])
def test_who_may_not_use_the_port_is_told_its_group_and_the_command(port: Path, act: str) -> None:
    command = f"run: sudo usermod -aG {some_group().gr_name} $USER; then log in anew"
    assert as_nobody(act, port, []) == f"{port}: this user may not use the port; {command}"


def test_what_the_command_does_helps(port: Path) -> None:
    assert as_nobody("open", port, [some_group().gr_gid]) == OPENED


def test_of_a_port_that_no_group_may_use_a_rule_is_asked_first(port: Path) -> None:
    port.chmod(0o600)
    said = as_nobody("open", port, [some_group().gr_gid])
    assert "give it to the group dialout with a udev rule; run: sudo usermod -aG dialout $USER" in said
