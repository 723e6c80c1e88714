"""Carries wishes and readings in, one velocity and its reasons out. Decides nothing: see `chain.py`."""

from __future__ import annotations

import functools
import math
from typing import Any

from kangban_msgs.srv import Arm, Stop

from kangban import streams
from kangban.config import Config
from kangban.node import KangbanNode, run
from kangban.ready import away
from kangban.values import ChainState, Health, Scan, VelocityCommand
from safety import scan_watch
from safety.arbiter import ArbiterState, accept
from safety.chain import ChainLimits, step
from safety.guard import GuardLimits, Readings
from safety.latch import Latch, engage, release, watch
from safety.latch_file import LatchFile
from safety.scan_watch import ScanWatch

LATE = 0.25  # share of a period that a wish may come late
WISHES = {"teleop": streams.CMD_VEL_TELEOP, "behavior": streams.CMD_VEL_BEHAVIOR, "nav": streams.CMD_VEL_NAV}


class SafetyNode(KangbanNode):
    """The only node that publishes `cmd_vel`."""

    def __init__(self, config: Config) -> None:
        super().__init__("safety", config)
        safety = config.profile.safety
        self._limits = ChainLimits(safety.sources, GuardLimits.of(config.profile))
        self._period = 1.0 / safety.rate_hz
        self._arbiter = ArbiterState()
        self._file = LatchFile.of(config.state_dir)
        self._latch = self._file.load()
        self._source: str | None = None
        self._sent_at: float | None = None
        self._wished_at = -math.inf  # the stamp of the newest wish
        self._scan = self.input(streams.SCAN, self._watch_scan)
        self._scan_watch = ScanWatch()
        self._persons = self.input(streams.PERSONS)
        self._odometry = self.input(streams.ODOM)
        cliff = config.profile.cliff
        self._floor = [self.input(streams.cliff(s.name)) for s in cliff.sensors] if cliff is not None else []
        self._controller = self.input(streams.CONTROLLER, self._watch_button)
        for source in safety.sources:
            self.input(WISHES[source.name], functools.partial(self._wished, source.name))
        self._send_command = self.output(streams.CMD_VEL)
        self._send_chain = self.output(streams.CHAIN)
        self.serve(streams.STOP, Stop, self._stop)
        self.serve(streams.ARM, Arm, self._arm)
        self.every(self._period / 2.0, self._tick)
        self._report_latch()

    def _wished(self, source: str, command: VelocityCommand) -> None:
        self._arbiter, refused = accept(self._arbiter, source, command, self.now())
        if refused is not None:
            self.report(f"wishes of {source}", Health.WARN, refused)
            return
        self._wished_at = command.stamp
        if source == self._source or self._source is None:
            # Passed on at once, so that a wish does not wait for the next period.
            self._step()

    def _tick(self) -> None:
        """A wish is passed on when it comes. Where none does this is a little later, never in the same instant."""
        if self._sent_at is None or not 0.0 <= self._time() - self._sent_at < (1.0 + LATE) * self._period:
            self._step()

    def _time(self) -> float:
        """Now, by the newest that has reached us: where our clock follows /clock, a wish may outrun it a little."""
        now = self.now()
        return max(now, self._wished_at) if self._wished_at <= now + self._period else now

    def _step(self) -> None:
        now = self._next_stamp()
        readings = Readings(
            self._scan.last,
            self._persons.last,
            self._odometry.last,
            self._controller.last,
            self._scan_watch.frozen,
            tuple(sensor.last for sensor in self._floor),
        )
        chain = step(self._arbiter, readings, self._latch, self._limits, now, away(self.config.run_dir))
        self._send_command(VelocityCommand(now, chain.sent))
        self._send_chain(chain)
        self._source, self._sent_at = chain.source, now
        self._report_chain(chain)

    def _next_stamp(self) -> float:
        """Now, but never the stamp that was sent last: a listener refuses a repeated one."""
        now, last = self._time(), self._sent_at
        return last + 1e-6 if last is not None and now <= last < now + 1e-3 else now

    def _report_chain(self, chain: ChainState) -> None:
        lowered = chain.sent != chain.wished and bool(chain.reasons)  # without a reason only a creep was left out
        self.report(
            "chain",
            Health.WARN if lowered else Health.OK,
            "; ".join(chain.reasons) or "passes",
            source=chain.source or "none",
            wished=f"{chain.wished.vx:.2f} m/s {chain.wished.wz:.2f} rad/s",
            sent=f"{chain.sent.vx:.2f} m/s {chain.sent.wz:.2f} rad/s",
        )

    def _watch_scan(self, scan: Scan) -> None:
        self._scan_watch = scan_watch.step(self._scan_watch, scan, self._odometry.last)

    def _watch_button(self, _: object) -> None:
        self._set_latch(watch(self._latch, self._controller.fresh()))

    def _stop(self, request: Any, response: Any) -> Any:
        unwritten = self._set_latch(engage(self._latch, request.who, request.reason))
        response.stopped = True
        response.message = unwritten or f"stopped ({self._latch.who}: {self._latch.reason}); `arm` releases it"
        return response

    def _arm(self, request: Any, response: Any) -> Any:
        latch, refused = release(self._latch, request.who, self._controller.fresh())
        response.armed = refused is None
        unwritten = self._set_latch(latch)
        response.message = refused or unwritten or f"released by {request.who}"
        return response

    def _set_latch(self, latch: Latch) -> str | None:
        """Act on it now and keep it on disk; a sentence where the disk refused."""
        if latch == self._latch:
            return None
        self._latch = latch
        self._step()
        self._report_latch()
        try:
            self._file.save(latch)
        except OSError as error:
            what = "the stop is on" if latch.latched else "the stop is released"
            message = f"{what}, but {self._file.path} can't be written: {error.strerror}; free space on the disk"
            self.report("latched stop", Health.ERROR, message)
            return message
        return None

    def _report_latch(self) -> None:
        if self._latch.latched:
            self.report("latched stop", Health.ERROR, f"{self._latch.who}: {self._latch.reason}; `arm` releases it")
        else:
            self.report("latched stop", Health.OK, "released")


if __name__ == "__main__":
    raise SystemExit(run(SafetyNode))
