"""The simulated motor controller, on the far side of a real pseudo-terminal.

In flow bytes from the bridge and the readings of the simulated wheels; out flow telemetry bytes and a drive for each
wheel (a velocity and the torque it may use). It keeps its own clock, watchdog, arming, latched stop and limits, so that
the bridge meets here what it meets on a robot. Open `controller.py` first; `port.py` is the pseudo-terminal and
`faults.py` spoils the wire on purpose.
"""
