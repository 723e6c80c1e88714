"""The home sensors' process: MQTT in, `home/readings` out. Only wiring; started where the site has a `home` section."""

from __future__ import annotations

import os

from behaviors.home import board
from behaviors.home.link import Link, LinkError
from kangban import streams
from kangban.clock import wall_time
from kangban.config import Config
from kangban.node import KangbanNode, NodeError, run
from kangban.values import Health, HomeReading

LOOK_S = 0.1
TELL_S = 1.0


class HomeNode(KangbanNode):
    """Tells what the home's own sensors say, and whether the broker is there."""

    def __init__(self, config: Config) -> None:
        super().__init__("home", config)
        plan = config.site.home
        if plan is None:
            raise NodeError(f"site {config.site.name}: has no section `home`, so there are no sensors to listen to")
        self._plan = plan
        self._state = board.State()
        try:
            self._link = Link(plan.broker, config.profile.name, os.environ)
        except LinkError as error:
            raise NodeError(str(error)) from error
        self._publish = self.output(streams.HOME_READINGS)
        self._told: tuple[float, bool, tuple[HomeReading, ...]] = (float("-inf"), False, ())
        self._troubled: set[str] = set()
        self._link.listen(board.topics(self._state, plan))
        self._link.start()
        self.every(LOOK_S, self._tick)

    def _tick(self) -> None:
        now = self.now()
        if now <= 0.0:
            return  # the clock does not run yet
        self._state = board.linked(self._state, self._link.connected, now)
        messages = self._link.take()
        for message in messages:
            self._state = board.heard(self._state, self._plan, message, now, wall_time())
        if messages:
            self._link.listen(board.topics(self._state, self._plan))
        self._tell(now)

    def _tell(self, now: float) -> None:
        """At once when something changed, and once a second."""
        current = board.readings(self._state, self._plan, now)
        told_at, connected, before = self._told
        known = tuple((r.sensor, r.active, r.value) for r in current.readings)
        changed = connected != current.connected or known != tuple((r.sensor, r.active, r.value) for r in before)
        if changed or now - told_at >= TELL_S:
            self._publish(current)
            self._told = (now, current.connected, current.readings)
            self._report(now)

    def _report(self, now: float) -> None:
        link, state = self._link, self._state
        figures = {"refused": state.refused, "strays": state.strays, "dropped": link.dropped}
        if not link.connected:
            self.report("broker", Health.ERROR, link.status, **figures)
        elif link.refused_topics:
            words = f"does not let us listen to {', '.join(link.refused_topics[:5])}"
            self.report("broker", Health.ERROR, words, **figures)
        else:
            self.report("broker", Health.OK, "connected", **figures)
        troubles = board.troubles(state, self._plan, now)
        for name in self._troubled - set(troubles):
            self.report(f"sensor {name}", Health.OK, "speaks")
        for name, words in troubles.items():
            self.report(f"sensor {name}", Health.WARN, words)
        self._troubled |= set(troubles)

    def close(self) -> None:
        self._link.close()


if __name__ == "__main__":
    raise SystemExit(run(HomeNode))
