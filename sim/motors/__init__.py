"""The simulated motor controllers, on the far side of a real pseudo-terminal.

In flow bytes from the bridge and the readings of the simulated axes; out flow telemetry bytes and a drive for each axis
(a velocity and the torque it may use). Each keeps its own clock, watchdog, arming, stop and limits, so that the bridge
meets here what it meets on a robot. `simulated.py` is what every family's emulator is to the world, `families.py` picks
one by profile. Open `controller.py` for our own; `port.py` is the pseudo-terminal and `faults.py` spoils the wire.
"""
