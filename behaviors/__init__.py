"""What the robot decides to do: a behaviour tree, the incidents and reminders it owns, and its voice.

In: `falls`, `care_events`, `persons`, `pose`, `map`, `scan`, `chain`, `controller`, `battery`, `speech/heard`,
`home/readings`, the services `acknowledge_incident`, `choose`, `set_reminder`, `list_reminders` and the actions `say`,
`patrol` and `follow`. Out: `incidents` (on disk before they are published), `mission`, `tree`, `speech/said`, `screen`
(the large-print page), `notes`, `cmd_vel/behavior` (turning on the spot), goals to `navigate_to`, and reports of rounds
on disk. Processes of their own listen to the home's sensors (`home_node.py`, `home/`) and, where the home wants it, to
what is said (`hearing_node.py`, `hearing/`). Which mission has the turn is decided in `missions/`. What an incident may
become is decided in `incidents/machine.py`, what is done about each kind in `incidents/courses.py`, what the robot does
in `tree/`, what it says in `texts.py`, how it keeps somebody company in `company.py`. Open `tree/root.py` first, then
`incidents/machine.py`; `node.py` only wires.
"""
