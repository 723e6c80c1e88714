"""Looking on: what the robot's streams say, kept for afterwards. In: every stream that carries no pixels, as the bytes
that were sent. Out: MCAP files of the minutes around an incident, or as long as `kangban record` runs; and where the
home allows it a WebSocket to which Foxglove connects.

Nobody acts on what is here, nothing goes back to the robot. `ring.py` holds the last minutes, `keep.py` decides when
they are kept, `mcap_file.py` writes them, `shelf.py` throws old ones away; `shown.py` says what viewers see, `door.py`
lets them in, `viewers.py` serves them; `nodes/` puts these together. Open `keep.py` first, or `shown.py`.
"""
