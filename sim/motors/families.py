"""Which simulated controller answers on the wire, from the profile's motor family.

`qemu` puts the reference firmware, run by QEMU, in the place of the model of our own controller. A family's emulator is
loaded only where a profile asks for it.
"""

from __future__ import annotations

from kangban.config import ConfigError
from kangban.motor_profile import DynamixelMotors, FeetechMotors, KangbanMotors, OpenCrMotors
from kangban.profile import Profile
from sim.motors.simulated import SimulatedMotors

MODEL, QEMU = "model", "qemu"
CONTROLLERS = (MODEL, QEMU)


def emulator_for(profile: Profile, controller: str, now: float) -> SimulatedMotors:
    """What drives the robot's axes, switched on at `now` (s). Raises ConfigError where the two don't fit."""
    motors = profile.motors
    if controller == QEMU and not isinstance(motors, KangbanMotors):
        raise ConfigError(
            f"--controller qemu: the reference firmware is a kangban controller, and profile {profile.name} has "
            f"motors.family {motors.family}; leave the option out, or take a profile with motors.family kangban"
        )
    if isinstance(motors, KangbanMotors):
        return _firmware(profile, now) if controller == QEMU else _kangban(profile, now)
    if isinstance(motors, DynamixelMotors):
        from sim.motors.dynamixel.chain import dynamixel_for

        return dynamixel_for(profile, now)
    if isinstance(motors, OpenCrMotors):
        from sim.motors.dynamixel.opencr import opencr_for

        return opencr_for(profile, now)
    if isinstance(motors, FeetechMotors):
        from sim.motors.feetech.chain import chain_from

        return chain_from(motors)
    from sim.motors.zlac.emulator import zlac_for

    return zlac_for(profile, now)


def _firmware(profile: Profile, now: float) -> SimulatedMotors:
    from sim.motors.qemu import QemuController
    from sim.motors.settings import settings_from

    return QemuController(settings_from(profile), now)


def _kangban(profile: Profile, now: float) -> SimulatedMotors:
    from sim.motors.controller import Controller
    from sim.motors.settings import settings_from

    return Controller(settings_from(profile), now)
