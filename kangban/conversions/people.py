"""Who is seen, and who fell, as messages and back."""

from __future__ import annotations

from array import array

import numpy as np
from kangban_msgs import msg as k

from kangban import values as v
from kangban.conversions.pieces import (
    CAMERA,
    Conversions,
    floats_of,
    header_at,
    place_of,
    point_of,
    rows_of,
    time_from_ros,
    time_to_ros,
)


def _person(value: v.Person) -> k.Person:
    points = () if value.points_in_base is None else value.points_in_base
    return k.Person(
        id=int(value.id),
        posture=value.posture.value,
        confidence=float(value.confidence),
        box_in_image=array("f", value.box_in_image or ()),
        landmarks_in_image=floats_of(value.landmarks_in_image),
        landmarks_in_body=floats_of(value.landmarks_in_body),
        points_in_base=[point_of(p) for p in points],
        located=value.position_in_base is not None,
        position_in_base=point_of(value.position_in_base),
        mapped=value.position_in_map is not None,
        position_in_map=point_of(value.position_in_map),
        seen=value.seen,
    )


def _person_back(m: k.Person) -> v.Person:
    box = tuple(m.box_in_image)
    points = [(p.x, p.y, p.z) for p in m.points_in_base]
    return v.Person(
        id=m.id,
        seen=m.seen,
        posture=v.Posture(m.posture),
        confidence=m.confidence,
        box_in_image=(box[0], box[1], box[2], box[3]) if len(box) == 4 else None,
        landmarks_in_image=rows_of(m.landmarks_in_image, 5),
        landmarks_in_body=rows_of(m.landmarks_in_body, 3),
        points_in_base=np.array(points) if points else None,
        position_in_base=place_of(m.position_in_base, m.located),
        position_in_map=place_of(m.position_in_map, m.mapped),
    )


def _persons(value: v.Persons) -> k.Persons:
    return k.Persons(
        header=header_at(value.stamp, CAMERA), blind=value.blind, people=[_person(p) for p in value.people]
    )


def _persons_back(m: k.Persons) -> v.Persons:
    return v.Persons(time_from_ros(m.header.stamp), tuple(_person_back(p) for p in m.people), m.blind)


def _fall(value: v.Fall) -> k.Fall:
    return k.Fall(
        id=value.id,
        person_id=int(value.person_id),
        state=value.state.value,
        since=time_to_ros(value.since),
        confidence=float(value.confidence),
        mapped=value.place_in_map is not None,
        place_in_map=point_of(value.place_in_map),
        evidence=list(value.evidence),
    )


def _fall_back(m: k.Fall) -> v.Fall:
    return v.Fall(
        id=m.id,
        person_id=m.person_id,
        state=v.FallState(m.state),
        since=time_from_ros(m.since),
        confidence=m.confidence,
        place_in_map=place_of(m.place_in_map, m.mapped),
        evidence=tuple(m.evidence),
    )


def _falls(value: v.Falls) -> k.Falls:
    return k.Falls(header=header_at(value.stamp), falls=[_fall(f) for f in value.falls])


def _falls_back(m: k.Falls) -> v.Falls:
    return v.Falls(time_from_ros(m.header.stamp), tuple(_fall_back(f) for f in m.falls))


CONVERSIONS: Conversions = {
    v.Persons: (k.Persons, _persons, _persons_back),
    v.Falls: (k.Falls, _falls, _falls_back),
}
