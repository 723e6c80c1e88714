"""The simulated robots. In: wheel drives from the simulated motor controller. Out: wheel angles, contacts, the pose
that only the judge of a scenario may know. Open `companion.py` first; `write_urdf.py` makes `companion.urdf`.
"""
