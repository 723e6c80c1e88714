"""Feetech STS servos on one half-duplex bus (LeKiwi: three omni wheels, six joints), through Feetech's own SDK.

In flow axis commands, out flow readings; `bus.py` is what `polled.py` runs, `line.py` one exchange with named errors,
`port.py` the serial port under the SDK, `service.py` what a person at the bench needs (scan, set-id, calibrate).
These servos have NO watchdog; `bus.py` says what that means. Open it first; docs/families/feetech.md has the rest.
"""
