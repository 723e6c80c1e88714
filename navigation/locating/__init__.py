"""Where the robot may stand: odometry, scan and field come in, poses with their evidence go out; no ROS.

`../localise.py` is the door, open it first. `motion.py` reads the odometry, `senses.py` judges scans, `trying.py` tries
where the robot is likely to stand, `everywhere.py` looks for a scan all over the map, `particles.py` and
`candidates.py` carry the poses that may be true, `knowing.py` decides whether one of them is known, `belief.py` holds
it all. `kernels.py` has the inner loops.
"""
