"""Where the robot is on the map, how it gets to a place, and the velocity it wishes for that.

In flow `odom`, `scan`, `persons` (kept away from), `chain` (is the stop latched?) and goals of the action
`navigate_to`. Out flow `map` (built from the site file, or surveyed), `pose` (only while it is known), tf map -> odom,
`plan` and `cmd_vel/nav`, a wish that `safety` may lower. `sitemap.py` makes the map, `localise.py` keeps the pose (with
`field.py`, what a scan should look like, `pose_file.py`, what survives a kill), `costs.py` says where the robot's
centre may be (with `zones.py`, what the site file's zones ask for), `planner.py` finds the path (on a grid made ready
by `terrain.py`: `search.py` and `jump.py`, with their open list `heap.py`, find the cells, `taut.py` pulls them
straight; `compiled.py` keeps what numba made of them up to date), `doors.py` remembers which doors are shut, `control/`
turns path, pose, scan and people into a velocity, `drive.py` supervises one goal from its start to reached or a named
reason (`outcome.py`), with `trouble.py`, why it gets no further, and `recovery.py`, what to do then. `docking/` drives
into the dock, by the stream `dock` and the scan, `mapping/` makes a map of a recorded drive, and `nodes/nav2.py` hands
goals to Nav2 where the profile wants that. Open `drive.py` first; `node.py` only carries values in and out.
"""
