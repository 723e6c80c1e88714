"""Finding and renumbering simulated servos over a real pseudo-terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.bus import BusError, MisfitError
from firmware_bridge.dynamixel import service
from firmware_bridge.serial_port import PortBusyError, open_port
from sim.motors.dynamixel.chain import DynamixelChain, chain_from
from tests.contract.dynamixel_rig import DynamixelRig, servos


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[DynamixelRig]:
    made = DynamixelRig(tmp_path, chain_from(servos(tmp_path / "motors.tty")), 4)
    yield made
    made.close()


def ids(rig: DynamixelRig) -> list[int]:
    assert isinstance(rig.devices, DynamixelChain)
    return [servo.id for servo in rig.devices.servos]


def test_a_scan_finds_every_servo_and_names_its_model(rig: DynamixelRig) -> None:
    found = list(service.scan(str(rig.port.link), (1_000_000,)))
    assert [(one.id, one.name) for one in found] == [
        (1, "XM430-W210"),
        (2, "XM430-W210"),
        (11, "XM430-W350"),
        (12, "XM430-W350"),
    ]


def test_a_scan_of_a_mute_line_finds_nobody(rig: DynamixelRig) -> None:
    rig.hung = True
    assert list(service.scan(str(rig.port.link), (1_000_000,))) == []


def test_a_scan_does_not_disturb_a_bridge(rig: DynamixelRig) -> None:
    held = open_port(str(rig.port.link), 1_000_000)
    with pytest.raises(PortBusyError):
        list(service.scan(str(rig.port.link)))
    held.close()


def test_a_servo_gets_its_id_without_power(rig: DynamixelRig) -> None:
    service.set_id(str(rig.port.link), 1_000_000, 2, 9)
    assert ids(rig) == [1, 9, 11, 12]


@pytest.mark.parametrize("new, says", [(11, "answers to id 11 already"), (253, "no id of a servo"), (2, "already")])
def test_an_id_that_cannot_be_is_refused(rig: DynamixelRig, new: int, says: str) -> None:
    with pytest.raises(MisfitError, match=says):
        service.set_id(str(rig.port.link), 1_000_000, 2, new)
    assert ids(rig) == [1, 2, 11, 12]


def test_a_servo_that_is_not_there_is_named(rig: DynamixelRig) -> None:
    with pytest.raises(BusError, match="id 7: ping: no answer"):
        service.set_id(str(rig.port.link), 1_000_000, 7, 9)
