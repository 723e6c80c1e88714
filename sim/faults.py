"""What strikes in a scenario, and what the truth says of it: after a kill, when the wheels were told zero, and when the
process was back."""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kangban.config import ConfigError
from kangban.control import ask
from kangban.ready import process_id
from kangban.values import Pose2D
from sim.home.dock import DockBody
from sim.scenario import Fault
from sim.timeline import Timeline
from sim.world import World

DIES_WITHIN_S = 10.0  # wall


@dataclass
class Outage:
    """A process that was killed: times are the world's; None while it has not happened."""

    process: str
    killed: float
    pid: int  # of the process that was killed
    speed: float = 0.0  # of the robot when it was killed, m/s
    wheels_zero: float | None = None
    back: float | None = None

    def figures(self) -> dict[str, object]:
        def after(t: float | None) -> float | None:
            return None if t is None else round(t - self.killed, 3)

        return {
            "process": self.process,
            "speed_mps": round(self.speed, 2),
            "wheels_zero_after_s": after(self.wheels_zero),
            "back_after_s": after(self.back),
        }


class Strikes:
    """Applies the faults of a scenario at their times."""

    def __init__(self, faults: Sequence[Fault], world: World, run_dir: Path, camera: Callable[[bool], None]) -> None:
        self._waiting = list(faults)
        self._world, self._run_dir, self._camera = world, run_dir, camera
        self._undo: list[tuple[float, Callable[[], None]]] = []
        self.outages: list[Outage] = []

    def step(self, timeline: Timeline, now: float) -> None:
        for fault in list(self._waiting):
            due = _due(fault, timeline)
            if due is not None and now - timeline.zero >= due and self._can_strike(fault):
                self._waiting.remove(fault)
                self._strike(fault, timeline, now)
        for at, undo in list(self._undo):
            if now >= at:
                self._undo.remove((at, undo))
                undo()
        self._watch(now)

    def _can_strike(self, fault: Fault) -> bool:
        """What is being started again can't be killed yet."""
        return fault.kill is None or process_id(self._run_dir, fault.kill) is not None

    def _dock(self) -> DockBody:
        if self._world.dock is None:
            raise ConfigError("a fault of the dock: this site has none (site.dock.station), or the robot no contacts")
        return self._world.dock

    def _strike(self, fault: Fault, timeline: Timeline, now: float) -> None:
        timeline.add(f"fault_{_name(fault)}", now)
        world = self._world
        if fault.kill is not None:
            self._kill(fault.kill, now)
        elif fault.unplug_motors_s is not None:
            world.port.unplug()
            self._undo.append((now + fault.unplug_motors_s, world.port.replug))
        elif fault.camera_gone_s is not None:
            self._camera(False)
            self._undo.append((now + fault.camera_gone_s, lambda: self._camera(True)))
        elif fault.move_dock is not None:
            self._dock().move(self._dock().pose @ Pose2D(*fault.move_dock))
        elif fault.cover_tag:
            self._dock().cover_tag()
        elif fault.emergency_stop_s is not None:
            world.controller.press_estop(True)
            self._undo.append((now + fault.emergency_stop_s, lambda: world.controller.press_estop(False)))

    def _watch(self, now: float) -> None:
        for outage in self.outages:
            if outage.wheels_zero is None and self._world.wheels_told_zero:
                outage.wheels_zero = now
            if outage.back is None and process_id(self._run_dir, outage.process) not in (None, outage.pid):
                outage.back = now

    def _kill(self, process: str, now: float) -> None:
        """The world stands still until it is dead: on a busy machine that takes a while."""
        pid = process_id(self._run_dir, process)
        assert pid is not None  # see `_can_strike`
        died = os.pidfd_open(pid)
        try:
            ask(self._run_dir, {"kill": process})
            if not select.select([died], [], [], DIES_WITHIN_S)[0]:
                raise RuntimeError(f"{process} (process {pid}) was killed and still lives {DIES_WITHIN_S:.0f} s later")
        finally:
            os.close(died)
        self.outages.append(Outage(process, now, pid, self._world.speed().speed))


def _due(fault: Fault, timeline: Timeline) -> float | None:
    """Seconds of the scenario's clock, or None while the event it follows has not happened."""
    start = fault.at_s if fault.after is None else timeline.at(fault.after)
    return None if start is None else start + fault.delay_s


def _name(fault: Fault) -> str:
    if fault.kill is not None:
        return f"kill_{fault.kill}"
    given = fault.model_fields_set - {"at_s", "after", "delay_s"}
    return sorted(given)[0].removesuffix("_s")
