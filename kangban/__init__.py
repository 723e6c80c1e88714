"""The shared vocabulary of Kangban: values, time, configuration, streams, and the base every node stands on.

Every room may import this package; it imports no room. Nothing flows through it by itself: it says what a value is
(`values.py`), what time it is (`clock.py`), what this robot and this home are (`config.py`, `profile.py`, `site.py`),
what the robot looks like (`description/`), which topics exist (`streams.py`), how values become ROS messages
(`conversions/`), what a node does beside its work (`node.py`), and which processes make a robot (`processes.py`,
`supervisor.py`). Open `values.py` first.
"""
