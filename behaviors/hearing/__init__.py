"""The robot's ears: sound from its own microphone becomes words on `speech/heard`; no sound leaves this process.

`microphone.py` reads the sound card through `arecord`, `phrases.py` cuts out what somebody says, `recogniser.py` makes
words of it, offline. English only: no Chinese recogniser with its model is in the registries, so there another program
has to publish `speech/heard`. `hearing_node.py` beside this folder wires them; it runs only where the site's
`privacy.listens` says so. What the words mean is decided elsewhere (`speech/hear.py`, `dialogue/`). Open `phrases.py`
first.
"""
