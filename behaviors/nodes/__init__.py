"""The parts of the node that speak ROS actions: `navigator.py` asks navigation to drive, `say_server.py` takes requests
to speak, `rounds.py` those for a round, `senses.py` answers what the leaves ask, `tree_listener.py` is the other end of
the stream `tree`. `behaviors/node.py` wires them; nothing here decides anything.
"""
