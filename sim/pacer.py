"""Holds the world back until the stack has answered, so that a slow machine stretches wall time and not the outcome.

Four kinds of answer are awaited: the `persons` of a camera frame; `odom`, a setpoint and a `pose` for each control
period.
Each has an allowance: how far (simulated) the world may run on meanwhile, so that all work at once. The wait for an
answer is bounded in wall time, and a process that is known to be dead is not waited for; then the answer counts as
absent, and the world goes on at the pace of the wall clock until one comes again.
Pure: wall time comes in as a number.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

TOLERANCE_S = 1e-6


@dataclass
class Awaited:
    """Answers of one kind. A question is named by its time; an answer to a later one answers all before it."""

    name: str
    allowance_s: float
    patience_s: float  # wall
    expected: bool = False  # nobody is waited for before the first answer
    waits: int = 0
    waited_s: float = 0.0
    given_up: int = 0
    _open: deque[float] = field(default_factory=deque)
    _blocked_since: float | None = None

    def ask(self, stamp: float) -> None:
        if self.expected:
            self._open.append(stamp)

    def answer(self, stamp: float) -> None:
        self.expected = True
        while self._open and self._open[0] <= stamp + TOLERANCE_S:
            self._open.popleft()

    @property
    def pending(self) -> bool:
        """Something was asked and is not answered yet."""
        return bool(self._open)

    def blocks(self, until: float, wall: float, alive: bool) -> bool:
        """May the world not run on to `until` yet?"""
        late = bool(self._open) and until > self._open[0] + self.allowance_s + TOLERANCE_S
        if not late:
            self._unblock(wall)
            return False
        if self._blocked_since is None:
            self._blocked_since = wall
            self.waits += 1
        if alive and wall - self._blocked_since < self.patience_s:
            return True
        self.given_up += 1
        self.expected = False
        self._open.clear()
        self._unblock(wall)
        return False

    def blocked_for(self, wall: float) -> float:
        return 0.0 if self._blocked_since is None else wall - self._blocked_since

    def _unblock(self, wall: float) -> None:
        if self._blocked_since is not None:
            self.waited_s += wall - self._blocked_since
            self._blocked_since = None


class Pacer:
    def __init__(self, persons: Awaited, odometry: Awaited, setpoints: Awaited, poses: Awaited) -> None:
        self.persons, self.odometry, self.setpoints, self.poses = persons, odometry, setpoints, poses
        self._real_since: tuple[float, float] | None = None  # wall and simulated time when somebody went absent

    @property
    def _all(self) -> tuple[Awaited, ...]:
        return self.persons, self.odometry, self.setpoints, self.poses

    def may_run(self, until: float, wall: float, dead: frozenset[str] = frozenset()) -> bool:
        """May the world step to simulated time `until` at wall time `wall`? `dead`: answers not to wait for now."""
        blocked = [awaited.blocks(until, wall, awaited.name not in dead) for awaited in self._all]
        if any(blocked):
            return False
        if self.all_answer:
            self._real_since = None
            return True
        if self._real_since is None:
            self._real_since = wall, until
        wall_then, until_then = self._real_since
        return until - until_then <= wall - wall_then + TOLERANCE_S

    @property
    def all_answer(self) -> bool:
        """Nobody is absent."""
        return all(awaited.expected for awaited in self._all)

    @property
    def real_time(self) -> bool:
        """Somebody is absent: the wall clock leads."""
        return self._real_since is not None

    def blocked_for(self, wall: float) -> float:
        return max(awaited.blocked_for(wall) for awaited in self._all)

    def figures(self) -> dict[str, float]:
        """For the verdict: how often and how long the world waited, and how often in vain."""
        found: dict[str, float] = {}
        for awaited in self._all:
            found[f"waits_{awaited.name}"] = awaited.waits
            found[f"waited_{awaited.name}_s"] = round(awaited.waited_s, 2)
            found[f"given_up_{awaited.name}"] = awaited.given_up
        return found
