"""What the page may know and do: the `Desk`, and the `Board` that keeps the robot's newest values for it.

The node writes the board from its executor thread, the web server reads it from its own; a lock lies between.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, cast

from kangban import streams
from kangban.clock import Clock
from kangban.streams import Stream
from kangban.values import (
    Battery,
    ChainState,
    ControllerState,
    Diagnostic,
    Diagnostics,
    Health,
    Incidents,
    Mission,
    Screen,
    TreeState,
)

T = TypeVar("T")
# Nothing arrived for this many times `stale_after_s` on the steady clock: old, even if the robot's own clock stopped.
SILENCE_FACTOR = 3.0


@dataclass(frozen=True, slots=True)
class Answer:
    """How a request to the robot ended. `code`: robot (it answered `message`), away, or timeout (nobody knows)."""

    accepted: bool
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything the console knows at `now` (robot time, s). None: never heard."""

    now: float
    incidents: Incidents | None = None
    incidents_fresh: bool = False
    mission: Mission | None = None  # None also when too old: a mission of the past is not one
    chain: ChainState | None = None
    controller: ControllerState | None = None
    battery: Battery | None = None
    lines: tuple[Diagnostic, ...] = field(default=())
    tree: TreeState | None = None


class Desk(Protocol):
    def situation(self) -> Situation: ...

    def acknowledge(self, incident_id: str, who: str, note: str) -> Answer:
        """Ask the owner of the incidents to note that `who` takes this one over. Blocks until answered or timed out."""
        ...


class Board:
    """The newest value of each stream. `clock` is the robot's time, `steady` this machine's, for arrivals."""

    def __init__(self, clock: Clock, steady: Clock) -> None:
        self._clock, self._steady = clock, steady
        self._lock = threading.Lock()
        self._held: dict[str, tuple[object, float, float]] = {}  # stream -> value, stamp, arrival
        self._lines: dict[str, tuple[Diagnostic, float, float]] = {}  # line -> line, stamp, arrival

    def put(self, stream: Stream[T], value: T) -> None:
        stamp: float = value.stamp  # type: ignore[attr-defined]  # every value of a stream is stamped
        arrived = self._steady.now()
        with self._lock:
            if isinstance(value, Diagnostics):
                self._lines.update({line.name: (line, stamp, arrived) for line in value.lines})
            else:
                self._held[stream.name] = (value, stamp, arrived)

    def situation(self) -> Situation:
        with self._lock:
            incidents = self._held.get(streams.INCIDENTS.name)
            return Situation(
                now=self._clock.now(),
                incidents=cast(Incidents, incidents[0]) if incidents else None,
                incidents_fresh=self._fresh(streams.INCIDENTS) is not None,
                mission=self._fresh(streams.MISSION),
                chain=self._fresh(streams.CHAIN),
                controller=self._fresh(streams.CONTROLLER),
                battery=self._fresh(streams.BATTERY),
                lines=tuple(self._line(*held) for _, held in sorted(self._lines.items())),
                tree=self._fresh(streams.TREE),
            )

    def screen(self) -> Screen | None:
        """What the robot's own screen shows; None: too old, or never heard."""
        with self._lock:
            return self._fresh(streams.SCREEN)

    def _fresh(self, stream: Stream[T]) -> T | None:
        held = self._held.get(stream.name)
        if held is None or self._too_old(stream.stale_after_s, held[1], held[2]):
            return None
        return cast(T, held[0])

    def _line(self, line: Diagnostic, stamp: float, arrived: float) -> Diagnostic:
        if not self._too_old(streams.DIAGNOSTICS.stale_after_s, stamp, arrived):
            return line
        return Diagnostic(line.name, Health.STALE, f"not heard any more; last: {line.message}", line.figures)

    def _too_old(self, limit: float | None, stamp: float, arrived: float) -> bool:
        if limit is None:
            return False
        return self._clock.now() - stamp > limit or self._steady.now() - arrived > SILENCE_FACTOR * limit
