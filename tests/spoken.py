"""Real voices for tests: a sentence as the speech program says it."""

from __future__ import annotations

import io
import subprocess
import wave

import numpy as np

from kangban.values import Array

RATE_HZ = 16000


def spoken(text: str, voice: str = "en-us", words_per_minute: int = 130) -> Array:
    """Samples (n,) from -1 to 1 at RATE_HZ."""
    command = ["espeak-ng", "-v", voice, "-s", str(words_per_minute), "--stdout", "--stdin"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=True, timeout=60)
    head = done.stdout.find(b"data") + 8  # the length in the header is unknown when it begins to write
    with wave.open(io.BytesIO(done.stdout[:head])) as sound:
        rate = sound.getframerate()
    samples = np.frombuffer(done.stdout[head : head + (len(done.stdout) - head) // 2 * 2], dtype="<i2") / 32768.0
    return np.interp(np.arange(0, len(samples), rate / RATE_HZ), np.arange(len(samples)), samples)
