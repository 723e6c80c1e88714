"""Where to stand beside a person: `places.py` names the places on the map, best first, `grid.py` says which of them the
robot can reach and sees the person from. Pure. Open `places.py` first.
"""
