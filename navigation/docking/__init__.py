"""Into the charging dock and out of it: `machine.py` decides, `shape.py` finds the dock's V in a scan, `track.py` joins
that with what the camera saw of the tag, `pier.py` keeps it for the node. No ROS."""
