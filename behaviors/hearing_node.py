"""The ears' process: the microphone in, words on `speech/heard` out. Only wiring; started where `privacy.listens` says
so. What is said is neither kept nor logged."""

from __future__ import annotations

from behaviors.hearing import echo
from behaviors.hearing.ears import Ears
from behaviors.hearing.microphone import Microphone
from behaviors.hearing.recogniser import LANGUAGE, Recogniser, RecogniserError
from behaviors.speech.manner import Manner
from behaviors.speech.speaker import takes_s
from kangban import streams
from kangban.config import Config
from kangban.node import KangbanNode, NodeError, run
from kangban.values import Health, Speech, SpeechKind

LOOK_S = 0.1
REPORT_S = 1.0


class HearingNode(KangbanNode):
    """Tells the words; what they mean is for the behaviours to decide."""

    def __init__(self, config: Config) -> None:
        super().__init__("hearing", config)
        try:
            recogniser = Recogniser()
        except RecogniserError as error:
            raise NodeError(str(error)) from error
        self._publish = self.output(streams.SPEECH_HEARD)
        self.input(streams.SPEECH_SAID, self._own)
        self._manner, self._said = Manner(config.profile.voice), tuple[echo.Said, ...]()
        self._ears = Ears(Microphone(config.profile.voice.microphone), recogniser, self.clock)
        self.every(LOOK_S, self._tick)
        self.every(REPORT_S, self._report)

    def _tick(self) -> None:
        for heard in self._ears.take():
            if not echo.is_own(heard.words, heard.began, heard.ended, self._said):
                self._publish(Speech(self.now(), heard.words, LANGUAGE, SpeechKind.UNKNOWN))

    def _own(self, speech: Speech) -> None:
        takes = takes_s(speech.text, speech.language, self._manner)
        self._said = echo.remember(self._said, echo.Said(speech.text, speech.stamp, speech.stamp + takes))

    def _report(self) -> None:
        figures, trouble = self._ears.figures(), self._ears.trouble
        noise = "unknown" if figures.noise_db is None else f"{figures.noise_db:.0f}"
        counts = {"noise_db": noise, "phrases": figures.phrases, "understood": figures.understood}
        health = Health.OK if trouble is None else Health.ERROR
        self.report("hearing", health, trouble or "listens", **counts, dropped_s=f"{figures.dropped_s:.1f}")

    def close(self) -> None:
        self._ears.close()


if __name__ == "__main__":
    raise SystemExit(run(HearingNode))
