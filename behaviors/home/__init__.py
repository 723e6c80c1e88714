"""The home's own sensors: doors, motion, smoke, gas, water, stove, mattress, call buttons, temperature, over MQTT.

In: what a broker passes on, in the conventions of zigbee2mqtt (`zigbee.py`) and Home Assistant (`assistant.py`); none
of it is trusted. Out: `home/readings`. `link.py` talks to the broker, `board.py` (pure) keeps what each sensor says and
forgets what is too old, `home_node.py` one floor up wires both. `alarms.py` is the other end, in the behaviours: which
reading opens an incident. Open `board.py` first.
"""
