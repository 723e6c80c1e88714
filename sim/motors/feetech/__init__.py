"""Feetech STS3215 servos on one bus, to the byte: what a real host and its SDK meet on the wire.

In flow bytes and the readings of the axes; out flow status packets and a drive for each axis. `chain.py` is the bus
(SimulatedMotors), `packets.py` its framing, `servo.py` one servo with its register file (`memory.py`) and its drive
(`drive.py`). The servos have no watchdog and none is simulated: the last velocity holds. Open `chain.py` first.
"""
