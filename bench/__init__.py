"""What is measured, and against what: `kangban bench NAME` runs `bench/NAME.py`, whose `run()` returns a dictionary.

Each figure that depends on the machine is a ratio to a reference taken in the same run. Nothing here is a test.
"""
