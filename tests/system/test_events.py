"""Each event of docs/events.md with the whole stack: a story in which it happens, and one that only looks like it.

All of them by `make test-scenarios`.
"""

from pathlib import Path

import pytest

from tests.system.playing import play, why

STORIES = [
    "long_lie", "floor_exercise", "bed_exit", "bed_rest", "night_wandering", "night_bathroom", "left_home",
    "at_the_door", "inactivity", "reading_quietly", "help_gesture", "waves_hello", "cry_for_help", "television",
]  # fmt: skip
pytestmark = [pytest.mark.timeout(660), pytest.mark.thorough]


@pytest.mark.parametrize("name", STORIES)
def test_what_happens_is_told_and_what_only_looks_like_it_is_left_in_peace(name: str, tmp_path: Path) -> None:
    result = play(name, 1, tmp_path)
    assert result["passed"], why(result)
