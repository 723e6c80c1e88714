"""The robot as others see it. In: a robot profile. Out: its description (URDF), and where each of its frames is.

The simulation builds its robot from it, the bridge publishes it as `robot_description` with the frames on /tf and
/tf_static: viewers and the world see one robot. Pure. Open `urdf.py` first; `bodies.py`, `wheels.py`, `arm.py` are its
shapes, `chain.py` its frames.
"""
