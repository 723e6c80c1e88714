"""What was thought of a person in a frame: for those who want to see why (`--annotate`, the evaluation's page).

Set `Follower.trace` to something that takes a `Moment`; nothing is made while it is None.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from perception.falls import Case, Evidence
from perception.landmarks import Pose
from perception.measure import Measure


@dataclass(frozen=True, slots=True)
class Moment:
    """One person in one frame. `pose`: None while she is out of sight; then `measure` is the last one there was."""

    stamp: float
    person: int
    pose: Pose | None
    measure: Measure
    evidence: Evidence
    case: Case

    @property
    def probability(self) -> float | None:
        """The learned judge's word in this frame, 0..1; None: it has none."""
        return None if self.evidence.verdict is None else self.evidence.verdict.fallen

    @property
    def threshold(self) -> float | None:
        """From where on that speaks for a fall."""
        return None if self.evidence.verdict is None else self.evidence.verdict.threshold


Trace = Callable[[Moment], None]
