"""Training of the learned judge of falls (`perception/temporal`): `make train`.

Two kinds of simulated people: rendered ones, seen by the pose model (practice recordings, made by `kangban practice`),
which teach the detector's real errors; and skeletons (`skeleton.py`, `stories.py`, `lens.py`), thousands of falls and
everyday acts without a picture, which teach the variety of movement. Both run through the Follower exactly as in use
(`replay.py`), are labelled by what truly happened, and fitted (`fit.py`). Nothing here has seen a real clip.
"""
