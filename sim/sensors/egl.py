"""Rendering through EGL (Mesa's llvmpipe where there is no graphics card): one plug-in per physics client."""

from __future__ import annotations

import importlib.util

import pybullet as p

MISSING = (
    "the EGL renderer does not start; install libegl1, libegl-mesa0 and libgl1-mesa-dri "
    "(`kangban doctor` checks it and says the command)"
)


class RenderError(Exception):
    """No picture can be rendered; the message says what to install."""


def connect() -> int:
    """A physics client without a window, with EGL rendering. Raises RenderError."""
    client: int = p.connect(p.DIRECT)
    found = importlib.util.find_spec("eglRenderer")
    if found is None or found.origin is None:
        p.disconnect(client)
        raise RenderError(MISSING)
    if p.loadPlugin(found.origin, "_eglRendererPlugin", physicsClientId=client) < 0:
        p.disconnect(client)
        raise RenderError(MISSING)
    return client
