"""The simulated sensors: what the world looks like from the robot, with noise, gaps, rate and delay.

In: the PyBullet world and the pose of the robot. Out: pictures, depth, scans as `kangban.values`. Noise is in
`noise.py`, pure and seeded; `camera.py` renders through EGL; `schedule.py` says when each sensor is due.
"""
