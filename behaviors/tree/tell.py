"""Telling her something piece by piece: a story, a breathing exercise, a music cue."""

from __future__ import annotations

import py_trees
from py_trees.common import Status

from behaviors.content.playing import Line, pieces
from behaviors.dialogue.page import Activity
from behaviors.tree.leaf import Leaf
from kangban.profile import Behaviors

LIMIT_S = 600.0


def tell(times: Behaviors) -> py_trees.behaviour.Behaviour:
    return TellHer("tell her", LIMIT_S)


class TellHer(Leaf):
    """A line after the other; each on the page as it is said. Interrupted it begins again with the line it was at."""

    talks = True
    _left: tuple[Line, ...] = ()
    _of = ""

    def begin(self) -> None:
        wish = self.ports.missions.running()
        detail = {} if wish is None else dict(wish.detail)
        self._name = detail.get("piece", "story")
        if wish is not None and wish.id != self._of:
            self._of, self._left = wish.id, pieces(self._name, int(detail.get("nth", "0")))
            if self._name == "music":
                self.ports.stage.play("music")
        self._next_at: float | None = None

    def act(self) -> Status:
        self.tell("story", self._name, "do_tell")
        now = self.ports.clock.now()
        if self._next_at is not None:
            if now < self._next_at or not self.ports.talk.quiet():
                return Status.RUNNING
            self._left = self._left[1:]
            self._next_at = None
        if not self._left:
            return Status.SUCCESS
        line = self._left[0]
        self.ports.stage.show(Activity(self._name, f"page_{self._name}", line.code, (), line.count))
        self.ports.talk.tell(line.code)
        self._next_at = now + line.lasts_s
        return Status.RUNNING

    def end(self) -> None:
        self.ports.talk.hush()
        self.ports.stage.show(None)
