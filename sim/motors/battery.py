"""A simulated battery: its voltage falls slowly with the charge drawn, sags with the load and rises while it is fed."""

from __future__ import annotations

REST_CURRENT_A = 1.5  # computer, camera, lidar


class Battery:
    """A straight line from `full_v` to `empty_v` over its capacity; a few volts of a lithium pack's middle range."""

    def __init__(self, full_v: float, empty_v: float, capacity_ah: float = 20.0, resistance_ohm: float = 0.03) -> None:
        self._full_v, self._empty_v = full_v, empty_v
        self._capacity_c = capacity_ah * 3600.0
        self._resistance = resistance_ohm
        self.drawn_c = 0.0  # coulombs
        self.voltage = full_v
        self.fed_a = 0.0  # what a charger gives now

    @property
    def charging(self) -> bool:
        return self.fed_a > 0.0

    def draw(self, dt: float, motor_current_a: float) -> None:
        current = REST_CURRENT_A + abs(motor_current_a) - self.fed_a
        self.drawn_c = max(0.0, min(self._capacity_c, self.drawn_c + current * dt))
        open_circuit = self._full_v - (self._full_v - self._empty_v) * self.drawn_c / self._capacity_c
        self.voltage = open_circuit - current * self._resistance

    @property
    def share(self) -> float:
        """What is left of its capacity, 0..1."""
        return 1.0 - self.drawn_c / self._capacity_c

    def resize(self, capacity_ah: float) -> None:
        """Another pack of the same voltages, as full as this one."""
        share = self.share
        self._capacity_c = capacity_ah * 3600.0
        self.set_charge(share)

    def set_charge(self, share: float) -> None:
        """Put it at a share of its capacity, 0..1."""
        self.drawn_c = self._capacity_c * (1.0 - share)
        self.draw(0.0, 0.0)
