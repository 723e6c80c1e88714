"""What it takes to go from room to room by the planner, and a good order for a round through rooms from here."""

from __future__ import annotations

import itertools
import math

import numpy as np

from kangban import rounds
from kangban.rooms import standing_places
from kangban.site import Site
from kangban.values import Array, GridMap, Pose2D
from navigation.costs import Costs
from navigation.planner import Route, plan
from navigation.terrain import Terrain

TOLERANCE_M = 0.1  # a place is met so near


def place_in(site: Site, grid: GridMap, room: str, keep_off: float) -> Pose2D | None:
    """Where to stand for "go to the kitchen"; None where there is no such room, or no place in it."""
    return standing_places(site, grid, keep_off).get(room)


def travel(costs: Costs, places: list[Pose2D]) -> Array:
    """m along the planner's way from each place to each other, (n, n); inf: no way. As far there as back."""
    terrain = Terrain(costs.weight)
    lengths = np.full((len(places), len(places)), math.inf)
    np.fill_diagonal(lengths, 0.0)
    for i, j in itertools.combinations(range(len(places)), 2):
        a, b = places[i], places[j]
        found = plan(costs, (a.x, a.y), (b.x, b.y), TOLERANCE_M, terrain)
        if isinstance(found, Route):
            lengths[i, j] = lengths[j, i] = found.length
    return lengths


def round_through(
    site: Site, costs: Costs, here: Pose2D, places: dict[str, Pose2D], look: bool = True, back: bool = False
) -> list[str]:
    """The rooms of `places` in a good order from `here`; `back`: it ends here again. Rooms out of reach are left out.

    `look`: it is a round to look at things, so rooms and places that may not be looked at are left out too.
    """
    names = [n for n, p in places.items() if not (look and (n in site.privacy.no_look or site.no_look_at(p.x, p.y)))]
    lengths = travel(costs, [here, *(places[name] for name in names)])
    return [names[k - 1] for k in rounds.order(lengths, back)]
