"""A ZLTECH ZLAC8015D driver for two hub motors, to the byte: what a real host and pymodbus meet on the wire.

In flow bytes and the readings of the wheels; out flow answers and a drive for each wheel. `emulator.py` is the whole
(SimulatedMotors), `rtu.py` its framing, `driver.py` its registers and what they do, `channel.py` one motor.
Addresses are written here anew, not read from the bridge's register map, so that one is checked against the other.
Modelled after public drivers; where they are silent (what an emergency stop, a fault or an offline time does to the
control word) it is a guess, said so in docs/families/modbus.md. Open `emulator.py` first.
"""
