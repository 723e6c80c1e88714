"""Everyday life that somebody should know of: who lies on the floor, leaves the bed at night, walks about, leaves the
home, does not move, or waves for help.

In flow what is known of each person at a frame (`seen.py`: posture, room, furniture, movement, arms) and of the home
(`home.py`: rooms, exits, hours, what the camera looks at); out flow `CareEvents`. Each kind is a small pure state
machine in a file of its own, `step(state, ..., now) -> state`, which says by `telling` what it has to say, in words a
nurse understands (each sentence has a row in kangban/evidence.py, for other languages). `notes.py` gives what is said
its id and keeps it until it is long over; `watcher.py` holds the states and runs them all: open it first.
A cry for help comes from the microphone port (`speech/heard`) and is handled in behaviors.
"""
