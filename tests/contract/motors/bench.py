"""A rig, the family under test and a caller that commands at the profile's control rate while time runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from firmware_bridge.arming import ASK_EVERY_S
from firmware_bridge.families import make
from firmware_bridge.motors import AxisCommand, AxisReadings, Mode, MotorController, MotorState
from kangban.profile import Profile
from sim.motors.simulated import SimulatedMotors
from tests.contract.motors.cases import Case
from tests.contract.motors.rig import STEP_S, Rig

SPEED_RADPS = 3.0
STANDING_RADPS = 1e-6
GET_MOVING_S = 0.8
COUNTS_APART = 150  # what a wheel turns between a reading and the rig's own angle, at most


class Bench:
    """`rig` is the world, `motors` the family under test; `offset` (s) is how far the bridge's clock stands off."""

    def __init__(self, folder: Path, case: Case, build: Callable[[Profile, float], SimulatedMotors] | None = None):
        self.case, self.profile = case, case.profile(folder)
        self.wheels, self.joints = len(self.profile.motors.wheels), self.profile.motors.joints
        build = build or case.emulator
        asks_every_s = 1.0 / self.profile.motors.control_hz if case.asks else None
        axes = self.wheels + len(self.joints)
        self.rig = Rig(folder, lambda now: build(self.profile, now), axes, asks_every_s)
        self.offset = 0.0
        self.held = [0.5 * (joint.lower_rad + joint.upper_rad) for joint in self.joints]  # rad
        self.motors: MotorController = self.another()
        self._next = 0.0

    def another(self) -> MotorController:
        """One more bridge on the same port."""
        return make(self.profile.motors, self.now, self.rig.ears.heard)

    def close(self) -> None:
        self.rig.serve_while(self.motors.close)
        self.rig.close()

    def now(self) -> float:
        """The bridge's clock."""
        return self.rig.clock.now() + self.offset

    @property
    def state(self) -> MotorState:
        return self.motors.state()

    @property
    def stop_time_s(self) -> float:
        return self.profile.motors.stop_time_s

    @property
    def wheel_speeds(self) -> tuple[float, ...]:
        """What the wheels really do, rad/s."""
        return self.rig.velocity[: self.wheels]

    def drives_at(self, *speeds: float) -> bool:
        """As near as this family can be told."""
        pairs = zip(self.wheel_speeds, speeds, strict=True)
        return all(abs(v - speed) < self.case.tolerance_radps for v, speed in pairs)

    @property
    def standing(self) -> bool:
        return max(map(abs, self.wheel_speeds)) < STANDING_RADPS

    # Doing

    def axes(self, *speeds: float) -> tuple[AxisCommand, ...]:
        """`speeds` of the wheels (rad/s), joints where they are held."""
        torque = self.profile.limits.wheel_torque_nm
        wheels = [AxisCommand(Mode.VELOCITY, speed, torque) for speed in speeds]
        joints = [AxisCommand(Mode.POSITION, v, j.torque_nm) for v, j in zip(self.held, self.joints, strict=True)]
        return (*wheels, *joints)

    def all_at(self, speed: float) -> tuple[float, ...]:
        return (speed,) * self.wheels

    def tell(self, *speeds: float) -> bool:
        """One command, made now."""
        taken = self.motors.command(self.axes(*speeds), self.now())
        if taken:
            self.rig.let_it_send()
        return taken

    def keep_telling(self, *speeds: float) -> None:
        """A command where one is due."""
        now = self.rig.clock.now()
        if now >= self._next - 1e-6:
            self._next = now + 1.0 / self.profile.motors.control_hz
            self.tell(*speeds)

    def drive(self, seconds: float, *speeds: float) -> None:
        self.rig.run(seconds, each=lambda: self.keep_telling(*speeds))

    def connect(self) -> None:
        self.rig.until(lambda: self.state.connected, what=lambda: f"connecting; {self.state}")

    def arm(self) -> None:
        """Asks again, as the bridge does: on a busy machine a link may break, and wishes of before it are dropped."""
        hold, asked = self.all_at(0.0), [-math.inf]

        def keep_asking() -> None:
            if self.rig.clock.now() - asked[0] >= ASK_EVERY_S:
                asked[0] = self.rig.clock.now()
                self.motors.arm()
            self.keep_telling(*hold)

        keep_asking()
        self.rig.until(lambda: self.state.armed, each=keep_asking, what=lambda: f"arming; {self.state}")

    def get_moving(self, speed: float = SPEED_RADPS) -> None:
        self.connect()
        self.arm()
        self.drive(GET_MOVING_S, *self.all_at(speed))
        assert self.drives_at(*self.all_at(speed)), self.wheel_speeds

    # What is owed

    def left_alone(self, each: Callable[[], object] = lambda: None, silent: bool = True) -> None:
        """Nothing valid reaches the devices any more: those with a watchdog stand within the stop time.

        `silent`: nothing at all does. Damaged frames may stop the others, never drive them faster.
        """
        before = self.wheel_speeds
        if self.case.watchdog:
            self.stops(each)
            return
        self.rig.run(self.stop_time_s, each)
        fastest = max(map(abs, before))
        assert max(map(abs, self.wheel_speeds)) <= fastest + 1e-6, f"{before} became {self.wheel_speeds}"
        if silent:
            assert self.wheel_speeds == before, "no watchdog: they go on turning, and the profile had to accept it"

    def stops(self, each: Callable[[], object] = lambda: None) -> None:
        """The wheels stand within what the profile promises, whatever `each` does meanwhile."""
        self.rig.run(self.stop_time_s, each=each)
        assert self.standing, f"wheels turn {self.stop_time_s} s after it: {self.wheel_speeds}; {self.state}"

    def stays(self, seconds: float, each: Callable[[], object] = lambda: None) -> None:
        """Not a step of motion in all that time."""
        for _ in range(round(seconds / STEP_S)):
            self.rig.step()
            each()
            assert self.standing, f"it moved: {self.wheel_speeds}; {self.state}"

    def becomes(self, condition: Callable[[MotorState], bool], each: Callable[[], object] = lambda: None) -> None:
        self.rig.until(lambda: condition(self.state), each=each, what=lambda: str(self.state))

    def counts_hold(self, before: AxisReadings, angles: tuple[float, ...]) -> bool:
        """Since `before`, read when the wheels stood at `angles`: counted on, or said that counts began anew."""
        axes = self.state.axes
        if axes is None or axes.stamp <= before.stamp:
            return False
        if axes.boot_id != before.boot_id:
            return True
        ticks = self.profile.motors.encoder_ticks_per_turn / math.tau
        turned = [ticks * (now - then) for now, then in zip(self.rig.angles, angles, strict=True)]
        told = [now - then for now, then in zip(axes.ticks, before.ticks, strict=True)]
        pairs = list(zip(turned, told, strict=True))[: self.wheels]
        return all(abs(real - said) < COUNTS_APART for real, said in pairs)

    def goes_again(self, speed: float = 2.0) -> None:
        """Armed anew it drives as before."""
        self.becomes(lambda state: state.connected)
        self.drive(0.1, *self.all_at(0.0))  # whatever stood half on the wire ends
        self.becomes(lambda state: state.connected)
        self.arm()
        self.drive(GET_MOVING_S, *self.all_at(speed))
        assert self.drives_at(*self.all_at(speed)), self.wheel_speeds
