"""The parts of the node that speak ROS actions: `navigator.py` asks navigation to drive, `say_server.py` takes requests
to speak. `behaviors/node.py` wires them; nothing here decides anything.
"""
