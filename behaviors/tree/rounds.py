"""What the leaves of a round share: the round of the wish that has the turn, and from where the rooms are seen."""

from __future__ import annotations

import math
from functools import partial

from py_trees.common import Status

from behaviors.patrol import round as rounds
from behaviors.patrol.floor import Floor
from behaviors.patrol.round import Met, Round
from behaviors.patrol.views import View
from behaviors.tree.leaf import Leaf
from kangban.profile import Camera
from kangban.values import GridMap


class Tour:
    """What the leaves of one branch share: from where the rooms are seen, and what of the map is bare floor."""

    def __init__(self) -> None:
        self.views: dict[str, View | None] = {}
        self._floor: Floor | None = None

    def floor(self, grid: GridMap) -> Floor:
        if self._floor is None or self._floor.grid is not grid:
            self._floor = Floor(grid)
        return self._floor


def horizontal_view(camera: Camera) -> float:
    """The camera's width of view, rad."""
    return 2.0 * math.atan(math.tan(0.5 * camera.vertical_fov_rad) * camera.width_px / camera.height_px)


class RoundLeaf(Leaf):
    """A leaf that works on the round of the wish that has the turn."""

    def round(self) -> Round | None:
        wish = self.ports.missions.running()
        if wish is None:
            return None
        detail = dict(wish.detail)
        rooms = tuple(name for name in detail.get("rooms", "").split(",") if name)
        return self.ports.book.begin(wish.id, detail.get("round", "round"), rooms, self.ports.clock.now())

    def room_label(self, name: str) -> str:
        site = self.ports.site
        label = next((room.label for room in site.rooms if room.name == name), {})
        return label.get(site.language, name)

    def notice(self) -> None:
        """Note who is in view now."""
        for person in self.ports.senses.people():
            place = person.position_in_map
            if person.seen and place is not None:
                room = self.ports.site.room_at(place[0], place[1])
                someone = Met(room.name if room else "", self.ports.clock.now(), person.posture, (place[0], place[1]))
                self.ports.book.move(partial(rounds.met, someone=someone))

    def missed(self, why: str) -> Status:
        self.ports.book.move(lambda r: rounds.missed(r, why, self.ports.clock.now()))
        return Status.FAILURE
