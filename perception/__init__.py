"""Perception: camera pictures in; people, their postures and places, falls and other events out.

In flow `camera/image`, `camera/depth`, `camera/camera_info` and `pose`; out flow `persons` (one for each picture,
stamped with it), `falls`, `care_events` and `dock` (where its tag is seen: `dock_tag.py`). A picture goes through the
pose model (`pose.py`), is shared out to the people followed (`tracks.py`), each is placed (`place.py`), measured
(`measure.py`) and given a case that may become a fall (`way_down.py`, `temporal/`, `falls.py`); who was lost going down
is looked for again (`second_look.py`). `life.py` gives each a posture (`limbs.py`, `rest.py`, `posture.py`,
`steady.py`) and everyday life its events (`events/`). `follow.py` holds the decisions together and needs no picture;
`perceive.py` adds the picture; `node.py` and `watch.py` are the two ways to run it. Only landmarks and de-identified
pictures leave this room (`deidentify.py`). `score/` measures how good the falls are. Open `follow.py` first.
"""
