"""Talking with her: questions with their answers, wishes in her own words, what the large-print page shows.

`intents.py` says what words mean, by tables, in Chinese and English. `machine.py` is the conversation: one question at
a time, asked again, answered by voice or by a button; it is pure. `desk.py` owns it and speaks. `page.py` makes the
page.
Whoever wants to ask something hands a `Question` to the desk. Open `machine.py` first.

Hearing is a port: whatever recogniser there is publishes text on `speech/heard`. None ships with the robot today.
"""
