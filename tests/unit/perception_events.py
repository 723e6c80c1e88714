"""People at a moment, as the event machines see them: what the tests of the events are made of."""

from __future__ import annotations

from dataclasses import replace

from kangban.config import load_profile, load_site
from kangban.profile import Care
from kangban.site import Site
from kangban.values import Point3, Posture
from perception.events.seen import Seen
from perception.events.stillness import Stillness

CARE: Care = load_profile("companion").care
SITE: Site = load_site("demo_flat")
NIGHT, DAY = 2 * 3600.0, 12 * 3600.0  # times of the day, s
DT = 0.1
SOMEBODY = Seen(
    person=1,
    seen=True,
    first_seen=0.0,
    last_seen=0.0,
    posture=Posture.STANDING,
    confidence=0.9,
    measured=True,
    place=(2.0, 2.0, 0.9),
    room="living_room",
    rests_on=None,
    stillness=Stillness(since=0.0, ever_moved=True),
    arms=None,
    in_fall=False,
)


def seen(posture: Posture, place: Point3 | None = None, **more: object) -> Seen:
    """Somebody in a posture, at a place of the demo flat (its room follows from it)."""
    where = SOMEBODY.place if place is None else place
    room = None if where is None else SITE.room_at(where[0], where[1])
    known = {"posture": posture, "place": where, "room": room.name if room else "", **more}
    return replace(SOMEBODY, **known)  # type: ignore[arg-type]


def times(begin: float, seconds: float) -> list[float]:
    """Frame times at 10 Hz, of `seconds` after `begin`."""
    return [begin + DT * k for k in range(1, round(seconds / DT) + 1)]
