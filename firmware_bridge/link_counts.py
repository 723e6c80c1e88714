"""What went wrong on the wire to our own controller, counted at both ends since the link was made."""

from __future__ import annotations

from firmware_bridge.motors import LinkQuality
from firmware_bridge.protocol import Decoder, SequenceWindow, Telemetry

COUNTED = ("corrupt", "stale", "late", "lost")


class LinkCounts:
    def __init__(self) -> None:
        self.lost = 0  # here, in the sessions before this one, and frames that the port did not take
        self.corrupt = 0  # here, in the sessions before this one, and payloads that make no sense
        self.round_trip: float | None = None  # s, the last
        self._theirs = dict.fromkeys(COUNTED, 0)  # as the controller counted

    def ended(self, decoder: Decoder, window: SequenceWindow) -> None:
        """A session is over, and what counted it is thrown away."""
        self.corrupt += decoder.corrupt
        self.lost += window.lost

    def told(self, before: Telemetry | None, now: Telemetry) -> None:
        """Add what the controller's wrapping counters went up by within a session."""
        if before is not None:
            for name in COUNTED:
                self._theirs[name] += (getattr(now, name) - getattr(before, name)) & 0xFFFF

    def quality(self, decoder: Decoder, window: SequenceWindow) -> LinkQuality:
        theirs = self._theirs
        return LinkQuality(
            lost=theirs["lost"] + self.lost + window.lost,
            corrupt=theirs["corrupt"] + self.corrupt + decoder.corrupt,
            stale=theirs["stale"],
            late=theirs["late"],
            round_trip=self.round_trip,
        )
