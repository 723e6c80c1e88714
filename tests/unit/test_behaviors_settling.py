"""What was seen is acted on at a set age, in order; a clock that jumped loses nothing."""

from behaviors.settling import SETTLED_S, Settling


def test_it_waits_for_its_age_whenever_it_came() -> None:
    settling: Settling[str] = Settling()
    settling.put("fell", 10.0)
    assert list(settling.due(10.1)) == []
    assert list(settling.due(10.0 + SETTLED_S)) == ["fell"]
    assert list(settling.due(11.0)) == []


def test_what_is_old_already_does_not_wait_but_keeps_its_turn() -> None:
    settling: Settling[str] = Settling()
    settling.put("fell", 10.0)
    settling.put("lies since long", 3.0)
    assert list(settling.due(10.1)) == []
    assert list(settling.due(10.3)) == ["fell", "lies since long"]
    settling.put("lies since long", 3.0)
    assert list(settling.due(10.3)) == ["lies since long"]


def test_what_claims_to_be_of_the_future_is_not_held_back() -> None:
    settling: Settling[str] = Settling()
    settling.put("fell before the clock was set back", 900.0)
    assert list(settling.due(10.0)) == ["fell before the clock was set back"]
