"""What was seen is acted on when it is so old, not as soon as it is perceived: how long perception took then decides
nothing, and the same things seen lead to the same acts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
SETTLED_S = 0.2
KEPT = 30


class Settling(Generic[T]):
    """In the order of arrival. What claims to be of the future, or is old already, does not wait."""

    def __init__(self) -> None:
        self._coming: deque[tuple[float, T]] = deque(maxlen=KEPT)

    def put(self, value: T, seen_at: float) -> None:
        """`seen_at`: robot time of the picture that it tells of, s."""
        self._coming.append((seen_at, value))

    def due(self, now: float) -> Iterator[T]:
        while self._coming and (self._coming[0][0] <= now - SETTLED_S or self._coming[0][0] > now):
            yield self._coming.popleft()[1]
