"""What is known of the motors and of who may drive them: battery, controller, chain; as messages and back."""

from __future__ import annotations

from kangban_msgs import msg as k
from sensor_msgs.msg import BatteryState

from kangban import values as v
from kangban.conversions.pieces import (
    BASE,
    NAN,
    Conversions,
    header_at,
    known_or_none,
    number_or_nan,
    time_from_ros,
    twist_from_ros,
    twist_to_ros,
)


def _battery(value: v.Battery) -> BatteryState:
    voltage, charge = float(value.voltage), number_or_nan(value.charge)
    status = _SUPPLY[value.charging]
    return BatteryState(
        header=header_at(value.stamp), voltage=voltage, current=NAN, percentage=charge, present=True,
        power_supply_status=status,
    )  # fmt: skip


_SUPPLY = {
    None: BatteryState.POWER_SUPPLY_STATUS_UNKNOWN,
    True: BatteryState.POWER_SUPPLY_STATUS_CHARGING,
    False: BatteryState.POWER_SUPPLY_STATUS_DISCHARGING,
}


def _battery_back(m: BatteryState) -> v.Battery:
    """Full, or kept full, counts as fed by a charger."""
    fed = {
        BatteryState.POWER_SUPPLY_STATUS_CHARGING: True,
        BatteryState.POWER_SUPPLY_STATUS_FULL: True,
        BatteryState.POWER_SUPPLY_STATUS_NOT_CHARGING: False,
        BatteryState.POWER_SUPPLY_STATUS_DISCHARGING: False,
    }
    return v.Battery(
        time_from_ros(m.header.stamp), m.voltage, known_or_none(m.percentage), fed.get(m.power_supply_status)
    )


def _controller(value: v.ControllerState) -> k.ControllerState:
    return k.ControllerState(
        header=header_at(value.stamp, BASE),
        connected=value.connected,
        armed=value.armed,
        emergency_stop=value.emergency_stop,
        bumper=value.bumper,
        faults=list(value.faults),
        reasons=list(value.reasons),
        sent=twist_to_ros(value.sent),
        voltage=number_or_nan(value.voltage),
        lost=int(value.lost),
        corrupt=int(value.corrupt),
        late=int(value.late),
        round_trip_s=number_or_nan(value.round_trip),
    )


def _controller_back(m: k.ControllerState) -> v.ControllerState:
    return v.ControllerState(
        stamp=time_from_ros(m.header.stamp),
        connected=m.connected,
        armed=m.armed,
        emergency_stop=m.emergency_stop,
        bumper=m.bumper,
        faults=tuple(m.faults),
        reasons=tuple(m.reasons),
        sent=twist_from_ros(m.sent),
        voltage=known_or_none(m.voltage),
        lost=m.lost,
        corrupt=m.corrupt,
        late=m.late,
        round_trip=known_or_none(m.round_trip_s),
    )


def _chain(value: v.ChainState) -> k.ChainState:
    return k.ChainState(
        header=header_at(value.stamp, BASE),
        source=value.source or "",
        wished=twist_to_ros(value.wished),
        sent=twist_to_ros(value.sent),
        reasons=list(value.reasons),
        stop_latched=value.stop_latched,
        stop_reason=value.stop_reason,
    )


def _chain_back(m: k.ChainState) -> v.ChainState:
    return v.ChainState(
        stamp=time_from_ros(m.header.stamp),
        source=m.source or None,
        wished=twist_from_ros(m.wished),
        sent=twist_from_ros(m.sent),
        reasons=tuple(m.reasons),
        stop_latched=m.stop_latched,
        stop_reason=m.stop_reason,
    )


CONVERSIONS: Conversions = {
    v.Battery: (BatteryState, _battery, _battery_back),
    v.ControllerState: (k.ControllerState, _controller, _controller_back),
    v.ChainState: (k.ChainState, _chain, _chain_back),
}
