"""Words of a phrase, offline: the small English Moonshine model that comes with its wheel."""

from __future__ import annotations

import math
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from behaviors.hearing.phrases import RATE_HZ
from kangban.values import Array

LANGUAGE = "en"
EDGE_S = 0.3  # of silence before and after, so that its own end-pointing cuts nothing off
MODEL = ("assets", "tiny-en")


class RecogniserError(Exception):
    """There is no recogniser here; the message says why and what to do."""


class Recogniser:
    """From one thread."""

    def __init__(self) -> None:
        """Raises RecogniserError."""
        found = find_spec("moonshine_voice")
        if found is None or found.origin is None:
            raise RecogniserError("moonshine-voice is not installed: run `make robot`, or set privacy.listens: never")
        from moonshine_voice.errors import MoonshineError
        from moonshine_voice.moonshine_api import ModelArch
        from moonshine_voice.transcriber import Transcriber

        folder = Path(found.origin).parent.joinpath(*MODEL)
        try:
            self._model = Transcriber(str(folder), ModelArch.TINY)
        except (OSError, MoonshineError) as error:
            raise RecogniserError(f"{folder}: the model can't be read ({error}): run `make robot` again") from error

    def words(self, phrase: Array) -> str:
        """Of samples (n,) from -1 to 1 at RATE_HZ; empty where nobody speaks in it."""
        edge = np.zeros(round(EDGE_S * RATE_HZ))
        # A stream of its own for each phrase: the library's one-shot call still tells the lines of the phrase before.
        from moonshine_voice.transcriber import Transcriber

        with self._model.create_stream(update_interval=math.inf) as stream:
            stream.start()
            stream.add_audio(np.concatenate([edge, phrase, edge]).tolist(), RATE_HZ)
            lines = stream.update_transcription(Transcriber.MOONSHINE_FLAG_FORCE_UPDATE).lines
            stream.stop()
        return " ".join(line.text.strip() for line in lines if line.text.strip())
