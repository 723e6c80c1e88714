"""How long the firmware's wheels turn on after the last setpoint it heard."""

from __future__ import annotations

from bench.wire.firmware_talk import ROBOT, STEP_S, Talk
from firmware_bridge.protocol import Arm, AxisSetpoint, Mode, Setpoint
from kangban.config import load_profile
from sim.motors.families import QEMU

DRIVES = 8
SPEED_URAD_PER_S = 5_000_000
TORQUE_MNM = 6000
LIFE_MS = 150
STEPS_BETWEEN_SETPOINTS = 12  # 20 Hz
SETPOINTS = 30


def stop_times(controller: str = QEMU) -> dict[str, object]:
    """Simulated seconds from the last setpoint to wheels at zero: the worst of several drives."""
    took = [_drive(controller, k) for k in range(DRIVES)]
    motors = load_profile(ROBOT).motors
    return {
        "stop_after_link_loss_s": round(max(took), 3),
        "stop_promised_s": motors.stop_time_s,
        "watchdog_s": motors.watchdog_s,
        "drives": DRIVES,
    }


def _drive(controller: str, phase: int) -> float:
    """`phase`: steps by which the last setpoint lies apart from the others'."""
    talk = Talk(controller)
    talk.greet()
    talk.send(Arm(talk.time_ms + LIFE_MS))
    for k in range(SETPOINTS):
        _say(talk)
        for _ in range(STEPS_BETWEEN_SETPOINTS + (phase if k == SETPOINTS - 2 else 0)):
            talk.step()
    _say(talk)
    if min(talk.velocity) * 1e6 < SPEED_URAD_PER_S * 0.99:
        raise RuntimeError(f"it never drove: {talk.velocity}")
    took = 0.0
    while max(map(abs, talk.velocity)) > 1e-9:
        talk.step()
        took += STEP_S
    talk.close()
    return took


def _say(talk: Talk) -> None:
    talk.hear_anew()  # so that its clock is known
    rows = tuple(AxisSetpoint(Mode.VELOCITY, SPEED_URAD_PER_S, TORQUE_MNM) for _ in talk.velocity)
    talk.send(Setpoint(talk.time_ms + LIFE_MS, rows))
