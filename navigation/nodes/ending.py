"""How a goal of `navigate_to` ends, whoever drove to it."""

from __future__ import annotations

from typing import Any

from kangban_msgs.action import NavigateTo

from navigation.outcome import Outcome


def result_of(goal: Any, outcome: Outcome) -> Any:
    """Put the goal's handle into its last state; the result that its client gets."""
    if outcome.reached and not goal.is_cancel_requested:
        goal.succeed()
    elif goal.is_cancel_requested:
        goal.canceled()
    else:
        goal.abort()
    return NavigateTo.Result(reached=outcome.reached, reason=outcome.reason)
