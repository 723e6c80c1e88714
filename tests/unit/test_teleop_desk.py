"""The board: the newest of each stream, and never an old value passed off as new."""

from kangban import streams
from kangban.clock import ManualClock
from kangban.values import ChainState, Diagnostic, Diagnostics, Health, Incidents, Mission, Twist2D
from teleop.desk import SILENCE_FACTOR, Board

STILL = Twist2D()


def test_nothing_heard_is_unknown() -> None:
    seen = Board(ManualClock(5.0), ManualClock()).situation()
    assert (seen.incidents, seen.mission, seen.chain, seen.controller, seen.battery) == (None,) * 5
    assert not seen.incidents_fresh and seen.lines == () and seen.now == 5.0


def test_old_incidents_are_kept_and_marked_but_an_old_mission_is_gone() -> None:
    robot, steady = ManualClock(10.0), ManualClock()
    board = Board(robot, steady)
    board.put(streams.INCIDENTS, Incidents(10.0, ()))
    board.put(streams.MISSION, Mission(10.0, "idle", "", ""))
    board.put(streams.CHAIN, ChainState(10.0, None, STILL, STILL, (), False, ""))
    robot.advance(1.0)
    seen = board.situation()
    assert seen.incidents_fresh and seen.mission is not None and seen.chain is None, "chain may be 0.5 s old"
    robot.advance(4.5)
    seen = board.situation()
    assert seen.incidents == Incidents(10.0, ()) and not seen.incidents_fresh and seen.mission is None


def test_a_robot_clock_that_stopped_is_noticed_by_the_steady_clock() -> None:
    robot, steady = ManualClock(10.0), ManualClock()
    board = Board(robot, steady)
    board.put(streams.INCIDENTS, Incidents(10.0, ()))
    limit = streams.INCIDENTS.stale_after_s
    assert limit is not None
    steady.advance(SILENCE_FACTOR * limit)
    assert board.situation().incidents_fresh
    steady.advance(0.1)
    assert not board.situation().incidents_fresh


def test_a_node_that_fell_silent_says_so_in_its_lines() -> None:
    robot = ManualClock(10.0)
    board = Board(robot, ManualClock())
    board.put(streams.DIAGNOSTICS, Diagnostics(10.0, (Diagnostic("safety: guard", Health.OK, "fresh"),)))
    robot.advance(3.0)
    board.put(streams.DIAGNOSTICS, Diagnostics(13.0, (Diagnostic("bridge: port", Health.WARN, "slow"),)))
    robot.advance(3.0)
    lines = board.situation().lines
    assert [(line.name, line.health) for line in lines] == [
        ("bridge: port", Health.WARN),
        ("safety: guard", Health.STALE),
    ]
    assert "not heard any more" in lines[1].message
