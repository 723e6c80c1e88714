"""The simulated flat. In: the site file. Out: static bodies in a PyBullet world that cameras, lidars and bumpers meet.

Open `home.py` first; `furniture.py` says what a bed or a sofa is made of, `textures.py` paints floors and walls.
"""
