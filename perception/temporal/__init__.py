"""The learned judge: has this person just fallen? Landmarks of the last three seconds in, a probability out.

`features.py` turns a pose and its measure into signals that do not depend on the camera, and lays the last seconds on a
fixed grid; `model.py` is a few small networks in NumPy over that grid. Their weights (`weights.npz`) are made by
`make train` from simulated people only; docs/fall_model.md says how well it does and where it fails. It only gives
evidence: what becomes an alarm is decided, and explained, in `falls.py`.
"""
