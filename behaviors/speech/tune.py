"""A music cue. No music ships with the robot: it plays the home's own file, or a quiet tune that it makes itself."""

from __future__ import annotations

import shutil
import subprocess
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np

RATE = 22_050
BEAT_S = 0.55
SCALE_HZ = (261.63, 293.66, 329.63, 392.00, 440.00)  # five tones that go with each other in any order
NOTES = (0, 2, 3, 2, 4, 3, 2, 0, 1, 2, 3, 2, 1, 0, 0, 2, 4, 3, 4, 2, 3, 1, 2, 0)
DEVICES = Path("/dev/snd")


class Tune:
    """Neither call waits or raises. `tell` gets in words what became of a cue."""

    def __init__(self, folder: Path, own: str | None, tell: Callable[[str], None], devices: Path = DEVICES) -> None:
        self._file, self._own, self._tell, self._devices = folder / "tune.wav", own, tell, devices
        self._process: subprocess.Popen[bytes] | None = None

    def play(self, cue: str) -> None:
        self.stop()
        program = shutil.which("aplay")
        if program is None or not any(self._devices.glob("pcmC*D*p")):
            self._tell(f"cue {cue}: there is no sound device, or no aplay: nothing is heard")
            return
        quiet = subprocess.DEVNULL
        try:
            path = Path(self._own) if self._own is not None else made(self._file)
            self._process = subprocess.Popen([program, "-q", str(path)], stdin=quiet, stdout=quiet, stderr=quiet)
        except OSError as error:
            self._tell(f"cue {cue}: can't be played: {error}")
            return
        self._tell(f"cue {cue}: plays {path.name}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def made(path: Path) -> Path:
    """Write the tune, once. Raises OSError."""
    if not path.exists():
        t = np.arange(round(2 * BEAT_S * RATE)) / RATE
        song = np.zeros(round(BEAT_S * RATE) * (len(NOTES) + 2))
        for k, note in enumerate(NOTES):
            tone = np.sin(2 * np.pi * SCALE_HZ[note] * t) * np.exp(-3.0 * t) * np.minimum(1.0, t / 0.02)
            begins = k * round(BEAT_S * RATE)
            song[begins : begins + len(tone)] += tone[: len(song) - begins]
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes((9000 * np.clip(song, -1.5, 1.5)).astype("<i2").tobytes())
    return path
