"""The whole stack in the simulated home, one seed each; ten seeds are `kangban bench seeds`."""

from pathlib import Path

import pytest

from tests.system.playing import play, why

pytestmark = pytest.mark.timeout(660)


@pytest.mark.thorough  # with the C firmware at the wheels it is played every time: test_firmware.py
@pytest.mark.parametrize("seed", [1, 2, 3])  # in 2 and 3 the pose model sees the lying body twice for a moment
def test_a_fall_is_seen_asked_about_alarmed_and_resolved(seed: int, tmp_path: Path) -> None:
    result = play("fall", seed, tmp_path)
    assert result["passed"], why(result)
    assert result["outcome"] == "resolved"


def test_everyday_life_raises_no_alarm(tmp_path: Path) -> None:
    result = play("everyday", 1, tmp_path)
    assert result["passed"], why(result)


def test_a_person_who_says_she_is_fine_gets_a_record_and_no_alarm(tmp_path: Path) -> None:
    result = play("answered", 1, tmp_path)
    assert result["passed"], why(result)
    assert result["metrics"]["incidents"] == 1


@pytest.mark.thorough
def test_another_robot_drives_through_the_flat_by_its_own_profile(tmp_path: Path) -> None:
    """Three omni wheels and an arm on a servo bus: kinematics, mounts, footprint and wire are its own."""
    result = play("drive", 1, tmp_path, options=("--profile", "lekiwi"))
    assert result["passed"], why(result)


AT_HOME = [
    "crossing", "narrow_door", "blocked", "patrol", "patrol_fall", "reminder", "reminder_silent", "visitor",
]  # fmt: skip


@pytest.mark.parametrize(
    "name", [name if name == "crossing" else pytest.param(name, marks=pytest.mark.thorough) for name in AT_HOME]
)
def test_among_people_it_finds_its_way_and_does_its_duties(name: str, tmp_path: Path) -> None:
    result = play(name, 1, tmp_path)
    assert result["passed"], why(result)
