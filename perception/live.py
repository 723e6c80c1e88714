"""Pictures of a camera or a stream as they come: the newest wins, and when none comes that is said in time.

Reading blocks for as long as a device likes, so it has a thread of its own; an unplugged camera is opened again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perception.picture import GIVE_UP_S, PATIENCE_S, REOPEN_S, NoPicture, Picture, SourceError, rgb


def live_pictures(
    opened: Callable[[], Any],
    why: str,
    now: Callable[[], float],
    patience_s: float = PATIENCE_S,
    reopen_s: float = REOPEN_S,
    give_up_s: float = GIVE_UP_S,
) -> Iterator[Picture | NoPicture]:
    """Pictures, and each `patience_s` a NoPicture with `why` while none comes. Never ends by itself.

    `opened` gives OpenCV's capture, or raises SourceError: at once where it can't be opened at first, and after
    `give_up_s` where it does not come back.
    """
    reader = _Reader(opened, opened(), reopen_s)
    start: float | None = None
    last = -1.0
    begun = heard = now()
    try:
        while True:
            frame = reader.take(patience_s)
            at = now()
            if frame is None and at - heard >= give_up_s:
                raise SourceError(why)
            if frame is not None:
                heard = at
                start = at if start is None else start
            last = max(at - (begun if start is None else start), last + 1e-3)
            yield NoPicture(last, why) if frame is None else Picture(last, rgb(frame))
    finally:
        reader.close()


class _Reader:
    """Reads in a thread; holds the newest frame only."""

    def __init__(self, opened: Callable[[], Any], capture: Any, reopen_s: float) -> None:
        self._opened, self._capture, self._reopen_s = opened, capture, reopen_s
        self._changed = threading.Condition()
        self._frame: NDArray[np.uint8] | None = None
        self._ending = threading.Event()
        threading.Thread(target=self._work, name="camera", daemon=True).start()

    def take(self, patience_s: float) -> NDArray[np.uint8] | None:
        """The newest frame not taken yet; None where none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None, patience_s)
            frame, self._frame = self._frame, None
            return frame

    def close(self) -> None:
        self._ending.set()

    def _work(self) -> None:
        while not self._ending.is_set():
            got, frame = self._capture.read() if self._capture is not None else (False, None)
            if got:
                with self._changed:
                    self._frame = frame
                    self._changed.notify_all()
                continue
            self._let_go()
            self._ending.wait(self._reopen_s)
            try:
                self._capture = None if self._ending.is_set() else self._opened()
            except SourceError:
                self._capture = None
        self._let_go()

    def _let_go(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None
