"""The door before the viewers' server: which connections get through, and how many.

Foxglove's own server asks nobody who he is. Every page in a browser of this machine could then look into the home, so
a connection is let through only from a program, or from a page that the site names; and at a closed door only under a
name of this machine (DNS rebinding). What is let through is passed on as it is, in both directions.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Collection
from urllib.parse import urlsplit

from kangban.foxglove_site import is_this_machine
from kangban.listening import listener

HEAD_END = b"\r\n\r\n"
LONGEST_HEAD = 8192  # bytes; the request of a browser is a tenth of it
HEAD_S = 5.0  # whoever says nothing for so long is not waited for
AT_ONCE = 8  # viewers; more would cost the robot its computer
CHUNK = 65536
ENDING_S = 3.0


class DoorError(Exception):
    """The address can't be listened on; the message says where and why."""


def turned_away(head: bytes, closed: bool, origins: Collection[str]) -> str | None:
    """Why a request is refused; None: it may pass. `closed`: only this machine may look."""
    request, *lines = head.decode("latin-1").split("\r\n")
    given = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    if not request.startswith("GET ") or ("upgrade", "websocket") not in [(n, v.lower()) for n, v in given]:
        return "here is a WebSocket for Foxglove (open connection: Foxglove WebSocket)"
    for name, value in given:
        if name == "host" and closed and not is_this_machine(urlsplit(f"//{value}").hostname or ""):
            return f"this robot shows itself on its own machine only, not as {value!r}"
        if name == "origin" and value not in origins and (value == "null" or value.startswith(("http:", "https:"))):
            return f"the page {value} may not look: foxglove.origins in the site file names those that may"
    return None


class Door:
    """Listens at once; lets through to `inner` from `start` on, in a thread of its own."""

    def __init__(self, host: str, port: int, inner: tuple[str, int], origins: Collection[str]) -> None:
        """Raises DoorError."""
        self._inner, self._origins, self._closed = inner, frozenset(origins), is_this_machine(host)
        self.inside = 0  # who looks on now
        self.refused = 0
        self.last_refusal = ""
        try:
            self._socket = listener(host, port, AT_ONCE)
            self._socket.setblocking(False)
        except OSError as error:
            raise DoorError(f"{host}:{port} can't be listened on ({error.strerror or error})") from error
        self.port: int = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="door", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Let go of everybody."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ending.set)
            self._thread.join(ENDING_S)
        self._socket.close()

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._enter, sock=self._socket, limit=LONGEST_HEAD)
        await self._ending.wait()
        server.close()
        guests = asyncio.all_tasks() - {asyncio.current_task()}
        for guest in guests:
            guest.cancel()
        await asyncio.gather(*guests, return_exceptions=True)

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(HEAD_END), HEAD_S)
            why = turned_away(head, self._closed, self._origins)
            if why is None and self.inside >= AT_ONCE:
                why = f"{AT_ONCE} look on already"
            if why is not None:
                self.refused, self.last_refusal = self.refused + 1, why
                writer.write(b"HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n" + why.encode("utf-8") + b"\n")
                await writer.drain()
                return
            self.inside += 1
            try:
                await self._through(head, reader, writer)
            finally:
                self.inside -= 1
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever came has gone, or is no viewer
        except asyncio.CancelledError:
            pass  # the door is closed; nothing comes after this
        finally:
            writer.close()

    async def _through(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(*self._inner)
        try:
            to_server.write(head)
            ways = [asyncio.ensure_future(_pass_on(reader, to_server)),
                    asyncio.ensure_future(_pass_on(from_server, writer))]  # fmt: skip
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        finally:
            to_server.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What one end says, to the other, no faster than it is taken: the server then leaves out old messages."""
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
