"""Driving through the `navigate_to` action. Never blocks; a server that died in the middle of a goal is noticed."""

from __future__ import annotations

from typing import Any

from action_msgs.msg import GoalStatus
from kangban_msgs.action import NavigateTo
from rclpy.action import ActionClient

from behaviors.tree.ports import Going, Progress
from kangban import streams
from kangban.clock import Clock
from kangban.conversions import pose2d_to_ros
from kangban.node import KangbanNode
from kangban.profile import Navigation
from kangban.values import Pose2D

SILENCE_S = 4.0  # no answer and no feedback for this long: the server is gone, whatever discovery still believes
# What navigation gives as the first word of its reason -> what that means for us.
_REASONS = {
    "no_path": Progress(Going.FAILED, "why_no_path"),
    "blocked": Progress(Going.FAILED, "why_blocked"),
    "unknown_pose": Progress(Going.AWAY, "why_no_pose"),
    "stopped": Progress(Going.AWAY, "why_stopped"),
    "cancelled": Progress(Going.AWAY, "why_failed"),
    "no_dock": Progress(Going.FAILED, "why_no_dock"),
    "not_sure": Progress(Going.FAILED, "why_not_sure"),
    "no_contact": Progress(Going.FAILED, "why_no_contact"),
}
_AWAY = Progress(Going.AWAY, "why_no_navigation")


class RosNavigator:
    """One goal at a time. Each goal has a number, so that a late answer to an older one changes nothing."""

    def __init__(self, node: KangbanNode, clock: Clock, tolerances: Navigation) -> None:
        self._client = ActionClient(node, NavigateTo, streams.NAVIGATE_TO)
        self._clock, self._tolerances = clock, tolerances
        self._number = 0
        self._handle: Any = None
        self._target: Pose2D | None = None
        self._heard_at = 0.0
        self._progress = Progress(Going.AWAY, "why_failed")

    def go(self, target_in_map: Pose2D) -> None:
        self._drop()
        self._send(target_in_map)

    def dock(self, dock_in_map: Pose2D) -> None:
        self._drop()
        self._send(dock_in_map, dock=True)

    def lead(self, target_in_map: Pose2D) -> None:
        """The goal before is not cancelled: navigation ends it itself when the newer one takes over."""
        self._handle = None
        self._send(target_in_map)

    def _send(self, target_in_map: Pose2D, dock: bool = False) -> None:
        self._number += 1
        number, self._target = self._number, target_in_map
        if not self._client.server_is_ready():
            self._progress = _AWAY
            return
        goal = NavigateTo.Goal(
            target_in_map=pose2d_to_ros(target_in_map),
            position_tolerance_m=self._tolerances.position_tolerance_m,
            heading_tolerance_rad=self._tolerances.heading_tolerance_rad,
            dock=dock,
        )
        self._progress, self._heard_at = Progress(Going.RUNNING), self._clock.now()
        sent = self._client.send_goal_async(goal, feedback_callback=lambda _: self._heard(number))
        sent.add_done_callback(lambda future: self._answered(number, future))

    def progress(self) -> Progress:
        if self._progress.going is Going.RUNNING and self._clock.now() - self._heard_at > SILENCE_S:
            self._drop()
            self._progress = _AWAY
        return self._progress

    def cancel(self, target_in_map: Pose2D | None) -> None:
        if target_in_map is not None and target_in_map is self._target:
            self._drop()

    def _drop(self) -> None:
        handle, self._handle, self._target = self._handle, None, None
        self._number += 1
        if handle is not None and self._progress.going is Going.RUNNING:
            handle.cancel_goal_async()
        self._progress = Progress(Going.AWAY, "why_failed")

    def _heard(self, number: int) -> None:
        if number == self._number:
            self._heard_at = self._clock.now()

    def _answered(self, number: int, future: Any) -> None:
        handle = future.result()
        if number != self._number:  # given up before it was accepted: take it back
            if handle is not None and handle.accepted:
                handle.cancel_goal_async()
            return
        if handle is None or not handle.accepted:
            self._progress = Progress(Going.AWAY, "why_refused")
            return
        self._handle, self._heard_at = handle, self._clock.now()
        handle.get_result_async().add_done_callback(lambda result: self._ended(number, result))

    def _ended(self, number: int, future: Any) -> None:
        if number != self._number:
            return
        self._handle = None
        answer = future.result()
        if answer is None or answer.status == GoalStatus.STATUS_UNKNOWN:
            self._progress = _AWAY
        elif answer.result.reached:
            self._progress = Progress(Going.REACHED)
        else:
            word = answer.result.reason.replace(":", " ").split(" ")[0]
            self._progress = _REASONS.get(word, Progress(Going.FAILED, "why_failed"))
