"""The companion over ROS: the page and its buttons, the services for reminders, the action `follow`, notes and cues."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kangban_msgs.action import Follow
from kangban_msgs.msg import Reminder as ReminderMessage
from kangban_msgs.srv import Choose, ListReminders, SetReminder
from rclpy.action import ActionServer, CancelResponse, GoalResponse

from behaviors.company import FOLLOWS_S, Company
from behaviors.dialogue.page import choices_of, page
from behaviors.incidents.desk import IncidentDesk
from behaviors.missions.desk import Missions
from behaviors.missions.wish import Ended, Outcome
from behaviors.reminders import telling
from behaviors.reminders.course import Follows
from behaviors.reminders.desk import Reminders, Told
from behaviors.reminders.setting import in_words
from behaviors.reminders.telling import care_event
from behaviors.reminders.values import Kind, Reminder
from behaviors.speech.hear import Meaning
from behaviors.speech.manner import Manner
from behaviors.speech.speaker import Speaker
from behaviors.speech.tune import Tune
from behaviors.texts import text
from kangban import streams
from kangban.cron import HomeClock
from kangban.node import KangbanNode
from kangban.values import Health, Screen, Speech, SpeechKind

REPEAT_S = 1.0
FEEDBACK_S = 0.5


class CompanyNode:
    """Call `tick` often, after the tree."""

    def __init__(
        self,
        node: KangbanNode,
        home: HomeClock,
        speaker: Speaker,
        manner: Manner,
        missions: Missions,
        desk: IncidentDesk,
        answer: Callable[[Meaning, str], None],
    ) -> None:
        """`answer`: where a call for help, and an answer to an incident's question, goes."""
        self._node, self._missions, self._desk, self._answer = node, missions, desk, answer
        config = node.config
        plan = config.site.company
        self._notes = node.output(streams.NOTES)
        self._tune = Tune(
            config.run_dir, plan.music_file if plan else None, lambda how: node.report("music", Health.OK, how)
        )
        self._company = Company(
            config.site, node.clock, home, speaker, manner, missions,
            lambda words: answer(Meaning.CRY_FOR_HELP, words), self._tune.play,
        )  # fmt: skip
        self.talk, self.stage = self._company.talk, self._company
        self.reminders = Reminders(
            config.state_dir, home, config.profile.company, config.site.language, missions, self._tell,
            plan.check_in if plan else None,
        )  # fmt: skip
        self._language = config.site.language
        self._publish = node.output(streams.SCREEN)
        self._shown: Screen | None = None
        self._told_at = float("-inf")
        self._goals: dict[str, Any] = {}
        self._outcomes: dict[bytes, Callable[[], Any]] = {}
        self._fed_at = float("-inf")
        node.serve(streams.CHOOSE, Choose, self._choose)
        node.serve(streams.SET_REMINDER, SetReminder, self._set)
        node.serve(streams.LIST_REMINDERS, ListReminders, self._list)
        missions.on_end("follow", self._ended)
        self._server = ActionServer(
            node,
            Follow,
            streams.FOLLOW,
            execute_callback=lambda goal: self._outcomes.pop(bytes(goal.goal_id.uuid))(),
            goal_callback=lambda request: GoalResponse.ACCEPT if not self._goals else GoalResponse.REJECT,
            handle_accepted_callback=self._accepted,
            cancel_callback=lambda goal: CancelResponse.ACCEPT,
        )

    def hear(self, speech: Speech) -> None:
        self.talk.heard(speech.text, speech.kind is SpeechKind.ANSWER)

    def tick(self) -> None:
        if self._node.now() <= 0.0:
            return  # the clock does not run yet
        self.talk.tick()
        self.reminders.tick()
        fault = self.reminders.fault or self.reminders.unread
        self._node.report("reminders on disk", Health.ERROR if fault else Health.OK, fault or "every change is on disk")
        self._show()
        self._feed_back()

    def close(self) -> None:
        self._tune.stop()
        self.reminders.close()

    def _tell(self, told: Told) -> None:
        """What others, or she, must know of a reminder."""
        now, plan = self._node.now(), self._node.config.site.company
        event, note = care_event(told, now), telling.note(told, now)
        if event is not None:
            self._desk.take_home(event)
        if note is not None and plan is not None and plan.all_well:
            self._notes(note)
        if told.follows is Follows.TELL_MISSED:
            code = "say_missed_medicine" if told.reminder.kind is Kind.MEDICINE else "say_missed_other"
            self.talk.tell(code, (("text", told.reminder.text), ("time", f"{told.time.due:%H:%M}")))

    # The page

    def _show(self) -> None:
        now, company = self._node.now(), self._company
        screen = page(
            self._language, self._desk.current(), self._desk.halting(), self.talk.state.question, company.activity, now
        )
        same = self._shown is not None and replace(screen, stamp=self._shown.stamp) == self._shown
        if same and now - self._told_at < REPEAT_S:
            return
        self._shown, self._told_at = screen, now
        self._publish(screen)

    def _choose(self, request: Any, response: Any) -> Any:
        """A button. Help is taken whatever is shown by now; anything else only from the page that is shown."""
        response.accepted, response.message = self._chosen(request.screen_id, request.choice_id, request.who)
        self._show()
        return response

    def _chosen(self, screen_id: str, choice: str, who: str) -> tuple[bool, str]:
        if choice in ("help", "incident_help"):
            self._answer(Meaning.CRY_FOR_HELP, "the button for help")
            return True, ""
        if self._shown is None or self._shown.id != screen_id:
            return False, "this page is not shown any more"
        if choice not in choices_of(self._shown):
            return False, f"{choice!r} is not on this page"
        if choice == "incident_fine":
            self._answer(Meaning.FINE, "the button: I am fine")
        else:
            self.talk.chosen(choice)
        return True, ""

    # Reminders

    def _set(self, request: Any, response: Any) -> Any:
        given = request.reminder
        try:
            kind = Kind(given.kind or "other")
        except ValueError:
            allowed = ", ".join(kind.value for kind in Kind if kind is not Kind.CHECK_IN)
            response.accepted, response.message = False, f"kind: {given.kind!r} is not allowed: {allowed}"
            return response
        language = given.language or self._language
        reminder = Reminder(given.id, kind, given.text, language, given.at, given.confirm, given.enabled)
        response.accepted, response.id, response.message = self.reminders.put(reminder, request.remove)
        if response.accepted:
            done = "removed" if request.remove else "set"
            self._node.get_logger().info(f"reminder {response.id} {done} by {request.who or 'somebody'}")
        return response

    def _list(self, request: Any, response: Any) -> Any:
        for reminder, last, due in self.reminders.list():
            response.reminders.append(
                ReminderMessage(
                    id=reminder.id, kind=reminder.kind.value, text=reminder.text, language=reminder.language,
                    at=reminder.at, confirm=reminder.confirm, enabled=reminder.enabled,
                )
            )  # fmt: skip
            coming = f"; next {due:%Y-%m-%d %H:%M}" if due is not None else ""
            response.last.append(in_words(last) + coming)
        return response

    # Following, for others

    def _accepted(self, goal: Any) -> None:
        id_ = self._company.wish("follow", (("person", str(goal.request.person_id)),), FOLLOWS_S)
        self._goals[id_] = goal

    def _feed_back(self) -> None:
        now = self._node.now()
        for id_, goal in list(self._goals.items()):
            if goal.is_cancel_requested:
                self._missions.withdraw(id_)
            elif now - self._fed_at >= FEEDBACK_S:
                seen, far = self._company.followed
                goal.publish_feedback(
                    Follow.Feedback(seen=seen, distance_m=float("nan") if far is None else float(far))
                )
                self._fed_at = now

    def _ended(self, ended: Ended) -> None:
        goal = self._goals.pop(ended.wish.id, None)
        if goal is None:
            return
        done = ended.outcome is Outcome.DONE
        reason = "" if done else text(ended.why or "why_failed", self._language)

        def outcome() -> Any:
            if goal.is_cancel_requested:
                goal.canceled()
            elif done:
                goal.succeed()
            else:
                goal.abort()
            return Follow.Result(done=done, reason=reason)

        self._outcomes[bytes(goal.goal_id.uuid)] = outcome
        goal.execute()
