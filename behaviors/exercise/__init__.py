"""Exercising with her. `joints.py`: joint angles from landmarks; `count.py`: repetitions, with hysteresis; `coach.py`:
what to say while she does it. All of it is pure; the leaf is `tree/exercise.py`. Open `coach.py` first.

It counts what it sees and says so when it can't see her: it never guesses a repetition.
"""
