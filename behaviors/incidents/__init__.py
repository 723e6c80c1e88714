"""Incidents: what a human must not miss. `desk.py` takes falls, cries and acknowledgements, `machine.py` decides
(pure), `ledger.py` and `store.py` write it to disk before anybody is told, and the desk hands out the published values.
Open `machine.py` first.
"""
