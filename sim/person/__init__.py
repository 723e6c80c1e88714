"""A simulated person with a body that cameras, lidars and bumpers take for one.

In: what she shall do (`motions.py`, `fall.py`) and the passing of simulated time. Out: drawn and solid bodies in a
PyBullet world, and the truth about her (`person.PersonState`). While she moves by plan (`gait.py`, `seat.py`, `bed.py`,
`pick.py`, and, near the floor, all that goes through `keyed.py`) her parts are static bodies set to their places
(`shell.py`); while she falls a ragdoll with joint limits and tiring muscles (`ragdoll.py`) leads them. Some falls begin
with a course of their own (`lead.py`). Bodies are baked once (`bake/`) and committed (`bodies/`); `look.py` makes many
people of them. Open `person.py` first.
"""
