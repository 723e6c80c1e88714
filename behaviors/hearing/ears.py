"""Microphone, phrases and recogniser together, in a thread of their own: what was said waits to be taken."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import Protocol

from behaviors.hearing import phrases
from kangban.clock import Clock
from kangban.values import Array

ZEROS_S = 10.0  # nothing but zeros for so long: it is muted, or no microphone hangs on the sound card
LOOK_S = 0.2


class Blocks(Protocol):
    trouble: str | None
    dropped: int

    def next(self, wait_s: float) -> Array | None: ...
    def close(self) -> None: ...


class Words(Protocol):
    def words(self, phrase: Array) -> str: ...


@dataclass(frozen=True, slots=True)
class Heard:
    """Words, and from when to when they were said, s."""

    words: str
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Since the start; `noise_db`: of the room, 0 the loudest there is."""

    noise_db: float | None
    phrases: int
    understood: int
    dropped_s: float


class Ears:
    """Close it."""

    def __init__(self, microphone: Blocks, recogniser: Words, clock: Clock) -> None:
        self._microphone, self._recogniser, self._clock = microphone, recogniser, clock
        self._said: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        self._ear, self._phrases, self._understood, self._zeros = phrases.Ear(), 0, 0, 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="ears", daemon=True)
        self._thread.start()

    def take(self) -> list[Heard]:
        """What was heard since the last time, oldest first."""
        said = []
        while not self._said.empty():
            said.append(self._said.get())
        return said

    @property
    def trouble(self) -> str | None:
        """Why nothing can be heard, and what to do."""
        if self._microphone.trouble is None and self._zeros * phrases.BLOCK_S >= ZEROS_S:
            return "the microphone gives only zeros: is it muted, or unplugged?"
        return self._microphone.trouble

    def figures(self) -> Figures:
        dropped = self._microphone.dropped * phrases.BLOCK_S
        return Figures(self._ear.noise_db, self._phrases, self._understood, dropped)

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self._microphone.close()

    def _listen(self) -> None:
        while not self._closing.is_set():
            block = self._microphone.next(LOOK_S)
            if block is None:
                continue
            self._zeros = 0 if block.any() else self._zeros + 1
            self._ear, phrase = phrases.step(self._ear, block)
            if phrase is None:
                continue
            self._phrases += 1
            ended = self._clock.now()
            if words := self._recogniser.words(phrase):
                self._understood += 1
                self._said.put(Heard(words, ended - len(phrase) / phrases.RATE_HZ, ended))
