"""The behaviour tree: `root.py` puts the branches in order (safety, incident, charge, missions, request, idle), one
file each, `leaf.py` is what every leaf stands on, `ports.py` the little the leaves know of the world, `state.py` shows
how it stands. Built cold, connected in `setup`, everything begun is cancelled in `terminate`. Open `root.py` first.
"""
