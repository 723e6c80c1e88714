"""From a path, a pose, a scan and the people to the next velocity: model predictive path integral control.

`people.py` estimates how everybody moves, `local.py` makes a distance field of what the lidar sees now, `path.py` holds
the geometry of a path. `rollouts.py` (compiled) drives hundreds of guesses some seconds ahead and says what each would
cost, `mppi.py` makes the guesses and takes the weighted mean, `smooth.py` lets acceleration grow by a bounded jerk.
`arrive.py` does the last centimetres. `pilot.py` joins them; open it first.
"""
