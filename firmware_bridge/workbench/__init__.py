"""For a person who brings up motors at a bench: `kangban motors scan|ping|monitor|jog|calibrate|set-id`.

The bridge must not be running: the port has one user. What turns a motor here goes through the profile's limits, needs
a key that is held down (`deadman.py`), and stops by itself like any command. Open `cli.py` first.
"""
