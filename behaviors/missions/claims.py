"""What takes the turn without being wished: a stop, an incident, a low battery. Pure."""

from __future__ import annotations

from behaviors.missions.wish import Rank
from kangban.profile import Behaviors

ENOUGH_ABOVE_LOW = 0.3  # a charge counts as low until it is this much above `low_battery`


def battery_low(was_low: bool, charge: float | None, times: Behaviors) -> bool:
    """Low, or not yet charged well above low since. An unknown charge changes nothing: it is neither low nor full."""
    if charge is None:
        return was_low
    return charge < min(1.0, times.low_battery + (ENOUGH_ABOVE_LOW if was_low else 0.0))


def claims(still: bool, incident: bool, low: bool) -> frozenset[Rank]:
    """The ranks that are claimed now."""
    applies = ((Rank.SAFETY, still), (Rank.INCIDENT, incident), (Rank.CHARGE, low))
    return frozenset(rank for rank, holds in applies if holds)
