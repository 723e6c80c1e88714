"""The fault table, part one: the cable and what comes over it. Every row for every family.

Each row ends alike: wheels at zero within `motors.stop_time_s`, the fault has a name or a count, nothing from before it
is done after it, and only arming goes on. Where a family can't do that, the row says what it does instead.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contract.motors.bench import SPEED_RADPS, Bench
from tests.contract.motors.wire import Way, doubled, flipped, half, lost, noise, other_baud, sometimes, swapped

TOLERANCE_RADPS = 0.02

BROKEN: dict[str, Callable[[], Way]] = {
    "half frames": lambda: half,
    "bit flips": lambda: flipped,
    "noise bursts": lambda: noise,
    "another baud rate": lambda: other_baud(0.5),
}
BLINDING = ("bit flips", "another baud rate")
LESS: dict[str, Callable[[], Way]] = {"bit flips": lambda: flipped, "frames lost": lambda: lost}


def counted(bench: Bench) -> int:
    quality = bench.state.quality
    return quality.lost + quality.corrupt + quality.stale + quality.late


def still(bench: Bench) -> None:
    bench.keep_telling(*bench.all_at(0.0))


def test_unplugged_in_motion_and_plugged_in_again(bench: Bench) -> None:
    bench.get_moving()
    bench.tell(*bench.all_at(SPEED_RADPS))
    bench.rig.port.unplug()
    bench.left_alone()
    bench.becomes(lambda state: not state.connected)
    assert "motors.tty" in bench.state.message, "it says which port"
    assert not bench.tell(*bench.all_at(SPEED_RADPS)), "a command was taken though nobody is there"
    bench.motors.arm()
    bench.rig.port.replug()
    bench.connect()
    if not bench.case.watchdog:
        bench.stops()  # greeting them stops what still turned
    bench.stays(0.4, each=lambda: bench.keep_telling(*bench.all_at(SPEED_RADPS)))
    assert not bench.state.armed, "a request from before was kept"
    bench.goes_again()


@pytest.mark.parametrize(
    ("direction", "name"),
    [
        *(("to the controller", name) for name in BROKEN),
        ("to the bridge", "bit flips"),
        ("to the bridge", "another baud rate"),
    ],
)
def test_nothing_arrives_whole(bench: Bench, direction: str, name: str) -> None:
    bench.get_moving()
    before = counted(bench)
    deaf = direction == "to the controller"
    (bench.rig.to_controller if deaf else bench.rig.to_bridge).way = BROKEN[name]()
    fastest, named = [0.0], [False]

    def onwards() -> None:
        bench.keep_telling(*bench.all_at(SPEED_RADPS))
        state = bench.state
        named[0] |= state.watchdog or not state.connected or counted(bench) > before
        fastest[0] = max(fastest[0], *map(abs, bench.wheel_speeds))

    if not deaf:
        bench.becomes(lambda state: not state.connected, each=onwards)  # blind: it does not drive on
    if deaf:
        bench.left_alone(each=onwards, silent=False)
    else:
        bench.stops(each=onwards)  # it tells them to stop without hearing whether they do, or sends nothing more
    assert fastest[0] <= SPEED_RADPS + TOLERANCE_RADPS
    assert named[0]
    bench.rig.run(bench.profile.motors.command_life_s + 0.05)  # past the life of the last command
    bench.rig.heal()
    if not bench.case.watchdog:
        bench.becomes(lambda state: state.connected)
        bench.motors.disarm()
        bench.stops()
    bench.stays(0.3)
    bench.goes_again()


@pytest.mark.parametrize("name", LESS)
def test_some_frames_are_broken(bench: Bench, name: str) -> None:
    """It drives on with what arrives, or stands; it never does what it was not told."""
    bench.get_moving(2.0)
    for wire in (bench.rig.to_controller, bench.rig.to_bridge):
        wire.way = sometimes(0.15, LESS[name]())
    before = counted(bench)

    def onwards() -> None:
        bench.keep_telling(*bench.all_at(2.0))
        assert all(-TOLERANCE_RADPS <= v <= 2.0 + TOLERANCE_RADPS for v in bench.wheel_speeds), bench.wheel_speeds

    bench.rig.run(1.0, each=onwards)
    bench.rig.heal()
    bench.becomes(lambda state: state.connected and counted(bench) > before, each=lambda: still(bench))
    bench.motors.disarm()
    bench.stops()
    bench.goes_again()


@pytest.mark.parametrize("name", ["duplicated", "reordered"])
def test_frames_come_twice_or_in_the_wrong_order(bench: Bench, name: str) -> None:
    bench.get_moving(2.0)
    before = counted(bench)
    bench.rig.to_controller.way = doubled if name == "duplicated" else swapped()

    def onwards() -> None:
        bench.keep_telling(*bench.all_at(2.0))
        assert all(-TOLERANCE_RADPS <= v <= 2.0 + TOLERANCE_RADPS for v in bench.wheel_speeds), bench.wheel_speeds

    bench.rig.run(0.8, each=onwards)
    bench.motors.disarm()
    bench.stops()
    bench.rig.heal()
    bench.becomes(lambda state: state.connected)
    if bench.case.sessions:
        bench.becomes(lambda state: counted(bench) > before, each=lambda: still(bench))
    bench.goes_again()


def test_frames_come_later_than_they_live(bench: Bench) -> None:
    bench.get_moving()
    late = bench.profile.motors.command_life_s + 0.1
    bench.rig.to_controller.delay_s = late
    if bench.case.deadlines:
        bench.stops(each=lambda: bench.keep_telling(*bench.all_at(SPEED_RADPS)))
        bench.becomes(lambda state: state.quality.late > 0)
    else:  # the wire does not say when a command was made: what is under way is still done, then they stand
        bench.rig.run(late, each=lambda: bench.keep_telling(*bench.all_at(SPEED_RADPS)))
        bench.rig.run(late)
        bench.stops()
    bench.rig.heal()
    bench.rig.run(late)
    bench.motors.disarm()
    bench.stops()
    bench.goes_again()


def test_a_recorded_drive_is_played_again(bench: Bench) -> None:
    bench.connect()
    bench.rig.recorded = []
    bench.arm()
    bench.drive(0.5, *bench.all_at(SPEED_RADPS))
    recorded, bench.rig.recorded = bench.rig.recorded, None
    bench.motors.disarm()
    bench.stops()
    assert len(b"".join(recorded)) > 200
    if bench.case.sessions:
        bench.rig.step(b"".join(recorded))
        bench.stays(0.3)
        assert not bench.rig.controller.armed
        return
    for frame in recorded:  # these devices can't tell old from new; the bridge sees that they turn and takes the power
        bench.rig.step(frame)
    bench.stops()
    bench.becomes(lambda state: not state.armed)
    bench.goes_again()


def test_any_bytes_leave_it_able_to_hear_the_next_command(bench: Bench) -> None:
    bench.get_moving()
    for burst in (b"\0" * 300, b"\x01" * 1000, bytes(range(256)) * 2, b"\xff" * 255, b"\xff\xff\xfd\x00" * 40):
        bench.rig.step(burst)
        bench.drive(0.1, *bench.all_at(SPEED_RADPS))
    bench.becomes(lambda state: state.connected)
    bench.goes_again(SPEED_RADPS)


def test_a_full_buffer_holds_nothing_back_for_later(bench: Bench) -> None:
    bench.get_moving()
    bench.rig.deaf = True
    for _ in range(400):
        bench.motors.command(bench.axes(*bench.all_at(SPEED_RADPS)), bench.now())
    bench.left_alone()
    bench.motors.disarm()
    bench.becomes(lambda state: not state.armed)
    bench.rig.deaf = False
    bench.becomes(lambda state: state.connected)
    if not bench.case.watchdog:
        bench.stops()
    bench.stays(0.4)
    bench.goes_again()
