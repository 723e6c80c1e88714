"""Perception: camera pictures in; people, their postures and places, and falls out.

In flow `camera/image`, `camera/depth`, `camera/camera_info` and `pose`; out flow `persons` (one for each picture,
stamped with it) and `falls`. A picture goes through the pose model (`pose.py`), is shared out to the people followed
(`tracks.py`), each is placed (`place.py`), measured (`measure.py`), given a posture (`posture.py`) and a case that may
become a fall (`way_down.py`, `falls.py`); who was lost going down is looked for again (`second_look.py`). `follow.py`
holds the decisions together and needs no picture; `perceive.py` adds the picture; `node.py` and `watch.py` are the two
ways to run it. Only landmarks and de-identified pictures leave this room (`deidentify.py`). Open `follow.py` first.
"""
