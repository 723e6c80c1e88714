"""Recording landmarks instead of pictures: what perception saw, enough to decide it all again (`recording.py`)."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
from mcap.writer import CompressionType, Writer
from numpy.typing import NDArray

from kangban.values import Person, Persons, Posture
from perception.follow import Follower
from perception.landmarks import Pose, box
from perception.persons_cdr import DEFINITION, PERSONS_TYPE, encode
from perception.recording_mcap import METADATA
from perception.sources import SourceError

TOPIC = "persons"
CHUNK_BYTES = 256 * 1024
_POSE = 33 * 8 * 4  # bytes of one in the spool
_ROWS = 1024


def recorded(persons: Persons, follower: Follower) -> Persons:
    """What is recorded of a frame: everyone told of, and the newcomers of whom nobody is told yet (posture unknown).

    With these a replay sees each pose that the live run saw.
    """
    told = {p.id for p in persons.people}
    fresh = tuple(
        Person(t.id, True, Posture.UNKNOWN, 0.0, box(t.pose), t.pose.image, t.pose.body, None, None, None)
        for t in follower.tracks.all
        if t.pose is not None and t.id not in told
    )
    return Persons(persons.stamp, (*persons.people, *fresh), persons.blind)


class Recorder(Protocol):
    """Takes one frame after the other; whole once closed. Everything raises OSError where the disk refuses."""

    def write(self, persons: Persons, size: tuple[int, int]) -> None:
        """One frame more; `size` (width, height) px of its picture."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


def open_recorder(path: Path) -> Recorder:
    """A recorder by the name's ending. Raises SourceError for another ending or where it can't write."""
    kinds: dict[str, Callable[[Path], Recorder]] = {".npz": NpzRecorder, ".mcap": McapRecorder}
    if path.suffix not in kinds:
        raise SourceError(f"{path}: landmarks are recorded as .npz or .mcap; name it so")
    try:
        return kinds[path.suffix](path)
    except OSError as error:
        raise SourceError(f"{path}: can't write a recording there: {error.strerror}") from error


class McapRecorder:
    """`persons` messages in an MCAP file that Foxglove opens; what is written stays readable after a crash."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._writer = Writer(self._file, chunk_size=CHUNK_BYTES, compression=CompressionType.ZSTD)
        self._writer.start(profile="ros2", library="kangban")
        schema = self._writer.register_schema(PERSONS_TYPE, "ros2msg", DEFINITION.encode())
        self._channel = self._writer.register_channel(TOPIC, "cdr", schema)
        self._sized = False
        self._sequence = 0

    @property
    def written(self) -> int:
        """Bytes on disk so far."""
        return self._file.tell()

    def write(self, persons: Persons, size: tuple[int, int]) -> None:
        if not self._sized:
            self._writer.add_metadata(METADATA, {"width": str(size[0]), "height": str(size[1])})
            self._sized = True
        at = max(0, round(persons.stamp * 1e9))
        self._writer.add_message(self._channel, at, encode(persons), at, self._sequence)
        self._sequence += 1

    def close(self) -> None:
        try:
            self._writer.finish()  # type: ignore[no-untyped-call]
        finally:
            self._file.close()


class NpzRecorder:
    """Frames go to a file beside the recording; the archive is put together from it at the end, a piece at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._spool: IO[bytes] = tempfile.TemporaryFile(dir=path.parent, prefix=f".{path.name}.")  # noqa: SIM115
        self._stamps: list[float] = []
        self._counts: list[int] = []
        self._size: tuple[int, int] | None = None

    def write(self, persons: Persons, size: tuple[int, int]) -> None:
        self._size = self._size or size
        if persons.blind and not any(p.seen for p in persons.people):
            return  # there is no word for it in an archive; a gap in time says the same
        poses = [Pose(p.landmarks_in_image, p.landmarks_in_body) for p in persons.people
                 if p.landmarks_in_image is not None and p.landmarks_in_body is not None]  # fmt: skip
        self._stamps.append(persons.stamp)
        self._counts.append(len(poses))
        for pose in poses:
            self._spool.write(np.hstack([pose.image, pose.body]).astype("<f4").tobytes())

    def close(self) -> None:
        people = max(self._counts, default=0) or 1
        part = self._path.with_name(f".{self._path.name}.part")
        try:
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                _add(archive, "t", (len(self._stamps),), "<f8", [np.array(self._stamps)])
                if self._size is not None:
                    _add(archive, "size", (2,), "<i8", [np.array(self._size)])
                for name, first, last in (("lm", 0, 5), ("world", 5, 8)):
                    shape = (len(self._stamps), people, 33, last - first)
                    _add(archive, name, shape, "<f4", (p[..., first:last] for p in self._pieces(people)))
            part.replace(self._path)
        finally:
            self._spool.close()
            with suppress(OSError):
                part.unlink()

    def _pieces(self, people: int) -> Iterator[NDArray[np.float32]]:
        self._spool.seek(0)
        for first in range(0, len(self._counts), _ROWS):
            counts = self._counts[first : first + _ROWS]
            piece = np.full((len(counts), people, 33, 8), np.nan, np.float32)
            for k, count in enumerate(counts):
                data = np.frombuffer(self._spool.read(count * _POSE), "<f4")
                piece[k, :count] = data.reshape(count, 33, 8)
            yield piece


def _add(
    archive: zipfile.ZipFile, name: str, shape: tuple[int, ...], kind: str, pieces: Iterable[NDArray[Any]]
) -> None:
    head = {"descr": kind, "fortran_order": False, "shape": shape}
    with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
        np.lib.format.write_array_header_1_0(file, head)
        for piece in pieces:
            file.write(np.ascontiguousarray(piece, dtype=kind).tobytes())
