"""What a port that can't be used says: what is wrong and the command that mends it."""

from __future__ import annotations

import errno
import grp
import os
import stat
from pathlib import Path

import pytest

from firmware_bridge.serial_port import PortAwayError, PortBusyError, open_port, why_not


def somebodys_group() -> str:
    """A group that is not root's."""
    return next(group.gr_name for group in grp.getgrall() if group.gr_gid != 0)


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM])
def test_a_port_of_a_group_names_that_group_in_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    port = tmp_path / "ttyACM0"
    port.touch()
    port.chmod(0o660)
    group = somebodys_group()
    fields = list(port.stat())[:10]
    fields[stat.ST_GID] = grp.getgrnam(group).gr_gid
    with monkeypatch.context() as only_root_could:
        only_root_could.setattr(Path, "stat", lambda _: os.stat_result(fields))
        told = why_not(str(port), code, OSError(code, "no"))
    assert isinstance(told, PortAwayError)
    assert str(told) == f"{port}: this user may not use the port; run: sudo usermod -aG {group} $USER; then log in anew"


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_a_port_that_no_group_may_use_wants_a_rule_first(tmp_path: Path, mode: int) -> None:
    port = tmp_path / "ttyACM0"
    port.touch(mode)
    port.chmod(mode)
    told = str(why_not(str(port), errno.EACCES, OSError(errno.EACCES, "no")))
    assert "give it to the group dialout with a udev rule" in told
    assert "sudo usermod -aG dialout $USER" in told


def test_a_folder_that_hides_the_port_is_no_traceback(tmp_path: Path) -> None:
    told = str(why_not(str(tmp_path / "gone" / "tty"), errno.EACCES, OSError(errno.EACCES, "no")))
    assert "sudo usermod -aG dialout $USER" in told


def test_a_file_that_is_no_port_and_a_port_that_is_held_are_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(PortAwayError, match="check the cable and that it is a serial port"):
        open_port(str(file), 115200)
    assert isinstance(why_not("x", errno.EBUSY, OSError()), PortBusyError)
