"""The people as a viewer draws them: their points where they are, and what they do. No face, no clothes."""

from __future__ import annotations

from foxglove.messages import (
    Color,
    Duration,
    Pose,
    Quaternion,
    SceneEntity,
    SceneUpdate,
    SpherePrimitive,
    TextPrimitive,
    Timestamp,
    Vector3,
)

from kangban.values import Person, Persons

LIFE_S = 0.5  # a person who is not told again is gone from the picture
POINT_M, PLACE_M = 0.06, 0.15
ABOVE_M = 0.3  # the words over the place
LETTER_M = 0.12
SEEN, REMEMBERED = (0.1, 0.7, 0.4), (0.6, 0.6, 0.6)


def scene_of(persons: Persons, base_frame: str) -> SceneUpdate:
    """Everybody whose place is known; where somebody is unknown, nothing is drawn."""
    return SceneUpdate(entities=[e for p in persons.people if (e := _entity(p, persons.stamp, base_frame)) is not None])


def _entity(person: Person, stamp: float, base_frame: str) -> SceneEntity | None:
    at = person.position_in_base
    if at is None:
        return None
    red, green, blue = SEEN if person.seen else REMEMBERED
    color = Color(r=red, g=green, b=blue, a=0.9)
    points = [] if person.points_in_base is None else person.points_in_base.tolist()
    dots = [_ball(place, POINT_M, color) for place in points] or [_ball(at, PLACE_M, color)]
    words = f"{person.posture.value} {person.id}" + ("" if person.seen else " (not seen now)")
    above = max([at[2], *(place[2] for place in points)]) + ABOVE_M
    label = TextPrimitive(
        pose=_at((at[0], at[1], above)), billboard=True, font_size=LETTER_M, color=color, text=words
    )  # fmt: skip
    return SceneEntity(
        timestamp=_time(stamp),
        frame_id=base_frame,
        id=f"person {person.id}",
        lifetime=Duration(sec=int(LIFE_S), nsec=round(LIFE_S % 1.0 * 1e9)),
        spheres=dots,
        texts=[label],
    )


def _ball(place: tuple[float, float, float], size: float, color: Color) -> SpherePrimitive:
    return SpherePrimitive(pose=_at(place), size=Vector3(x=size, y=size, z=size), color=color)


def _at(place: tuple[float, float, float]) -> Pose:
    x, y, z = place
    upright = Quaternion(x=0.0, y=0.0, z=0.0, w=1.0)
    return Pose(position=Vector3(x=float(x), y=float(y), z=float(z)), orientation=upright)


def _time(stamp: float) -> Timestamp:
    seconds, nanoseconds = divmod(max(0, round(stamp * 1e9)), 1_000_000_000)
    return Timestamp(sec=seconds, nsec=nanoseconds)
