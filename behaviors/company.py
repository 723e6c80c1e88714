"""What the companion does with her wishes: each becomes a mission, a word, or a change of manner. No ROS.

Holds the conversation, the reminders and what the page shows; `nodes/company.py` connects them to services and streams.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from behaviors.dialogue.desk import Conversation
from behaviors.dialogue.intents import Intent
from behaviors.dialogue.page import Activity
from behaviors.exercise.coach import PLANS
from behaviors.missions.desk import Missions
from behaviors.missions.wish import Ended, Outcome, Rank, Wish
from behaviors.speech.manner import Manner
from behaviors.speech.speaker import Speaker
from kangban.clock import Clock
from kangban.cron import HomeClock
from kangban.site import Site

WAITS_S, LASTS_S, FOLLOWS_S = 120.0, 900.0, 3600.0
# Her wish -> the mission, what is said to it, and the mission's detail.
MISSIONS: Mapping[Intent, tuple[str, str, tuple[tuple[str, str], ...]]] = {
    Intent.FOLLOW: ("follow", "say_follow", ()),
    Intent.BATHROOM: ("follow", "say_bathroom", (("light", "yes"),)),
    Intent.COME: ("come", "say_come", ()),
    Intent.STORY: ("story", "", (("piece", "story"),)),
    Intent.BREATHE: ("story", "", (("piece", "breathe"),)),
    Intent.MUSIC: ("story", "", (("piece", "music"),)),
    Intent.EXERCISE: ("exercise", "", ()),
}
OURS = ("follow", "come", "story", "exercise")
NAMES = tuple(PLANS)


class Company:
    """Implements the port `Stage`. `cried` gets a call for help; `cue` a music cue for the home's own player."""

    def __init__(
        self,
        site: Site,
        clock: Clock,
        home: HomeClock,
        speaker: Speaker,
        manner: Manner,
        missions: Missions,
        cried: Callable[[str], None],
        cue: Callable[[str], None],
    ) -> None:
        self._site, self._clock, self._home, self._manner = site, clock, home, manner
        self._missions, self._cue = missions, cue
        self.talk = Conversation(speaker, site.language, clock, self.wanted, cried)
        self.activity: Activity | None = None
        self.followed: tuple[bool, float | None] = (False, None)
        self._number = 0
        self._played = {"story": 0, "exercise": 0}
        for name in OURS:
            missions.on_end(name, self._ended)

    # The port Stage

    def show(self, activity: Activity | None) -> None:
        self.activity = activity

    def following(self, seen: bool, distance_m: float | None) -> None:
        self.followed = (seen, distance_m)

    def play(self, cue: str) -> None:
        self._cue(cue)

    # Her wishes

    def wanted(self, intent: Intent, words: str) -> None:
        if intent in MISSIONS:
            self._begin(intent)
        elif intent is Intent.STOP:
            self._stop()
        elif intent is Intent.TIME:
            self.talk.tell("say_time", (("time", self._time()),))
        elif intent is Intent.THANKS:
            self.talk.tell("say_thanks")
        else:
            self._change(intent)

    def wish(self, name: str, detail: tuple[tuple[str, str], ...], lasts_s: float = LASTS_S) -> str:
        """Want one of OURS; what is under way of them gives way. The wish's id."""
        for standing in self._missions.standing():
            if standing.wish.name in OURS:
                self._missions.withdraw(standing.wish.id, "why_other_mission")
        self._number += 1
        id_ = f"{name}-{self._clock.now():.1f}-{self._number}"
        self._missions.wish(Wish(id_, name, Rank.REQUEST, WAITS_S, lasts_s, detail))
        return id_

    def _begin(self, intent: Intent) -> None:
        name, said, detail = MISSIONS[intent]
        if name in self._played:
            nth, self._played[name] = self._played[name], self._played[name] + 1
            detail = (*detail, ("nth", str(nth)), ("exercise", NAMES[nth % len(NAMES)]))
        self.wish(name, detail, FOLLOWS_S if name == "follow" else LASTS_S)
        if said:
            self.talk.tell(said)

    def _stop(self) -> None:
        """Whatever it does by wish. What a person does not wish any more is not asked either."""
        running = self._missions.running()
        standing = [each.wish for each in self._missions.standing() if each.wish.name in OURS]
        for wish in [*standing, *([running] if running is not None else [])]:
            self._missions.withdraw(wish.id, "why_asked_to_stop")
        self.talk.hush()
        self.talk.tell("say_stopped")

    def _change(self, intent: Intent) -> None:
        change = {
            Intent.LOUDER: self._manner.louder,
            Intent.SOFTER: self._manner.softer,
            Intent.SLOWER: self._manner.slower,
            Intent.FASTER: self._manner.faster,
        }.get(intent)
        if change is not None:
            self.talk.tell(f"say_{intent.value}" if change() else "say_no_more")

    def _time(self) -> str:
        now = self._home.now()
        if self._site.language == "zh":
            return f"{now.hour}点{now.minute}分" if now.minute else f"{now.hour}点整"
        return f"{now:%H:%M}"

    def _ended(self, ended: Ended) -> None:
        if ended.outcome is Outcome.DROPPED:
            self.talk.tell("say_cannot")
