"""Keeps what the learned judge has to look back on, for each person followed, and asks it."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from kangban.values import Array
from perception.landmarks import Pose, pixels_per_metre
from perception.measure import Footing, Measure
from perception.temporal.features import Window, signals
from perception.temporal.model import FALLEN, FallModel, load_model


@cache
def _shipped() -> FallModel:
    return load_model()


class Judge:
    """One for a camera. Without a model it only remembers (as training needs it)."""

    def __init__(self, model: FallModel | None) -> None:
        self.model = model
        self._windows: dict[int, Window] = {}

    @classmethod
    def trained(cls) -> Judge:
        """With the weights that came along. Raises WeightsError."""
        return cls(_shipped())

    def see(
        self, person: int, pose: Pose, measure: Measure, footing: Footing, size: tuple[int, int], across: float | None
    ) -> None:
        """Remember what was seen of a person in this frame."""
        scale = pixels_per_metre(pose, *size)
        window = self._windows.setdefault(person, Window())
        window.push(measure.stamp, signals(pose, measure, footing, size, scale, across))

    def grid(self, person: int, now: float) -> Array | None:
        """The last seconds of a person, (STEPS, len(CHANNELS)); None: never seen."""
        window = self._windows.get(person)
        return None if window is None else window.grid(now)

    def fallen(self, person: int, now: float) -> float | None:
        """How likely it is, 0..1, that she has just fallen; None: nothing is known of her, or nobody can judge."""
        grid = self.grid(person, now)
        if grid is None or self.model is None:
            return None
        return float(self.model.probabilities(grid)[FALLEN])

    def forget_all_but(self, people: Collection[int]) -> None:
        self._windows = {person: window for person, window in self._windows.items() if person in people}
