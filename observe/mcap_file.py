"""One MCAP file of messages as they were sent (profile ros2, CDR), which Foxglove and rosbag2 read.

It is written as NAME.mcap.part and gets its name when it is whole. What a killed process left is mended at the next
start: every chunk that reached the disk is kept.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from pathlib import Path

from mcap.exceptions import McapError
from mcap.records import Channel, Message, Schema
from mcap.stream_reader import StreamReader
from mcap.writer import CompressionType, Writer

from observe.definitions import name_of, text_of
from observe.ring import Sent

PART = ".part"
CHUNK_BYTES = 128 * 1024  # what a sudden end may cost
LIBRARY = "kangban"
# What the reader stumbles over where bytes are missing.
DAMAGED = (McapError, struct.error, ValueError, EOFError, LookupError, RuntimeError, ArithmeticError)


class McapFile:
    """Raises OSError where it can't be written (further)."""

    def __init__(self, path: Path, types: dict[str, type]) -> None:
        self.path, self._part = path, path.with_name(path.name + PART)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._types = types
        self._file = self._part.open("wb")
        self._writer = Writer(self._file, chunk_size=CHUNK_BYTES, compression=CompressionType.ZSTD)
        self._writer.start(profile="ros2", library=LIBRARY)
        self._channels: dict[str, int] = {}
        self._schemas: dict[type, int] = {}
        self.count = 0

    def add(self, sent: Sent) -> None:
        at = max(0, round(sent.at * 1e9))
        self._writer.add_message(self._channel(sent.topic), at, sent.data, at)
        self.count += 1

    def flush(self) -> None:
        """What is in whole chunks is on the disk afterwards."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> Path:
        """Finish it; its path."""
        try:
            self._writer.finish()  # type: ignore[no-untyped-call]
            self.flush()
        finally:
            self._file.close()
        self._part.replace(self.path)
        return self.path

    def give_up(self) -> None:
        """It can't be finished: what reached the disk is left for the next start."""
        try:
            self._file.close()
        except OSError:
            pass  # the last of it does not fit on the disk

    def _channel(self, topic: str) -> int:
        if topic not in self._channels:
            kind = self._types[topic]
            if kind not in self._schemas:
                text = text_of(kind).encode()
                self._schemas[kind] = self._writer.register_schema(name_of(kind), "ros2msg", text)
            self._channels[topic] = self._writer.register_channel(topic, "cdr", self._schemas[kind])
        return self._channels[topic]


def mend(folder: Path) -> tuple[list[Path], list[str]]:
    """Finish what a sudden end left in `folder`: the files that were mended, and what could not be, in words."""
    mended, failed = [], []
    for part in sorted(folder.glob(f"*.mcap{PART}")):
        try:
            whole = part.with_name(part.name.removesuffix(PART))
            if _copy(part, whole):
                mended.append(whole)
            part.unlink()
        except OSError as error:
            failed.append(f"{part}: {error.strerror}")
    return mended, failed


def _copy(part: Path, whole: Path) -> int:
    """How many messages were readable; without any no file is made."""
    schemas: dict[int, Schema] = {}
    numbers: dict[int, int] = {}
    count = 0
    made = whole.with_name(whole.name + ".mending")
    with part.open("rb") as source, made.open("wb") as target:
        writer = Writer(target, chunk_size=CHUNK_BYTES, compression=CompressionType.ZSTD)
        writer.start(profile="ros2", library=LIBRARY)
        for record in _readable(source):
            if isinstance(record, Schema):
                schemas[record.id] = record
            elif isinstance(record, Channel) and record.id not in numbers:
                schema = schemas[record.schema_id]
                number = writer.register_schema(schema.name, schema.encoding, schema.data)
                numbers[record.id] = writer.register_channel(record.topic, record.message_encoding, number)
            elif isinstance(record, Message):
                writer.add_message(
                    numbers[record.channel_id], record.log_time, record.data, record.publish_time, record.sequence
                )
                count += 1
        writer.finish()  # type: ignore[no-untyped-call]
    if count:
        made.replace(whole)
    else:
        made.unlink()
    return count


def _readable(source: object) -> Iterable[object]:
    """Records up to where the file was cut off."""
    records = StreamReader(source).records  # type: ignore[arg-type]
    while True:
        try:
            record = next(records, None)
        except DAMAGED:
            return
        if record is None:
            return
        yield record
