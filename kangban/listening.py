"""A socket that waits for connections, bound before anybody is told of its port."""

from __future__ import annotations

import socket


def listener(host: str, port: int, waiting: int) -> socket.socket:
    """`port` 0: any free one; `waiting`: connections that may wait. Raises OSError where it can't be bound."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(waiting)
    except OSError:
        bound.close()
        raise
    return bound
