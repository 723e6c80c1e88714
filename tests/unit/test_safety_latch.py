"""The latched stop over every state and event, and on disk through kills and broken files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kangban.values import STILL, ControllerState
from safety.latch import Latch, engage, release, watch
from safety.latch_file import LatchFile

CALM = ControllerState(0.0, True, True, False, False, (), (), STILL, None, 0, 0, 0, None)
PRESSED = replace(CALM, emergency_stop=True)
FREE, HELD = Latch(), Latch(True, "nurse", "wet floor")


@pytest.mark.parametrize(
    ("before", "after"),
    [(FREE, Latch(True, "family", "a dog")), (HELD, HELD)],
)
def test_stop_engages_and_keeps_the_first_cause(before: Latch, after: Latch) -> None:
    assert engage(before, "family", "a dog") == after


@pytest.mark.parametrize("before", [FREE, HELD])
@pytest.mark.parametrize("controller", [None, CALM, PRESSED])
def test_only_the_pressed_button_engages_by_itself(before: Latch, controller: ControllerState | None) -> None:
    after = watch(before, controller)
    assert after.latched == (before.latched or controller is PRESSED)


@pytest.mark.parametrize(
    ("before", "who", "controller", "latched", "refused"),
    [
        (HELD, "nurse", CALM, False, None),
        (HELD, "nurse", PRESSED, True, "still pressed"),
        (HELD, "nurse", None, True, "unknown"),
        (HELD, " ", CALM, True, "who"),
        (FREE, "nurse", CALM, False, None),
        (FREE, "nurse", PRESSED, False, None),
        (FREE, "nurse", None, False, None),
    ],
)
def test_release(
    before: Latch, who: str, controller: ControllerState | None, latched: bool, refused: str | None
) -> None:
    after, why = release(before, who, controller)
    assert after.latched == latched
    assert (why is None) == (refused is None)
    assert refused is None or refused in str(why)


def test_pulling_the_button_out_does_not_release() -> None:
    assert watch(watch(FREE, PRESSED), CALM).latched


def test_the_stop_outlives_the_process(tmp_path: Path) -> None:
    file = LatchFile.of(tmp_path / "state")
    assert file.load() == FREE
    file.save(HELD)
    assert LatchFile.of(tmp_path / "state").load() == HELD
    file.save(FREE)
    assert file.load() == FREE


@pytest.mark.parametrize("content", ["", "{", "[]", '{"latched": 0, "who": "", "reason": ""}', '{"latched": false}'])
def test_a_broken_record_is_a_stop_that_names_its_file(tmp_path: Path, content: str) -> None:
    file = LatchFile.of(tmp_path)
    file.path.write_text(content)
    assert file.load().latched
    assert str(file.path) in file.load().reason


def test_a_kill_while_writing_leaves_the_old_record(tmp_path: Path) -> None:
    file = LatchFile.of(tmp_path)
    file.save(HELD)
    file.path.with_suffix(".new").write_text('{"latched": fal')  # what a kill in the middle of `save` leaves behind
    assert file.load() == HELD
