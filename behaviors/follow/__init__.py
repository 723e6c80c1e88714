"""Going with somebody at her own pace. `trail.py` is the geometry: her way, and the place behind her on it; `machine.py`
says on every tick what to do: drive behind her, stand, look for her, wait before a room that is hers alone, give up.
Open `machine.py` first. The leaf is `tree/follow.py`, the action `follow` is served in `nodes/follow_server.py`.
"""
