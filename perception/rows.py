"""Rows of the arrays in a NumPy archive, a piece at a time: hours of landmarks in a few megabytes of memory."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

ROWS = 2048  # at once


class Rows:
    """One array of an archive, read from its beginning. Close it, or use it in a `with`.

    Raises KeyError where the archive has no such array, ValueError where it holds no plain numbers, and OSError,
    EOFError, zipfile.BadZipFile or zlib.error where the file is damaged.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._zip = zipfile.ZipFile(path)
        try:
            names = self._zip.namelist()
            self._file: IO[bytes] = self._zip.open(next(n for n in (f"{name}.npy", name) if n in names))
            self.shape, self._fortran, self._dtype = _header(self._file)
        except StopIteration:
            self._zip.close()
            raise KeyError(name) from None
        except BaseException:
            self._zip.close()
            raise
        if self._dtype.hasobject or self._dtype.kind not in "fiub":
            self.close()
            raise ValueError(f"{name} holds {self._dtype}, not numbers")

    def __enter__(self) -> Rows:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with suppress(zipfile.BadZipFile):  # a wrong checksum has been told where it was read
            self._file.close()
        self._zip.close()

    def pieces(self, rows: int = ROWS) -> Iterator[NDArray[np.float64]]:
        """The array from its first row on, up to `rows` rows at once, as float64."""
        if self._fortran or not self.shape:  # columns first: it can't be read row by row
            whole = self.whole()
            yield from (whole[k : k + rows] for k in range(0, len(whole), rows)) if whole.ndim else (whole[None],)
            return
        each = int(np.prod(self.shape[1:], dtype=np.int64)) * self._dtype.itemsize
        for first in range(0, self.shape[0], rows):
            count = min(rows, self.shape[0] - first)
            yield self._array(self._file.read(count * each), (count, *self.shape[1:]))

    def whole(self) -> NDArray[np.float64]:
        data = self._array(self._file.read(), self.shape[::-1] if self._fortran else self.shape)
        return data.T if self._fortran else data

    def _array(self, data: bytes, shape: tuple[int, ...]) -> NDArray[np.float64]:
        if len(data) != int(np.prod(shape, dtype=np.int64)) * self._dtype.itemsize:
            raise EOFError("the file is cut off")
        return np.frombuffer(data, self._dtype).reshape(shape).astype(np.float64)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    return shape, fortran, dtype
