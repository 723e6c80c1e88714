"""A map from scans and odometry: graph SLAM, online and from recordings, and maps on disk.

In flow scans with odometry, from a running robot (`Mapper.add`) or a recording (`recording.py`; `carmen.py`, `bags.py`
with `cdr.py`). Out flow poses of all scans, and a grid map (`raster.py`, `map_file.py`, `output.py`). Open `mapper.py`
first: it lays each scan (`surfaces.py`) on the last ones (`fit.py`, `look.py`), learns what the wheels always do wrong
(`wheels.py`), and keeps the pose graph (`graph.py`, `drift.py`), whose loops `closures.py` finds, `refine.py` settles.
`build.py` does it all for a recording; `skeleton.py` begins a site file. The loops are in `kernels.py`, `branch.py`.
"""
