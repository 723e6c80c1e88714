"""The behaviours' process: streams and services in, the tree in the middle, incidents, mission, speech and motion out.

Only wiring. Order within a tick: take in what was seen, speak on, let time pass for the incidents, tick, publish.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kangban_msgs.srv import AcknowledgeIncident

from behaviors.eyes import Eyes
from behaviors.home.alarms import Alarms
from behaviors.incidents.desk import IncidentDesk
from behaviors.incidents.events import Announcement
from behaviors.incidents.ledger import Ledger
from behaviors.incidents.store import StoreError
from behaviors.missions.desk import Missions
from behaviors.nodes.company import CompanyNode
from behaviors.nodes.navigator import RosNavigator
from behaviors.nodes.rounds import Rounds
from behaviors.nodes.say_server import SayServer
from behaviors.nodes.senses import NodeSenses
from behaviors.patrol.book import Book
from behaviors.patrol.unseen import last_sign
from behaviors.settling import Settling
from behaviors.speech.espeak import best_sound
from behaviors.speech.hear import Meaning, is_echo, meaning_of
from behaviors.speech.manner import Manner
from behaviors.speech.speaker import Speaker
from behaviors.texts import text
from behaviors.tree.ports import Doing, Ports
from behaviors.tree.root import Companion
from kangban import streams
from kangban.clock import wall_time
from kangban.config import Config
from kangban.cron import HomeClock
from kangban.node import KangbanNode, NodeError, run
from kangban.values import (
    CareEvents,
    Falls,
    Health,
    HomeReadings,
    Mission,
    Speech,
    SpeechKind,
    TreeLine,
    TreeState,
    Twist2D,
    VelocityCommand,
)

REPORTS = "reports"  # folder in the state folder: what rounds found
TREE_S = 0.5  # the tree is told at most so often
REPEAT_S = 1.0  # incidents and mission are also published this often without a change


class BehaviorsNode(KangbanNode):
    """Decides what the robot does, owns the incidents, and speaks."""

    def __init__(self, config: Config) -> None:
        super().__init__("behaviors", config)
        self._language = config.site.language
        self.eyes = Eyes()
        self._seen: Settling[Falls | CareEvents] = Settling()
        self._listen()
        self._publish_incidents = self.output(streams.INCIDENTS)
        self._publish_mission = self.output(streams.MISSION)
        self._publish_tree_state = self.output(streams.TREE)
        self._told_tree: tuple[float, tuple[TreeLine, ...]] = (float("-inf"), ())
        self._publish_velocity = self.output(streams.CMD_VEL_BEHAVIOR)
        self._manner = Manner(config.profile.voice)
        sound = best_sound(lambda how: self.report("voice", Health.OK, how), self._manner)
        self._speaker = Speaker(sound, self.output(streams.SPEECH_SAID), self.clock, self._manner)
        self._desk = self._open_desk()
        self._alarms = Alarms(config.site)
        self._say_server = SayServer(self, self._speaker, self._language)
        self._missions = Missions(self.clock, lambda line: self.get_logger().info(line))
        home = HomeClock(self.clock, config.site.starts_at)
        self._book = Book(config.site, config.state_dir / REPORTS, home, wall_time)
        self._rounds = Rounds(
            self, config.site, self._missions, self._book, home, self._last_sign, self._desk.take_home
        )
        self._company = CompanyNode(self, home, self._speaker, self._manner, self._missions, self._desk, self._answer)
        self._since = -1.0
        self._companion = Companion(self._ports())
        self._stamp = 0.0
        self._told: tuple[float, Doing | None, int] = (float("-inf"), None, -1)
        self.serve(streams.ACKNOWLEDGE_INCIDENT, AcknowledgeIncident, self._acknowledge)
        # Between two beats of the safety chain, so that a wish never meets one half-way.
        phase = 0.5 / config.profile.motors.control_hz
        self.every(1.0 / config.profile.behaviors.tick_hz, self._tick, phase)

    def _listen(self) -> None:
        self.falls = self.input(streams.FALLS, self._take_falls)
        self.input(streams.CARE_EVENTS, self._take_care)
        self.persons = self.input(streams.PERSONS, self.eyes.take_persons)
        self.pose = self.input(streams.POSE, self.eyes.take_pose)
        self.map = self.input(streams.MAP)
        self.chain = self.input(streams.CHAIN)
        self.controller = self.input(streams.CONTROLLER)
        self.battery = self.input(streams.BATTERY)
        self.scan = self.input(streams.SCAN)
        self.home_readings = self.input(streams.HOME_READINGS, self._take_home)
        self.input(streams.SPEECH_HEARD, self._hear)

    def _open_desk(self) -> IncidentDesk:
        try:
            self._ledger = Ledger(self.config.state_dir, wall_time())
        except StoreError as error:
            raise NodeError(str(error)) from error
        times = self.config.profile.behaviors
        return IncidentDesk(self._ledger, times, self.config.site, self.clock, wall_time, self.announce)

    def _ports(self) -> Ports:
        profile = self.config.profile
        navigator = RosNavigator(self, self.clock, profile.navigation)
        return Ports(
            self.clock, profile, self.config.site, navigator, self, self, self._desk, NodeSenses(self),
            self._say_server, self._missions, self._book, self._rounds, self._company.talk, self._company.reminders,
            self._company.stage,
        )  # fmt: skip

    def announce(self, announcement: Announcement) -> None:
        """Say a text of `texts.py` aloud (the port `Voice`)."""
        words = text(announcement.code, self._language, announcement.params)
        self._speaker.say(words, self._language, announcement.kind)

    def turn(self, rate_radps: float) -> None:
        """Turn on the spot (the port `Wheels`)."""
        self._publish_velocity(VelocityCommand(self.now(), Twist2D(wz=rate_radps)))

    def _take_falls(self, falls: Falls) -> None:
        self._seen.put(falls, max((fall.since for fall in falls.falls), default=falls.stamp))

    def _take_care(self, care: CareEvents) -> None:
        self._seen.put(care, max((event.told for event in care.events), default=care.stamp))

    def _take_in_seen(self) -> None:
        for seen in self._seen.due(self.now()):
            if isinstance(seen, Falls):
                self._desk.take_falls(seen)
            else:
                self._desk.take_care(seen)

    def _last_sign(self) -> float:
        """Robot time of the last sign of life; where there was none yet, of this process's first tick."""
        now, home = self.now(), self.home_readings.fresh()
        self._since = now if self._since < 0.0 else self._since
        return last_sign(home.readings if home else (), self.eyes.seen_at(), self._since, now)

    def _take_home(self, home: HomeReadings) -> None:
        for event in self._alarms.take(home):
            self._desk.take_home(event)
        self._publish()

    def _hear(self, speech: Speech) -> None:
        if is_echo(speech.text, self._speaker.recent()):
            return
        cry = speech.kind is SpeechKind.CRY_FOR_HELP
        meaning = Meaning.CRY_FOR_HELP if cry else meaning_of(speech.text)
        attended = self._desk.current() is not None
        self._answer(meaning, speech.text)
        if not attended and not cry:
            self._company.hear(speech)

    def _answer(self, meaning: Meaning, words: str) -> None:
        """What she says to an incident's question, or a call for help: by voice or by a button."""
        self._desk.hear(meaning, words, *self.eyes.nearest(self.now()))
        self._publish()

    def _acknowledge(self, request: Any, response: Any) -> Any:
        accepted, message = self._desk.acknowledge(request.incident_id, request.who, request.note)
        response.accepted, response.message = accepted, message
        record = self._desk.get(request.incident_id)
        if accepted and record is not None:
            self._company.reminders.looked_after(record.event_ids, request.who.strip(), request.note)
        self._publish()
        return response

    def _tick(self) -> None:
        self.eyes.settle(self.now())
        self._take_in_seen()
        self._last_sign()
        self._speaker.tick()
        self._say_server.tick()
        self._rounds.tick()
        self._desk.tick()
        self._publish()  # first: an alarm that is due goes out whatever the tree does next
        self._companion.tick()
        self._publish()
        self._company.tick()
        self._publish_tree()
        self._report_disk()
        blind = self.senses_blind()
        self.report("sight", Health.WARN if blind else Health.OK, text(blind, "en") if blind else "people can be seen")

    def _publish(self) -> None:
        """Incidents and mission, on change and once a second."""
        now, (told_at, doing, revision) = self.now(), self._told
        again = now - told_at >= REPEAT_S
        # Two changes in one instant of a clock that moves in steps: a listener takes only what is stamped later.
        stamp = self._stamp = max(now, self._stamp + 1e-6)
        if again or self._desk.revision != revision:
            self._publish_incidents(replace(self._desk.snapshot(), stamp=stamp))
        current = self._companion.doing
        if again or current != doing:
            detail = text(current.code, self._language, current.params)
            self._publish_mission(Mission(stamp, current.name, current.phase, detail))
        self._told = (now if again else told_at, current, self._desk.revision)

    def _publish_tree(self) -> None:
        """On change, not too often, and once a second."""
        now, (told_at, before) = self.now(), self._told_tree
        lines = self._companion.lines()
        if now - told_at >= (TREE_S if lines != before else REPEAT_S):
            self._publish_tree_state(TreeState(now, lines))
            self._told_tree = (now, lines)

    def _report_disk(self) -> None:
        if self._ledger.fault is not None:
            waits = f"{self._ledger.waiting} changes wait in memory; {self._ledger.fault}"
            self.report("incidents on disk", Health.ERROR, waits, waiting=self._ledger.waiting)
        elif self._ledger.set_aside is not None:
            self.report("incidents on disk", Health.WARN, f"a damaged file was set aside: {self._ledger.set_aside}")
        else:
            self.report("incidents on disk", Health.OK, "every change is on disk")

    def senses_blind(self) -> str | None:
        """Why falls can't be seen now (a code of texts.py), or None."""
        persons = self.persons.fresh()
        if persons is None or self.falls.fresh() is None:
            return "why_no_persons"
        return "why_blind" if persons.blind else None

    def close(self) -> None:
        self._companion.shutdown()
        self._speaker.close()
        self._company.close()
        self._ledger.close()


if __name__ == "__main__":
    raise SystemExit(run(BehaviorsNode))
