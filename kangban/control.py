"""The supervisor's control socket: one JSON line in, one JSON line out, for this user only (RUN_DIR/control.sock)."""

from __future__ import annotations

import json
import os
import selectors
import socket
from collections.abc import Callable
from pathlib import Path

LONGEST_LINE = 4096


class ControlSocket:
    """Serves on the supervisor's own selector. A silent or broken client costs a connection, not the supervisor."""

    def __init__(
        self, path: Path, selector: selectors.BaseSelector, answer: Callable[[dict[str, object]], dict[str, object]]
    ) -> None:
        self._path, self._selector, self._answer = path, selector, answer
        path.unlink(missing_ok=True)
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        _at_folder(path, self._server.bind)
        path.chmod(0o600)
        self._server.listen(8)
        self._server.setblocking(False)
        selector.register(self._server, selectors.EVENT_READ, self._accept)

    def _accept(self, server: socket.socket) -> None:
        connection, _ = server.accept()
        connection.settimeout(1.0)
        self._selector.register(connection, selectors.EVENT_READ, self._serve)

    def _serve(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        with connection:
            try:
                request = json.loads(connection.recv(LONGEST_LINE))
                answer = self._answer(request) if isinstance(request, dict) else {"ok": False, "error": "not an object"}
            except (OSError, ValueError) as error:
                answer = {"ok": False, "error": str(error)}
            try:
                connection.sendall(json.dumps(answer).encode() + b"\n")
            except OSError:
                return

    def close(self) -> None:
        self._selector.unregister(self._server)
        self._server.close()
        self._path.unlink(missing_ok=True)


def _at_folder(path: Path, act: Callable[[str], None]) -> None:
    """Bind or connect through the folder's descriptor: the kernel takes no socket path over 107 characters."""
    folder = os.open(path.parent, os.O_PATH)
    try:
        act(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)


def ask(run_dir: Path, request: dict[str, object], timeout_s: float = 5.0) -> dict[str, object]:
    """Send one request to the supervisor of a run. Raises OSError where none listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(timeout_s)
        _at_folder(run_dir / "control.sock", client.connect)
        client.sendall(json.dumps(request).encode() + b"\n")
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    result: dict[str, object] = json.loads(answer)
    return result
