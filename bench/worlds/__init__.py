"""What the benches of navigation play in: made-up flats and buildings, drives and recordings in them, public maps.

`flat*` is a flat world with people for whole drives, `lidar*` flats as a lidar sees them for localisation, `map*`
buildings and drives for mapping, `planflat` and `movingai` grids to plan on. None of them is a bench of its own.
"""
