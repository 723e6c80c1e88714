"""Looks up on the map from where each room is seen, and in which order they are driven to, a piece at a time.

A map of a home takes some hundredths of a second a room: one room a call keeps the behaviours' other work punctual.
"""

from __future__ import annotations

import numpy as np

from behaviors.approach.grid import Ground
from behaviors.patrol.views import View, best_view
from kangban import rounds
from kangban.site import Site
from kangban.values import Array, GridMap, Pose2D

MARGIN_M = 0.08


class Survey:
    """For the rooms named, from where the robot stands. Call `step` until it says True; then ask."""

    def __init__(
        self, site: Site, rooms: tuple[str, ...], grid: GridMap, start: Pose2D, footprint_m: float, view_rad: float
    ) -> None:
        self._rooms = [room for name in rooms for room in site.rooms if room.name == name]
        self._site, self._grid, self._view_rad = site, grid, view_rad
        self._ground = Ground(grid, footprint_m + MARGIN_M)
        self._ways = self._ground.ways_from(np.array([start.x, start.y]))
        self.views: dict[str, View | None] = {}
        self._rows: list[Array] = []

    def step(self) -> bool:
        """One more piece. True: all is known."""
        if len(self.views) < len(self._rooms):
            room = self._rooms[len(self.views)]
            self.views[room.name] = best_view(room, self._site, self._grid, self._ground, self._ways, self._view_rad)
            return False
        seen = self._seen()
        if len(self._rows) < len(seen):
            x, y = seen[len(self._rows)]
            self._rows.append(self._ground.lengths_to(self._ground.ways_from(np.array([x, y])), np.array(seen)))
            return False
        return True

    def order(self) -> tuple[str, ...]:
        """The rooms by the shortest way through all of them; those that can't be reached last."""
        names = [name for name, view in self.views.items() if view is not None]
        costs = np.zeros((len(names) + 1, len(names) + 1))
        if names:
            costs[0, 1:] = costs[1:, 0] = self._ground.lengths_to(self._ways, np.array(self._seen()))
            costs[1:, 1:] = np.array(self._rows)
        way = [names[k - 1] for k in rounds.order(costs)]
        return (*way, *(name for name in self.views if name not in way))

    def _seen(self) -> list[tuple[float, float]]:
        return [(view.x, view.y) for view in self.views.values() if view is not None]
