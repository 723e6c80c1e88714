"""The whole stack in the simulated home, one seed each; ten seeds are `kangban bench seeds`."""

from pathlib import Path

import pytest

from tests.system.playing import play, why

pytestmark = pytest.mark.timeout(660)


def test_a_fall_is_seen_asked_about_alarmed_and_resolved(tmp_path: Path) -> None:
    result = play("fall", 1, tmp_path)
    assert result["passed"], why(result)
    assert result["outcome"] == "resolved"
    assert Path(result["artifacts"]["strip"]).stat().st_size > 10_000


def test_everyday_life_raises_no_alarm(tmp_path: Path) -> None:
    result = play("everyday", 1, tmp_path)
    assert result["passed"], why(result)


def test_a_person_who_says_she_is_fine_gets_a_record_and_no_alarm(tmp_path: Path) -> None:
    result = play("answered", 1, tmp_path)
    assert result["passed"], why(result)
    assert result["metrics"]["incidents"] == 1
