"""Scenario files: every shipped one loads, every fault is named."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from kangban.config import ConfigError, load_site
from sim.cast import Voices
from sim.judge import delays, missed
from sim.scenario import FOLDER, Expect, Voice, load_scenario
from sim.timeline import Event, Timeline

NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_loads_and_rests_only_on_what_the_home_has(name: str) -> None:
    scenario = load_scenario(name)
    able = {f.name for f in load_site(scenario.home).furniture if f.rest_height_m is not None}
    used = {act.sit_on or act.lie_on for actor in scenario.people for act in actor.acts} - {None}
    assert scenario.name == name and used <= able


PAIRS = [
    ("long_lie", "floor_exercise"), ("bed_exit", "bed_rest"), ("night_wandering", "night_bathroom"),
    ("left_home", "at_the_door"), ("inactivity", "reading_quietly"), ("help_gesture", "waves_hello"),
    ("cry_for_help", "television"),
]  # fmt: skip


@pytest.mark.parametrize(("with_it", "without"), PAIRS)
def test_a_pair_of_stories_differs_only_in_what_people_do(with_it: str, without: str) -> None:
    """So that the one which must stay quiet does not do so for another reason."""
    one, other = load_scenario(with_it), load_scenario(without)
    assert (one.home, one.robot, one.settings()) == (other.home, other.robot, other.settings())
    assert [(p.bodies, p.scatter_m) for p in one.people] == [(p.bodies, p.scatter_m) for p in other.people]
    assert one.expect.outcome != "quiet" and other.expect.outcome == "quiet"
    told = {event for event in one.expect.events if event.startswith("care:")} or {"alarm"}
    assert told <= set(other.expect.never) and "alarm" in other.expect.never


def test_voices_are_heard_once_at_their_time() -> None:
    lines = (Voice(at_s=(2.0, 3.0), text="Help!", kind="cry_for_help"), Voice(at_s=(5.0, 5.0), text="And the news."))
    voices = Voices(lines, np.random.default_rng(1))
    assert voices.speak(1.9) == [] and not voices.silent
    assert [(line.text, line.kind.value) for line in voices.speak(3.0)] == [("Help!", "cry_for_help")]
    assert voices.speak(4.9) == []
    assert [line.text for line in voices.speak(5.0)] == ["And the news."] and voices.silent


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"limit": 3}, "unknown key; did you mean 'limit_s'?"),
        ({"limit_s": -1}, "limit_s: -1 is not allowed"),
        ({"expect": {"outcome": "happy"}}, "expect.outcome"),
        ({"faults": [{"at_s": 1.0}]}, "a fault is one of"),
        ({"faults": [{"kill": "bridge"}]}, "a fault strikes either"),
    ],
)
def test_a_fault_of_the_file_is_named(tmp_path: Path, change: dict, words: str) -> None:
    data = yaml.safe_load((FOLDER / "fall.yaml").read_text(encoding="utf-8")) | change
    path = tmp_path / "fall.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(ConfigError, match=str(path)) as error:
        load_scenario(str(path))
    assert words in str(error.value)


def test_an_act_says_exactly_one_thing(tmp_path: Path) -> None:
    data = yaml.safe_load((FOLDER / "fall.yaml").read_text(encoding="utf-8"))
    data["people"][0]["acts"] = [{"stand_up": True, "pick_up": True}]
    path = tmp_path / "fall.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(ConfigError, match="an act says one thing"):
        load_scenario(str(path))


def timeline(**events: float) -> Timeline:
    found = Timeline(1.2)
    for name, t in events.items():
        found.add(name, t)
    return found


def test_delays_are_unknown_where_something_did_not_happen() -> None:
    assert delays(timeline(fell=10.0, seen=11.5, alarm=40.0)) == {
        "detect_delay_s": 1.5,
        "approach_s": None,
        "alarm_delay_s": 28.5,
    }


def test_only_the_first_of_an_event_counts() -> None:
    t = timeline(fell=1.0)
    t.add("fell", 5.0)
    assert [e.t for e in t.events] == [1.0]


def judge(expect: dict, outcome: str = "resolved", metrics: dict | None = None, **events: float) -> list[str]:
    return missed(Expect(**expect), outcome, [Event(t, name) for name, t in events.items()], metrics or {})


def test_the_verdict_names_what_was_missed() -> None:
    expect = {"outcome": "resolved", "events": ("fell", "seen"), "never": ("alarm",), "at_most": {"collisions": 0}}
    assert judge(expect, metrics={"collisions": 0}, fell=1.0, seen=2.0) == []
    assert "expected resolved" in judge(expect, "quiet", {"collisions": 0}, fell=1.0, seen=2.0)[0]
    assert "did not happen: seen" in judge(expect, metrics={"collisions": 0}, fell=1.0)[0]
    assert "order seen, fell" in judge(expect, metrics={"collisions": 0}, fell=3.0, seen=2.0)[0]
    assert "must not happen" in judge(expect, metrics={"collisions": 0}, fell=1.0, seen=2.0, alarm=3.0)[0]
    assert "collisions is 2" in judge(expect, metrics={"collisions": 2}, fell=1.0, seen=2.0)[0]
    assert "collisions is unknown" in judge(expect, metrics={}, fell=1.0, seen=2.0)[0]
