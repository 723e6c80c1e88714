"""The behaviour tree: `root.py` puts the branches in order (safety, incident, charge, missions, idle), one file each,
`request.py` speaks beside all of them, `leaf.py` is what every leaf stands on, `ports.py` the little the leaves know of
the world, `state.py` shows how it stands. Built cold, connected in `setup`, everything begun is cancelled in
`terminate`. Open `root.py` first.
"""
