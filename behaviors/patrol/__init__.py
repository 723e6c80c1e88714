"""Rounds through the rooms: when (`schedule.py`), in which order (`order.py`), from where a room is looked at
(`views.py`), what is found (`findings.py`, `floor.py`), how a round stands (`round.py`) and what is told (`report.py`).

`round.py` is the pure heart: open it first. `book.py` keeps the round under way and writes reports; `tree/patrol.py`
drives and looks. A round that is put aside goes on with the rooms left.
"""
