"""Rooms as a graph, where to stand in them, and the order of a round."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kangban import rounds
from kangban.config import load
from kangban.rooms import doorways, links, standing_places, way
from kangban.values import Pose2D
from kangban.zone import Zone
from navigation import sitemap
from navigation.costs import Sizes, costs
from navigation.rooms import place_in, round_through, travel

CONFIG = load("companion", "demo_flat", Path(), Path())
SITE, SIZES, NONE = CONFIG.site, Sizes.of(CONFIG.profile), np.empty((0, 2))
FLAT = sitemap.build(SITE, 0.05)
COSTS = costs(FLAT, NONE, NONE, SIZES)
DOCK = Pose2D(SITE.dock.x_m, SITE.dock.y_m, 0.0)


def test_doors_lead_from_room_to_room() -> None:
    assert {(d.name, frozenset(d.rooms)) for d in doorways(SITE)} == {
        ("living_corridor", frozenset({"living_room", "corridor"})),
        ("corridor_kitchen", frozenset({"corridor", "kitchen"})),
        ("corridor_bedroom", frozenset({"corridor", "bedroom"})),
        ("living_study", frozenset({"living_room", "study"})),
        ("living_bathroom", frozenset({"living_room", "bathroom"})),
    }
    door = next(d for d in doorways(SITE) if d.name == "living_corridor")
    assert sorted(door.ends[:, 1]) == pytest.approx([3.1, 4.1])
    assert door.ends[:, 0] == pytest.approx([5.6, 5.6])
    assert door.rooms == ("corridor", "living_room")  # on its right, and on its left
    assert len(links(SITE)) == 5  # no two rooms touch openly


def test_rooms_without_a_wall_between_are_one_way() -> None:
    walls = tuple(w for w in SITE.walls if w.start_m != (5.6, 3.0))  # between corridor and kitchen
    doors = tuple(d for d in SITE.doors if d.name != "corridor_kitchen")
    opened = SITE.model_copy(update={"walls": walls, "doors": doors})
    assert [link.rooms for link in links(opened) if link.door is None] == [("kitchen", "corridor")]


def test_the_way_names_its_doors_and_goes_round_a_shut_one() -> None:
    found = links(SITE)
    assert [link.door for link in way(found, "bedroom", "study") or ()] == [
        "corridor_bedroom", "living_corridor", "living_study",
    ]  # fmt: skip
    assert way(found, "study", "study") == []
    assert way(found, "bedroom", "study", frozenset({"living_corridor"})) is None
    assert way(found, "bedroom", "garage") is None


def test_in_every_room_it_stands_clear_and_out_of_the_way() -> None:
    places = standing_places(SITE, FLAT, SIZES.keep_off)
    assert set(places) == {room.name for room in SITE.rooms}
    for name, place in places.items():
        room = next(r for r in SITE.rooms if r.name == name)
        assert room.contains(place.x, place.y)
        assert COSTS.distance_at(place.x, place.y) >= SIZES.keep_off + SIZES.clearance
        for door in doorways(SITE):
            assert door.pose_in_map.distance_to(place.x, place.y) >= door.width / 2.0 + 0.45, (name, door.name)
        ahead = place @ Pose2D(0.8, 0.0, 0.0)
        assert room.contains(ahead.x, ahead.y) or name == "corridor"
    assert place_in(SITE, FLAT, "kitchen", SIZES.keep_off) == places["kitchen"]
    assert place_in(SITE, FLAT, "garage", SIZES.keep_off) is None


def test_it_stands_in_no_zone_that_forbids_it_nor_where_it_cannot_get() -> None:
    place = standing_places(SITE, FLAT, SIZES.keep_off)["kitchen"]
    for kind in ("keep_out", "no_look"):
        low, high = (place.x - 0.4, place.y - 0.4), (place.x + 0.4, place.y + 0.4)
        zoned = SITE.model_copy(update={"zones": (Zone(name="z", kind=kind, min_m=low, max_m=high),)})
        other = standing_places(zoned, FLAT, SIZES.keep_off)["kitchen"]
        assert not zoned.zones[0].contains(other.x, other.y)
    walled = SITE.model_copy(update={"doors": tuple(d for d in SITE.doors if d.name != "living_study")})
    assert "study" not in standing_places(walled, sitemap.build(walled, 0.05), SIZES.keep_off)


def test_travel_is_as_far_there_as_back_and_no_shorter_than_straight() -> None:
    places = list(standing_places(SITE, FLAT, SIZES.keep_off).values())
    lengths = travel(COSTS, places)
    assert np.allclose(lengths, lengths.T)
    assert not lengths.diagonal().any()
    for i, j in itertools.combinations(range(len(places)), 2):
        assert lengths[i, j] >= places[i].distance_to(places[j].x, places[j].y) - 0.15


def test_a_round_leaves_out_what_may_not_be_looked_at() -> None:
    places = standing_places(SITE, FLAT, SIZES.keep_off)
    looked = round_through(SITE, COSTS, DOCK, places)
    assert sorted([*looked, "bathroom"]) == sorted(places)
    assert sorted(round_through(SITE, COSTS, DOCK, places, look=False)) == sorted(places)
    assert looked[0] in ("living_room", "study")
    assert looked.index("kitchen") > looked.index("study")  # not over to the far side and back


def brute(lengths: np.ndarray, back: bool) -> float:
    return min(rounds.length(lengths, list(o), back) for o in itertools.permutations(range(1, len(lengths))))


def homes(seed: int, count: int) -> np.ndarray:
    points = np.random.default_rng(seed).uniform(0.0, 10.0, (count + 1, 2))
    return np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))


@given(st.integers(0, 10**6), st.integers(1, 6), st.booleans(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_up_to_a_few_rooms_the_order_is_the_best(seed: int, count: int, back: bool, one_way: bool) -> None:
    lengths = homes(seed, count)
    if one_way:
        lengths = lengths * np.random.default_rng(seed).uniform(0.5, 2.0, lengths.shape)
    found = rounds.order(lengths, back)
    assert sorted(found) == list(range(1, count + 1))
    assert rounds.length(lengths, found, back) == pytest.approx(brute(lengths, back))


@pytest.mark.parametrize("back", [False, True])
def test_of_more_rooms_it_is_nearly_the_best(monkeypatch: pytest.MonkeyPatch, back: bool) -> None:
    tables = [homes(seed, 9) for seed in range(12)]
    best = [rounds.length(t, rounds.order(t, back), back) for t in tables]
    monkeypatch.setattr(rounds, "EXACT", 0)
    near = [rounds.length(t, rounds.order(t, back), back) for t in tables]
    assert all(n >= b - 1e-9 for n, b in zip(near, best, strict=True))
    assert sum(near) <= 1.05 * sum(best)
    assert sorted(rounds.order(homes(1, 20), back)) == list(range(1, 21))


def test_rooms_out_of_reach_are_left_out() -> None:
    lengths = homes(3, 4)
    lengths[:, 2] = lengths[2, :] = math.inf
    assert sorted(rounds.order(lengths)) == [1, 3, 4]
    assert rounds.order(np.zeros((1, 1))) == []
    lengths = homes(3, 2)
    lengths[1, 2] = lengths[2, 1] = math.inf  # each can be gone to, but not from one to the other
    assert rounds.order(lengths) in ([1], [2])


@pytest.mark.parametrize("bad", [np.zeros((2, 3)), np.zeros((0, 0)), np.full((2, 2), math.nan)])
def test_costs_of_another_shape_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="must be square"):
        rounds.order(bad)
