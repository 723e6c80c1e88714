"""The ears with a real `arecord` and the real recogniser: a voice at the sound card becomes words on `speech/heard`."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor

from behaviors.hearing.microphone import NO_PROGRAM, Microphone
from behaviors.hearing_node import HearingNode
from kangban import streams
from kangban.config import Config, load
from kangban.node import KangbanNode
from kangban.values import Array, Diagnostic, Diagnostics, Health, Speech, SpeechKind
from tests.spoken import RATE_HZ, spoken

pytestmark = pytest.mark.skipif(
    shutil.which("arecord") is None or shutil.which("espeak-ng") is None,
    reason="arecord or espeak-ng is not installed (Debian: alsa-utils, espeak-ng)",
)
PATIENCE_S = 30.0  # a bound for a machine that is busy, not an expectation
ASOUND = """
pcm.nothing {{ type null }}
pcm.card {{ type file; slave.pcm nothing; file /dev/null; infile "{clip}"; format raw }}
"""


def sound_card(folder: Path, monkeypatch: pytest.MonkeyPatch, sound: Array) -> None:
    """From now on ALSA's file plugin gives this sound to `arecord`, as fast as it reads, and then begins again."""
    clip, settings = folder / "clip.raw", folder / "asound.conf"
    clip.write_bytes((np.clip(sound, -1.0, 1.0) * 32767).astype("<i2").tobytes())
    settings.write_text(ASOUND.format(clip=clip), encoding="utf-8")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(settings))


class Listener(KangbanNode):
    def __init__(self, config: Config) -> None:
        super().__init__("listener", config)
        self.heard: list[Speech] = []
        self.lines: dict[str, Diagnostic] = {}
        self.say = self.output(streams.SPEECH_SAID)
        self.input(streams.SPEECH_HEARD, self.heard.append)
        self.input(streams.DIAGNOSTICS, self._diagnostics)

    def _diagnostics(self, diagnostics: Diagnostics) -> None:
        self.lines.update({line.name: line for line in diagnostics.lines})

    @property
    def health(self) -> Health | None:
        line = self.lines.get("hearing: hearing")
        return None if line is None else line.health


def with_silence(sound: Array) -> Array:
    noise = np.random.default_rng(2).normal(0.0, 0.002, round(4.5 * RATE_HZ) + len(sound))
    noise[round(2.0 * RATE_HZ) :][: len(sound)] += 0.4 * sound
    return noise


Hearing = Callable[..., tuple[Listener, Callable[[Callable[[], Any], str], None]]]


@pytest.fixture
def hearing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, domain: int) -> Iterator[Hearing]:
    """Begins to hear a sound, the robot saying something when that begins."""
    settings = ["site.language=en", "site.privacy.listens=words", "profile.voice.microphone=card"]
    config = load("companion", "demo_flat", tmp_path / "state", tmp_path, settings)
    rclpy.init(domain_id=domain)
    executor, nodes = SingleThreadedExecutor(), []

    def begin(sound: Array, says: str | None = None) -> tuple[Listener, Callable[[Callable[[], Any], str], None]]:
        sound_card(tmp_path, monkeypatch, sound)
        nodes.extend((Listener(config), HearingNode(config)))
        for node in nodes:
            executor.add_node(node)
        listener = nodes[0]

        def until(condition: Callable[[], Any], what: str) -> None:
            deadline = time.monotonic() + PATIENCE_S
            while not condition():
                assert time.monotonic() < deadline, f"it never happened: {what}; {listener.heard}; {listener.lines}"
                executor.spin_once(timeout_sec=0.1)

        if says is not None:
            nodes[1]._own(Speech(listener.now(), says, "en", SpeechKind.ASK))
        return listener, until

    yield begin
    for node in reversed(nodes):
        node.close()
        executor.remove_node(node)
        node.destroy_node()
    executor.shutdown()
    rclpy.shutdown()


def test_a_voice_at_the_sound_card_becomes_words(hearing: Hearing) -> None:
    listener, until = hearing(with_silence(spoken("Help me please!")))
    until(lambda: listener.heard, "words")
    assert "help" in listener.heard[0].text.casefold()
    assert (listener.heard[0].language, listener.heard[0].kind) == ("en", SpeechKind.UNKNOWN)
    until(lambda: listener.health is Health.OK, "diagnostics say that it listens")


def test_its_own_voice_is_not_heard_and_hers_after_it_is(hearing: Hearing) -> None:
    sentence = "Are you all right? Please answer me."
    hers = spoken("I am fine, thank you.", "en-gb")
    sound = np.concatenate([with_silence(spoken(sentence)), with_silence(hers)])
    listener, until = hearing(sound, says=sentence)
    until(lambda: listener.heard, "her answer")
    assert "fine" in listener.heard[0].text.casefold()


def test_a_card_that_is_not_there_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound_card(tmp_path, monkeypatch, np.zeros(RATE_HZ))
    lacking = (Microphone("unplugged"), "arecord -L"), (Microphone("card", "no_such_program"), NO_PROGRAM)
    for microphone, words in lacking:
        deadline = time.monotonic() + PATIENCE_S
        while words not in str(microphone.trouble):
            assert time.monotonic() < deadline, microphone.trouble
            microphone.next(0.05)
        microphone.close()


def test_a_killed_program_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound_card(tmp_path, monkeypatch, np.zeros(RATE_HZ))
    microphone = Microphone("card")
    deadline = time.monotonic() + PATIENCE_S
    killed: set[int] = set()
    while len(killed) < 2:
        assert time.monotonic() < deadline, microphone.trouble
        process = microphone._process
        if microphone.next(0.2) is not None and process is not None and process.pid not in killed:
            killed.add(process.pid)
            process.kill()
    microphone.close()
