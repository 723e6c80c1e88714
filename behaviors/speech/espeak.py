"""Sound through espeak-ng (a separate program): Mandarin and English, loud and slow. Chosen where it can be heard."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from behaviors.speech.manner import Manner
from behaviors.speech.speaker import Silent, Sound

VOICES = {"zh": "cmn", "en": "en-gb"}
LOUDEST = 200  # of espeak-ng's amplitude; beyond it distorts
DEVICES = Path("/dev/snd")


def best_sound(tell: Callable[[str], None], manner: Manner, devices: Path = DEVICES) -> Sound:
    """espeak-ng where it is installed and there is a playback device; silence otherwise. `tell` gets the reason."""
    program = shutil.which("espeak-ng")
    if program is None:
        tell("espeak-ng is not installed: what is said is only published")
        return Silent()
    if not any(devices.glob("pcmC*D*p")):
        tell("there is no sound device: what is said is only published")
        return Silent()
    tell("speaks through espeak-ng")
    return Espeak(program, manner)


class Espeak:
    """One speech process at a time. The text goes through standard input: it is never part of a command line."""

    def __init__(self, program: str, manner: Manner) -> None:
        self._program, self._manner = program, manner
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, text: str, language: str) -> None:
        self.stop()
        speed, loud = self._manner.words_per_minute(language), round(LOUDEST * self._manner.volume)
        command = [self._program, "-v", VOICES[language], "-s", str(speed), "-a", str(loud), "--stdin"]
        quiet = subprocess.DEVNULL
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet)
            assert self._process.stdin is not None
            self._process.stdin.write(text.encode())  # far below a pipe's 64 kB: this does not wait
            self._process.stdin.close()
        except OSError:  # gone or killed: the words are published all the same
            self.stop()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
