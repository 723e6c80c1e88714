"""What the robot has to tell and to do with her, in Chinese and English; all of it our own. `stories.py`,
`breathing.py` and `exercises.py` hold the words; `playing.py` says which lines come when. Every line is a code of
`texts.py`.
"""
