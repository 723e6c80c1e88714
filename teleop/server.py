"""Runs the console's web server in a thread of its own: binds first, so that a busy port is a clear error at start."""

from __future__ import annotations

import errno
import ipaddress
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn

from kangban.listening import listener
from teleop.app import Console, create_app

URL_FILE = "console.url"
_BACKLOG = 64


class PortError(Exception):
    """The console can't listen; the message says where, why and what to do."""


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bind(host: str, port: int, url_file: Path | None = None) -> socket.socket:
    """A listening socket. With port 0, the port that `url_file` names is tried first: bookmarks outlive a restart.

    Raises PortError.
    """
    if port == 0 and url_file is not None and (before := _port_in(url_file)) is not None:
        try:
            return listener(host, before, _BACKLOG)
        except OSError:
            pass  # someone else has it now; any free port will do
    try:
        return listener(host, port, _BACKLOG)
    except OSError as error:
        raise PortError(_explain(host, port, error)) from error


def _explain(host: str, port: int, error: OSError) -> str:
    where = f"profile key console.host/console.port: {host}:{port}"
    if isinstance(error, socket.gaierror):
        return f"{where}: {host!r} is no address of this machine ({error.strerror}); write 127.0.0.1"
    if error.errno == errno.EADDRINUSE:
        return (
            f"{where}: another program listens there, perhaps a second Kangban on this machine; end it, or choose "
            "another port with --set profile.console.port=8766 (0: any free one)"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{where}: this machine has no such address; write 127.0.0.1, or an address that `ip addr` lists"
    if error.errno == errno.EACCES:
        return f"{where}: ports below 1024 need root; choose one above"
    return f"{where}: can't listen: {error.strerror}"


def _port_in(url_file: Path) -> int | None:
    try:
        return int(url_file.read_text(encoding="utf-8").strip().rstrip("/").rpartition(":")[2])
    except (OSError, ValueError):
        return None


class ConsoleServer:
    """The web server of one console. `on_failure` hears if it ends unasked."""

    def __init__(
        self, console: Console, host: str, port: int, run_dir: Path, on_failure: Callable[[str], None]
    ) -> None:
        """Binds at once (raises PortError) and writes RUN_DIR/console.url; `start` begins to answer."""
        self._console, self._on_failure = console, on_failure
        self._socket = bind(host, port, run_dir / URL_FILE)
        bound = self._socket.getsockname()
        self.port: int = bound[1]
        self.loopback = is_loopback(bound[0])
        host_seen = "127.0.0.1" if bound[0] in ("0.0.0.0", "::") else bound[0]  # every address: this machine's own too
        shown = f"[{host_seen}]" if ":" in host_seen else host_seen
        self.url = f"http://{shown}:{self.port}/"
        (run_dir / URL_FILE).write_text(self.url + "\n", encoding="utf-8")
        config = uvicorn.Config(
            create_app(console, loopback_only=self.loopback),
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
            timeout_keep_alive=20,
            limit_concurrency=128,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="console", daemon=True)

    @property
    def login_url(self) -> str:
        """Where a nurse signs in; the token lies behind the #, which no browser sends and no server logs."""
        return f"{self.url}#{self._console.token}"

    @property
    def home_url(self) -> str | None:
        """What the robot's own screen opens; the token lies behind the #."""
        home = self._console.home
        return None if home is None else f"http://127.0.0.1:{self.port}/home#{home.token}"

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop answering; open pages are let go, none is waited for longer than a second."""
        self._server.should_exit = True
        self._console.bell.close()
        if self._console.home is not None:
            self._console.home.bell.close()
        if self._thread.is_alive():
            self._thread.join(timeout=3.0)
        self._socket.close()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        finally:
            if not self._server.should_exit:
                self._on_failure("the console's web server ended by itself; its log says why")
