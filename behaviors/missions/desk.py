"""Where wishes are handed in, taken back and answered; the tree asks here whose turn it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from behaviors.missions.arbiter import Inputs, Standing, State, step
from behaviors.missions.wish import Ended, Outcome, Rank, Wish
from kangban.clock import Clock

Tell = Callable[[Ended], None]
Aside = Callable[[Wish, Rank], None]


class Missions:
    """Keeps the arbiter's state. What is handed in counts from the next `tick`, so that nothing changes within one."""

    def __init__(self, clock: Clock, note: Callable[[str], None] = lambda line: None) -> None:
        """`note` gets a line in words for each mission that ended."""
        self._clock, self._note = clock, note
        self._state = State()
        self._coming = Inputs()
        self._tells: dict[str, list[Tell]] = {}
        self._asides: dict[str, list[Aside]] = {}

    def wish(self, wish: Wish) -> None:
        """Want a mission. One of the same id that still stands is not wished twice."""
        self._coming = replace(self._coming, wished=(*self._coming.wished, wish))

    def withdraw(self, wish_id: str, why: str = "why_taken_back") -> None:
        """Take a wish back, running or not. Its branch is stopped on the next tick."""
        self._coming = replace(self._coming, withdrawn=(*self._coming.withdrawn, (wish_id, why)))

    def over(self, wish_id: str, outcome: Outcome, why: str = "") -> None:
        """The running mission has ended by itself (called by its branch's frame in `tree/missions.py`)."""
        self._coming = replace(self._coming, over=(*self._coming.over, (wish_id, outcome, why)))

    def on_end(self, name: str, tell: Tell) -> None:
        """Be told how each mission of that name ended."""
        self._tells.setdefault(name, []).append(tell)

    def on_aside(self, name: str, tell: Aside) -> None:
        """Be told when a mission of that name is put aside, and for which rank."""
        self._asides.setdefault(name, []).append(tell)

    def tick(self, claims: Iterable[Rank]) -> None:
        """Give the turn. Once before each tick of the tree."""
        coming, self._coming = self._coming, Inputs()
        before = self._state.running
        self._state, ended = step(self._state, replace(coming, claims=frozenset(claims)), self._clock.now())
        for each in ended:
            self._note(f"{each.wish.name} {each.wish.id}: {each.outcome.value} {each.why}".rstrip())
            for tell in self._tells.get(each.wish.name, []):
                tell(each)
        aside = self._state.of(before) if before != self._state.running else None
        if aside is not None:
            for put_aside in self._asides.get(aside.wish.name, []):
                put_aside(aside.wish, self._state.turn)

    def turn(self) -> Rank:
        """The rank whose turn it is."""
        return self._state.turn

    def running(self) -> Wish | None:
        """The wish that has the turn; None while a claim has it, or nothing is wished."""
        standing = self._state.of(self._state.running)
        return None if standing is None else standing.wish

    def stands(self, wish_id: str) -> bool:
        """Is it wished and has not ended? True from the moment it is handed in."""
        coming = any(wish.id == wish_id for wish in self._coming.wished)
        return coming or self._state.of(wish_id) is not None

    def standing(self) -> tuple[Standing, ...]:
        return self._state.standing
