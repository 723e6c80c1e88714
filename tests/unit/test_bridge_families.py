"""A profile's family becomes the thing that speaks to it; a library that is missing is said by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from firmware_bridge.families import FAMILIES, make
from firmware_bridge.motors import MotorsError
from kangban.config import config_dir, load_profile
from kangban.motor_profile import DynamixelMotors

PROFILES = sorted(path.stem for path in (config_dir() / "profiles").glob("*.yaml"))


@pytest.mark.parametrize("name", PROFILES)
def test_every_shipped_robot_has_its_motors(name: str) -> None:
    motors = make(load_profile(name).motors, lambda: 0.0)
    state = motors.state()
    assert (state.connected, state.armed, state.axes) == (False, False, None)
    motors.close()


def test_servos_on_a_dynamixel_bus_too() -> None:
    like = load_profile("lekiwi").motors.model_dump()
    for key in ("without_watchdog", "family", "watchdog_s"):
        like.pop(key)
    section = DynamixelMotors(family="dynamixel", watchdog_s=0.2, **like)
    motors = make(section, lambda: 0.0)
    assert not motors.state().connected
    motors.close()


def test_every_family_of_the_profile_is_known() -> None:
    assert sorted(FAMILIES) == ["dynamixel", "feetech", "kangban", "modbus", "opencr"]


@pytest.mark.parametrize(
    ("robot", "library"), [("hub", "pymodbus"), ("turtlebot3", "dynamixel_sdk"), ("lekiwi", "scservo_sdk")]
)
def test_a_missing_library_is_named(robot: str, library: str) -> None:
    script = (
        f"import sys; sys.modules[{library!r}] = None\n"
        "from firmware_bridge.families import make\n"
        "from firmware_bridge.motors import MotorsError\n"
        "from kangban.config import load_profile\n"
        "try:\n"
        f"    make(load_profile({robot!r}).motors, lambda: 0.0)\n"
        "except MotorsError as error:\n"
        "    print(error)\n"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert f"the Python package that brings {library!r}" in said
    assert "run `make robot`" in said


def test_a_profile_that_its_driver_can_not_have_is_an_error_in_words_not_a_traceback() -> None:
    motors = load_profile("hub").motors
    first, *others = motors.wheels
    wrong = motors.model_copy(update={"wheels": (first.model_copy(update={"id": 7}), *others)})
    with pytest.raises(MotorsError, match=r"left_wheel_joint: register map zlac8015d has no channel 7; allowed: 1, 2"):
        make(wrong, lambda: 0.0)
