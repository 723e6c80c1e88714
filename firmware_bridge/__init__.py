"""The last room before the motors: velocities and joint goals become bytes on a port, and bytes become odometry.

In flow `cmd_vel` (what safety lets through), `joint_command` and `chain` (whether its stop is latched); out flow
`odom`, `tf` (odom to base_link), `joint_states`, `battery` and `controller`. Each velocity passes the gate (`gate.py`),
each joint goal its own (`joint_gate.py`); both only lower it. Then `kinematics.py` makes wheels of it, and it goes as
one command, dead after a short life, to a motor controller (`motors.py`); `families.py` says which there are. Nothing
is queued: after a reconnect nothing of the past is sent but an emergency stop. Open `gate.py` first, then `arming.py`
and `protocol/messages.py`; docs/protocol.md has the bytes of our own family.
"""
