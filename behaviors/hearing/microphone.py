"""The microphone, through `arecord` (a separate program): blocks of sound, and a plain word when there is none."""

from __future__ import annotations

import contextlib
import queue
import shutil
import subprocess
import threading
from collections.abc import Sequence

import numpy as np

from behaviors.hearing.phrases import BLOCK, RATE_HZ
from kangban.values import Array

BEHIND_BLOCKS = 400  # 20 s of sound; what a busy machine does not get to is dropped
RETRY_S = (1.0, 30.0)  # after it failed: first, and at most
NO_PROGRAM = "arecord is not installed: what is said is not heard (Debian: apt-get install alsa-utils)"


class Microphone:
    """Reads in a thread of its own, and begins again when the device comes back. Close it."""

    def __init__(self, device: str, program: str = "arecord") -> None:
        """`device`: as ALSA calls it; `arecord -L` lists them."""
        self._device, self._program = device, program
        self._blocks: queue.Queue[Array] = queue.Queue(BEHIND_BLOCKS)
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = threading.Event()
        self.trouble: str | None = f"the microphone {device} was not opened yet"
        self.dropped = 0
        self._thread = threading.Thread(target=self._read, name="microphone", daemon=True)
        self._thread.start()

    def next(self, wait_s: float) -> Array | None:
        """The oldest block (BLOCK,) of samples from -1 to 1; None where there is none for so long."""
        with contextlib.suppress(queue.Empty):
            return self._blocks.get(timeout=wait_s)
        return None

    def close(self) -> None:
        self._closing.set()
        if (process := self._process) is not None:
            process.kill()
        self._thread.join()

    def _read(self) -> None:
        wait_s = RETRY_S[0]
        while not self._closing.is_set():
            heard, self.trouble = self._record()
            wait_s = RETRY_S[0] if heard else min(RETRY_S[1], 2.0 * wait_s)
            self._closing.wait(wait_s)

    def _record(self) -> tuple[bool, str]:
        """Until it ends. Was anything heard, and why it ended."""
        program = shutil.which(self._program)
        if program is None:
            return False, NO_PROGRAM
        quiet = ("-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(RATE_HZ))
        try:
            process = subprocess.Popen(
                [program, "-D", self._device, *quiet], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
        except OSError as error:
            return False, f"{program} can't be started: {error.strerror}"
        self._process = process
        if self._closing.is_set():
            process.kill()
        with process:
            assert process.stdout is not None and process.stderr is not None
            heard = False
            while len(raw := process.stdout.read(2 * BLOCK)) == 2 * BLOCK:
                heard, self.trouble = True, None
                self._put(np.frombuffer(raw, dtype="<i2").astype(np.float64) / 32768.0)
            words = _last(process.stderr.read().decode(errors="replace").splitlines())
        return heard, f"the microphone {self._device} gives no sound ({words}); `arecord -L` lists what there is"

    def _put(self, block: Array) -> None:
        try:
            self._blocks.put_nowait(block)
        except queue.Full:
            self.dropped += 1


def _last(lines: Sequence[str]) -> str:
    return next((line.strip() for line in reversed(lines) if line.strip()), "it ended")
