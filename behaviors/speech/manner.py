"""How loud and how fast it speaks: from the profile, and as she asked for since. It lasts until the next start."""

from __future__ import annotations

from kangban.profile import Voice

LOUDEST, SOFTEST = 1.0, 0.3
FASTEST, SLOWEST = 1.3, 0.6  # of the profile's words a minute
STEP = 0.15


class Manner:
    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self.volume = voice.volume
        self.pace = 1.0

    def words_per_minute(self, language: str) -> int:
        return round(self.pace * self._given(language))

    def stretch(self, language: str, reckoned_at: int) -> float:
        """How much longer a sentence takes than at `reckoned_at` words a minute."""
        return reckoned_at / self.words_per_minute(language)

    def louder(self) -> bool:
        """False: it is as loud as it gets. The same for the others."""
        return self._volume(STEP)

    def softer(self) -> bool:
        return self._volume(-STEP)

    def slower(self) -> bool:
        return self._pace(-STEP)

    def faster(self) -> bool:
        return self._pace(STEP)

    def _given(self, language: str) -> int:
        return self._voice.words_per_minute_zh if language == "zh" else self._voice.words_per_minute_en

    def _volume(self, by: float) -> bool:
        before, self.volume = self.volume, max(SOFTEST, min(LOUDEST, self.volume + by))
        return self.volume != before

    def _pace(self, by: float) -> bool:
        before, self.pace = self.pace, max(SLOWEST, min(FASTEST, self.pace + by))
        return self.pace != before
