"""The ROS side of looking on: `watch.py` hears, `recorder.py` is the process, `by_hand.py` the command's own node."""
