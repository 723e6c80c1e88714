"""Speaking and understanding: what words mean, one sentence after another, and a speech program that may die."""

from __future__ import annotations

import shutil
import subprocess
import wave
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from behaviors.speech.espeak import VOICES, Espeak, best_sound
from behaviors.speech.hear import Meaning, is_echo, meaning_of
from behaviors.speech.manner import Manner
from behaviors.speech.speaker import LONGEST_QUEUE, RECKONED_AT, Speaker, duration_s
from behaviors.texts import SPOKEN, text
from kangban.clock import ManualClock
from kangban.config import load_profile
from kangban.values import Speech, SpeechKind

PARAMS = {
    "zh": (("who", "李护士"), ("why", "why_bumper"), ("text", "两片白色的药"), ("time", "9点5分"), ("count", "8"),
           ("choice1", "choose_taken"), ("choice2", "choose_later"), ("choice3", "choose_not_taken")),
    "en": (("who", "Duty nurse"), ("why", "why_bumper"), ("text", "two white tablets"), ("time", "9:05"),
           ("count", "8"),
           ("choice1", "choose_taken"), ("choice2", "choose_later"), ("choice3", "choose_not_taken")),
}  # fmt: skip
MANNER = Manner(load_profile("companion").voice)
F, N, C, U = Meaning.FINE, Meaning.NOT_FINE, Meaning.CRY_FOR_HELP, Meaning.UNCLEAR
WORDS = [
    ("我没事", F), ("没事", F), ("没事的，谢谢", F), ("没有事", F), ("我还好", F), ("我很好", F), ("好", F),
    ("好的", F), ("不疼", F), ("没有摔伤", F), ("不用帮我", F), ("不需要帮助", F), ("不用叫救护车", F), ("别叫护士", F),
    ("可以", F), ("不好意思，我没事", F), ("I'm fine", F), ("I am fine, thank you", F), ("I’m OK", F),
    ("yes", F), ("Yes I am", F),
    ("no, I'm fine", F), ("I don't need help", F), ("No help needed", F), ("it doesn't hurt", F), ("I'm not hurt", F),
    ("fine thanks", F), ("I am fine, thank you. I will get up.", F), ("everything is all right", F), ("don't worry", F),
    ("不好", N), ("我不太好", N), ("不是很好", N), ("不", N), ("没有", N), ("我不舒服", N), ("腿疼", N),
    ("起不来了", N), ("我不行了", N), ("我摔伤了", N), ("我有事", N), ("不可以", N), ("我需要帮助", N),
    ("no", N), ("I'm not fine", N),
    ("I am not okay", N), ("I'm not all right", N), ("isn't fine", N), ("not good", N), ("no good", N),
    ("I'm fine but my leg hurts", N), ("我没事，就是腿疼", N), ("I can't get up", N), ("I cannot move", N),
    ("I need a doctor", N), ("I feel sick", N),
    ("救命", C), ("救命啊！", C), ("救 命", C), ("快来人啊", C), ("帮帮我", C), ("叫护士", C), ("别走，救我", C),
    ("help", C), ("Help me!", C), ("No! Help!", C), ("I need help", C), ("please help me up", C),
    ("call an ambulance", C),
    ("I'm not fine, help", C), ("别叫护士，救命", C),
    ("", U), ("...", U), ("没事吗", U), ("你没事吧", U), ("什么？", U), ("what", U), ("are you fine?", U), ("ouch", U),
    ("the weather is good today", U), ("今天天气很好", U), ("帮我拿杯水", U), ("well", U), ("who is there", U),
    ("嗯？", U), ("Good evening, and here is the news", U), ("Thank you for your help, doctor", U),
    ("Can I help you?", U),
]  # fmt: skip


@pytest.mark.parametrize(("words", "meaning"), WORDS)
def test_what_words_mean(words: str, meaning: Meaning) -> None:
    assert meaning_of(words) is meaning


@given(st.text(max_size=60))
def test_any_text_has_a_meaning_and_noise_is_never_being_fine(words: str) -> None:
    meaning = meaning_of(words)
    if not any(sign.isalnum() for sign in words):
        assert meaning is U


@given(st.sampled_from(["the leg", "呃", "thank you", "嗯嗯"]), st.sampled_from(["help", "救命", "Help!", "救救我"]))
def test_a_cry_among_other_words_is_heard(around: str, cry: str) -> None:
    assert meaning_of(f"{around}, {cry}") is C and meaning_of(f"{cry}! {around}") is C


def test_the_robot_does_not_hear_itself_but_hears_one_word() -> None:
    said = [text("say_alarm", "en"), text("say_answered", "zh")]
    assert is_echo("i have called the nurse", said)
    assert is_echo("需要帮助的话", said)
    assert not is_echo("help", said) and not is_echo("救命", said)
    assert not is_echo("I have broken my leg", said)


class Heard:
    """A sound that notes what it was asked for."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def start(self, text: str, language: str) -> None:
        self.calls.append(text)

    def stop(self) -> None:
        self.calls.append("(stop)")


def speaker() -> tuple[Speaker, ManualClock, list[Speech], Heard]:
    clock, said, sound = ManualClock(10.0), list[Speech](), Heard()
    return Speaker(sound, said.append, clock), clock, said, sound


def test_one_sentence_after_another_each_published_as_it_begins() -> None:
    voice, clock, said, _ = speaker()
    first = voice.say("one", "en", SpeechKind.INFORM)
    second = voice.say("two", "en", SpeechKind.INFORM)
    assert [s.text for s in said] == ["one"] and first.begun and not second.begun
    clock.advance(duration_s("one"))
    voice.tick()
    assert [(s.text, s.stamp) for s in said] == [("one", 10.0), ("two", clock.now())]
    assert first.over and not second.over
    clock.advance(5.0)
    voice.tick()
    assert second.over and voice.recent() == ["one", "two"]
    clock.advance(10.0)
    assert voice.recent() == []


def test_a_question_or_an_alarm_does_not_wait_for_what_only_informs() -> None:
    voice, _, said, sound = speaker()
    cut = voice.say("a long explanation", "en", SpeechKind.INFORM)
    waiting = voice.say("more of it", "en", SpeechKind.INFORM)
    asked = voice.say("are you all right", "en", SpeechKind.ASK)
    assert [s.text for s in said] == ["a long explanation", "are you all right"]
    assert cut.over and cut.dropped and waiting.dropped and not asked.over
    assert sound.calls[-1] == "are you all right"
    alarm = voice.say("the nurse is called", "en", SpeechKind.ALARM)
    assert not alarm.begun, "a question is said to its end"


def test_the_queue_is_bounded() -> None:
    voice, _, _, _ = speaker()
    sentences = [voice.say(str(n), "en", SpeechKind.INFORM) for n in range(30)]
    assert sum(not s.over for s in sentences) == LONGEST_QUEUE + 1
    assert sentences[-1].dropped is False and sentences[1].dropped


def test_a_sentence_can_be_taken_back() -> None:
    voice, _, said, sound = speaker()
    first, second = voice.say("one", "en", SpeechKind.INFORM), voice.say("two", "en", SpeechKind.INFORM)
    voice.take_back(second)
    voice.take_back(first)
    assert second.dropped and first.over and first.dropped and sound.calls == ["one", "(stop)"]
    voice.tick()
    assert len(said) == 1


def test_no_sound_device_is_told_and_silent(tmp_path: Path) -> None:
    told: list[str] = []
    sound = best_sound(told.append, MANNER, devices=tmp_path)
    sound.start("hello", "en")
    sound.stop()
    assert len(told) == 1 and "only published" in told[0]


def fake_program(folder: Path, script: str) -> str:
    program = folder / "speak"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


def test_the_words_reach_the_program_on_its_input_only(tmp_path: Path) -> None:
    out = tmp_path / "heard"
    sound = Espeak(fake_program(tmp_path, f'echo "$@" > {out}.args; cat > {out}'), MANNER)
    sound.start("-v evil; 您好", "zh")
    assert sound._process is not None
    sound._process.wait(10)
    assert out.read_text() == "-v evil; 您好"
    assert (tmp_path / "heard.args").read_text().split()[:2] == ["-v", "cmn"]


def test_a_killed_or_missing_program_is_harmless(tmp_path: Path) -> None:
    sound = Espeak(fake_program(tmp_path, "exec sleep 60"), MANNER)
    sound.start("one", "en")
    first = sound._process
    assert first is not None
    first.kill()
    sound.start("two", "en")
    second = sound._process
    assert second is not None
    sound.stop()
    assert second.returncode is not None and first.returncode is not None, "no process is left behind"
    Espeak(str(tmp_path / "nothing"), MANNER).start("three", "en")


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng; `make test` installs it")
def test_the_reckoned_time_is_enough_for_everything_it_says(tmp_path: Path) -> None:
    said_often = [code for code in SPOKEN if not code.startswith("story_")]
    stories = [code for code in SPOKEN if code.startswith("story_")][::5]
    for code in (*said_often, *stories):
        for language in ("zh", "en"):
            words = text(code, language, PARAMS[language])
            out = tmp_path / "said.wav"
            subprocess.run(
                ["espeak-ng", "-v", VOICES[language], "-s", str(RECKONED_AT[language]), "-w", str(out), "--stdin"],
                input=words.encode(), check=True, timeout=30,
            )  # fmt: skip
            with wave.open(str(out)) as sound:
                took = sound.getnframes() / sound.getframerate()
            assert took <= duration_s(words) <= 2.0 * took + 1.0, (language, words, took)
