"""Rendering through EGL (Mesa's llvmpipe where there is no graphics card): one plug-in per physics client."""

from __future__ import annotations

import importlib.util

import pybullet as p

from sim.sensors import shadows

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
    _drop_shadows(client)
    return client


def _drop_shadows(client: int) -> None:
    """The renderer makes its shadow map with the first thing that it draws, and once more for its second picture."""
    shape = p.createVisualShape(p.GEOM_BOX, halfExtents=[0.1, 0.1, 0.1], physicsClientId=client)
    box = p.createMultiBody(0, -1, shape, physicsClientId=client)
    for _ in range(2):
        p.getCameraImage(8, 8, renderer=p.ER_BULLET_HARDWARE_OPENGL, physicsClientId=client)
    p.removeBody(box, physicsClientId=client)
    shadows.ShadowMap().resize(shadows.NONE)
