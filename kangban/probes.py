"""What `kangban doctor` asks of this machine. Only looking: nothing is opened for writing, moved or changed."""

from __future__ import annotations

import ctypes
import errno
import grp
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from kangban import models

EGL_PLATFORM_DEVICE = 0x313F
EGL_TRUE = 1
IMPORT_LIMIT_S = 30.0
PROCESSES = Path("/proc")


class Machine:
    """The real probes; tests give the checks an object with the same methods and other answers."""

    def program(self, names: tuple[str, ...]) -> str | None:
        """Return the path of the first program found, None when there is none."""
        return next((path for name in names if (path := shutil.which(name))), None)

    def module(self, name: str) -> bool:
        """Whether a Python module could be imported, without importing it."""
        return importlib.util.find_spec(name) is not None

    def statement_fault(self, statement: str) -> str | None:
        """Run one Python statement in a process of its own; return its last line of error, None when it ran."""
        try:
            done = subprocess.run(
                [sys.executable, "-c", statement], capture_output=True, text=True, timeout=IMPORT_LIMIT_S, check=False
            )
        except subprocess.TimeoutExpired:
            return f"no answer within {IMPORT_LIMIT_S:.0f} s"
        lines = done.stderr.strip().splitlines()
        return None if done.returncode == 0 else lines[-1] if lines else f"exit status {done.returncode}"

    def model_fault(self) -> str | None:
        """Return what is wrong with the pose model, None when it is the pinned one."""
        return models.fault(models.model_folder() / models.POSE_MODEL.name, models.POSE_MODEL)

    def egl_fault(self) -> str | None:
        """Return why nothing can be drawn without a screen, None when an EGL device starts."""
        try:
            egl = ctypes.CDLL("libEGL.so.1")
        except OSError as error:
            return str(error)
        egl.eglGetProcAddress.restype = ctypes.c_void_p
        addresses = [egl.eglGetProcAddress(name) for name in (b"eglQueryDevicesEXT", b"eglGetPlatformDisplayEXT")]
        if not all(addresses):
            return "this EGL cannot list its devices (EGL_EXT_device_enumeration)"
        query = ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(addresses[0])
        display_of = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p)(addresses[1])
        devices, count = (ctypes.c_void_p * 16)(), ctypes.c_int(0)
        query(16, devices, ctypes.byref(count))
        egl.eglInitialize.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
        egl.eglTerminate.argtypes = [ctypes.c_void_p]
        for device in devices[: count.value]:
            display = display_of(EGL_PLATFORM_DEVICE, device, None)
            if display and egl.eglInitialize(display, None, None) == EGL_TRUE:
                egl.eglTerminate(display)
                return None
        return f"none of {count.value} EGL devices starts"

    def device_fault(self, path: str) -> tuple[str, str | None] | None:
        """Return what is wrong with a device file and the group that may use it, None when this user may."""
        device = Path(path)
        if not device.exists():
            return f"{path} does not exist", None
        if os.access(device, os.R_OK | os.W_OK):
            return None
        return f"this user may not use {path}", _group_of(device)

    def device_holder(self, path: str) -> str | None:
        """Return which process has a device open, `name (pid N)`, None when none that this user can see does."""
        real = os.path.realpath(path)
        for descriptor in PROCESSES.glob("[0-9]*/fd/*"):
            try:
                if os.path.realpath(descriptor) == real:
                    pid = descriptor.parts[-3]
                    return f"{(PROCESSES / pid / 'comm').read_text(encoding='utf-8').strip()} (pid {pid})"
            except OSError:
                continue  # the process ended, or belongs to another user
        return None

    def listen_fault(self, host: str, port: int) -> str | None:
        """Return why a server could not listen there, None when it could."""
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            with socket.socket(family, socket.SOCK_STREAM) as server:
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                server.bind((host, port))
        except OSError as error:
            return "it is in use" if error.errno == errno.EADDRINUSE else str(error.strerror or error)
        return None

    def free_bytes(self, folder: Path) -> int:
        """Return the free bytes where a folder is or would be made."""
        while not folder.exists():
            folder = folder.parent
        return shutil.disk_usage(folder).free


def _group_of(device: Path) -> str | None:
    try:
        return grp.getgrgid(device.stat().st_gid).gr_name
    except (KeyError, OSError):
        return None
