"""Talking with her: what words want, each state of the conversation with each event, and what the page shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from behaviors.company_texts import CHOOSE
from behaviors.dialogue import machine
from behaviors.dialogue.intents import Intent, addressed, intents_of
from behaviors.dialogue.machine import (
    CHOICES,
    Answered,
    Asked,
    Chosen,
    Cried,
    Dropped,
    Heard,
    Passed,
    Question,
    Say,
    Spoke,
    State,
    Wanted,
    step,
)
from behaviors.dialogue.page import Activity, page
from behaviors.incidents.events import Announcement
from behaviors.missions.wish import Rank
from behaviors.texts import ALL
from kangban.values import CareEventKind, IncidentState, SpeechKind
from tests.unit.behaviors_world import World, care, fall

I = Intent  # noqa: E741
WORDS = [
    ("我吃了", I.TAKEN), ("药已经吃过了", I.TAKEN), ("yes I took them", I.TAKEN), ("I have taken my pills", I.TAKEN),
    ("my pills, I have taken them already", I.TAKEN), ("done", I.TAKEN),
    ("还没吃呢", I.NOT_TAKEN), ("忘了吃", I.NOT_TAKEN), ("I haven't taken it", I.NOT_TAKEN), ("not yet", I.NOT_TAKEN),
    ("等一会儿", I.LATER), ("later please", I.LATER), ("please, later", I.LATER), ("过一会儿再说吧", I.LATER),
    ("follow me please", I.FOLLOW), ("please come along with me", I.FOLLOW), ("跟我走", I.FOLLOW),
    ("陪我走走", I.FOLLOW),
    ("陪我去厕所", I.BATHROOM), ("I need the bathroom", I.BATHROOM), ("come here", I.COME), ("你过来一下", I.COME),
    ("停", I.STOP), ("别跟着我", I.STOP), ("不用跟了", I.STOP), ("don't follow me", I.STOP), ("that's enough", I.STOP),
    ("讲个故事吧", I.STORY), ("tell me a story", I.STORY), ("a story, tell me one", I.STORY),
    ("我们做操吧", I.EXERCISE), ("let us do some exercise", I.EXERCISE), ("深呼吸", I.BREATHE),
    ("放首歌", I.MUSIC), ("play some music", I.MUSIC), ("现在几点了？", I.TIME), ("what time is it?", I.TIME),
    ("大声一点", I.LOUDER), ("speak up", I.LOUDER), ("小声点", I.SOFTER), ("慢一点", I.SLOWER),
    ("you talk too fast", I.SLOWER),
    ("再说一遍", I.REPEAT), ("say that again", I.REPEAT), ("没听清", I.REPEAT), ("what", I.REPEAT),
    ("好的", I.YES), ("yes", I.YES), ("no", I.NO), ("不要", I.NO), ("我很好", I.WELL), ("I am fine thanks", I.WELL),
    ("不太好", I.UNWELL), ("my leg hurts", I.UNWELL), ("谢谢", I.THANKS),
    ("救命", I.HELP), ("help", I.HELP), ("I took my medicine but help me", I.HELP), ("停！救命！", I.HELP),
]  # fmt: skip


@pytest.mark.parametrize(("words", "intent"), WORDS)
def test_what_words_want(words: str, intent: Intent) -> None:
    assert intent in intents_of(words), intents_of(words)
    if intent is I.HELP:
        assert intents_of(words) == (I.HELP,), "a cry wins over everything else in the sentence"


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("I haven't taken it", I.TAKEN), ("还没吃", I.TAKEN), ("不用了谢谢", I.TAKEN), ("吃药了吗", I.TAKEN),
        ("have you taken it?", I.TAKEN), ("don't follow me", I.FOLLOW), ("the weather is good today", I.YES),
        ("不好", I.YES), ("今天天气不错", I.NO), ("are you all right?", I.WELL),
    ],
)  # fmt: skip
def test_what_words_do_not_want(words: str, intent: Intent) -> None:
    assert intent not in intents_of(words)


@given(st.text(max_size=80))
def test_any_text_has_intents_and_silence_has_none(words: str) -> None:
    found = intents_of(words)
    assert len(set(found)) == len(found)
    if not any(sign.isalnum() for sign in words):
        assert found == ()


def test_its_name_addresses_it() -> None:
    assert addressed("康伴，过来") and addressed("Robot, come here!") and not addressed("come here")


QUESTION = Question(
    "q1", "ask_medicine", ("taken", "later", "not_taken", "help"), 20.0, (("text", "two pills"),), asks=2
)
IDLE = State()
OPEN = State(last=Announcement("say_time", SpeechKind.INFORM), open_until=110.0)
ASKING = State(QUESTION, asked=1, waits_since=95.0, open_until=200.0, last=Announcement("ask_medicine", SpeechKind.ASK))
LAST_ASKING = replace(ASKING, asked=2)
TIRED = replace(ASKING, unclear=machine.UNCLEAR)
STATES = {"idle": IDLE, "open": OPEN, "asking": ASKING, "last asking": LAST_ASKING, "tired": TIRED}
NOW = 100.0


def heard(words: str, to_me: bool = False) -> Heard:
    return Heard(words, intents_of(words), to_me)


def kinds(outcomes: tuple[machine.Outcome, ...]) -> list[str]:
    def name(outcome: machine.Outcome) -> str:
        match outcome:
            case Say(said):
                return f"say {said.code}"
            case Answered(_, choice):
                return f"answered {choice or '-'}"
            case Wanted(intent):
                return f"wanted {intent.value}"
            case Cried():
                return "cried"

    return [name(outcome) for outcome in outcomes]


ASK2 = Asked(replace(QUESTION, id="q2", code="ask_water"))
NOTHING: list[str] = []
# event -> what comes of it in each state: idle, open, asking, last asking, tired
TABLE = [
    (heard("help"), [["cried"]] * 5),
    (Chosen("help"), [["cried"]] * 5),
    (heard("I took it"), [NOTHING, NOTHING] + [["answered taken"]] * 3),
    (heard("later"), [NOTHING, NOTHING] + [["answered later"]] * 3),
    (heard("no"), [NOTHING, NOTHING] + [["answered not_taken"]] * 3),
    (heard("the moon is round"), [NOTHING, NOTHING] + [["say say_not_understood_3"]] * 2 + [NOTHING]),
    (
        heard("the moon is round", True),
        [["say say_not_understood_wish"]] * 2 + [["say say_not_understood_3"]] * 2 + [NOTHING],
    ),
    (heard("follow me"), [NOTHING, ["wanted follow"]] + [["say say_not_understood_3"]] * 2 + [NOTHING]),
    (heard("follow me", True), [["wanted follow"]] * 2 + [["say say_not_understood_3"]] * 2 + [NOTHING]),
    (heard("stop"), [NOTHING, ["wanted stop"]] + [["wanted stop"]] * 3),
    (heard("say that again"), [NOTHING, ["say say_time"]] + [["say ask_medicine"]] * 3),
    (heard("louder", True), [["wanted louder"]] * 2 + [["wanted louder", "say ask_medicine"]] * 3),
    (heard("yes"), [NOTHING, NOTHING] + [["answered taken"]] * 3),
    (heard("..."), [NOTHING] * 2 + [["say say_not_understood_3"]] * 2 + [NOTHING]),
    (Chosen("taken"), [NOTHING, NOTHING] + [["answered taken"]] * 3),
    (Chosen("story"), [["wanted story"]] * 5),
    (Chosen("nonsense"), [NOTHING] * 5),
    (ASK2, [["say ask_water"]] * 2 + [["answered -", "say ask_water"]] * 3),
    (Asked(QUESTION), [["say ask_medicine"]] * 2 + [NOTHING] * 3),
    (Dropped("q1"), [NOTHING] * 5),
    (Dropped("other"), [NOTHING] * 5),
    (Spoke(Announcement("say_thanks", SpeechKind.INFORM)), [NOTHING] * 5),
    (Passed(), [NOTHING] * 5),
]  # fmt: skip


@pytest.mark.parametrize(("event", "expected"), TABLE)
@pytest.mark.parametrize("place", range(5), ids=list(STATES))
def test_every_event_in_every_state(place: int, event: machine.Event, expected: list[list[str]]) -> None:
    before = list(STATES.values())[place]
    after, outcomes = step(before, event, NOW)
    assert kinds(outcomes) == expected[place]
    asked = before.question is not None
    closes = (isinstance(event, Dropped) and event.question_id == "q1") or any("answered" in k for k in kinds(outcomes))
    if asked and closes and event is not ASK2:
        assert after.question is None
    elif asked and event is not ASK2:
        assert after.question == QUESTION


def test_silence_is_asked_again_and_then_told() -> None:
    state, said = step(IDLE, Asked(QUESTION), 0.0)
    assert kinds(said) == ["say ask_medicine"]
    state, outcomes = step(state, Passed(), 19.9)
    assert outcomes == ()
    state, outcomes = step(state, Passed(), 20.0)
    assert kinds(outcomes) == ["say ask_medicine"] and state.asked == 2
    state, outcomes = step(state, Passed(), 40.0)
    assert kinds(outcomes) == ["answered -"] and state.question is None


def test_to_ask_for_it_again_is_no_second_asking() -> None:
    state, _ = step(IDLE, Asked(QUESTION), 0.0)
    state, _ = step(state, heard("pardon"), 15.0)
    assert state.asked == 1 and step(state, Passed(), 30.0)[1] == ()


def test_what_was_not_understood_names_the_answers_in_words() -> None:
    _, (outcome,) = step(ASKING, heard("the moon"), NOW)
    assert isinstance(outcome, Say) and dict(outcome.said.params)["choice1"] == "choose_taken"


@pytest.mark.parametrize("bad", [{"choices": ("dance",)}, {"choices": ()}, {"asks": 0}, {"wait_s": 0.0}])
def test_a_question_that_can_not_be_answered_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="q1"):
        replace(QUESTION, **bad)


def test_every_choice_is_a_button_with_words() -> None:
    for choice in (*CHOICES, *(wish.value for wish in (I.STOP, I.COME, I.FOLLOW, I.STORY, I.EXERCISE, I.MUSIC))):
        assert f"choose_{choice}" in CHOOSE
    for code, words in CHOOSE.items():
        assert set(words) == {"zh", "en"} and all(words.values()), code


# The page


def shown(world: World, question: Question | None = None, activity: Activity | None = None) -> tuple[str, list[str]]:
    screen = page("en", world.desk.current(), world.desk.halting(), question, activity, world.clock.now())
    return screen.title, [name for name, _ in screen.choices]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_with_nothing_to_do_it_offers_what_it_can(world: World) -> None:
    assert shown(world) == ("Hello, I am Kangban", ["come", "follow", "story", "exercise", "music", "help"])


def test_a_question_is_on_the_page_with_its_answers(world: World) -> None:
    screen = page("zh", None, None, QUESTION, None, 1.0)
    assert "two pills" in screen.text and screen.choices[0] == ("taken", "吃了") and screen.id == "q1"


def test_the_question_after_a_fall_comes_before_everything(world: World) -> None:
    activity = Activity("story", "page_story", "story_lamp_0")
    world.see(fall())
    assert shown(world, QUESTION, activity) == ("I am coming to you", ["help"])
    world.run_until("checking")
    world.run(5.0)
    record = world.desk.current()
    assert record is not None and record.state is IncidentState.CHECKING and record.asked
    screen = page("en", record, None, QUESTION, activity, 1.0)
    assert screen.text.startswith("Are you all right?")
    assert screen.choices == (("incident_fine", "I am fine"), ("incident_help", "Help"))


def test_a_smoke_alarm_says_what_to_do(world: World) -> None:
    world.desk.take_home(care(CareEventKind.SMOKE, "s1"))
    title, choices = shown(world)
    assert title == "Smoke alarm" and choices == ["help"]


def test_every_text_that_the_page_can_show_is_there() -> None:
    for record_kind in (CareEventKind.SMOKE, CareEventKind.GAS):
        assert f"page_{record_kind.value}" in ALL


# Her wishes become missions


def test_her_wish_begins_a_mission_and_stop_ends_it(world: World) -> None:
    world.company.talk.heard("Kangban, tell me a story", False)
    world.run(1.0)
    running = world.missions.running()
    assert running is not None and (running.name, running.rank) == ("story", Rank.REQUEST)
    assert world.spoken()[-1] == "Here is a story: the lamp by the door."
    world.company.talk.heard("stop", False)
    world.run(0.5)
    assert world.missions.running() is None and "All right, I have stopped." in world.spoken()


def test_a_television_begins_nothing(world: World) -> None:
    for words in ("follow me", "let us do some exercise", "come here", "what time is it"):
        world.company.talk.heard(words, False)
    world.run(1.0)
    assert world.missions.running() is None and world.spoken() == []


def test_a_story_is_told_to_its_end_on_the_page_too(world: World) -> None:
    world.company.talk.heard("tell me a story", True)
    pages = set()
    for _ in range(900):
        world.run(0.1)
        if world.company.activity is not None:
            pages.add(world.company.activity.code)
    assert world.missions.running() is None and len(pages) == 8
    assert world.spoken()[-1] == "He smiled and said: so you did see it, all of you."
    assert world.company.activity is None


def test_a_fall_ends_the_story_and_it_goes_on_with_its_line(world: World) -> None:
    world.company.talk.heard("tell me a story", True)
    world.run(12.0)
    told = world.spoken()
    world.see(fall())
    world.run_until("checking")
    assert world.company.activity is None
    world.hear("help me")
    world.desk.acknowledge("fall-a", "Ann", "resolved")
    world.falls = []
    world.run(12.0)
    assert world.spoken().count(told[-1]) == 2, "the line at which it was put aside"


def test_louder_changes_the_voice_and_says_when_it_can_not(world: World) -> None:
    world.company.talk.heard("louder please", True)
    world.run(6.0)
    world.company.talk.heard("louder please", True)
    world.run(6.0)
    assert world.spoken() == ["All right, I will speak louder.", "I am sorry, that is as far as it goes."]


def test_help_by_button_or_voice_is_a_cry_in_the_middle_of_anything(world: World) -> None:
    world.company.talk.heard("tell me a story", True)
    world.run(3.0)
    world.company.talk.chosen("help")
    world.company.talk.heard("help me", False)
    assert world.cried == ["pressed the button for help", "help me"]
