"""What a node may act on: only what is newer than the last, and only until it is stale."""

from kangban import streams
from kangban.clock import ManualClock
from kangban.inputs import Input
from kangban.values import STILL, Health, Speech, SpeechKind, VelocityCommand


def command(stamp: float) -> VelocityCommand:
    return VelocityCommand(stamp, STILL)


def test_nothing_yet_is_unknown_not_zero() -> None:
    read = Input(streams.CMD_VEL, ManualClock())
    assert read.age() is None and read.fresh() is None
    assert read.diagnostic().health is Health.STALE


def test_a_value_goes_stale_at_its_stream_s_limit() -> None:
    clock = ManualClock(10.0)
    read = Input(streams.CMD_VEL, clock)
    read.take(command(10.0))
    limit = streams.CMD_VEL.stale_after_s
    assert limit is not None
    clock.advance(limit - 0.01)
    assert read.fresh() is not None
    clock.advance(0.02)
    assert read.fresh() is None
    assert read.last is not None
    assert "the bridge sends zero" in read.diagnostic().message


def test_repeated_and_older_stamps_are_refused() -> None:
    read = Input(streams.CMD_VEL, ManualClock(10.0))
    assert read.take(command(10.0))
    assert not read.take(command(10.0))
    assert not read.take(command(9.9))
    assert read.refused == 2


def test_a_sender_whose_clock_began_anew_is_heard_again() -> None:
    clock = ManualClock(100.0)
    read = Input(streams.CMD_VEL, clock)
    read.take(command(100.0))
    assert read.take(command(1.0))
    assert read.fresh() is None  # heard, but 99 s old by our clock


def test_a_stamp_from_the_future_is_not_fresh() -> None:
    read = Input(streams.CMD_VEL, ManualClock(10.0))
    read.take(command(11.0))
    assert read.fresh() is None


def test_events_of_the_same_instant_are_all_taken() -> None:
    read = Input(streams.SPEECH_SAID, ManualClock(1.0))
    speech = Speech(1.0, "hello", "en", SpeechKind.INFORM)
    assert read.take(speech) and read.take(speech)


def test_the_rate_is_of_the_last_seconds() -> None:
    clock = ManualClock(0.0)
    read = Input(streams.CMD_VEL, clock)
    for _ in range(100):
        read.take(command(clock.advance(0.05)))
    assert abs(read.rate.per_second(clock.now()) - 20.0) < 0.5
    clock.advance(10.0)
    assert read.rate.per_second(clock.now()) == 0.0
