"""The robot's voice: one thing after another, bounded, never in anybody's way.

How long a sentence takes is reckoned from its words on the robot's clock, not from the sound: so a broken or missing
sound device, or a killed speech program, changes nothing that the robot does or publishes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from behaviors.speech.manner import Manner
from kangban.clock import Clock
from kangban.values import Speech, SpeechKind

LONGEST_QUEUE = 6
ECHO_S = 6.0  # a sentence may come back through the microphone until this long after its end
RECKONED_AT = {"zh": 175, "en": 130}  # words a minute, as espeak-ng counts them, of `duration_s`
_URGENT = (SpeechKind.ASK, SpeechKind.ALARM)


class Sound(Protocol):
    """Makes the sound. Neither call waits or raises."""

    def start(self, text: str, language: str) -> None:
        """Begin to say this, cutting off what is being said."""
        ...

    def stop(self) -> None: ...


class Silent:
    """No sound device: what is said is only published."""

    def start(self, text: str, language: str) -> None:
        """Nothing to hear."""

    def stop(self) -> None:
        """Nothing to end."""


@dataclass
class Utterance:
    """Something to say; `begun` and `over` tell whoever asked for it how it went."""

    text: str
    language: str
    kind: SpeechKind
    begun: bool = False
    over: bool = False
    dropped: bool = False  # not said, or not to its end: something more urgent came, or it was taken back


class Speaker:
    """Call `tick` often; it begins the next sentence when the last one is over and publishes it then."""

    def __init__(
        self, sound: Sound, publish: Callable[[Speech], None], clock: Clock, manner: Manner | None = None
    ) -> None:
        """`manner`: how fast it speaks; without one as fast as `duration_s` reckons."""
        self._sound, self._publish, self._clock, self._manner = sound, publish, clock, manner
        self._queue: deque[Utterance] = deque()
        self._now_saying: Utterance | None = None
        self._until = float("-inf")
        self._said: deque[tuple[float, str]] = deque(maxlen=8)

    def say(self, text: str, language: str, kind: SpeechKind) -> Utterance:
        """Queue a sentence. A question or an alarm is said at once: it drops what only informs."""
        utterance = Utterance(text, language, kind)
        if kind in _URGENT:
            for waiting in [u for u in self._queue if u.kind not in _URGENT]:
                self.take_back(waiting)
            if self._now_saying is not None and self._now_saying.kind not in _URGENT:
                self._now_saying.dropped = True
                self._end()
        if len(self._queue) >= LONGEST_QUEUE:
            self.take_back(self._queue[0])
        self._queue.append(utterance)
        self.tick()
        return utterance

    def take_back(self, utterance: Utterance) -> None:
        """Do not say it, if it has not begun; cut it short, if it has."""
        if utterance is self._now_saying:
            utterance.dropped = True
            self._sound.stop()
            self._end()
        elif utterance in self._queue:
            self._queue.remove(utterance)
            utterance.dropped = utterance.over = True

    def tick(self) -> None:
        now = self._clock.now()
        if self._now_saying is not None and now >= self._until:
            self._end()
        if self._now_saying is None and self._queue:
            self._begin(self._queue.popleft(), now)

    @property
    def quiet(self) -> bool:
        """Is nothing being said, and nothing waiting?"""
        return self._now_saying is None and not self._queue

    def hush(self) -> None:
        """Drop what only informs, said or waiting."""
        for utterance in [*self._queue, self._now_saying]:
            if utterance is not None and utterance.kind not in _URGENT:
                self.take_back(utterance)

    def recent(self) -> list[str]:
        """What was said so lately that the microphone may still hear it."""
        now = self._clock.now()
        return [text for until, text in self._said if now <= until + ECHO_S]

    def close(self) -> None:
        self._sound.stop()

    def _begin(self, utterance: Utterance, now: float) -> None:
        utterance.begun = True
        self._now_saying, self._until = utterance, now + takes_s(utterance.text, utterance.language, self._manner)
        self._said.append((self._until, utterance.text))
        self._publish(Speech(now, utterance.text, utterance.language, utterance.kind))
        self._sound.start(utterance.text, utterance.language)

    def _end(self) -> None:
        if self._now_saying is not None:
            self._now_saying.over = True
        self._now_saying = None


def takes_s(text: str, language: str, manner: Manner | None) -> float:
    """How long a sentence takes in this manner; without one as `duration_s` reckons."""
    stretch = 1.0 if manner is None else max(1.0, manner.stretch(language, RECKONED_AT[language]))
    return stretch * duration_s(text)


def duration_s(text: str) -> float:
    """How long the slow voice of `espeak.py` needs at most: by Chinese sign, digit and Latin letter, and a pause."""
    han = sum("\u4e00" <= sign <= "\u9fff" for sign in text)
    pauses = sum(sign in "，。？！：；,.?!:;" for sign in text)
    digits = sum(sign.isdigit() for sign in text)
    return 0.6 + 0.35 * (han + digits) + 0.45 * pauses + 0.075 * (len(text) - han - digits - pauses)
