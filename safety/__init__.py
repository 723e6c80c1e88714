"""The only way from a wish to a wheel: arbiter, collision guard, latched stop.

In flow wishes to move (`cmd_vel/teleop`, `cmd_vel/behavior`, `cmd_vel/nav`), what the guard must know (`scan`,
`persons`, `odom`, `controller`, `cliff/*` where there are such sensors) and the services `stop` and `arm`. Out flow one
velocity (`cmd_vel`, always, zero included) and why it is what it is (`chain`). A wish passes three gates in this order,
and each may only lower it: `arbiter.py` picks the source, `guard.py` slows and stops for people and things (its
geometry is in `arc.py`, its view in `sight.py`, where the floor ends in `cliff.py`, whether the lidar is alive in
`scan_watch.py`), `latch.py` holds the stop until a person releases it. `chain.py` joins them; open it first. `node.py`
only carries values in and out, `latch_file.py` keeps the stop through a kill.
"""
