"""What the robot decides to do: a behaviour tree, the incidents it owns, and its voice.

In: `falls`, `care_events`, `persons`, `pose`, `map`, `chain`, `controller`, `battery`, `speech/heard`, the service
`acknowledge_incident` and the action `say`. Out: `incidents` (on disk before they are published), `mission`,
`speech/said`, `cmd_vel/behavior` (turning towards a person) and goals to `navigate_to`. What an incident may become is
decided in `incidents/machine.py`, what is done about each kind in `incidents/courses.py`, what the robot does in
`tree/`, what it says in `texts.py`. Open `tree/root.py` first, then `incidents/machine.py`; `node.py` only wires.
"""
