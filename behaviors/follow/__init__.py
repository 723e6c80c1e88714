"""Going with somebody at her own pace. `trail.py` and `aside.py` are the geometry: her way, the place behind her on it,
the place beside it; `who.py` knows her among others; `machine.py` says on every tick what to do: drive behind her,
stand, make room, look for her, wait before a room that is hers alone, give up. Open `machine.py` first. The leaf is
`tree/follow.py`; the action `follow` is served in `nodes/company.py`.
"""
