"""Hub-motor drivers on Modbus RTU: a file in launch/config/registers/ says which register holds what.

In flow commands (rad/s); out flow readings. `registers.py` is that file, validated; `words.py` turns registers into
numbers and back; `line.py` makes one exchange through pymodbus; `bus.py` drives the wheels; `service.py` is for the
bench. What a driver's own watchdog is worth is in docs/families/modbus.md. Open `bus.py` first.
"""
