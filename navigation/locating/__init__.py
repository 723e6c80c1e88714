"""Where the robot may stand: odometry, scan and field come in, poses with their evidence go out; no ROS.

`../localise.py` is the door, open it first. `motion.py` reads the odometry, `senses.py` judges scans, `everywhere.py`
looks for a scan all over the map, `particles.py` and `candidates.py` carry the poses that may be true, `knowing.py`
decides whether one of them is known. `kernels.py` has the inner loops.
"""
