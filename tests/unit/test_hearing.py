"""What is cut out of a room's sound, what the robot heard of itself, and the words of a real voice."""

from __future__ import annotations

import queue
import shutil
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from behaviors.hearing import echo, phrases
from behaviors.hearing.ears import Ears
from behaviors.hearing.echo import Said
from behaviors.hearing.phrases import BLOCK, BLOCK_S, LEAD_S, LONGEST_S, PAUSE_S, RATE_HZ, Ear
from kangban.clock import ManualClock
from kangban.config import ConfigError, load_site
from kangban.processes import Mode, table
from kangban.values import Array
from tests.spoken import spoken

RNG = np.random.default_rng(5)
NEEDS_VOICE = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


def room(seconds: float, db: float = -50.0) -> Array:
    return RNG.normal(0.0, 10 ** (db / 20), round(seconds * RATE_HZ))


def said(seconds: float, db: float = -20.0) -> Array:
    return room(seconds, db)


def cut(*parts: Array, ear: Ear | None = None) -> list[float]:
    """The lengths of the phrases in a sound, s."""
    sound, ear, found = np.concatenate(parts), ear or Ear(), []
    for at in range(0, len(sound) - BLOCK + 1, BLOCK):
        ear, phrase = phrases.step(ear, sound[at : at + BLOCK])
        if phrase is not None:
            found.append(len(phrase) / RATE_HZ)
    return found


@pytest.mark.parametrize("noise_db", [-90.0, -60.0, -40.0])
def test_what_stands_out_of_the_room_is_a_phrase_with_a_little_before_and_after(noise_db: float) -> None:
    found = cut(room(1.0, noise_db), said(1.2), room(2.0, noise_db), said(0.5), room(2.0, noise_db))
    assert found == pytest.approx([LEAD_S + 1.2 + PAUSE_S, LEAD_S + 0.5 + PAUSE_S], abs=0.16)


def test_a_pause_between_words_ends_nothing() -> None:
    assert len(cut(room(1.0), said(0.5), room(0.5), said(0.5), room(1.5))) == 1


def test_a_knock_and_a_quiet_room_are_no_phrase() -> None:
    assert cut(room(1.0), said(0.05), room(1.5)) == []
    assert cut(room(2.0, -100.0), room(0.5, -70.0), room(2.0, -100.0)) == []


def test_a_fan_that_is_switched_on_is_heard_once_and_then_belongs_to_the_room() -> None:
    found = cut(room(1.0), room(40.0, -35.0))
    assert found == pytest.approx([LONGEST_S], abs=2 * BLOCK_S)


def test_a_voice_that_never_pauses_is_cut() -> None:
    babble = np.concatenate([np.concatenate([said(0.4), said(0.2, -45.0)]) for _ in range(50)])
    found = cut(room(1.0), babble, room(1.0))
    assert len(found) >= 2
    assert max(found) <= LONGEST_S + BLOCK_S


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(-120, 0), min_size=1, max_size=120))
def test_whatever_it_hears_it_keeps_no_more_than_a_phrase(levels: list[float]) -> None:
    ear = Ear()
    for level in levels:
        ear, phrase = phrases.step(ear, room(BLOCK_S, level))
        assert len(ear.kept) * BLOCK_S <= LONGEST_S
        assert phrase is None or len(phrase) <= LONGEST_S * RATE_HZ + BLOCK


ASKED = Said("Are you all right? Please answer me.", 10.0, 13.0)


@pytest.mark.parametrize(
    ("words", "began", "own"),
    [
        ("Are you alright? Please answer me.", 10.2, True),
        ("are you all right these answer", 10.2, True),
        ("Help!", 10.2, False),
        ("I can not get up", 11.0, False),
        ("Are you all right? Please answer me.", 14.5, False),  # she asks that
        ("", 10.2, False),
    ],
)
def test_only_what_it_says_at_that_time_is_its_own(words: str, began: float, own: bool) -> None:
    assert echo.is_own(words, began, began + 1.5, (ASKED,)) is own


def test_an_answer_may_repeat_the_question() -> None:
    asked = Said("Have you taken it?", 10.0, 12.0)
    assert not echo.is_own("Yes, taken.", 12.3, 13.5, (asked,))


def test_a_sentence_that_is_cut_short_ends_there_and_old_ones_are_forgotten() -> None:
    kept = echo.remember((Said("one", 0.0, 9.0),), Said("two", 4.0, 6.0))
    assert kept == (Said("one", 0.0, 4.0), Said("two", 4.0, 6.0))
    assert echo.remember(kept, Said("three", 400.0, 401.0)) == (Said("three", 400.0, 401.0),)


@NEEDS_VOICE
def test_a_voice_becomes_words_and_noise_becomes_none() -> None:
    from behaviors.hearing.recogniser import Recogniser
    from behaviors.speech.hear import Meaning, meaning_of

    recogniser = Recogniser()
    fine, help_me = recogniser.words(spoken("I am fine, thank you.")), recogniser.words(spoken("Help me please!"))
    assert meaning_of(fine) is Meaning.FINE, fine
    assert meaning_of(help_me) is Meaning.CRY_FOR_HELP, help_me
    assert recogniser.words(room(2.0, -20.0)) == ""
    assert recogniser.words(np.zeros(RATE_HZ)) == ""


class Given:
    """A microphone that gives what it is given, then nothing."""

    def __init__(self, sound: Array) -> None:
        self.trouble: str | None = None
        self.dropped = 0
        self.drained = threading.Event()
        self._blocks: queue.Queue[Array] = queue.Queue()
        for at in range(0, len(sound) - BLOCK + 1, BLOCK):
            self._blocks.put(sound[at : at + BLOCK])

    def next(self, wait_s: float) -> Array | None:
        try:
            return self._blocks.get_nowait()
        except queue.Empty:
            self.drained.set()  # and the block before is dealt with
            return None

    def close(self) -> None:
        """Nothing is open."""


class Counts:
    def words(self, phrase: Array) -> str:
        return f"{len(phrase) / RATE_HZ:.0f} s"


def listened(sound: Array) -> Ears:
    microphone = Given(sound)
    ears = Ears(microphone, Counts(), ManualClock(100.0))
    assert microphone.drained.wait(20.0)
    ears.close()
    return ears


def test_what_was_said_waits_with_its_time_and_is_taken_once() -> None:
    ears = listened(np.concatenate([room(1.0), said(1.0), room(1.5)]))
    (heard,) = ears.take()
    assert heard.words == "2 s"
    assert heard.ended == 100.0
    assert heard.began == pytest.approx(98.0, abs=0.2)
    assert ears.take() == []
    assert ears.trouble is None
    assert (ears.figures().phrases, ears.figures().understood) == (1, 1)


def test_a_muted_microphone_is_told() -> None:
    assert "zeros" in str(listened(np.zeros(11 * RATE_HZ)).trouble)
    assert listened(np.concatenate([np.zeros(11 * RATE_HZ), room(0.1)])).trouble is None


def test_it_listens_only_where_the_home_says_so_and_understands_the_language() -> None:
    assert "hearing" not in {p.name for p in table(Mode.ROBOT, load_site("demo_flat"))}
    listens = load_site("demo_flat", ["language=en", "privacy.listens=words"])
    assert "hearing" in {p.name for p in table(Mode.ROBOT, listens)}
    assert "hearing" not in {p.name for p in table(Mode.SIM, listens)}
    with pytest.raises(ConfigError, match="no recogniser for language 'zh'"):
        load_site("demo_flat", ["language=zh", "privacy.listens=words"])
