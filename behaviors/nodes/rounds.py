"""Rounds over ROS: the schedule hands them in, and so does the action `patrol`; both end with a report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kangban_msgs.action import Patrol
from rclpy.action import ActionServer, CancelResponse, GoalResponse

from behaviors.missions.desk import Missions
from behaviors.missions.wish import Ended, Outcome, Rank, Wish
from behaviors.patrol import round as rounds
from behaviors.patrol import schedule
from behaviors.patrol.book import Book
from behaviors.patrol.unseen import not_found
from behaviors.texts import text
from behaviors.tree.patrol import round_wish
from kangban import streams
from kangban.cron import HomeClock
from kangban.node import KangbanNode
from kangban.site import Site
from kangban.values import CareEvent, Health, PictureKept, PictureWish

LONGEST_S = 3600.0  # of a round that is asked for, where the site has no plan
WAITS_S = 1800.0
TIDY_S = 3600.0
_ASIDE = {Rank.SAFETY: "why_safety", Rank.INCIDENT: "why_incident", Rank.CHARGE: "why_charge"}


class Rounds:
    """Implements `Camera` of `tree/ports.py`. Call `tick` often."""

    def __init__(
        self,
        node: KangbanNode,
        site: Site,
        missions: Missions,
        book: Book,
        home: HomeClock,
        last_sign: Callable[[], float],
        tell: Callable[[CareEvent], None],
    ) -> None:
        """`last_sign`: robot time of the last sign of life; `tell`: where it goes that there was none for long."""
        self._node, self._site, self._missions, self._book, self._home = node, site, missions, book, home
        self._last_sign, self._tell = last_sign, tell
        self._unseen: CareEvent | None = None
        self._goals: dict[str, Any] = {}
        self._outcomes: dict[bytes, Callable[[], Any]] = {}
        self._schedule: schedule.State | None = None
        self._tidied_at = float("-inf")
        self._wish_picture = node.output(streams.PICTURE_WISH)
        node.input(streams.PICTURE_KEPT, self._picture_kept)
        missions.on_end("patrol", self._ended)
        missions.on_aside("patrol", self._aside)
        self._server = ActionServer(
            node,
            Patrol,
            streams.PATROL,
            execute_callback=lambda goal: self._outcomes.pop(bytes(goal.goal_id.uuid))(),
            goal_callback=self._asked,
            handle_accepted_callback=self._accepted,
            cancel_callback=lambda goal: CancelResponse.ACCEPT,
        )

    def wish(self, name: str) -> None:
        self._wish_picture(PictureWish(self._node.now(), name))

    def tick(self) -> None:
        now = self._node.now()
        if now <= 0.0:
            return  # the clock does not run yet
        self._run_schedule()
        if self._unseen is not None and self._last_sign() > self._unseen.told:
            self._tell(replace(self._unseen, over=True))
            self._unseen = None
        for wish_id, goal in list(self._goals.items()):
            if goal.is_cancel_requested:
                self._missions.withdraw(wish_id)
            elif self._book.round is not None and self._book.round.id == wish_id:
                left = self._book.round.left
                goal.publish_feedback(Patrol.Feedback(room=left[0] if left else "", rooms_left=len(left)))
        if now - self._tidied_at >= TIDY_S:
            self._tidied_at = now
            self._book.tidy()
        fault = self._book.fault
        self._node.report("reports", Health.ERROR if fault else Health.OK, fault or "reports are written")

    def _run_schedule(self) -> None:
        plan, moment = self._site.patrol, self._home.now()
        if plan is None:
            return
        if self._schedule is None:
            self._schedule = schedule.start(plan, moment)
            left = self._book.left_over(self._node.now(), plan.longest_s)
            if left is not None:
                self._missions.wish(round_wish(left.id, left.name, left.left, plan.late_s, plan.longest_s))
        self._schedule, due = schedule.step(self._schedule, plan, moment)
        for each in due:
            if each.late:
                words = f"was due at {each.at:%H:%M}, more than {plan.late_s:.0f} s ago, and was left out"
                self._node.report("rounds", Health.WARN, f"{each.round.name}: {words}")
                continue
            id_ = f"round-{each.at:%Y%m%d-%H%M}-{each.round.name}"
            self._node.report("rounds", Health.OK, f"{each.round.name} is due")
            self._missions.wish(round_wish(id_, each.round.name, each.round.rooms, plan.late_s, plan.longest_s))

    def _picture_kept(self, kept: PictureKept) -> None:
        self._book.picture_kept(kept.name, kept.why)

    def _aside(self, wish: Wish, turn: Rank) -> None:
        why, now = _ASIDE.get(turn, "why_other_mission"), self._node.now()
        if self._book.round is not None and self._book.round.id == wish.id:
            self._book.move(lambda r: rounds.put_aside(r, why, now))

    def _ended(self, ended: Ended) -> None:
        """A round that did not come to its end by itself has a report too: of what it has."""
        wish, now = ended.wish, self._node.now()
        if ended.outcome is not Outcome.DONE and self._book.round is not None and self._book.round.id == wish.id:
            self._book.end(now, ended.why or "why_failed")
        if ended.outcome is Outcome.DONE:
            self._node.report("rounds", Health.OK, f"{wish.id} is done")
            self._ask_after_her(now)
        else:
            self._node.report("rounds", Health.WARN, f"{wish.id}: {ended.outcome.value}: {text(ended.why, 'en')}")
        goal = self._goals.pop(wish.id, None)
        if goal is not None:
            self._conclude(goal, ended)

    def _ask_after_her(self, now: float) -> None:
        plan, round_ = self._site.patrol, self._book.last
        if plan is None or plan.ask_when_unseen_s is None or round_ is None:
            return
        self._unseen = not_found(round_, self._last_sign(), now, plan.ask_when_unseen_s) or self._unseen
        if self._unseen is not None:
            self._tell(self._unseen)

    def _asked(self, request: Any) -> GoalResponse:
        known = {room.name for room in self._site.rooms}
        fits = len(request.rooms) <= len(known) and all(name in known for name in request.rooms)
        return GoalResponse.ACCEPT if fits and not self._goals else GoalResponse.REJECT

    def _accepted(self, goal: Any) -> None:
        id_ = f"round-{self._home.now():%Y%m%d-%H%M%S}-asked"
        self._goals[id_] = goal
        plan = self._site.patrol
        waits_s, lasts_s = (WAITS_S, LONGEST_S) if plan is None else (plan.late_s, plan.longest_s)
        self._missions.wish(round_wish(id_, "asked", tuple(goal.request.rooms), waits_s, lasts_s))

    def _conclude(self, goal: Any, ended: Ended) -> None:
        """A goal is executed only to conclude it: until now it was merely accepted."""
        report = self._book.reports.get(ended.wish.id)
        done = ended.outcome is Outcome.DONE
        reason = "" if done else text(ended.why or "why_failed", self._site.language)

        def outcome() -> Any:
            if done:
                goal.succeed()
            elif goal.is_cancel_requested:
                goal.canceled()
            else:
                goal.abort()
            return Patrol.Result(done=done, reason=reason, report=str(report or ""))

        self._outcomes[bytes(goal.goal_id.uuid)] = outcome
        goal.execute()
