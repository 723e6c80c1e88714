"""Wakes the page's open connections from another thread when something changed."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator


class Bell:
    """Any thread rings; each listener (on the server's event loop) waits for the next ring or its timeout."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self.closed = False

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    @contextlib.contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        event = asyncio.Event()
        mine = (asyncio.get_running_loop(), event)
        with self._lock:
            self._listeners.add(mine)
        try:
            yield event
        finally:
            with self._lock:
                self._listeners.discard(mine)

    def ring(self) -> None:
        with self._lock:
            for loop, event in self._listeners:
                # A loop that closed meanwhile has no listener left to wake.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(event.set)

    def close(self) -> None:
        """Let every listener end."""
        self.closed = True
        self.ring()


async def next_ring(event: asyncio.Event, timeout_s: float) -> None:
    """Return at the next ring, or after `timeout_s`."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), timeout_s)
    event.clear()
