"""Practice for perception: short films of falls and of everyday life, drawn by lot, with the truth beside each frame.

In: a seed and what kind of film is wanted. Out: pictures as a cheap camera in a home would take them, and for each of
them where everyone's hips and head truly are. Nothing here knows ROS, robots or the pose model; `bench/practice.py`
puts pictures and pose model together. Open `film.py` first: it draws a room (`rooms.py`, `paint.py`), a camera
(`lens.py`), light (`light.py`) and people (`cast.py`, `looks.py`) from the seed, and lets each of them act (`actor.py`,
`acts.py`, `falls.py`).
"""
