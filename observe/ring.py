"""The last messages of every topic, bounded in seconds and in bytes. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as it was sent, at the robot's time `at` (s)."""

    at: float
    topic: str
    data: bytes


class Ring:
    """What is older than `seconds`, or more than `most` bytes, is let go; of a latched topic the last one stays."""

    def __init__(self, seconds: float, most: int, latched: frozenset[str]) -> None:
        self._seconds, self._most, self._latched_topics = seconds, most, latched
        self._sent: deque[Sent] = deque()
        self._bytes = 0
        self._latched: dict[str, Sent] = {}

    def put(self, sent: Sent) -> None:
        if self._sent and sent.at < self._sent[-1].at - self._seconds:
            self._sent.clear()  # the clock began anew
            self._bytes = 0
        self._sent.append(sent)
        self._bytes += len(sent.data)
        while self._bytes > self._most or self._sent[0].at < sent.at - self._seconds:
            self._let_go()

    def held(self) -> list[Sent]:
        """What there is, rising in time; before it what was latched earlier and still holds, at the first time."""
        if not self._sent:
            return sorted(self._latched.values(), key=lambda sent: sent.at)
        first = self._sent[0].at
        before = [Sent(first, sent.topic, sent.data) for sent in self._latched.values()]
        return [*before, *self._sent]

    @property
    def bytes(self) -> int:
        return self._bytes

    def _let_go(self) -> None:
        gone = self._sent.popleft()
        self._bytes -= len(gone.data)
        if gone.topic in self._latched_topics:
            self._latched[gone.topic] = gone
