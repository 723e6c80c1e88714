"""Takes the shadow pass out of PyBullet's EGL renderer, which costs half of a picture and can't be switched off.

The renderer draws the scene into a shadow map of 4096 x 4096 before every picture, whatever `shadow` says. Here the map
is made one pixel large: the pass then covers a corner outside the home, nothing is in shade, and the rest of the
picture, depth included, stays the same. It works on the renderer's own OpenGL context, which the plug-in leaves
current in the thread that loaded it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

FULL, NONE = 4096, 1  # pixels a side
_TEXTURE_2D, _WIDTH, _INTERNAL_FORMAT, _BOUND = 0x0DE1, 0x1000, 0x1003, 0x8069
_DEPTH_COMPONENT, _FLOAT = 0x1902, 0x1406
_DEPTH_FORMATS = {0x1902, 0x81A5, 0x81A6, 0x81A7, 0x8CAC}  # unsized, 16, 24 and 32 bits, float
_HIGHEST_NAME = 4096  # textures are numbered from 1


class ShadowMap:
    """The shadow map of the context that is current in this thread; `found` is False where there is none."""

    def __init__(self) -> None:
        self._name, self._format = 0, 0
        try:
            self._egl: Any = ctypes.CDLL("libEGL.so.1")
        except OSError:
            return
        self._egl.eglGetCurrentContext.restype = ctypes.c_void_p
        self._egl.eglGetProcAddress.restype = ctypes.c_void_p
        self._egl.eglGetProcAddress.argtypes = [ctypes.c_char_p]
        if self._egl.eglGetCurrentContext():
            self._find()

    @property
    def found(self) -> bool:
        return self._name > 0

    def resize(self, side: int) -> None:
        """Give it `side` x `side` pixels; nothing to do where there is no map."""
        if not self.found:
            return
        u, i = ctypes.c_uint, ctypes.c_int
        define = self._call(b"glTexImage2D", u, i, i, i, i, i, u, u, ctypes.c_void_p)
        bound = self._bound()
        self._bind(self._name)
        define(_TEXTURE_2D, 0, self._format, side, side, 0, _DEPTH_COMPONENT, _FLOAT, None)
        self._bind(bound)

    def _find(self) -> None:
        is_texture = self._ask(b"glIsTexture")
        bound = self._bound()
        for name in range(1, _HIGHEST_NAME):
            if not is_texture(name):
                continue
            self._bind(name)
            if self._level(_WIDTH) in (FULL, NONE) and self._level(_INTERNAL_FORMAT) in _DEPTH_FORMATS:
                self._name, self._format = name, self._level(_INTERNAL_FORMAT)
                break
        self._bind(bound)

    def _call(self, name: bytes, *arguments: Any) -> Callable[..., None]:
        function: Callable[..., None] = ctypes.CFUNCTYPE(None, *arguments)(self._egl.eglGetProcAddress(name))
        return function

    def _ask(self, name: bytes) -> Callable[[int], int]:
        function: Callable[[int], int] = ctypes.CFUNCTYPE(ctypes.c_ubyte, ctypes.c_uint)(
            self._egl.eglGetProcAddress(name)
        )
        return function

    def _bind(self, name: int) -> None:
        self._call(b"glBindTexture", ctypes.c_uint, ctypes.c_uint)(_TEXTURE_2D, name)

    def _bound(self) -> int:
        value = ctypes.c_int()
        self._call(b"glGetIntegerv", ctypes.c_uint, ctypes.POINTER(ctypes.c_int))(_BOUND, ctypes.byref(value))
        return value.value

    def _level(self, what: int) -> int:
        value = ctypes.c_int()
        u, i = ctypes.c_uint, ctypes.c_int
        ask = self._call(b"glGetTexLevelParameteriv", u, i, u, ctypes.POINTER(ctypes.c_int))
        ask(_TEXTURE_2D, 0, what, ctypes.byref(value))
        return value.value
