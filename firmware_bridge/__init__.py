"""The last room before the wheels: velocities become bytes on a serial port, and bytes become odometry.

In flows `cmd_vel` (what safety lets through) and `chain` (whether its stop is latched); out flow `odom`, `tf`
(odom to base_link), `joint_states`, `battery` and `controller`. Each velocity passes the gate (`gate.py`), which only
lowers it, then goes as one setpoint with a deadline to a motor controller (`motors.py`; ours is `kangban_motors.py`
over `link.py`). Nothing is queued: after a reconnect nothing of the past is sent. Open `gate.py` first, then
`arming.py` and `protocol/messages.py`; docs/protocol.md has the bytes.
"""
