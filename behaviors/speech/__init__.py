"""Speaking and understanding. `speaker.py` says one thing after another on the robot's clock and publishes each as it
begins; `espeak.py` makes the sound where there is a sound device; `hear.py` says what a heard sentence means (pure).
Open `speaker.py` first.
"""
