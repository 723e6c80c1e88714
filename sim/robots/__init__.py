"""The simulated robots. In: axis drives from the simulated motor controller. Out: axis angles, contacts, the pose that
only the judge of a scenario may know. Open `robot.py`; the robot's body is `kangban/description`.
"""
