"""Landmarks in an MCAP file: the `persons` that a robot published, readable without its ROS.

Any topic of type kangban_msgs/Persons whose name ends in `persons` will do, whoever recorded it; of several cameras the
first by name is read. Only landmarks are taken from it: who is who, postures and falls are decided anew. Where metadata
`kangban_landmarks` gives the picture's size it is used, else the likeliest usual shape is found from the bodies.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

import numpy as np
from mcap.exceptions import EndOfFile, McapError
from mcap.reader import NonSeekingReader, make_reader
from mcap.records import Channel, Message, Metadata, Schema
from mcap.stream_reader import StreamReader
from mcap_ros2.decoder import DecoderFactory

from perception.aspect import ENOUGH, estimate_size
from perception.landmarks import Pose
from perception.persons_cdr import PERSONS_TYPE
from perception.recording import RESTART_S, Landmarks
from perception.sources import SourceError

METADATA = "kangban_landmarks"
MAGIC = b"\x89MCAP0\r\n"  # how a whole file begins and ends
HINT = "copy it again, or record it again with `kangban watch SOURCE --record OUT.mcap`"
DAMAGED = (McapError, OSError, ValueError, EOFError, struct.error, ArithmeticError, LookupError, RuntimeError)
Decode = Callable[[bytes], Any]


def read_mcap(path: Path) -> Iterator[Landmarks]:
    """The frames of a recording, rising as in `recording.py`. Raises SourceError where it can't be used (further)."""
    last = -math.inf
    count = 0
    try:
        size = _size(path)
        for stamp, poses, blind in _frames(path):
            count += 1
            if last - RESTART_S <= stamp <= last:
                continue
            last = stamp
            yield Landmarks(stamp, poses, size, blind)
        if not _ends_whole(path):
            raise EndOfFile
    except SourceError:
        raise
    except Exception as error:  # a damaged file raises whatever the reader stumbles over
        told = f"damaged or cut off after {count} frames; the events before it are valid" if count else "damaged"
        raise SourceError(
            f"{path}: not an MCAP recording that can be read: {told} ({_in_short(error)}); {HINT}"
        ) from error


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-len(MAGIC), os.SEEK_END)
        return file.read() == MAGIC


def _in_short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:120]


def _size(path: Path) -> tuple[int, int]:
    with path.open("rb") as file:
        given = _given_size(file)
    if given is not None:
        return given
    return estimate_size((pose.image[None], pose.body[None]) for pose in islice(_whole_poses(path), ENOUGH))


def _whole_poses(path: Path) -> Iterator[Pose]:
    """Every pose up to where the file is damaged: that is told when the frames are read."""
    with suppress(*DAMAGED):
        for _, poses, _ in _frames(path):
            yield from poses


def _given_size(file: IO[bytes]) -> tuple[int, int] | None:
    """The size told before the first message, where we recorded it."""
    with suppress(*DAMAGED):
        for record in StreamReader(file).records:
            if isinstance(record, Message):
                return None
            if isinstance(record, Metadata) and (size := _size_in(record)) is not None:
                return size
    return None


def _size_in(record: Metadata) -> tuple[int, int] | None:
    if record.name != METADATA:
        return None
    try:
        width, height = int(record.metadata["width"]), int(record.metadata["height"])
    except (KeyError, ValueError):
        return None
    return (width, height) if min(width, height) > 0 else None


def _frames(path: Path) -> Iterator[tuple[float, tuple[Pose, ...], bool]]:
    """Stamp, poses, blind of each message of the first fitting topic, in the order of the file."""
    topic: str | None = None
    seen: set[str] = set()
    decode: dict[int, Decode] = {}
    with path.open("rb") as file:
        messages: Iterator[tuple[Schema | None, Channel, Message]] = NonSeekingReader(file).iter_messages(
            log_time_order=False
        )
        first = next(messages, None)
        topic = _topic(path) if first is not None else None
        for schema, channel, message in () if first is None else chain([first], messages):
            seen.add(f"{channel.topic} ({schema.name if schema else 'no type'})")
            if topic is None and _fits(schema, channel):
                topic = channel.topic
            if channel.topic != topic:
                continue
            if channel.id not in decode:
                decode[channel.id] = _decoder(schema, channel, path)
            yield _frame(decode[channel.id](message.data))
    if topic is None:
        there = f"it holds {', '.join(sorted(seen)[:6])}" if seen else "it holds no messages"
        raise SourceError(f"{path}: no topic that ends in `persons` of type {PERSONS_TYPE}; {there}")


def _topic(path: Path) -> str | None:
    """The first fitting topic by name, from the file's index; None where it has none."""
    with path.open("rb") as file:
        try:
            summary = make_reader(file).get_summary()
        except (McapError, OSError, ValueError, EOFError):
            return None
    if summary is None:
        return None
    return min((c.topic for c in summary.channels.values() if _fits(summary.schemas.get(c.schema_id), c)), default=None)


def _fits(schema: Schema | None, channel: Channel) -> bool:
    return channel.topic.endswith("persons") and schema is not None and _plain(schema.name) == _plain(PERSONS_TYPE)


def _plain(name: str) -> str:
    return name.replace("/msg/", "/")


def _decoder(schema: Schema | None, channel: Channel, path: Path) -> Decode:
    decode = DecoderFactory().decoder_for(channel.message_encoding, schema)
    if decode is None:
        encoding = f"{channel.message_encoding} with {schema.encoding if schema else 'no schema'}"
        raise SourceError(
            f"{path}: {channel.topic} is written as {encoding}; expected cdr with ros2msg; record it anew"
        )
    return decode


def _frame(message: Any) -> tuple[float, tuple[Pose, ...], bool]:
    stamp = message.header.stamp
    poses = tuple(pose for person in message.people if person.seen and (pose := _pose(person)) is not None)
    return round(stamp.sec + 1e-9 * stamp.nanosec, 9), poses, bool(message.blind)


def _pose(person: Any) -> Pose | None:
    image, body = np.asarray(person.landmarks_in_image, dtype=float), np.asarray(person.landmarks_in_body, dtype=float)
    if image.size != 33 * 5 or body.size != 33 * 3 or not (np.isfinite(image).all() and np.isfinite(body).all()):
        return None
    return Pose(image.reshape(33, 5), body.reshape(33, 3))
