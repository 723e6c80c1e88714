"""Why the robot can't move now, from what the safety chain and the motor controller report. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from kangban.values import ChainState, ControllerState


@dataclass(frozen=True, slots=True)
class Why:
    """A code of `texts.py` with its parameters. `passing`: it often mends itself within seconds (a restart)."""

    code: str
    params: tuple[tuple[str, str], ...] = ()
    passing: bool = False


def why_still(chain: ChainState | None, controller: ControllerState | None) -> Why | None:
    """The first reason that counts, gravest first; None: it may move. A `None` input is one that is stale."""
    if controller is not None and controller.emergency_stop:
        return Why("why_emergency_stop")
    if chain is not None and chain.stop_latched:
        return Why("why_latched", (("reason", chain.stop_reason or "-"),))
    if chain is None:
        return Why("why_no_chain", passing=True)
    if controller is None or not controller.connected:
        return Why("why_no_motors", passing=True)
    if controller.bumper:
        return Why("why_bumper")
    if controller.armed:
        return None  # also with a fault that is still reported: a person has armed again after it
    if controller.faults:
        return Why("why_fault", (("reason", ", ".join(controller.faults)),))
    return Why("why_not_armed", passing=True)
