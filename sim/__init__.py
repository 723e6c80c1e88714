"""The simulated home: PyBullet world, person, robot, sensors and motors, paced by the stack's own stamped outputs.

In: a scenario (YAML) and the bytes the firmware bridge writes to a pseudo-terminal. Out: the topics a real robot's
drivers publish, encoder bytes on the same terminal, `/clock`, and the truth against which a run is judged.
People are in `person/`: open `person/person.py` for what they can do.
"""
