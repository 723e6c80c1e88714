"""`persons` as the bytes of a ROS 2 message (CDR, little-endian), without ROS: what goes into a recording.

The definitions are those of ros_ws/src/kangban_msgs/msg; a test holds them together.
"""

from __future__ import annotations

import struct

import numpy as np

from kangban.values import Array, Person, Persons, Point3

PERSONS_TYPE = "kangban_msgs/msg/Persons"
FRAME = "camera_optical"
SEPARATOR = "=" * 80
PERSONS = """std_msgs/Header header
bool blind
Person[] people
"""
PERSON = """uint32 id
string posture
float32 confidence
float32[] box_in_image
float32[] landmarks_in_image
float32[] landmarks_in_body
geometry_msgs/Point[] points_in_base
bool located
geometry_msgs/Point position_in_base
bool mapped
geometry_msgs/Point position_in_map
bool seen
"""
DEFINITION = f"\n{SEPARATOR}\n".join((
    PERSONS,
    f"MSG: kangban_msgs/Person\n{PERSON}",
    "MSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id\n",
    "MSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n",
    "MSG: geometry_msgs/Point\nfloat64 x\nfloat64 y\nfloat64 z\n",
))  # fmt: skip


def encode(persons: Persons) -> bytes:
    """One `persons` message."""
    out = _Cdr()
    nanoseconds = round(persons.stamp * 1e9)
    out.put("<i", 4, nanoseconds // 1_000_000_000)
    out.put("<I", 4, nanoseconds % 1_000_000_000)
    out.text(FRAME)
    out.put("<?", 1, persons.blind)
    out.put("<I", 4, len(persons.people))
    for person in persons.people:
        _person(out, person)
    return bytes(out.data)


def _person(out: _Cdr, person: Person) -> None:
    out.put("<I", 4, person.id)
    out.text(person.posture.value)
    out.put("<f", 4, person.confidence)
    out.floats(np.array(person.box_in_image or ()))
    out.floats(person.landmarks_in_image)
    out.floats(person.landmarks_in_body)
    points = np.zeros((0, 3)) if person.points_in_base is None else np.asarray(person.points_in_base)
    out.put("<I", 4, len(points))
    for x, y, z in points.tolist():
        out.point((x, y, z))
    for place in (person.position_in_base, person.position_in_map):
        out.put("<?", 1, place is not None)
        out.point(place or (0.0, 0.0, 0.0))
    out.put("<?", 1, person.seen)


class _Cdr:
    """Bytes with each number at a multiple of its own size, counted from behind the four bytes that say how."""

    def __init__(self) -> None:
        self.data = bytearray(b"\x00\x01\x00\x00")

    def put(self, form: str, size: int, value: float) -> None:
        self._align(size)
        self.data += struct.pack(form, value)

    def text(self, text: str) -> None:
        raw = text.encode() + b"\x00"
        self.put("<I", 4, len(raw))
        self.data += raw

    def floats(self, values: Array | None) -> None:
        count = 0 if values is None else values.size
        self.put("<I", 4, count)
        if values is not None:
            self.data += np.ascontiguousarray(values, dtype="<f4").tobytes()

    def point(self, place: Point3) -> None:
        self._align(8)
        self.data += struct.pack("<3d", *place)

    def _align(self, size: int) -> None:
        self.data += bytes(-(len(self.data) - 4) % size)
