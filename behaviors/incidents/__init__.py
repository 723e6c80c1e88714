"""Incidents: what a human must not miss. `desk.py` takes falls, care events, cries and acknowledgements, `machine.py`
decides (pure; `care.py` for care events), `courses.py` says what is done about each kind, `ledger.py` and `store.py`
write it to disk before anybody is told, and the desk hands out the published values. Open `machine.py` first.
"""
