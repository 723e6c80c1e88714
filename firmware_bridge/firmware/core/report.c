#include "arithmetic.h"
#include "parts.h"

static void send(kb_controller *c, uint8_t number, const uint8_t *payload, size_t length) {
    kb_outbox_send(&c->outbox, number, c->receiver.session, payload, length);
}

static uint16_t to_u16(int64_t value) { return (uint16_t)kb_clamp(value, 0, UINT16_MAX); }

void kb_report_acknowledge(kb_controller *c, uint16_t sequence) {
    uint8_t payload[KB_LONGEST_PAYLOAD];
    const kb_parameters *p = &c->parameters;
    const kb_hello_ack ack = {
        .protocol = c->settings.protocol,
        .firmware_major = KB_FIRMWARE_MAJOR,
        .firmware_minor = KB_FIRMWARE_MINOR,
        .boot_id = c->boot_id,
        .time_ms = kb_states_time_ms(c),
        .echo_sequence = sequence,
        .axes = c->settings.axes,
        .ticks_per_turn = c->settings.ticks_per_turn,
        .watchdog_ms = to_u16(kb_parameter_get(p, 0, KB_PARAMETER_WATCHDOG_MS)),
        .longest_life_ms = to_u16(kb_parameter_get(p, 0, KB_PARAMETER_LONGEST_LIFE_MS)),
        .highest_urad_per_s = (uint32_t)kb_parameter_get(p, 0, KB_PARAMETER_HIGHEST_URAD_PER_S),
        .highest_torque_mnm = to_u16(kb_parameter_get(p, 0, KB_PARAMETER_HIGHEST_TORQUE_MNM)),
    };
    send(c, KB_HELLO_ACK, payload, kb_hello_ack_put(&ack, payload));
}

void kb_report_refuse(kb_controller *c, const kb_received *received, uint8_t reason) {
    uint8_t payload[KB_LONGEST_PAYLOAD];
    const kb_refused refused = {received->number, received->sequence, reason};
    send(c, KB_REFUSED, payload, kb_refused_put(&refused, payload));
}

uint16_t kb_report_faults(const kb_controller *c) {
    unsigned faults = c->board_faults;
    for (uint8_t axis = 0; axis < c->settings.axes; axis++) faults |= c->axes[axis].faults;
    return (uint16_t)faults;
}

static uint8_t inputs(const kb_controller *c) {
    unsigned bits = 0;
    if (c->button) bits |= KB_INPUT_BIT_BUTTON;
    if (c->bumper) bits |= KB_INPUT_BIT_BUMPER;
    if (c->charging) bits |= KB_INPUT_BIT_CHARGING;
    if (c->state == KB_STATE_EMERGENCY_STOP && c->let_go && !c->button) bits |= KB_INPUT_BIT_CLEARABLE;
    return (uint8_t)bits;
}

static kb_axis_state axis_state(const kb_axis *axis) {
    const kb_axis_state state = {
        .ticks = axis->ticks,
        .urad_per_s = kb_to_i32(kb_divide(axis->velocity_nrad_s, 1000)),
        .ma = kb_to_i16(axis->ma),
        .temperature_dc = axis->temperature_dc,
        .faults = axis->faults,
    };
    return state;
}

static void send_telemetry(kb_controller *c) {
    uint8_t payload[KB_LONGEST_PAYLOAD];
    const kb_receiver *heard = &c->receiver;
    kb_telemetry telemetry = {
        .time_ms = kb_states_time_ms(c),
        .state = c->state,
        .inputs = inputs(c),
        .faults = kb_report_faults(c),
        .voltage_mv = c->voltage_mv,
        .temperature_dc = c->temperature_dc,
        .echo_sequence = heard->echo_sequence,
        .echo_age_ms = to_u16(kb_milliseconds_until(kb_states_time_ms(c), heard->echo_ms)),
        .accepted = heard->accepted,
        .corrupt = kb_receiver_corrupt(heard),
        .stale = heard->stale,
        .late = heard->late,
        .lost = kb_receiver_lost(heard),
        .count = c->settings.axes,
    };
    for (uint8_t axis = 0; axis < c->settings.axes; axis++) telemetry.axes[axis] = axis_state(&c->axes[axis]);
    send(c, KB_TELEMETRY, payload, kb_telemetry_put(&telemetry, payload));
}

uint64_t kb_report_turn(const kb_controller *c) { return c->now_us * c->telemetry_hz / 1000000u + 1u; }

void kb_controller_report(kb_controller *c, uint64_t now_us) {
    kb_states_tell_time(c, now_us);
    if (c->state == KB_STATE_BOOT || kb_report_turn(c) <= c->telemetry_turn) return;
    c->telemetry_turn = kb_report_turn(c);
    kb_logs_send(c);
    send_telemetry(c);
}
