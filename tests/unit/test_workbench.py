"""The bench tool's decisions: the dead man's key, the jog's ramp and range, and a profile edited in place."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.motors import Mode, MotorsError
from firmware_bridge.workbench import deadman
from firmware_bridge.workbench.deadman import FIRST_REPEAT_S, RELEASED_AFTER_S, DeadMan, held_key
from firmware_bridge.workbench.jog import Limits, Motion, commands, lasted, limits_of, step
from firmware_bridge.workbench.profile_edit import with_axis_value, write
from kangban.config import config_dir, load_profile

LEKIWI, COMPANION = load_profile("lekiwi"), load_profile("companion")
FILES = sorted((config_dir() / "profiles").glob("*.yaml"))
LIMITS = Limits(velocity=1.5, acceleration=6.0, torque=1.5, lower=-1.0, upper=1.0)
DT = 0.05


def after(presses: list[tuple[str, float]]) -> DeadMan:
    state = DeadMan()
    for key, at in presses:
        state = deadman.pressed(deadman.let_go(state, at), key, at)
    return state


@pytest.mark.parametrize(
    ("presses", "now", "held"),
    [
        ([], 0.0, ""),
        ([("f", 0.0)], 0.01, ""),  # tapped
        ([("f", 0.0), ("f", 0.5)], 0.52, "f"),  # the keyboard repeats
        ([("f", 0.0), ("f", 0.5), ("f", 0.53)], 0.6, "f"),
        ([("f", 0.0), ("f", 0.5)], 0.5 + RELEASED_AFTER_S + 0.01, ""),  # let go
        ([("f", 0.0), ("f", FIRST_REPEAT_S + 0.01)], 0.9, ""),  # two taps far apart
        ([("f", 0.0), ("f", 0.5), ("f", 0.8)], 0.81, ""),  # held, let go, pressed again: begins anew
        ([("f", 0.0), ("b", 0.3)], 0.31, ""),  # another key
        ([("f", 0.0), ("f", 0.5), ("b", 0.53)], 0.54, ""),
    ],
)
def test_only_a_key_that_is_held_down_counts(presses: list[tuple[str, float]], now: float, held: str) -> None:
    assert held_key(after(presses), now) == held


def test_a_pause_and_a_press_in_one_look_begin_anew() -> None:
    """The tool takes the keys that came before it looks at the time that passed."""
    held = deadman.pressed(deadman.pressed(DeadMan(), "f", 0.0), "f", 0.5)
    assert held_key(deadman.pressed(held, "f", 0.8), 0.8) == ""


@pytest.mark.parametrize("keys", ["ffffffff", "ff", "bf"])
def test_keys_that_come_all_at_once_are_one_press(keys: str) -> None:
    """A line or a program that stalled hands over what was pressed long ago: nobody need be holding it now."""
    assert held_key(deadman.came(DeadMan(), keys, 0.0), 0.01) == ""
    held = deadman.came(deadman.came(DeadMan(), "f", 0.0), "f", 0.5)
    assert held_key(deadman.came(held, keys, 0.53), 0.54) == ("f" if keys[-1] == "f" else "")
    assert held_key(deadman.came(held, keys, 3.0), 3.01) == ""
    assert deadman.came(held, "", 0.53) == held


def test_a_pause_of_the_program_is_not_made_up_for() -> None:
    """Ctrl-Z and fg with the key still down: a joint led on by its speed times the pause would leap."""
    assert [lasted(10.0, now, DT) for now in (10.03, 10.05, 20.0, 9.0)] == pytest.approx([0.03, 0.05, 2 * DT, 0.0])
    motion = step(Motion(velocity=1.5), 1.5, lasted(10.0, 20.0, DT), LIMITS)
    assert motion.position <= 1.5 * 2 * DT + 1e-9


@given(st.lists(st.sampled_from([-1.5, 0.0, 0.15, 1.5]), max_size=80), st.floats(-1.0, 1.0))
def test_a_jogged_joint_stays_within_ramp_speed_and_range(wishes: list[float], start: float) -> None:
    motion = Motion(position=start)
    for wish in wishes:
        before, motion = motion, step(motion, wish, DT, LIMITS)
        assert LIMITS.lower <= motion.position <= LIMITS.upper
        assert abs(motion.velocity) <= LIMITS.velocity + 1e-9
        assert motion.velocity == 0.0 or abs(motion.velocity - before.velocity) <= LIMITS.acceleration * DT + 1e-9


def test_a_joint_that_stands_outside_its_range_may_only_come_back() -> None:
    outside = Motion(position=1.3)
    assert step(outside, 1.5, DT, LIMITS) == Motion(0.0, 1.3)
    assert step(outside, -1.5, DT, LIMITS).position < 1.3


def test_only_the_jogged_axis_moves() -> None:
    stand = tuple(0.1 * n for n in range(9))
    made = commands(LEKIWI, stand, 4, Motion(0.2, 0.5), limits_of(LEKIWI, LEKIWI.motors.joints[1].name))
    assert [c.value for c in made] == [
        0.0,
        0.0,
        0.0,
        pytest.approx(0.3),
        0.5,
        *map(pytest.approx, (0.5, 0.6, 0.7, 0.8)),
    ]
    assert [c.mode for c in made] == [Mode.VELOCITY] * 3 + [Mode.POSITION] * 6
    wheel = commands(LEKIWI, stand, 2, Motion(0.2, 0.0), limits_of(LEKIWI, "right_wheel_joint"))
    assert [c.value for c in wheel[:3]] == [0.0, 0.0, 0.2]


def test_a_wheel_is_jogged_within_the_base_limits() -> None:
    limits = limits_of(COMPANION, "left_wheel_joint")
    assert limits.velocity == pytest.approx(COMPANION.limits.speed_mps / COMPANION.base.wheel_radius_m)
    assert limits.torque == COMPANION.limits.wheel_torque_nm
    assert math.isinf(limits.upper)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize(("key", "value"), [("zero_ticks", 1234), ("sign", -1)])
def test_one_number_changes_and_everything_else_stays(path: Path, key: str, value: int) -> None:
    text = path.read_text(encoding="utf-8")
    for kind in ("wheels", "joints"):
        for n, axis in enumerate(yaml.safe_load(text)["motors"].get(kind, [])):
            edited = with_axis_value(text, axis["name"], key, value)
            expected = yaml.safe_load(text)
            expected["motors"][kind][n][key] = value
            assert yaml.safe_load(edited) == expected
            assert edited.count("#") == text.count("#"), "comments stay"


def test_an_unknown_axis_is_said(tmp_path: Path) -> None:
    with pytest.raises(MotorsError, match="no wheel or joint named tail"):
        with_axis_value("motors: {wheels: []}", "tail", "sign", 1)
    with pytest.raises(MotorsError, match="can't be written"):
        write(tmp_path / "nowhere" / "robot.yaml", "name: robot\n")
    assert not (tmp_path / "nowhere").exists()
